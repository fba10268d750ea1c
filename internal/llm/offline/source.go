package offline

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// source is what can be known without a model: the text, and facts by name.
type source struct {
	text  string
	known map[string]any // string, float64 or []string by plain name
}

// plainName makes "dueDate", "due_date" and "Due date" the same.
func plainName(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, s))
}

var labelled = regexp.MustCompile(`(?m)^[ \t>*-]*([\pL][\pL\pN _-]{0,40}?)[ \t]*[:=][ \t]*(\S.*?)[ \t]*$`)

// labelled returns what the text itself calls by name, as in "Due date: 3 May".
func (s source) labelled(name string) string {
	for _, m := range labelled.FindAllStringSubmatch(s.text, -1) {
		if plainName(m[1]) == plainName(name) {
			return strings.Trim(m[2], `"'*,`)
		}
	}
	return ""
}

var finders = map[string]*regexp.Regexp{
	"email":     regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}`),
	"uri":       regexp.MustCompile(`https?://[^\s"'<>)\]]+[^\s"'<>)\].,;:!?]`),
	"date":      regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`),
	"date-time": regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})`),
	"time":      regexp.MustCompile(`\b\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})`),
	"uuid":      regexp.MustCompile(`(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`),
	"ipv4":      regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}\b`),
}

// formatted returns every well-formed value of a format in the text.
func (s source) formatted(format string) []string {
	if format == "url" {
		format = "uri"
	}
	find := finders[format]
	if find == nil {
		return nil
	}
	return slices.DeleteFunc(find.FindAllString(s.text, -1), func(v string) bool { return !wellFormed(format, v) })
}

func wellFormed(format, v string) bool {
	var err error
	switch format {
	case "date":
		_, err = time.Parse(time.DateOnly, v)
	case "date-time":
		_, err = time.Parse(time.RFC3339, v)
	case "time":
		_, err = time.Parse("15:04:05Z07:00", v)
	case "ipv4":
		_, err = netip.ParseAddr(v)
	}
	return err == nil
}

// words returns the candidates for a string called name, the best first.
func (s source) words(name string) []string {
	var all []string
	if v, ok := s.known[plainName(name)].(string); ok {
		all = append(all, v)
	}
	if v := s.labelled(name); v != "" {
		all = append(all, v)
	}
	switch n := plainName(name); {
	case n == "text" || n == "input" || n == "original":
		all = append(all, strings.TrimSpace(s.text))
	case hasAny(n, "summary", "abstract", "description", "answer", "content", "overview", "result", "output"):
		all = append(all, summary(s.text))
	case hasAny(n, "title", "headline", "subject"):
		all = append(all, first(material(sentences(s.text))))
	case hasAny(n, "email", "mail"):
		all = append(all, s.formatted("email")...)
	case hasAny(n, "url", "link", "website"):
		all = append(all, s.formatted("uri")...)
	case strings.HasSuffix(n, "date"):
		all = append(all, s.formatted("date")...)
	}
	return slices.DeleteFunc(all, func(v string) bool { return v == "" })
}

var number = regexp.MustCompile(`[-+]?\d+(?:,\d{3})*(?:\.\d+)?`)

// figure returns the number called name.
func (s source) figure(name string) (float64, bool) {
	if v, ok := s.known[plainName(name)].(float64); ok {
		return v, true
	}
	if v := number.FindString(s.labelled(name)); v != "" {
		return parse(v)
	}
	switch plainName(name) {
	case "words", "wordcount":
		fields := strings.Fields(s.text)
		return float64(len(slices.DeleteFunc(fields, func(w string) bool { return plainName(w) == "" }))), true
	case "sentences", "sentencecount":
		return float64(len(sentences(s.text))), true
	case "characters", "charactercount", "length":
		return float64(len([]rune(s.text))), true
	}
	return 0, false
}

// truth returns the yes or no called name.
func (s source) truth(name string) (value, ok bool) {
	switch strings.ToLower(strings.TrimRight(s.labelled(name), ".")) {
	case "true", "yes", "y", "on":
		return true, true
	case "false", "no", "n", "off":
		return false, true
	}
	return false, false
}

// list returns the texts called name.
func (s source) list(name string) []string {
	if v, ok := s.known[plainName(name)].([]string); ok {
		return v
	}
	if v := s.labelled(name); v != "" {
		return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ';' })
	}
	switch n := plainName(name); {
	case hasAny(n, "keyword", "tag", "topic", "term"):
		return keywords(strings.Join(material(sentences(s.text)), " "), 8)
	case hasAny(n, "sentence", "point", "highlight", "summary", "takeaway"):
		return telling(material(sentences(s.text)))
	case hasAny(n, "email"):
		return s.formatted("email")
	case hasAny(n, "url", "link"):
		return s.formatted("uri")
	case hasAny(n, "date"):
		return s.formatted("date")
	case hasAny(n, "item", "line", "bullet", "entries", "step", "task", "todo"):
		return s.bullets()
	}
	return nil
}

// figures returns all numbers of the text.
func (s source) figures() []float64 {
	var all []float64
	for _, v := range number.FindAllString(s.text, -1) {
		if f, ok := parse(v); ok {
			all = append(all, f)
		}
	}
	return all
}

var bullet = regexp.MustCompile(`(?m)^[ \t]*(?:[-*•]|\d+[.)])[ \t]+(\S.*?)[ \t]*$`)

func (s source) bullets() []string {
	var all []string
	for _, m := range bullet.FindAllStringSubmatch(s.text, -1) {
		all = append(all, m[1])
	}
	return all
}

func parse(v string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(v, ",", ""), 64)
	return f, err == nil
}

func hasAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
