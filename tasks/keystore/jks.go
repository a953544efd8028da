package keystore

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
)

// readJKS reads Sun's format: magic, version, count, entries, and a SHA-1 over the password and all before it.
// keystore-go reads it too, but trusts its lengths (a garbled file makes it allocate gigabytes), and its error
// for a wrong password has no type.
func readJKS(data []byte, password string) (Store, error) {
	s := cryptobyte.String(data)
	var version, count uint32
	if !s.Skip(4) || !s.ReadUint32(&version) || !s.ReadUint32(&count) || version < 1 || version > 2 {
		return Store{}, ErrDamaged
	}
	entries := map[string]Entry{}
	for i := range count {
		e, ok := readJKSEntry(&s, version)
		if !ok {
			return Store{}, fmt.Errorf("%w: entry %d of %d cannot be read", ErrDamaged, i+1, count)
		}
		entries[e.Alias] = e
	}
	want := digestJKS(data[:len(data)-len(s)], password)
	var had []byte
	if !s.ReadBytes(&had, len(want)) {
		return Store{}, fmt.Errorf("%w: cut short after the last entry", ErrDamaged)
	}
	if subtle.ConstantTimeCompare(had, want) != 1 {
		return Store{}, ErrPassword
	}
	return Store{Format: JKS, Entries: sorted(entries)}, nil
}

func readJKSEntry(s *cryptobyte.String, version uint32) (e Entry, ok bool) {
	var tag uint32
	var alias cryptobyte.String
	var millis uint64
	if !s.ReadUint32(&tag) || !s.ReadUint16LengthPrefixed(&alias) || !s.ReadUint64(&millis) {
		return Entry{}, false
	}
	e = Entry{Alias: strings.ToLower(string(alias)), Kind: Trusted, Created: time.UnixMilli(int64(millis)).UTC()}
	certs := uint32(1)
	switch tag {
	case 1:
		e.Kind = Key
		if !readLong(s, &e.sealed) || !s.ReadUint32(&certs) {
			return Entry{}, false
		}
	case 2:
	default:
		return Entry{}, false
	}
	for range certs {
		var kind cryptobyte.String
		var raw []byte
		if version == 2 && !s.ReadUint16LengthPrefixed(&kind) || !readLong(s, &raw) {
			return Entry{}, false
		}
		e.Raw = append(e.Raw, raw)
	}
	return e, true
}

func digestJKS(body []byte, password string) []byte {
	h := sha1.New()
	h.Write(utf16be(password))
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(body)
	return h.Sum(nil)
}

// readLong reads bytes that follow their length in 32 bits.
func readLong(s *cryptobyte.String, out *[]byte) bool {
	var n uint32
	return s.ReadUint32(&n) && int64(n) <= int64(len(*s)) && s.ReadBytes(out, int(n))
}

// utf16be encodes a password as Java's keystores hash it.
func utf16be(s string) (b []byte) {
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, unit)
	}
	return b
}
