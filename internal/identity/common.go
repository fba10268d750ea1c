package identity

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"heddle/internal/flow"
)

// Lengths of a password in characters (trust.md L2).
const (
	minPassword = 10
	maxPassword = 128
)

//go:embed common.txt
var commonFile string

// common holds the words and phrases of common.txt: our own list of what people
// choose first, not a leaked collection.
var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonFile) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			set[line] = true
		}
	}
	return set
})

// checkPassword refuses a password that is too short, too long, or among the
// first an attacker would try. path names the form field.
func checkPassword(password, email, path string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < minPassword:
		return refuse(path, "The password is too short.", "Use at least 10 characters. A few random words are easy to remember and hard to guess.")
	case n > maxPassword:
		return refuse(path, "The password is too long.", "Use at most 128 characters.")
	case isCommon(password) || strings.EqualFold(password, email):
		return refuse(path, "This password is too easy to guess.", "Choose one that is not a common word, a row of keys or your address. A few random words work well.")
	}
	return nil
}

func refuse(path, message, help string) error {
	return flow.Errorf(flow.Invalid, "%s", message).With(flow.Problem{Path: path, Message: help})
}

// isCommon reports whether password is a common one, also with letters written
// as digits and with up to maxTrimmed digits or signs around it ("P4ssword2024!"),
// or one short piece said again and again ("abcabcabcabc").
func isCommon(password string) bool {
	lower := strings.ToLower(password)
	if common()[lower] || repeats(lower) {
		return true
	}
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	if len(lower)-len(core) > maxTrimmed {
		return false
	}
	return common()[core] || common()[unleet.Replace(core)] || repeats(core)
}

const maxTrimmed = 6

var unleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// repeats reports whether s is a piece of at most 4 bytes said over and over.
func repeats(s string) bool {
	for n := 1; n <= 4 && n*2 <= len(s); n++ {
		if s[n:] == s[:len(s)-n] {
			return true
		}
	}
	return false
}
