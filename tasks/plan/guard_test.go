package plan_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote/remotetest"
)

func answers(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// guard is gw-1's, of three.
func guard() plan.Wait {
	return plan.Wait{Guards: "gateway", Every: time.Millisecond, For: 20 * time.Millisecond, Probe: plan.Probe{Kind: "any", Any: []plan.Probe{
		{Kind: "http", URL: "http://gw-2:80/", Of: "gw-2"},
		{Kind: "http", URL: "http://gw-3:80/", Of: "gw-3"},
		{Kind: "http", URL: "http://localhost:80/", Of: "gw-1", Gone: true},
	}}}
}

func TestGuard(t *testing.T) {
	for name, row := range map[string]struct {
		others map[string]int
		self   int
		last   string // "" where it may be stopped
	}{
		"another is healthy":     {map[string]int{"gw-3:80": 200}, 200, ""},
		"none is reached":        {nil, 200, "gw-2: connection refused; gw-3: connection refused; gw-1: 200 OK"},
		"another says that no":   {map[string]int{"gw-2:80": 500}, 200, "gw-2: 500 Internal Server Error; gw-3: connection refused; gw-1: 200 OK"},
		"it is not healthy":      {nil, 500, ""},
		"all are, and so is one": {map[string]int{"gw-2:80": 200, "gw-3:80": 200}, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := remotetest.New()
			m.Serve("localhost:80", answers(row.self))
			for addr, status := range row.others {
				m.Serve(addr, answers(status))
			}
			err := guard().Apply(t.Context(), m)
			var refused *plan.GuardError
			switch {
			case row.last == "" && err != nil:
				t.Error(err)
			case row.last != "" && (!errors.As(err, &refused) || refused.Last != row.last):
				t.Errorf("%v, not %q", err, row.last)
			}
		})
	}
}

func TestGuardStandsInAPlan(t *testing.T) {
	if got, want := guard().String(), "leave a gateway serving: gw-2, or gw-3, or gw-1 not healthy"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	p := plan.Plan{Plays: []plan.Play{{Batches: []plan.Batch{{Lanes: []plan.Lane{{Host: "gw-1", Steps: []plan.Step{{Task: "guard", Changes: []plan.Change{guard()}}}}}}}}}}
	data, err := plan.Marshal(p)
	if err != nil || !strings.Contains(string(data), "gw-3: http://gw-3:80/ answers 200") {
		t.Errorf("%v: %s", err, data)
	}
}

func TestWithout(t *testing.T) {
	put := func(path string) plan.Change { return plan.Put{Path: path} }
	lane := func(changes ...plan.Change) plan.Lane {
		return plan.Lane{Host: "h", Steps: []plan.Step{{Task: "t", Changes: changes}}}
	}
	of := func(lanes ...plan.Lane) plan.Plan {
		return plan.Plan{Plays: []plan.Play{{Name: "p", Batches: []plan.Batch{{Lanes: lanes}}}}}
	}
	same, err := plan.Same(of(lane(put("/a"), put("/b")), lane(put("/a"))).Without("/a"), of(lane(put("/b"))))
	if err != nil || !same {
		t.Errorf("%v, %v", same, err)
	}
	if p := of(lane(put("/a"))).Without("/a"); len(p.Plays) > 0 {
		t.Errorf("%+v is left", p)
	}
}
