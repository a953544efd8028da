// Package remotetest holds hosts for tests, and the contract that every remote.Conn is held to.
package remotetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strings"
	"sync"

	"apimctl/tasks/remote"
)

// A Memory is a host in memory: a remote.Conn and a remote.Fetcher that does everything at once and may do everything, as root.
// It starts as a small Debian with systemd, Java 17 and nothing of ours. It may be used by several goroutines.
type Memory struct {
	mu      sync.Mutex
	files   map[string]remote.File // by path without links among its parents
	answers map[string]Answer
	effects map[string]Effect
	served  map[string]func(net.Conn)
	units   map[string]*unit
	counts  Counts
	ran     []remote.Cmd
	fail    map[int]error // by number of the mutation
}

// Counts is what was asked of a Memory.
type Counts struct {
	Looks     int // files, sums and queries
	Exchanges int // round trips: a look, a Fetch of many, a change
	Mutations int // Put, Unpack and Run, those that failed too
}

// An Answer answers a query. An *remote.ExitError is its exit status.
type Answer func(argv []string) (string, error)

// An Effect is what a command does to the host. It may use the Memory's Put, Remove, At and the like.
type Effect func(cmd remote.Cmd) error

// New is a host in memory.
func New() *Memory {
	m := &Memory{
		files:  map[string]remote.File{},
		served: map[string]func(net.Conn){},
		units:  map[string]*unit{},
		fail:   map[int]error{},
	}
	m.answers, m.effects = m.commonAnswers(), m.commonEffects()
	m.furnish()
	return m
}

func (m *Memory) furnish() {
	for _, dir := range strings.Fields("/ /home /proc /root /run/systemd/system /tmp /etc/systemd/system /opt /usr/lib/jvm/java-17/bin /var/lib /var/log") {
		m.Set(dir, remote.Dir(0o755, "root:root"))
	}
	for p, text := range map[string]string{
		"/etc/hosts":      "127.0.0.1\tlocalhost\n",
		"/etc/passwd":     "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
		"/etc/group":      "root:x:0:\ndaemon:x:1:\n",
		"/etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n",
		"/proc/1/comm":    "systemd\n",
	} {
		m.Set(p, remote.File{Mode: 0o644, Owner: "root:root", Data: []byte(text)})
	}
	for _, name := range []string{"java", "keytool"} {
		m.Set("/usr/lib/jvm/java-17/bin/"+name, remote.File{Mode: 0o755, Owner: "root:root"})
	}
}

// File is what is at the path.
func (m *Memory) File(_ context.Context, p string) (remote.File, error) {
	f := m.look(remote.Look{Kind: "file", Path: p}, 1)
	return f.File, f.Err
}

// Sum is the digest of what is at the path.
func (m *Memory) Sum(_ context.Context, p string) (remote.Sum, error) {
	f := m.look(remote.Look{Kind: "sum", Path: p}, 1)
	return f.Sum, f.Err
}

// Query answers from the table of answers. What is in neither table is not allowed; what Answer took away has status 127.
func (m *Memory) Query(_ context.Context, argv ...string) (string, error) {
	f := m.look(remote.Look{Kind: "query", Argv: argv}, 1)
	return f.Out, f.Err
}

// Fetch looks at everything in one exchange.
func (m *Memory) Fetch(_ context.Context, looks []remote.Look) ([]remote.Found, error) {
	m.count(Counts{Exchanges: 1})
	var found []remote.Found
	for _, l := range looks {
		found = append(found, m.look(l, 0))
	}
	return found, nil
}

// At is what is at the path, uncounted. A path in a loop of links has nothing.
func (m *Memory) At(p string) remote.File {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.follow(p)
	if err != nil {
		return remote.File{}
	}
	f := m.files[at]
	f.Data = bytes.Clone(f.Data)
	return f
}

// Paths are all paths at and below dir, sorted.
func (m *Memory) Paths(dir string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var paths []string
	for p := range m.files {
		if p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}

// Snapshot is the whole host now: equal snapshots are hosts that nothing was done to.
func (m *Memory) Snapshot() map[string]remote.File {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.files)
}

// Set makes the path be f, with its parents, uncounted: how a test arranges a host.
func (m *Memory) Set(p string, f remote.File) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.follow(p)
	if err != nil {
		at = path.Clean(p)
	}
	for dir := path.Dir(at); !m.files[dir].Exists(); dir = path.Dir(dir) {
		m.files[dir] = remote.Dir(0o755, "root:root")
		if dir == "/" {
			break
		}
	}
	if err := m.put(at, f); err != nil {
		m.files[at] = f
	}
}

// Counts is what was asked so far.
func (m *Memory) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

func (m *Memory) count(c Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Looks += c.Looks
	m.counts.Exchanges += c.Exchanges
	m.counts.Mutations += c.Mutations
}

func (m *Memory) look(l remote.Look, exchanges int) (f remote.Found) {
	m.count(Counts{Looks: 1, Exchanges: exchanges})
	if l.Kind == "query" {
		f.Out, f.Err = m.answer(l.Argv)
		return f
	}
	f.File = m.At(l.Path)
	if f.Sum = f.File.Sum(); l.Kind == "sum" {
		f.File = remote.File{}
	}
	return f
}

func (m *Memory) follow(p string) (string, error) {
	return remote.Follow(p, func(dir string) (string, error) {
		if f := m.files[dir]; f.IsLink() {
			return string(f.Data), nil
		}
		return "", nil
	})
}

// put changes the path, which has no links among its parents.
func (m *Memory) put(at string, f remote.File) error {
	had := m.files[at]
	switch {
	case !f.Exists():
		maps.DeleteFunc(m.files, func(p string, _ remote.File) bool { return p == at || strings.HasPrefix(p, at+"/") })
		return nil
	case !m.files[path.Dir(at)].IsDir():
		return errors.New("no such directory: " + path.Dir(at))
	case had.IsDir() && !f.IsDir():
		return errors.New("is a directory: " + at)
	}
	f.Owner = cmp.Or(f.Owner, had.Owner, "root:root")
	f.Secret, f.Data = false, bytes.Clone(f.Data)
	m.files[at] = f
	return nil
}

// mutate counts a change, and fails it if FailAt says so.
func (m *Memory) mutate() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Exchanges++
	m.counts.Mutations++
	return m.fail[m.counts.Mutations]
}

// FailAt fails the nth mutation from here on (1 is the next one) with err, before it does anything.
func (m *Memory) FailAt(n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail[m.counts.Mutations+n] = err
}

// Put makes the path be f.
func (m *Memory) Put(ctx context.Context, p string, f remote.File) error {
	if err := errors.Join(ctx.Err(), m.mutate()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.follow(p)
	if err != nil {
		return err
	}
	if err := m.put(at, f); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	return nil
}
