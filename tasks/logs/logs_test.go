package logs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const path = "/opt/wso2/gateway/repository/logs/wso2carbon.log"

func line(at, level, text string) string {
	return "TID: [-1234] [] [2026-11-27 " + at + ",000] " + level + " {org.wso2.X} - " + text + "\n"
}

// host is one in memory with a log, that reads it as stat and tail do. Its clock says 2026-11-27 09:00:00 in its zone.
type host struct {
	*remotetest.Memory
	inode int
	asked []string
}

func newHost(zone string) *host {
	h := &host{Memory: remotetest.New(), inode: 1}
	now, _ := time.Parse("2006-01-02 15:04:05 -0700", "2026-11-27 09:00:00 "+zone)
	h.Answer("date", func([]string) (string, error) { return fmt.Sprintf("%d %s\n", now.Unix(), zone), nil })
	h.Answer("stat", func(argv []string) (string, error) {
		f := h.At(argv[len(argv)-1])
		if !f.Exists() {
			return "", &remote.ExitError{Code: 1}
		}
		return fmt.Sprintf("%d %d\n", h.inode, len(f.Data)), nil
	})
	h.Answer("tail", func(argv []string) (string, error) {
		h.asked = append(h.asked, argv[2])
		from, _ := strconv.Atoi(argv[2])
		data := h.At(argv[3]).Data
		return string(data[min(from-1, len(data)):]), nil
	})
	return h
}

func (h *host) has(text string) {
	h.Set(path, remote.File{Mode: 0o640, Owner: "wso2carbon:wso2", Data: []byte(text)})
}

func texts(entries []Entry) []string {
	var all []string
	for _, e := range entries {
		_, text, _ := strings.Cut(e.Text(), "} - ")
		all = append(all, text)
	}
	return all
}

func TestFollow(t *testing.T) {
	h := newHost("+0000")
	log := line("08:30:00", " INFO", "old") + line("08:55:00", "ERROR", "bad") + "java.lang.RuntimeException: x\n\tat a.b\n" + line("08:56:00", " INFO", "newer")
	h.has(log)
	tail := &Tail{Host: "gw-1", Path: path, Since: 10 * time.Minute}
	want := func(what string, want ...string) {
		t.Helper()
		got, err := tail.More(t.Context(), h)
		if err != nil || !slices.Equal(texts(got), want) {
			t.Errorf("%s: %q, %v, not %q", what, texts(got), err, want)
		}
	}
	want("at first", "bad\njava.lang.RuntimeException: x\n\tat a.b")
	want("what was held back, once nothing follows", "newer")
	want("nothing")
	log += line("08:57:00", " WARN", "half") + "TID: [-1234] [] [2026-11-27 08:5"
	h.has(log)
	want("half a line")
	log += "8:00,000]  INFO {x} - whole\n"
	h.has(log)
	want("the line is whole", "half")
	h.inode = 2
	h.has(line("08:59:00", " INFO", "rotated"))
	want("rotated", "whole")
	want("the new log")
	want("its entry", "rotated")
}

func TestBegin(t *testing.T) {
	h := newHost("+0530")
	h.has(line("08:59:00", "FATAL", "x"))
	tail := &Tail{Path: path, Since: time.Minute}
	if got, err := tail.Begin(t.Context(), h); len(got) != 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	got := tail.Rest()
	if len(got) != 1 || got[0].Time.Format(time.RFC3339) != "2026-11-27T03:29:00Z" || got[0].Level != "FATAL" || !got[0].Bad() {
		t.Errorf("%+v", got)
	}
	h.has(line("08:58:59", "FATAL", "older"))
	if _, err := tail.Begin(t.Context(), h); err != nil || len(tail.Rest()) > 0 {
		t.Errorf("what is older is not left out: %v", err)
	}
	if _, err := (&Tail{Path: "/nothing"}).Begin(t.Context(), h); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

// Of a large log no more is read than it takes to reach back so far.
func TestBeginReachesBack(t *testing.T) {
	h := newHost("+0000")
	filler := strings.Repeat("x", 1000)
	var log strings.Builder
	for i := range 1000 {
		log.WriteString(line(fmt.Sprintf("08:%02d:%02d", i/60%60, i%60), " INFO", filler))
	}
	h.has(log.String())
	tail := &Tail{Path: path, Since: 50 * time.Minute} // the last 400 or so
	got, err := tail.Begin(t.Context(), h)
	if err != nil || len(got)+1 != 400 || len(h.asked) != 2 {
		t.Errorf("%d entries in %v, %v", len(got), h.asked, err)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"TID: [-1234] [api/am/gateway] [2026-11-27 08:50:01,123] ERROR {c} - m\n": "08:50:01.123 ERROR",
		"[2026-11-27 08:50:01,123]  INFO - CarbonCoreActivator Starting\n":        "08:50:01.123 INFO",
		"2026-11-27 08:50:01,123 WARN x\n":                                        "08:50:01.123 WARN",
		"OpenJDK warning\n":                                                       "00:00:00 ",
	} {
		p := &parser{zone: time.UTC}
		p.take(text)
		e := p.close()
		if got := e[0].Time.Format("15:04:05.999") + " " + e[0].Level; len(e) != 1 || got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

func TestMerge(t *testing.T) {
	at := func(s int, host string) Entry { return Entry{Host: host, Time: time.Unix(int64(s), 0)} }
	got := ""
	for _, e := range Merge([]Entry{at(1, "a"), at(3, "a")}, []Entry{at(1, "b"), at(2, "b")}) {
		got += e.Host
	}
	if got != "abba" {
		t.Error(got)
	}
}

func TestBad(t *testing.T) {
	for text, want := range map[string]bool{
		line("08:00:00", " INFO", "no Exception here"): false,
		line("08:00:00", "ERROR", "x"):                 true,
		"SEVERE: bad toml\n":                           true,
		"OpenJDK 64-Bit Server VM warning\n":           false,
	} {
		p := &parser{zone: time.UTC}
		p.take(text)
		if got := p.close()[0].Bad(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
