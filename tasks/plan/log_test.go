package plan

import (
	"testing"

	"apimctl/tasks/remote/remotetest"
)

// What a log says of a start before explains nothing of this one.
func TestErrorLogIsOfThisStart(t *testing.T) {
	const (
		old  = "TID: [-1] [] [2026-11-27 10:00:00,500] ERROR {a.B} - the server ends\njava.lang.OutOfMemoryError: Java heap space\n\tat x\n"
		late = "TID: [-1] [] [2026-11-27 10:00:01,000] ERROR {a.B} - in the second of the start\n"
	)
	w := Wait{Probe: Probe{Kind: "tcp"}, Alive: &Probe{Kind: "process", PIDFile: "/pid"}, Logs: []string{"/log"}}
	for log, want := range map[string]string{
		old: "",
		old + "TID: [-1] [] [2026-11-27 10:00:02,000]  INFO {a.B} - Starting\n": "",
		old + late: late[:len(late)-1],
		late + old: "", // a clock that was set back
		late + "Caused by: x.Expired: on 2024-01-01 00:00:00\n":    late + "Caused by: x.Expired: on 2024-01-01 00:00:00",
		old + "Exception in thread \"main\" x.YError: z\n\tat y\n": "Exception in thread \"main\" x.YError: z\n\tat y",
	} {
		m := remotetest.New()
		m.Answer("stat", func([]string) (string, error) { return "2026-11-27 10:00:01.123456789 +0000\n", nil })
		m.Set("/log", text(0o644, "", log))
		if want != "" {
			want = "/log:\n" + want
		}
		if had := w.errorLog(t.Context(), m); had != want {
			t.Errorf("of\n%sit shows\n%s\nnot\n%s", log, had, want)
		}
	}
	m := remotetest.New()
	m.Set("/log", text(0o644, "", late))
	if had := w.errorLog(t.Context(), m); had != "/log:\n"+late[:len(late)-1] {
		t.Errorf("of a process that never began it shows %q", had)
	}
}
