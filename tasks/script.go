package tasks

import (
	"context"
	"strconv"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// script keeps a service by the product's own script, where systemd is not PID 1. `start` of that script cannot be trusted
// (product-facts.md §2): it is run in the foreground, away from the connection, and what it prints goes to a file.
type script struct {
	Service
	java string
}

func (script) installed(context.Context, remote.Reader) ([]plan.Change, error) { return nil, nil }

// runs says whether the process that the pid file names is the product's: a stale file may name somebody else's. Whether it is about to
// end, nobody knows.
func (s script) runs(ctx context.Context, h remote.Reader) (runs, stays bool, err error) {
	had, err := h.File(ctx, s.Home+"/wso2carbon.pid")
	if err != nil {
		return false, false, err
	}
	pid := digits(string(had.Data))
	if pid == "" {
		return false, false, nil
	}
	cmdline, err := query(ctx, h, "cat", "/proc/"+pid+"/cmdline")
	runs = strings.Contains(cmdline, "-Dcarbon.home=")
	return runs, runs, err
}

// digits are the leading digits of s: the product pads its pid file with NULs.
func digits(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		s = s[:i]
	}
	return s
}

// stopScript ends the JVM that $1/wso2carbon.pid names and waits for it, as stopUnit does.
const stopScript = `pid=$(tr -cd '0-9' <"$1/wso2carbon.pid") || exit 0
grep -q -a -e '-Dcarbon.home=' "/proc/$pid/cmdline" 2>/dev/null || exit 0
kill -TERM "$pid" || exit 0
left=$2
while kill -0 "$pid" 2>/dev/null; do
	if [ "$left" -le 0 ]; then
		[ "$3" = kill ] || { echo "it still runs $2 seconds after SIGTERM" >&2; exit 124; }
		kill -KILL "$pid" 2>/dev/null
	fi
	left=$((left - 1)); sleep 1
done`

func (s script) stop(why []string) plan.Run {
	seconds := strconv.Itoa(int(s.Stop.Seconds()))
	return plan.Run{Cmd: remote.Cmd{Argv: []string{"sh", "-c", stopScript, "sh", s.Home, seconds, s.kill()}}, Does: "stop " + s.Name, Why: why}
}

// startScript runs $1/bin/$2 in a session of its own, printing to $3; what follows is passed to it.
const startScript = `cd "$1" && mkdir -p "$(dirname "$3")" || exit 1
script=$1/bin/$2 console=$3
shift 3
unset CARBON_HOME
setsid nohup sh "$script" "$@" >>"$console" 2>&1 </dev/null &`

func (s script) start(why []string) plan.Run {
	argv := []string{"sh", "-c", startScript, "sh", s.Home, s.Script, s.Console()}
	return plan.Run{
		Cmd:  remote.Cmd{Argv: append(argv, s.Args...), Env: s.env(s.java), User: s.User},
		Does: "start " + s.Name, Why: why,
	}
}
