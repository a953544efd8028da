package hardening

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestAcross(t *testing.T) {
	utc := func(name string) Seen { return Seen{Host: name, Runs: true, zone: "UTC +0000"} }
	silent := unreached{Reach{Host: "aio-1", Addr: "10.0.0.11:5672", What: "event hub"}, fmt.Errorf("dial: %w", context.DeadlineExceeded)}
	refused := unreached{Reach{Host: "aio-1", Addr: "10.0.0.11:9711", What: "throttling events"}, os.ErrPermission}
	for name, row := range map[string]struct {
		change func(all []Seen)
		want   string
	}{
		"nothing":                        {func([]Seen) {}, ""},
		"ahead":                          {func(all []Seen) { all[1].ahead, all[1].within = time.Minute, time.Second }, "HOST009 gw-1 clock: 1m0s ahead of most others"},
		"behind":                         {func(all []Seen) { all[2].ahead = -time.Hour }, "HOST009 gw-2 clock: 1h0m0s behind most others"},
		"within what can be told":        {func(all []Seen) { all[1].ahead, all[1].within = 3*time.Second, 2*time.Second }, ""},
		"zone":                           {func(all []Seen) { all[2].zone = "CET +0100" }, "HOST010 gw-2 time zone: CET +0100, where most hosts have UTC +0000"},
		"silent":                         {func(all []Seen) { all[1].unreached = []unreached{silent} }, "HOST024 gw-1 10.0.0.11:5672: event hub: no answer within 3s"},
		"refused":                        {func(all []Seen) { all[1].unreached = []unreached{refused} }, "HOST024 gw-1 10.0.0.11:9711: throttling events: nothing answers there"},
		"refused by a node that is down": {func(all []Seen) { all[0].Runs, all[1].unreached = false, []unreached{refused} }, ""},
		"refused by a node that was not looked at": {func(all []Seen) {
			other := refused
			other.Host = "aio-2"
			all[1].unreached = []unreached{other}
		}, ""},
		"refused by a database": {func(all []Seen) {
			other := refused
			other.Host = ""
			all[1].unreached = []unreached{other}
		}, "HOST024 gw-1 10.0.0.11:9711: throttling events: nothing answers there"},
		"silent, by a node that is down": {func(all []Seen) { all[0].Runs, all[1].unreached = false, []unreached{silent} }, "HOST024 gw-1 10.0.0.11:5672: event hub: no answer within 3s"},
	} {
		t.Run(name, func(t *testing.T) {
			all := []Seen{utc("aio-1"), utc("gw-1"), utc("gw-2")}
			row.change(all)
			var said []string
			for _, f := range Across(all) {
				said = append(said, fmt.Sprintf("%s %s %s: %s", f.Code, f.Host, f.Key, f.Message))
			}
			if had := strings.Join(said, "\n"); had != row.want {
				t.Errorf("had %q, want %q", had, row.want)
			}
		})
	}
}

func TestReach(t *testing.T) {
	m, n := clean(t)
	m.Listen("10.0.0.11:5672", func(c net.Conn) { _ = c.Close() })
	n.Reaches = []Reach{{"aio-1", "10.0.0.11:5672", "event hub"}, {"aio-1", "10.0.0.11:9611", "throttling events"}}
	s := look(t, m, n)
	if len(s.unreached) != 1 || s.unreached[0].Addr != "10.0.0.11:9611" {
		t.Errorf("unreached: %v", s.unreached)
	}
}
