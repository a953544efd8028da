package pki

import "errors"

// The kinds of Problem.
var (
	ErrNoCertificate = errors.New("no certificate")
	ErrNoKey         = errors.New("no private key")
	ErrEncrypted     = errors.New("encrypted private key")
	ErrDamaged       = errors.New("damaged")
	ErrMatch         = errors.New("key and certificate do not match")
	ErrChain         = errors.New("broken chain")
	ErrExpired       = errors.New("expired")
	ErrNotYet        = errors.New("not yet valid")
	ErrNames         = errors.New("names are lacking")
	ErrUsage         = errors.New("key usage is lacking")
	ErrWeak          = errors.New("weak")
	ErrExists        = errors.New("exists already")
	ErrMissing       = errors.New("is not there")
	ErrLocked        = errors.New("cannot be decrypted")
)

// A Problem is what is wrong with a file, and how to mend it. It unwraps to its kind.
type Problem struct {
	File string // as the operator named it; "" if it came without a name
	Kind error
	What string
	Fix  string
}

// Error is "FILE: WHAT; FIX".
func (p *Problem) Error() string {
	text := p.What
	if p.File != "" {
		text = p.File + ": " + text
	}
	if p.Fix != "" {
		text += "; " + p.Fix
	}
	return text
}

// Unwrap is the kind.
func (p *Problem) Unwrap() error { return p.Kind }
