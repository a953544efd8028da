package remote

import (
	"fmt"
	"regexp"
	"strings"
)

// quote makes one word of a POSIX shell of s, whatever is in it but NUL.
func quote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-]+$`)

// line makes a command of words.
func line(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

// wordly says whether words can be given to a command.
func wordly(words ...string) error {
	for _, w := range words {
		if strings.ContainsRune(w, 0) {
			return fmt.Errorf("%q holds a NUL, which no argument can", w)
		}
	}
	return nil
}
