package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const watchedLog = "/var/log/nginx/apimctl-prod.log"

// watched is a balancer whose log has more at each look, and the watch of it.
func watched(t *testing.T, more ...string) (*remotetest.Memory, Watch) {
	t.Helper()
	m := remotetest.New()
	looks, had := 0, "10.0.0.21:8243|500\n" // of before
	m.Set(watchedLog, text(0o640, "root:root", had))
	m.Answer("tail", func(argv []string) (string, error) {
		all := string(m.At(watchedLog).Data)
		var from int
		if _, err := fmt.Sscanf(argv[2], "+%d", &from); err != nil {
			t.Error(argv)
		}
		return all[from-1:], nil
	})
	m.Answer("stat", func([]string) (string, error) {
		if looks > 0 && looks <= len(more) {
			had += more[looks-1]
			m.Set(watchedLog, text(0o640, "root:root", had))
		}
		looks++
		return fmt.Sprintf("7 %d\n", len(had)), nil
	})
	return m, Watch{Log: watchedLog, Node: "gw-1", Own: []string{"10.0.0.21:8243"}, Others: []string{"10.0.0.22:8243"}, Every: 10 * time.Second, For: time.Minute}
}

func requests(n int, address, status string) string {
	return strings.Repeat(address+"|"+status+"\n", n)
}

func TestWatch(t *testing.T) {
	const own, other = "10.0.0.21:8243", "10.0.0.22:8243"
	for name, row := range map[string]struct {
		more []string
		said string
		took time.Duration // of a node that is worse
	}{
		"as good":         {[]string{requests(200, own, "200") + requests(200, other, "200")}, "gw-1 failed 0 of 200 requests (0.00%); the others 0 of 200 requests (0.00%)", 0},
		"as bad":          {[]string{requests(200, own, "503") + requests(200, other, "503")}, "gw-1 failed 200 of 200 requests (100.00%); the others 200 of 200 requests (100.00%)", 0},
		"a little worse":  {[]string{requests(3, own, "503") + requests(200, other, "200")}, "gw-1 failed 3 of 3 requests (100.00%); the others 0 of 200 requests (0.00%)", 0},
		"worse at once":   {[]string{requests(4, own, "503") + requests(200, other, "200")}, "gw-1 failed 4 of 4 requests (100.00%); the others 0 of 200 requests (0.00%)", 10 * time.Second},
		"worse in time":   {[]string{requests(1, own, "503"), requests(2, own, "504"), requests(1, own, "502")}, "gw-1 failed 4 of 4 requests (100.00%); the others 0 of 0 requests (0.00%)", 30 * time.Second},
		"went on":         {[]string{requests(9, own+", "+other, "502, 200")}, "gw-1 failed 9 of 9 requests (100.00%); the others 0 of 9 requests (0.00%)", 10 * time.Second},
		"went on, inside": {[]string{requests(3, other+" : "+own, "502 : 200")}, "gw-1 failed 0 of 3 requests (0.00%); the others 3 of 3 requests (100.00%)", 0},
		"not its own 5xx": {[]string{requests(9, own, "404") + requests(9, own, "-")}, "gw-1 failed 0 of 18 requests (0.00%); the others 0 of 0 requests (0.00%)", 0},
		"somebody else's": {[]string{requests(9, "10.0.0.2", "500")}, "no request to gw-1 was seen in " + watchedLog + ": nothing was watched but the gate", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := watched(t, row.more...)
				said := ""
				ctx := WithHeartbeat(t.Context(), func(w Waiting) {
					if w.Ends {
						said = w.Last
					}
				})
				begun := time.Now()
				err := w.Apply(ctx, m)
				var worse *ShareError
				if errors.As(err, &worse) {
					said = worse.Said
				}
				took := w.For
				if row.took > 0 {
					took = row.took
				}
				if said != row.said || (worse != nil) != (row.took > 0) || time.Since(begun) != took {
					t.Errorf("%q after %s, %v", said, time.Since(begun), err)
				}
			})
		})
	}
}

// A log that is rotated begins anew, one that is not there has nothing, and who no longer wants to know is let go at once.
func TestWatchOfALogThatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := watched(t)
		m.Answer("stat", func([]string) (string, error) { return "", &remote.ExitError{Code: 1} })
		if err := w.Apply(t.Context(), m); err != nil {
			t.Errorf("without a log: %v", err)
		}
		inode := 7
		m.Set(watchedLog, text(0o640, "root:root", requests(9, "10.0.0.21:8243", "500")))
		m.Answer("stat", func([]string) (string, error) {
			inode++
			return fmt.Sprintf("%d 168\n", inode), nil
		})
		var worse *ShareError
		if err := w.Apply(t.Context(), m); !errors.As(err, &worse) || !strings.HasPrefix(worse.Said, "gw-1 failed 9 of 9") {
			t.Errorf("rotated: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Apply(ctx, m); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}
