package remote

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// A HostKeyError is a host that does not show a key it is known by. Nothing was sent to it.
type HostKeyError struct {
	Host        string // as known_hosts writes it: host, or [host]:port
	Fingerprint string // of the key that it showed, SHA256:...
	Changed     bool   // it is known by another key
	Revoked     bool   // the key is marked @revoked
	File        string // the known_hosts file: where it stands, or where it should
	Line        int    // of File, where it is known by another key or revoked
	Mend        string // the command that mends it, once the fingerprint was compared; "" for a revoked key
}

func (e *HostKeyError) Error() string {
	switch {
	case e.Revoked:
		return fmt.Sprintf("the host key of %s (%s) is revoked by %s:%d", e.Host, e.Fingerprint, e.File, e.Line)
	case e.Changed:
		return fmt.Sprintf("the host key of %s (%s) is not the one of %s:%d", e.Host, e.Fingerprint, e.File, e.Line)
	}
	return fmt.Sprintf("the host key of %s (%s) is not in %s", e.Host, e.Fingerprint, e.File)
}

// known is what the known_hosts files say of a hop, and how its key was judged.
type known struct {
	hop    hop
	db     *knownhosts.HostKeyDB // nil where there is no file
	passed bool
	err    error
}

func readKnown(h hop) (*known, error) {
	k := &known{hop: h}
	files := slices.DeleteFunc(slices.Clone(h.known), func(f string) bool {
		_, err := os.Stat(f)
		return errors.Is(err, os.ErrNotExist)
	})
	if len(files) == 0 {
		return k, nil
	}
	var err error
	k.db, err = knownhosts.NewDB(files...)
	return k, err
}

// algorithms are those that the host is known by, then the others: so that a changed key is seen as one.
func (k *known) algorithms() []string {
	var algos []string
	if k.db != nil {
		algos = k.db.HostKeyAlgorithms(k.hop.addr())
	}
	supported := ssh.SupportedAlgorithms().HostKeys
	algos = slices.DeleteFunc(algos, func(a string) bool { return !slices.Contains(supported, a) })
	for _, a := range supported {
		if !slices.Contains(algos, a) {
			algos = append(algos, a)
		}
	}
	return algos
}

func (k *known) check(addr string, remote net.Addr, key ssh.PublicKey) error {
	if k.db == nil {
		k.err = k.judge(key, nil)
		return k.err
	}
	// The address behind a bastion is not known here; the name alone is what known_hosts holds.
	if err := k.db.HostKeyCallback()(addr, nowhere(remote), key); err != nil {
		k.err = k.judge(key, err)
		return k.err
	}
	k.passed = true
	return nil
}

// nowhere stands in for an address that is none, as that of a bastion's channel.
func nowhere(a net.Addr) net.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.Port != 0 {
		return a
	}
	return &net.TCPAddr{IP: net.IPv4zero}
}

func (k *known) judge(key ssh.PublicKey, err error) *HostKeyError {
	e := &HostKeyError{
		Host: knownhosts.Normalize(k.hop.addr()), Fingerprint: ssh.FingerprintSHA256(plain(key)), File: k.hop.known[0],
	}
	var other *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case errors.As(err, &revoked):
		e.Revoked, e.File, e.Line = true, revoked.Revoked.Filename, revoked.Revoked.Line
	case errors.As(err, &other) && len(other.Want) > 0:
		e.Changed, e.File, e.Line = true, other.Want[0].Filename, other.Want[0].Line
		e.Mend = "ssh-keygen -R " + quote(e.Host) + " -f " + quote(e.File)
	default:
		e.Mend = k.scan() + " >> " + quote(e.File)
	}
	return e
}

// plain is the key that a certificate is about.
func plain(key ssh.PublicKey) ssh.PublicKey {
	if c, ok := key.(*ssh.Certificate); ok {
		return c.Key
	}
	return key
}

// scan is the command that shows the host's key, run where the host can be reached.
func (k *known) scan() string {
	scan := fmt.Sprintf("ssh-keyscan -p %d %s", k.hop.port, k.hop.host)
	hops := strings.Split(k.hop.via, ",")
	last := len(hops) - 1
	switch {
	case k.hop.via == "":
		return scan
	case last == 0:
		return "ssh ssh://" + hops[last] + " " + scan
	}
	return "ssh -J " + strings.Join(hops[:last], ",") + " ssh://" + hops[last] + " " + scan
}
