package database

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// scrammed is a password as PostgreSQL keeps it (RFC 5803), which it takes in a password's place. A server logs the statements that fail,
// and may log all: so this stands in them. A password that SASLprep might alter is left as it is.
func scrammed(password string) string {
	if password == "" || strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' }) {
		return password
	}
	const rounds = 4096 // the server's own
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // which never fails
	return verifier(password, salt, rounds)
}

func verifier(password string, salt []byte, rounds int) string {
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return password
	}
	keyed := func(name string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(name))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, text(salt), text(stored[:]), text(keyed("Server Key")))
}
