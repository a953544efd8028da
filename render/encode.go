package render

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Where a value lands decides how it is written into deployment.toml: the product's templates escape nothing
// (product-facts.md §7). A value that is one reference ($env{NAME}, $secret{ALIAS}) passes as it is.

// xmlText is s for a place in an XML file.
func xmlText(s string) string {
	if isReference(s) {
		return s
	}
	if !strings.ContainsAny(s, "&<>") {
		return s
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

var entity = regexp.MustCompile(`&(amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);`)

// xmlURL is a URL for a place in an XML file. One that is written for XML already, as the product's pages show
// them, stays as it is.
func xmlURL(s string) string {
	if entity.MatchString(s) {
		return s
	}
	return xmlText(s)
}

// urlText is s for the user, password or option part of a JMS URL: all but letters, digits, -, ., _ and ~ as %XX.
func urlText(s string) string {
	if isReference(s) {
		return s
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		if unreserved(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func isReference(s string) bool { return strings.HasPrefix(s, "$") && reference.MatchString(s) }

// A PasswordKind is a place that a password goes to; each place carries other characters.
type PasswordKind int

const (
	// AdminPassword is the super admin's with one all-in-one node.
	AdminPassword PasswordKind = iota
	// SharedAdminPassword is the super admin's with several: the product writes it, as it is, into an XML file and
	// into the JMS URL of the other nodes (event_duplicate_url), so it has to mean the same in both.
	SharedAdminPassword
	// DatabasePassword is a database user's.
	DatabasePassword
	// KeystorePassword is a keystore's or a truststore's.
	KeystorePassword
)

// CheckPassword says why the product cannot carry s, or nil. The error shows single characters of s, never s.
// Every printable ASCII character has a place in AdminPassword (but the space), DatabasePassword and KeystorePassword;
// SharedAdminPassword takes letters, digits and -._~!$()*+,;= only.
func CheckPassword(kind PasswordKind, s string) error {
	if isReference(s) {
		return nil
	}
	if err := checkCharacters(s); err != nil {
		return err
	}
	switch kind {
	case AdminPassword, SharedAdminPassword:
		if len(s) < 5 || len(s) > 30 {
			return errors.New("the product's user store wants 5 to 30 characters")
		}
		return checkAdmin(kind, s)
	case KeystorePassword:
		if len(s) < 6 {
			return errors.New("keytool wants 6 characters or more")
		}
	case DatabasePassword:
		if strings.TrimSpace(s) != s {
			return errors.New("XML loses spaces at its ends")
		}
	}
	return nil
}

func checkUser(kind PasswordKind, s string) error {
	if isReference(s) {
		return nil
	}
	if len(s) < 3 || len(s) > 30 {
		return errors.New("the product's user store wants 3 to 30 characters")
	}
	if strings.Contains(s, ":") {
		return errors.New("':' ends the user's name in basic authentication")
	}
	return errors.Join(checkCharacters(s), checkAdmin(kind, s))
}

// checkCharacters refuses what no place in the product carries.
func checkCharacters(s string) error {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return fmt.Errorf("%q is not printable ASCII: the product's files and protocols read it differently", r)
		}
	}
	for _, marker := range []string{"${", "$ref{", "$env{", "$sys{", "$secret{"} {
		if strings.Contains(s, marker) {
			return fmt.Errorf("the product takes %s for the start of a reference", marker)
		}
	}
	for _, marker := range []string{"{{", "{%", "{#"} {
		if strings.Contains(s, marker) {
			return fmt.Errorf("the product's templates take %s for the start of a command", marker)
		}
	}
	return nil
}

func checkAdmin(kind PasswordKind, s string) error {
	for _, r := range s {
		if r == ' ' {
			return errors.New("the product's user store refuses spaces")
		}
		if kind == SharedAdminPassword && !unreserved(byte(r)) && !strings.ContainsRune("!$()*+,;=", r) {
			return fmt.Errorf("with several all-in-one nodes the product writes %q unencoded into XML and into a JMS URL, and one of them breaks", r)
		}
	}
	return nil
}
