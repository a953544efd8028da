package inventory

import "errors"

// Load reads the inventory at path. env looks up the environment (os.LookupEnv). The error is Problems where the file
// could be read.
func Load(path string, env func(string) (string, bool)) (*Inventory, error) {
	return nil, errors.ErrUnsupported
}

// Select returns the hosts that limit names, in their own order: each of limit is a host's or a group's name. An empty
// limit names all.
func Select(hosts []Host, limit []string) ([]Host, error) {
	return nil, errors.ErrUnsupported
}

// Warnings returns what is allowed and unwise, in the order of the places.
func (inv *Inventory) Warnings() []Problem { return inv.warnings }
