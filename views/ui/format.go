package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"heddle/internal/flow"
)

// Number writes n with a comma between thousands.
func Number(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Count writes n with its noun: "1 run", "3 runs".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Millis writes a duration in milliseconds in the unit that suits it; nil is a dash.
func Millis(ms *int64) string {
	if ms == nil {
		return "–"
	}
	switch d := *ms; {
	case d < 1000:
		return strconv.FormatInt(max(d, 0), 10) + " ms"
	case d < 59_950:
		return strconv.FormatFloat(float64(d)/1000, 'f', 1, 64) + " s"
	case d < 3_599_500:
		s := (d + 500) / 1000
		return strconv.FormatInt(s/60, 10) + " min " + strconv.FormatInt(s%60, 10) + " s"
	default:
		m := (d + 30_000) / 60_000
		return strconv.FormatInt(m/60, 10) + " h " + strconv.FormatInt(m%60, 10) + " min"
	}
}

// Size writes a number of bytes in the unit that suits it, by powers of 1,000
// as operating systems show files.
func Size(bytes int64) string {
	if bytes < 1000 {
		return strconv.FormatInt(bytes, 10) + " B"
	}
	v, unit := float64(bytes), 0
	for v >= 999.95 && unit < 4 {
		v /= 1000
		unit++
	}
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0") + " " + []string{"B", "kB", "MB", "GB", "TB"}[unit]
}

// Cost writes an amount of US dollars; nil, an unknown price, is a dash.
func Cost(usd *float64) string {
	switch {
	case usd == nil:
		return "–"
	case *usd == 0:
		return "$0"
	case *usd < 0.001:
		return "<$0.001"
	case *usd < 1:
		return "$" + strconv.FormatFloat(*usd, 'f', 3, 64)
	}
	whole, cents := math.Modf(math.Round(*usd*100) / 100)
	return "$" + Number(int(whole)) + strconv.FormatFloat(cents, 'f', 2, 64)[1:]
}

// Price writes a price per million tokens: whole dollars bare, else with at
// least two decimals.
func Price(usd float64) string {
	s := strconv.FormatFloat(usd, 'f', -1, 64)
	if dot := strings.IndexByte(s, '.'); dot >= 0 && len(s)-dot == 2 {
		s += "0"
	}
	return "$" + s
}

// Tokens writes the tokens that went in and came out, together.
func Tokens(u flow.Usage) string {
	if u.TokensIn+u.TokensOut == 0 {
		return "–"
	}
	return Number(u.TokensIn + u.TokensOut)
}

// Stamp writes t for people whose browser runs no script; scripts put their
// local time in its place.
func Stamp(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }
