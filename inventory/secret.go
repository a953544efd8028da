package inventory

import "fmt"

const masked = "(secret)"

// A Secret is text that every way of printing masks. The zero Secret is empty. Secrets compare with ==.
type Secret struct{ text string }

// NewSecret returns the secret whose text is given.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text itself, for the one place that needs it.
func (s Secret) Reveal() string { return s.text }

// String returns "(secret)".
func (Secret) String() string { return masked }

// GoString returns "(secret)".
func (Secret) GoString() string { return masked }

// Format writes "(secret)" for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText returns "(secret)".
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON returns "(secret)" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }
