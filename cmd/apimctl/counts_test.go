package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// A plan with nothing to do costs at most 3 exchanges and 64 KiB a host, however many tasks there are (design.md, rule 7). What it looks
// at is recorded on hosts in memory and looked at again by SSH, in process, on files that are the same.
func TestPlanIsFewExchanges(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := &stage{world: newWorld(t), dir: t.TempDir(), env: map[string]string{}}
	if err := s.given([]string{"two-and-two.yaml"}); err != nil {
		t.Fatal(err)
	}
	if err := s.edit([]string{"inventory.yaml", "manage: none", "manage: check"}); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"apply --yes", "plan"} {
		for _, m := range s.world.hosts {
			m.fetched, m.world.asked = nil, 0
		}
		if err := s.apimctl(strings.Fields(command)); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasSuffix(s.screen.String(), "\nnothing to do\n[exit status 0]\n\n") {
		t.Fatalf("there is something to do:\n%s", s.screen.String())
	}
	if n := s.world.asked; n != 2 {
		t.Errorf("databases were dialled %d times; once for each of two is wanted, from one node", n)
	}
	for name, m := range s.world.hosts {
		t.Run(name, func(t *testing.T) { replay(t, m) })
	}
}

func replay(t *testing.T, m *machine) {
	root := t.TempDir()
	furnish(t, root, m.Snapshot())
	server := remotetest.Serve(t, remotetest.Options{})
	h, err := remote.Dial(t.Context(), reachable(t, server))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	before, looks := h.Traffic(), 0
	for _, batch := range m.fetched {
		if _, err := h.Fetch(t.Context(), below(root, batch)); err != nil {
			t.Fatal(err)
		}
		looks += len(batch)
	}
	after := h.Traffic()
	if n := after.Exchanges - before.Exchanges; n > 3 || n == 0 || looks < 10 {
		t.Errorf("%d exchanges for %d looks; at most 3 are wanted", n, looks)
	}
	if n := after.Received - before.Received; n > 64<<10 || n == 0 {
		t.Errorf("%d bytes were received; at most 64 KiB are wanted", n)
	}
}

// furnish writes a host's files below root, as this user.
func furnish(t *testing.T, root string, files map[string]remote.File) {
	t.Helper()
	for p, f := range files {
		at := filepath.Join(root, p)
		err := os.MkdirAll(filepath.Dir(at), 0o700)
		switch {
		case err != nil:
		case f.IsDir():
			err = os.MkdirAll(at, 0o700)
		case f.IsLink():
			err = os.Symlink(string(f.Data), at)
		default:
			err = os.WriteFile(at, f.Data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// below are the looks at what is below root.
func below(root string, looks []remote.Look) []remote.Look {
	var all []remote.Look
	for _, l := range looks {
		if l.Path != "" {
			l.Path = root + l.Path
		}
		argv := append([]string{}, l.Argv...)
		for i, a := range argv {
			if strings.HasPrefix(a, "/") {
				argv[i] = root + a
			}
		}
		l.Argv = argv
		all = append(all, l)
	}
	return all
}

func reachable(t *testing.T, s *remotetest.Server) remote.Target {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"key": string(s.ClientPEM), "known_hosts": s.Line + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return remote.Target{
		Address: s.Host, Port: s.Port, User: "deploy", Agent: "none",
		Keys: []string{filepath.Join(dir, "key")}, KnownHosts: []string{filepath.Join(dir, "known_hosts")},
	}
}

// Fetch is the Memory's, noted.
func (m *machine) Fetch(ctx context.Context, looks []remote.Look) ([]remote.Found, error) {
	m.mu.Lock()
	m.fetched = append(m.fetched, looks)
	m.mu.Unlock()
	return m.Memory.Fetch(ctx, looks)
}
