package main

import "testing"

// TestBed runs the command, as a user would, against the machines of the test bed: APIMCTL_BED is the folder that up.sh wrote for it.
// Its parts follow one another, each on the deployment that the one before left.
func TestBed(t *testing.T) {
	b := openBed(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a plan against bare hosts changes nothing, and is what is done", bedFirst},
		{"a second run leaves everything alone", bedSecond},
		{"files that hold a password are the service's own", bedSecrets},
		{"a real sshd keeps the contract", bedContract},
		{"only the node that changes restarts", bedOneNode},
		{"killed anywhere, the next run finishes", bedKilled},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, b) }) && part.name[:6] == "a plan" {
			t.Fatal("there is no deployment to go on with")
		}
	}
}

// TestBedTroubles takes bare machines to a deployment, and then meets what can go wrong with one.
func TestBedTroubles(t *testing.T) {
	bedTroubles(t, openBed(t))
}
