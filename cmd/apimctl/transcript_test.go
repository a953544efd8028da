package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite expected output")

// planted is in every inventory of a script, as a password. No output may have it.
const planted = "hunter2-planted"

// TestTranscripts runs testdata/transcripts. Beside testscript's own commands a script has these:
//
//	apimctl ARGS...      runs the command in process, against hosts in memory that live as long as the script
//	given INVENTORY      makes inventory.yaml of one in testdata, am.zip, gw.zip and further zips: see zips_test.go
//	host NAME FAULT      makes something of a host wrong, or "well"
//	answer TEXT          somebody is at the terminal, and says this to the next command
//	edit FILE OLD NEW    replaces text in a file
//	show FILE            puts a file into the transcript
//	mirror FILE NEW      serves the script's files by https, and names FILE's URL and digest in inventory.yaml in place of it; NEW is its name there
//	database STATE       makes something of the database server: see world_database_test.go
//	setting NAME=VALUE   is an environment variable; "setting color" is a terminal with colours
//
// What the commands printed is in the file `seen`, as a terminal would show it: what went to standard error begins with "! ", and the
// exit status closes it. A script ends with `cmp seen transcript`; -update rewrites it.
func TestTranscripts(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	testscript.RunT(inOrder{testscript.T(shim{t})}, testscript.Params{
		Dir: "testdata/transcripts", UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			s := &stage{world: newWorld(t), dir: e.WorkDir, env: map[string]string{}}
			server := httptest.NewTLSServer(http.FileServer(http.Dir(e.WorkDir)))
			e.Defer(server.Close)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.client, s.mirror = server.Client(), server.URL
			e.Values[stageKey{}] = s
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"apimctl": command((*stage).apimctl), "given": command((*stage).given), "host": command((*stage).host),
			"answer": command((*stage).answer), "edit": command((*stage).edit), "show": command((*stage).show),
			"setting": command((*stage).setting), "mirror": command((*stage).serve),
			"database": command((*stage).database),
		},
	})
}

// serve names a distribution by its URL on the mirror.
func (s *stage) serve(args []string) error {
	data, err := os.ReadFile(filepath.Join(s.dir, args[0]))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if err := os.Rename(filepath.Join(s.dir, args[0]), filepath.Join(s.dir, args[1])); err != nil {
		return err
	}
	url := fmt.Sprintf("{url: %q, sha256: %q}", s.mirror+"/"+args[1], hex.EncodeToString(sum[:]))
	return s.edit([]string{"inventory.yaml", args[0], url})
}

type stageKey struct{}

// A stage is what a script plays on.
type stage struct {
	world  *world
	dir    string
	env    map[string]string
	said   *string // what somebody at the terminal says; nil is nobody there
	color  bool
	client *http.Client // trusts the mirror
	mirror string
	screen screen
}

func command(do func(*stage, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("the exit status is in the transcript: no !")
		}
		ts.Check(do(ts.Value(stageKey{}).(*stage), args))
	}
}

func (s *stage) apimctl(args []string) error {
	// Paths in the output are short, and the same on every machine, when the command runs where the script is.
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	defer func() { _ = os.Chdir(back) }()
	if err := os.Chdir(s.dir); err != nil {
		return err
	}
	s.world.stop = make(chan struct{})
	a := app{
		in: strings.NewReader(""), out: s.screen.stream(""), errOut: s.screen.stream("! "), stop: s.world.stop,
		env: func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }, connect: s.world.connect, color: s.color, client: s.client,
	}
	if s.said != nil {
		a.in, a.terminal = strings.NewReader(*s.said+"\n"), true
	}
	s.screen.line("$ apimctl " + strings.Join(args, " "))
	status := a.run(context.Background(), args)
	s.screen.line(fmt.Sprintf("[exit status %d]\n", status))
	s.said = nil
	return s.save()
}

// noted is who did what when, and how long it took, in a journal.
var (
	noted = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ(  \S+  )\S+ on \S+, `)
	took  = regexp.MustCompile(`: done in \S+`)
)

var millis = regexp.MustCompile(`,"millis":\d+`)

// save writes what was seen so far, without what differs from run to run.
func (s *stage) save() error {
	text := millis.ReplaceAllString(s.screen.String(), "")
	text = took.ReplaceAllString(noted.ReplaceAllString(text, "TIME${1}WHO on MACHINE, "), ": done in TIME")
	text = strings.ReplaceAll(text, s.dir+string(filepath.Separator), "")
	text = strings.ReplaceAll(text, s.mirror, "https://mirror.example.com")
	text = strings.ReplaceAll(text, os.Getenv("XDG_CACHE_HOME"), "~/.cache")
	if strings.Contains(text, planted) {
		return fmt.Errorf("a password is shown:\n%s", text)
	}
	return os.WriteFile(filepath.Join(s.dir, "seen"), []byte(text), 0o600)
}

func (s *stage) host(args []string) error {
	for _, fault := range args[1:] {
		if err := s.world.machine(args[0]).fault(fault); err != nil {
			return err
		}
	}
	s.screen.line("# " + args[0] + ": " + strings.Join(args[1:], ", ") + "\n")
	return nil
}

func (s *stage) answer(args []string) error {
	said := strings.Join(args, "\n") // each is one answer
	s.said = &said
	s.screen.line("# at the terminal: " + strings.Join(args, ", ") + "\n")
	return nil
}

func (s *stage) edit(args []string) error {
	path := filepath.Join(s.dir, args[0])
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(data, []byte(args[1])) {
		return fmt.Errorf("%s has no %q", args[0], args[1])
	}
	s.screen.line(fmt.Sprintf("# %s: %s -> %s\n", args[0], args[1], args[2]))
	want := strings.ReplaceAll(args[2], `\n`, "\n")
	return os.WriteFile(path, bytes.Replace(data, []byte(args[1]), []byte(want), 1), 0o600)
}

func (s *stage) show(args []string) error {
	data, err := os.ReadFile(filepath.Join(s.dir, args[0]))
	if err != nil {
		return err
	}
	s.screen.line("$ cat " + args[0])
	s.screen.line(string(data))
	return s.save()
}

// setting is an environment variable, or "color".
func (s *stage) setting(args []string) error {
	name, value, _ := strings.Cut(args[0], "=")
	if name == "color" {
		s.color = true
		return nil
	}
	s.env[name] = value
	s.screen.line("$ export " + strings.ReplaceAll(args[0], planted, "..."))
	return nil
}

// A screen has what was printed in the order that it came, each stream's lines with a mark before them.
type screen struct{ bytes.Buffer }

type stream struct {
	screen *screen
	mark   string
}

func (s *screen) stream(mark string) stream { return stream{s, mark} }

func (s stream) Write(p []byte) (int, error) {
	for l := range strings.Lines(string(p)) {
		if s.screen.fresh() && l != "\n" {
			s.screen.WriteString(s.mark)
		}
		s.screen.WriteString(l)
	}
	return len(p), nil
}

func (s *screen) fresh() bool { return s.Len() == 0 || bytes.HasSuffix(s.Bytes(), []byte("\n")) }

// line begins a new line where there is none.
func (s *screen) line(text string) {
	if !s.fresh() {
		s.WriteString("\n")
	}
	s.WriteString(text + "\n")
}

// shim is a testing.T for testscript; inOrder has scripts run one after another, as the folder that they run in is the process's.
type (
	shim    struct{ *testing.T }
	inOrder struct{ testscript.T }
)

func (s shim) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(inOrder{shim{t}}) })
}
func (shim) Verbose() bool { return testing.Verbose() }
func (inOrder) Parallel()  {}
