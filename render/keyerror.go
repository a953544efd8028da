package render

import "errors"

// A KeyError is what the product cannot take, with the key of the inventory that says it: "databases.apim_db.password".
type KeyError struct {
	Key string
	Err error
}

func (e *KeyError) Error() string { return e.Key + ": " + e.Err.Error() }
func (e *KeyError) Unwrap() error { return e.Err }

// below is err, each of those that are joined in it, as a KeyError of a key or of one below it; nil for nil.
func below(key string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *KeyError:
		return &KeyError{key + "." + e.Key, e.Err}
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range e.Unwrap() {
			all = append(all, below(key, one))
		}
		return errors.Join(all...)
	}
	return &KeyError{key, err}
}
