package offline

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// summary returns the prompt's most telling sentences in their order: a third of
// them, one to five. A short text is returned as it is.
func summary(prompt string) string {
	return strings.Join(telling(material(sentences(prompt))), " ")
}

// telling picks sentences by how frequent their words are in the text. The words
// of a picked sentence count less for the next (the SumBasic method of Nenkova
// and Vanderwende, 2005), and an earlier sentence counts a little more.
func telling(all []string) []string {
	if len(all) <= 2 {
		return all
	}
	weight := frequencies(all)
	want := min(max(len(all)/3, 1), 5)
	picked := map[int]bool{}
	for len(picked) < want {
		best, top := -1, -1.0
		for i, s := range all {
			if score := score(s, weight) * (1 + 0.3/float64(i+1)); !picked[i] && score > top {
				best, top = i, score
			}
		}
		picked[best] = true
		for _, w := range terms(all[best]) {
			weight[w] *= weight[w]
		}
	}
	var out []string
	for i, s := range all {
		if picked[i] {
			out = append(out, s)
		}
	}
	return out
}

func frequencies(all []string) map[string]float64 {
	weight, total := map[string]float64{}, 0.0
	for _, s := range all {
		for _, w := range terms(s) {
			weight[w]++
			total++
		}
	}
	for w := range weight {
		weight[w] /= total
	}
	return weight
}

func score(sentence string, weight map[string]float64) float64 {
	words := terms(sentence)
	sum := 0.0
	for _, w := range words {
		sum += weight[w]
	}
	return sum / float64(max(len(words), 4)) // a two-word sentence says little
}

// keywords returns the n most frequent terms, the earlier one first among equals.
func keywords(text string, n int) []string {
	count, first := map[string]int{}, map[string]int{}
	var order []string
	for i, w := range terms(text) {
		if count[w]++; count[w] == 1 {
			first[w] = i
			order = append(order, w)
		}
	}
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(first[a], first[b]))
	})
	return order[:min(n, len(order))]
}

var boundary = regexp.MustCompile(`[.!?…]+["'”’)\]]*\s+|[。！？]+|\n\s*\n|\n\s*(?:[-*•]|\d+[.)])\s+`)

// sentences splits a text. A full stop after a short title or an initial does
// not end a sentence.
func sentences(text string) []string {
	var all []string
	start := 0
	add := func(end int) {
		if s := strings.Join(strings.Fields(text[start:end]), " "); s != "" {
			all = append(all, s)
		}
		start = end
	}
	for _, at := range boundary.FindAllStringIndex(text, -1) {
		switch sep := text[at[0]:at[1]]; {
		case strings.HasPrefix(sep, "\n"):
			add(at[0])
			start = at[1]
		case !abbreviated(text[start:at[0]], sep):
			add(at[1])
		}
	}
	add(len(text))
	return all
}

func abbreviated(before, sep string) bool {
	if !strings.HasPrefix(sep, ".") || strings.HasPrefix(sep, "..") {
		return false
	}
	last := before[strings.LastIndexFunc(before, unicode.IsSpace)+1:]
	if r := []rune(last); len(r) == 1 && unicode.IsUpper(r[0]) {
		return true
	}
	return slices.Contains([]string{"mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "e.g", "i.e", "etc", "approx", "fig"}, strings.ToLower(last))
}

var instruction = regexp.MustCompile(`(?i)^(?:please\s+)?(?:can you\s+|could you\s+)?(?:summari[sz]e|write|explain|describe|translate|rewrite|extract|list|analy[sz]e|classify|answer|give|tell|create|generate|make|shorten|condense|read|you are)\b`)

// material drops a leading instruction such as "Summarise this text:" when there
// is something after it to work on.
func material(all []string) []string {
	if len(all) == 0 || !instruction.MatchString(all[0]) {
		return all
	}
	if head, rest, ok := strings.Cut(all[0], ": "); ok && len(head) < 120 {
		return append([]string{rest}, all[1:]...)
	}
	if len(all) > 1 {
		return all[1:]
	}
	return all
}

// terms returns the meaningful words of a text in lower case.
func terms(text string) []string {
	var all []string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '\'' && r != '’' && r != '-'
	}) {
		w = strings.Trim(w, "'’-")
		if len([]rune(w)) > 1 && !strings.Contains(stopWords, " "+w+" ") {
			all = append(all, w)
		}
	}
	return all
}

const stopWords = " a about after all also am an and any are as at be because been before being between both but by can could did do does doing down during each few for from further had has have having he her here hers him his how i if in into is it it's its itself just me more most my no nor not now of off on once only or other our out over own same she should so some such than that that's the their them then there these they this those through to too under until up very was we were what when where which while who whom why will with would you your yours "
