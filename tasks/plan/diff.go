package plan

import (
	"bytes"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

func isText(data []byte) bool { return utf8.Valid(data) && !bytes.ContainsRune(data, 0) }

// unified is the diff of two masked texts. They come from different ones: where masks hide that, it says no more than that.
func unified(hadLabel, wantLabel, had, want string) string {
	if had == want {
		return "--- " + hadLabel + "\n+++ " + wantLabel + "\n@@ @@\n+" + changedSecret + "\n"
	}
	return udiff.Unified(hadLabel, wantLabel, had, want)
}
