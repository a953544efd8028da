package playbooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/plan"
)

// tasksOf are the first tasks of a play's batches: "gw-1 last healthy node".
func tasksOf(p plan.Play) []string {
	var all []string
	for _, b := range p.Batches {
		l := b.Lanes[0]
		all = append(all, l.Host+" "+l.Steps[0].Task)
	}
	return all
}

// Between a batch that is sent requests again and the next one, its nodes stay healthy for a while.
func TestSettle(t *testing.T) {
	b := settled(t, strings.Replace(balancedText, "for: 5s", "for: 5s, settle: 30ms", 1))
	p := b.planOf(Restart(b.deployment, Roll{}).Only([]string{"gw-1", "gw-2"}))
	want := []string{
		"gw-1 service wso2-gateway restarted", "lb-1 drain", "gw-1 requests in flight", "lb-1 restore", "gw-1 settle",
		"gw-2 service wso2-gateway restarted", "lb-1 drain", "gw-2 requests in flight", "lb-1 restore", "gw-2 settle",
	}
	if had := tasksOf(p.Plays[0]); !slices.Equal(had, want) {
		t.Fatalf("%q", had)
	}
	if w := p.Plays[0].Batches[4].Lanes[0].Steps[0].Changes[0].(plan.Wait); time.Duration(w.InARow-1)*w.Every < 30*time.Millisecond {
		t.Errorf("it waits for %d looks, %s apart", w.InARow, w.Every)
	}
	if err := b.apply(p); err != nil {
		t.Error(err)
	}
}

// logs is what the balancer logs from its second look on.
func (b *bench) logs(text string) {
	m, looks := b.hosts["lb-1"], 0
	m.Answer("stat", func([]string) (string, error) {
		if looks++; looks == 1 {
			return "7 0\n", nil
		}
		return fmt.Sprintf("7 %d\n", len(text)), nil
	})
	m.Answer("tail", func([]string) (string, error) { return text, nil })
}

// carryAsking carries out a restart with a canary, and tells how often it was asked whether to go on.
func (b *bench) carryAsking(answer error) (asked int, err error) {
	b.t.Helper()
	b.events = nil
	p := b.planOf(Restart(b.deployment, Roll{Canary: 20 * time.Millisecond}).Only([]string{"gw-1", "gw-2"}))
	r := b.runner()
	r.GoesOn = func() error { asked++; return answer }
	if err := r.Open(b.t.Context(), p.Names()); err != nil {
		b.t.Fatal(err)
	}
	return asked, r.Apply(b.t.Context(), p)
}

// A canary that fails more requests than the others ends the roll; else the others follow, where that is wanted. All serve meanwhile.
func TestCanary(t *testing.T) {
	b := settled(t, balancedText)
	first, all := []string{"gw-1 stop", "gw-1 start"}, []string{"gw-1 stop", "gw-1 start", "gw-2 stop", "gw-2 start"}
	good := strings.Repeat("10.0.0.21:8243|200\n10.0.0.22:8280|200\n", 50)
	for name, row := range map[string]struct {
		log    string
		answer error
		asked  int
		did    []string
		fails  error
	}{
		"as good as the others": {good, nil, 1, all, nil},
		"not wanted":            {good, ErrDeclined, 1, first, ErrDeclined},
		"worse":                 {good + strings.Repeat("10.0.0.21:8280|503\n", 5), nil, 0, first, new(plan.ShareError)},
	} {
		b.logs(row.log)
		asked, err := b.carryAsking(row.answer)
		var worse *plan.ShareError
		if asked != row.asked || !slices.Equal(b.did(), row.did) || (err == nil) != (row.fails == nil) {
			t.Errorf("%s: asked %d times, did %q, %v", name, asked, b.did(), err)
		}
		if errors.As(err, &worse) && worse.Said != "gw-1 failed 5 of 55 requests (9.09%); the others 0 of 50 requests (0.00%)" {
			t.Errorf("%s: %s", name, worse.Said)
		}
		b.plan()
		if had := b.sent(); had != "aio-1 up, aio-2 up, gw-1 up, gw-2 up" {
			t.Errorf("%s: %s", name, had)
		}
	}
}

// Without a balancer that logs, what is watched is the gate, and the plan says that it is no more.
func TestCanaryWithoutBalancers(t *testing.T) {
	for _, text := range []string{twoAndTwo, hookedText} {
		b := settled(t, text)
		b.deployment.Batch = Batch{Nodes: 5}
		p := b.planOf(Restart(b.deployment, Roll{Canary: 20 * time.Millisecond}))
		gateways := p.Plays[1]
		var steps []string
		for _, batch := range gateways.Batches {
			s := batch.Lanes[0].Steps
			steps = append(steps, fmt.Sprint(batch.Lanes[0].Host, " ", len(batch.Lanes), " ", s[len(s)-1].Task))
		}
		if len(steps) != 3 || steps[1] != "gw-1 1 bake, nothing is watched but the gate" {
			t.Errorf("%q", steps)
		}
		if err := b.apply(p); err != nil {
			t.Error(err)
		}
	}
}

// An interrupt ends the watch at once and leaves all serving; the next run goes on.
func TestCanaryInterrupted(t *testing.T) {
	b := settled(t, balancedText)
	b.logs("")
	stop := make(chan struct{})
	r := b.runner()
	r.Stop = stop
	p := b.planOf(Restart(b.deployment, Roll{Canary: time.Hour}).Only([]string{"gw-1", "gw-2"}))
	if err := r.Open(t.Context(), p.Names()); err != nil {
		t.Fatal(err)
	}
	b.hosts["lb-1"].Answer("stat", func([]string) (string, error) { close(stop); return "7 0\n", nil })
	if err := r.Apply(t.Context(), p); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	b.plan()
	if had := b.sent(); had != "aio-1 up, aio-2 up, gw-1 up, gw-2 up" {
		t.Error(had)
	}
	b.logs("")
	if _, err := b.carryAsking(nil); err != nil {
		t.Error(err)
	}
}

// A gateway that a dead run left drained gets no requests: it does not stand in for the one that is to restart.
func TestGuardKnowsADrainedNode(t *testing.T) {
	b := settled(t, balancedText)
	b.failsToStart("gw-1")
	b.started(b.hosts["gw-1"], b.node("gw-1"), "wso2-gateway") // healthy, as it would answer
	b.plan()
	if had := b.sent(); had != "aio-1 up, aio-2 up, gw-1 down, gw-2 up" {
		t.Fatal(had)
	}
	b.events = nil
	err := b.apply(quick(b.planOf(Restart(b.deployment, Roll{}).Only([]string{"gw-2"}))))
	var refused *plan.GuardError
	if !errors.As(err, &refused) || len(b.did()) > 0 {
		t.Fatalf("it did %q, %v", b.did(), err)
	}
	if err := b.carry(Restart(b.deployment, Roll{}).Only([]string{"gw-1"})); err != nil {
		t.Fatal(err)
	}
	b.plan()
	if err := b.carry(Restart(b.deployment, Roll{}).Only([]string{"gw-2"})); err != nil {
		t.Error(err)
	}
}
