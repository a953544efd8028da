package inventory

import _ "embed"

// Example is an annotated inventory, for a person to begin with.
//
//go:embed example.yaml
var Example string
