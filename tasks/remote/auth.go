package remote

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// An AuthError is a host that lets the user in by nothing that was tried.
type AuthError struct {
	User, Address string
	Tried         []string // in order: "agent (2 keys)", "key /home/me/.ssh/id_ed25519", "password"; with the reason where one could not be
}

func (e *AuthError) Error() string {
	tried := "nothing was there to try"
	if len(e.Tried) > 0 {
		tried = "tried " + strings.Join(e.Tried, ", ")
	}
	return fmt.Sprintf("%s does not let %s in: %s", e.Address, e.User, tried)
}

// credentials are what a hop's log-in may use, and what it did.
type credentials struct {
	hop     hop
	methods []ssh.AuthMethod
	tried   []string
	agent   net.Conn
}

func (h hop) credentials() *credentials {
	c := &credentials{hop: h}
	c.methods = []ssh.AuthMethod{ssh.PublicKeysCallback(c.signers)}
	if h.password != "" {
		c.methods = append(c.methods,
			ssh.PasswordCallback(func() (string, error) {
				c.tried = append(c.tried, "password")
				return h.password.Reveal(), nil
			}),
			ssh.KeyboardInteractive(c.answer))
	}
	return c
}

func (c *credentials) close() {
	if c.agent != nil {
		_ = c.agent.Close()
	}
}

// answer gives the password to every question that hides what is typed.
func (c *credentials) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range questions {
		if !echos[i] {
			answers[i] = c.hop.password.Reveal()
		}
	}
	if len(questions) > 0 {
		c.tried = append(c.tried, "keyboard-interactive")
	}
	return answers, nil
}

// signers are the agent's keys, then the files'.
func (c *credentials) signers() ([]ssh.Signer, error) {
	all := c.fromAgent()
	for _, file := range c.hop.keys {
		s, err := readKey(file, c.hop.passphrase)
		if errors.Is(err, os.ErrNotExist) && !c.hop.chosen {
			continue
		}
		if err != nil {
			c.tried = append(c.tried, fmt.Sprintf("key %s (%v)", file, err))
			continue
		}
		c.tried = append(c.tried, "key "+file)
		all = append(all, s)
	}
	return all, nil
}

func (c *credentials) fromAgent() []ssh.Signer {
	if c.hop.agent == "" {
		return nil
	}
	conn, err := net.Dial("unix", c.hop.agent)
	if err != nil {
		c.tried = append(c.tried, "agent (it does not answer)")
		return nil
	}
	c.agent = conn
	keys, err := agent.NewClient(conn).Signers()
	if err != nil {
		c.tried = append(c.tried, "agent (it does not answer)")
		return nil
	}
	c.tried = append(c.tried, fmt.Sprintf("agent (%d keys)", len(keys)))
	return keys
}

var (
	errWantsPassphrase = errors.New("it wants a passphrase")
	errWrongPassphrase = errors.New("the passphrase is not its own")
)

func readKey(file string, passphrase Secret) (ssh.Signer, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		if pe := (*os.PathError)(nil); errors.As(err, &pe) {
			err = pe.Err // the file is named beside it
		}
		return nil, err
	}
	s, err := ssh.ParsePrivateKey(pem)
	if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
		if passphrase == "" {
			return nil, errWantsPassphrase
		}
		s, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(passphrase.Reveal()))
	}
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errWrongPassphrase
	}
	return s, err
}
