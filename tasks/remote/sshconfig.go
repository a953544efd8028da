package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kevinburke/ssh_config"
)

// A hop is a host or a bastion with everything settled that a connection to it needs.
type hop struct {
	user, host string
	port       int
	keys       []string
	chosen     bool // keys were named, rather than OpenSSH's usual ones
	passphrase Secret
	password   Secret
	agent      string // socket, or ""
	known      []string
	timeout    time.Duration
	keepalive  time.Duration
	become     bool
	sudo       Secret
	via        string // the bastions before it, as ssh -J takes them
}

func (h hop) addr() string { return net.JoinHostPort(h.host, strconv.Itoa(h.port)) }

// chain names hops as ssh -J takes them.
func chain(hops []hop) string {
	var names []string
	for _, h := range hops {
		names = append(names, h.user+"@"+h.addr())
	}
	return strings.Join(names, ",")
}

// settle resolves a target: its bastions, then itself.
func settle(t Target) ([]hop, error) {
	cfg, err := readConfig(t.Config)
	if err != nil {
		return nil, err
	}
	alias := cmp.Or(t.Address, t.Name)
	if alias == "" {
		return nil, errors.New("a target needs an address or a name")
	}
	bastions := t.Bastions
	if len(bastions) == 0 {
		bastions = cfg.list(alias, "ProxyJump")
	}
	var hops []hop
	for _, b := range bastions {
		bt := t
		bt.Become, bt.BecomePassword = false, ""
		if bt.User, bt.Address, bt.Port, err = splitBastion(b); err != nil {
			return nil, err
		}
		h, err := cfg.hop(bt, bt.Address)
		if err != nil {
			return nil, err
		}
		h.via = chain(hops)
		hops = append(hops, h)
	}
	h, err := cfg.hop(t, alias)
	if err != nil {
		return nil, err
	}
	h.via = chain(hops)
	return append(hops, h), nil
}

// splitBastion takes user@host:port apart, of which only the host must be there.
func splitBastion(s string) (name, host string, port int, err error) {
	rest := strings.TrimPrefix(s, "ssh://")
	if u, r, ok := strings.Cut(rest, "@"); ok {
		name, rest = u, r
	}
	host = strings.Trim(rest, "[]")
	if h, p, splitErr := net.SplitHostPort(rest); splitErr == nil {
		host = h
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return "", "", 0, fmt.Errorf("bastion %q: %q is no port", s, p)
		}
	}
	if host == "" {
		return "", "", 0, fmt.Errorf("bastion %q: it has no host; it is written user@host:port", s)
	}
	return name, host, port, nil
}

// config is a parsed ~/.ssh/config, or none.
type config struct{ file *ssh_config.Config }

func readConfig(path string) (config, error) {
	if path == "" {
		return config{}, nil
	}
	f, err := os.Open(expand(path))
	if errors.Is(err, os.ErrNotExist) {
		return config{}, nil
	}
	if err != nil {
		return config{}, err
	}
	defer func() { _ = f.Close() }()
	file, err := ssh_config.Decode(f)
	if err != nil {
		return config{}, fmt.Errorf("%s: %w", path, err)
	}
	return config{file}, nil
}

func (c config) one(alias, key string) string {
	if c.file == nil {
		return ""
	}
	v, _ := c.file.Get(alias, key)
	return v
}

// list is what a comma or a blank separates; "none" is nothing.
func (c config) list(alias, key string) []string {
	v := c.one(alias, key)
	if v == "none" {
		return nil
	}
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
}

func (c config) all(alias, key string) []string {
	if c.file == nil {
		return nil
	}
	v, _ := c.file.GetAll(alias, key)
	return v
}

func (c config) hop(t Target, alias string) (hop, error) {
	h := hop{
		user: cmp.Or(t.User, c.one(alias, "User")), port: t.Port,
		host:       strings.ReplaceAll(cmp.Or(c.one(alias, "HostName"), alias), "%h", alias),
		passphrase: t.Passphrase, password: t.Password,
		keys: t.Keys, known: t.KnownHosts, agent: t.Agent,
		timeout: cmp.Or(t.ConnectTimeout, connectTimeout), keepalive: cmp.Or(t.Keepalive, keepaliveEvery),
		sudo: t.BecomePassword,
	}
	if p := c.one(alias, "Port"); h.port == 0 && p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			return hop{}, fmt.Errorf("%s: Port %q of %s is no number", t.Config, p, alias)
		}
		h.port = port
	}
	h.port = cmp.Or(h.port, 22)
	if h.user == "" {
		me, err := user.Current()
		if err != nil {
			return hop{}, err
		}
		h.user = me.Username
	}
	h.become = t.Become && h.user != "root"
	h.files(c, alias)
	return h, nil
}

// files settles keys, known hosts and the agent's socket.
func (h *hop) files(c config, alias string) {
	if len(h.keys) == 0 {
		h.keys = c.all(alias, "IdentityFile")
	}
	h.chosen = len(h.keys) > 0
	if !h.chosen {
		h.keys = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"}
	}
	if len(h.known) == 0 {
		h.known = c.list(alias, "UserKnownHostsFile")
	}
	if len(h.known) == 0 {
		h.known = []string{"~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"}
	}
	h.keys, h.known = expandAll(h.keys), expandAll(h.known)
	switch h.agent {
	case "":
		h.agent = os.Getenv("SSH_AUTH_SOCK")
	case "none":
		h.agent = ""
	}
}

func expandAll(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = expand(p)
	}
	return out
}

// expand puts the home directory for a leading ~.
func expand(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return path
	}
	return filepath.Join(home, rest)
}
