package tasks

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// script keeps a service by the product's own script, where systemd is not PID 1. `start` of that script cannot be trusted
// (product-facts.md §2): it is run in the foreground, away from the connection, and what it prints goes to a file.
type script struct {
	Service
	java  string
	homes []string // what its process may say that it runs from
}

// homes are what a process of the service may say that it runs from: the link, as it is started here, and where somebody started it by
// hand, a release that the link leads to, or led to when the stamp was put.
func (t Service) homes(link, stamp remote.File) []string {
	homes := []string{t.Home}
	for l := range strings.Lines("home " + string(link.Data) + "\n" + string(stamp.Data)) {
		release, ok := strings.CutPrefix(strings.TrimSpace(l), "home ")
		if ok && !path.IsAbs(release) {
			release = path.Join(path.Dir(t.Home), release)
		}
		if ok && !slices.Contains(homes, release) {
			homes = append(homes, release)
		}
	}
	return homes
}

func (script) installed(context.Context, remote.Reader) ([]plan.Change, error) { return nil, nil }

// runs asks processes themselves: a pid file may be stale, and there is none in a release that was just unpacked, though the process of the
// one before goes on. Whether one is about to end, nobody knows.
func (s script) runs(ctx context.Context, h remote.Reader) (runs, stays bool, err error) {
	names, err := query(ctx, h, "ls", "/proc")
	cat := []string{"cat"}
	for pid := range strings.FieldsSeq(names) {
		if _, err := strconv.Atoi(pid); err == nil {
			cat = append(cat, "/proc/"+pid+"/cmdline")
		}
	}
	if err != nil || len(cat) == 1 {
		return false, false, err
	}
	words, err := query(ctx, h, cat...) // a process may have ended since
	for _, home := range s.homes {
		runs = runs || strings.Contains(words, "\x00-Dcarbon.home="+home+"\x00")
	}
	return runs, runs, err
}

// stopScript ends the JVMs that run from one of $3 and what follows, and waits for them $1 seconds, as stopUnit does; $2 is kill or wait.
const stopScript = `seconds=$1 how=$2
shift 2
pids=$(grep -l -a -s -e '-Dcarbon.home=' /proc/[0-9]*/cmdline | tr -cd '0-9\n' | while read -r pid; do
	for home; do
		{ tr '\0' '\n' <"/proc/$pid/cmdline" | grep -q -x -F -e "-Dcarbon.home=$home"; } 2>/dev/null && echo "$pid"
	done
done)
run() { for pid in $pids; do kill -0 "$pid" 2>/dev/null && return; done; false; }
end() { for pid in $pids; do kill "-$1" "$pid" 2>/dev/null; done; }
end TERM
left=$seconds
while run; do
	if [ "$left" -le 0 ]; then
		[ "$how" = kill ] || { echo "it still runs $seconds seconds after SIGTERM" >&2; exit 124; }
		end KILL
	fi
	left=$((left - 1)); sleep 1
done`

func (s script) stop(why []string) plan.Run {
	argv := []string{"sh", "-c", stopScript, "sh", strconv.Itoa(int(s.Stop.Seconds())), s.kill()}
	return plan.Run{Cmd: remote.Cmd{Argv: append(argv, s.homes...)}, Does: "stop " + s.Name, Why: why, Stops: true}
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
