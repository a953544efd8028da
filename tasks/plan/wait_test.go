package plan

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const ready = "http://127.0.0.1:9763/services/Version"

// statuses answers with one status after another, the last one for ever, and counts.
func statuses(asked *int, codes ...int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(codes[min(*asked, len(codes)-1)])
		*asked++
	})
}

func TestWaitCountsInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, asked := remotetest.New(), 0
		m.Serve("127.0.0.1:9763", statuses(&asked, 500, 200, 200, 500, 200))
		w := Wait{Probe: Probe{Kind: "http", URL: ready}, Every: 2 * time.Second, For: time.Minute, InARow: 3}
		if err := w.Apply(t.Context(), m); err != nil || asked != 7 {
			t.Errorf("%v after %d", err, asked)
		}
	})
}

func TestWaitGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, asked := remotetest.New(), 0
		m.Serve("127.0.0.1:9763", statuses(&asked, 500))
		m.Set("/logs/console.log", text(0o644, "", "fine\n"))
		m.Set("/logs/carbon.log", text(0o644, "", "INFO x\nERROR - password=hunter2 is wrong\n\tat a.B(C.java:1)\nINFO y\n"))
		var told []Waiting
		ctx := WithHeartbeat(t.Context(), func(w Waiting) { told = append(told, w) })
		w := Wait{
			Probe: Probe{Kind: "http", URL: ready}, For: time.Minute,
			Logs: []string{"/logs/absent.log", "/logs/console.log", "/logs/carbon.log"}, Next: "ssh gw-1 tail x",
		}
		err := w.Apply(ctx, m)
		var gate *GateError
		if !errors.As(err, &gate) {
			t.Fatal(err)
		}
		if gate.Log != "/logs/carbon.log:\nERROR - password=(secret) is wrong\n\tat a.B(C.java:1)" || gate.Next != w.Next {
			t.Errorf("%+v", gate)
		}
		if gate.Error() != "not within 1m0s, it said last: 500 Internal Server Error" {
			t.Error(gate)
		}
		if len(told) < 5 || told[0].For != 10*time.Second || told[0].Last != "500 Internal Server Error" {
			t.Errorf("%+v", told)
		}
		if m.Counts().Mutations != 0 {
			t.Error("waiting changed the host")
		}
	})
}

// A probe without an answer neither holds up the heartbeat nor is waited for for ever.
func TestWaitForSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := remotetest.New()
		m.Listen("127.0.0.1:9763", func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)) })
		beats := 0
		ctx := WithHeartbeat(t.Context(), func(Waiting) { beats++ })
		var gate *GateError
		err := Wait{Probe: Probe{Kind: "http", URL: ready}, For: time.Minute}.Apply(ctx, m)
		if !errors.As(err, &gate) || gate.Last != "no answer within 10s" || beats < 5 {
			t.Errorf("%v, %d beats", err, beats)
		}
	})
}

func TestWaitEndsWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		err := Wait{Probe: Probe{Kind: "http", URL: ready}}.Apply(ctx, remotetest.New())
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestWaitOnAnImaginedHost(t *testing.T) {
	m := remotetest.New()
	if err := (Wait{Probe: Probe{Kind: "http", URL: ready}}).Apply(t.Context(), remote.Imagine(m)); err != nil || m.Counts().Looks != 0 {
		t.Errorf("%v, %+v", err, m.Counts())
	}
}

func TestErrorBlock(t *testing.T) {
	deep := "SEVERE: too deep\n" + strings.Repeat("\tat a.B\n", 40)
	for in, want := range map[string]string{
		"":                     "",
		"INFO fine\nINFO ok\n": "",
		"ERROR one\n\tat x\nINFO\nERROR two\njava.lang.Exception: why\n\tat y\nCaused by: z\n\t... 3 more\nINFO later\n\tindented\n": "ERROR two\njava.lang.Exception: why\n\tat y\nCaused by: z\n\t... 3 more",
		"Exception in thread \"main\" x\n\tat y\n": "Exception in thread \"main\" x\n\tat y",
		deep: strings.TrimSuffix("SEVERE: too deep\n"+strings.Repeat("\tat a.B\n", 24), "\n"),
	} {
		if got := errorBlock(in); got != want {
			t.Errorf("%q\ngives %q\nwant  %q", in, got, want)
		}
	}
}

// A node that dies is not waited for: its log says why at once.
func TestWaitEndsWhenTheProcessDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := remotetest.New()
		w := Wait{
			Probe: Probe{Kind: "tcp", Addr: "localhost:9443"}, Alive: &Probe{Kind: "process", PIDFile: "/run/pid", Command: "java"},
			Every: time.Second, For: time.Hour,
		}
		begun := time.Now()
		err := w.Apply(context.Background(), m)
		var gate *GateError
		if !errors.As(err, &gate) || gate.Over == "" {
			t.Fatalf("error is %v, not that it died", err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it was waited for %s", took)
		}
	})
}

// A message of several lines, and a stack whose classes are called as troubles are, belong to one error.
func TestErrorBlockIsWhole(t *testing.T) {
	const err = "TID: [-1] [] [2026] ERROR {a.B} - Access denied\nCurrent charset is UTF-8.\n\tat org.exceptions.ExceptionFactory.create(X.java:66)\nCaused by: x.YException: denied\nsecond line\n\t... 3 more"
	if had := errorBlock("TID: [-1] [] INFO - x\n" + err + "\nTID: [-1] [] INFO {a.B} - y\n\tat org.ExceptionFactory.z()\n"); had != err {
		t.Errorf("the block is\n%s\nnot\n%s", had, err)
	}
}
