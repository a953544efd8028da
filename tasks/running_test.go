package tasks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// kept is a host whose gateway runs, started by its own task.
func kept(t *testing.T, kind string) (*remotetest.Memory, Service) {
	m := host(t)
	installed(t, m)
	s := gateway(kind)
	s.Facts = []string{"truststore: idp 1"}
	apply(t, planned(t, s, m), m)
	return m, s
}

func TestStopAndStart(t *testing.T) {
	for _, kind := range []string{"systemd", "script"} {
		t.Run(kind, func(t *testing.T) {
			m, s := kept(t, kind)
			stop := planned(t, Stopped{s}, m)
			begins(t, []string{"stop wso2-gateway"}, stop)
			apply(t, stop, m)
			begins(t, nil, planned(t, Stopped{s}, m))
			start := planned(t, Started{s}, m)
			begins(t, []string{"remove " + s.Stamp(), "start wso2-gateway", "wait until localhost:9443", "write " + s.Stamp()}, start)
			apply(t, start, m)
			begins(t, nil, planned(t, Started{s}, m))
			begins(t, nil, planned(t, s, m)) // and apply has nothing to do
		})
	}
}

func TestRestart(t *testing.T) {
	m, s := kept(t, "systemd")
	restart := []string{"remove " + s.Stamp(), "stop wso2-gateway", "start wso2-gateway", "wait until localhost:9443", "write " + s.Stamp()}
	begins(t, restart, planned(t, Restarted{s}, m))
	apply(t, planned(t, Restarted{s}, m), m)
	begins(t, nil, planned(t, s, m))
	begins(t, restart, planned(t, Restarted{s}, m))
}

// What an inventory newly says of a truststore is not true of the host only because it was restarted.
func TestRestartKeepsFacts(t *testing.T) {
	m, s := kept(t, "systemd")
	s.Facts = []string{"truststore: idp 2"}
	apply(t, planned(t, Restarted{s}, m), m)
	var why []string
	for _, c := range planned(t, s, m) {
		if r, ok := c.(plan.Run); ok && r.Restores {
			why = r.Why
		}
	}
	if strings.Join(why, ", ") != "truststore changes" {
		t.Errorf("apply restarts because of %q", why)
	}
}

// What runs and was never seen healthy is waited for.
func TestStartAfterAFailedGate(t *testing.T) {
	m, s := kept(t, "systemd")
	m.Set(s.Stamp(), remote.File{})
	begins(t, []string{"wait until localhost:9443"}, planned(t, Started{s}, m))
}

func TestNothingInstalled(t *testing.T) {
	m, s := host(t), gateway("auto")
	begins(t, nil, planned(t, Stopped{s}, m))
	for _, task := range []Task{Started{s}, Restarted{s}} {
		if _, err := task.Plan(context.Background(), m); !errors.Is(err, ErrNotInstalled) {
			t.Errorf("%s: %v", task, err)
		}
	}
}

func TestForce(t *testing.T) {
	m, s := kept(t, "systemd")
	for kill, want := range map[bool]string{true: "kill", false: "wait"} {
		s.Kill = kill
		run := planned(t, Stopped{s}, m)[0].(plan.Run)
		if got := run.Argv[len(run.Argv)-1]; got != want {
			t.Errorf("with Kill %v the script is told %q", kill, got)
		}
	}
}

// A node that is about to end, or that systemd starts again and again, does not count as running, whatever its stamp says.
func TestHalfRunning(t *testing.T) {
	for _, state := range []string{"activating", "deactivating"} {
		m, s := kept(t, "systemd")
		m.Answer("systemctl", func(argv []string) (string, error) {
			if argv[1] == "is-active" {
				return state + "\n", &remote.ExitError{Code: 3}
			}
			return "enabled\n", nil
		})
		restart := []string{"remove " + s.Stamp(), "stop wso2-gateway", "start wso2-gateway", "wait until localhost:9443", "write " + s.Stamp()}
		begins(t, restart, planned(t, s, m))
		begins(t, restart, planned(t, Started{s}, m))
		begins(t, []string{"stop wso2-gateway"}, planned(t, Stopped{s}, m))
		for _, stamp := range []remote.File{m.At(s.Stamp()), {}} {
			m.Set(s.Stamp(), stamp)
			for _, c := range planned(t, s, m) {
				if stop, ok := c.(plan.Run); ok && (stop.Interrupts || !slices.Equal(stop.Why, []string{"it does not stay up"})) {
					t.Errorf("%s: %s because %q; it interrupts: %t", state, stop.Does, stop.Why, stop.Interrupts)
				}
			}
		}
	}
}

// A node that does not end in its time is told apart from a command that fails.
func TestStillRuns(t *testing.T) {
	m, s := kept(t, "systemd")
	for code, still := range map[int]bool{124: true, 1: false} {
		m.Effect("sh", func(remote.Cmd) error {
			return &remote.ExitError{Code: code, Stderr: "it still runs 7 seconds after SIGTERM"}
		})
		stop := planned(t, Stopped{s}, m)[0].(plan.Run)
		stop.Interrupts = false // of what did not serve
		err := stop.Apply(context.Background(), m)
		if had := new(plan.StillRunsError); errors.As(err, &had) != still {
			t.Errorf("exit status %d of a stop is %v", code, err)
		}
	}
}
