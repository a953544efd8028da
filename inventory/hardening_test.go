package inventory

import "testing"

// What is not written is as all says, and all is off unless it is written.
func TestHardening(t *testing.T) {
	every := Hardening{Given: true, All: true, Limits: true, Sysctl: true, Files: true, LogRotation: true, Sandbox: true, TLS: true, Headers: true, NoJMX: true, JVM: true}
	some := every
	some.Sandbox = false
	for text, want := range map[string]Hardening{
		"":                         {},
		"hardening: {}\n":          {Given: true},
		"hardening: {tls: true}\n": {Given: true, TLS: true},
		"hardening: {all: true}\n": every,
		"hardening: {sandbox: false, all: true}\n": some,
	} {
		if had := parse(t, folder(t), smallest+text).Hardening; had != want {
			t.Errorf("%q is %+v", text, had)
		}
	}
}
