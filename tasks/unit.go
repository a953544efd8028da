package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// unit keeps a service by systemd.
type unit struct {
	Service
	java string
}

func (u unit) installed(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	path := "/etc/systemd/system/" + u.Name + ".service"
	had, err := h.File(ctx, path)
	state, err2 := query(ctx, h, "systemctl", "is-enabled", u.Name)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	lacks := plan.File(path, had, remote.File{Mode: 0o644, Owner: "root:root", Data: u.text(u.java)})
	if len(lacks) > 0 {
		lacks = append(lacks, plan.Run{Cmd: remote.Cmd{Argv: []string{"systemctl", "daemon-reload"}}})
	}
	if state != "enabled" {
		lacks = append(lacks, plan.Run{Cmd: remote.Cmd{Argv: []string{"systemctl", "enable", "--quiet", u.Name}}})
	}
	return lacks, nil
}

// runs knows "activating" as the wait between two starts that failed, and "deactivating" of a node that does not end.
func (u unit) runs(ctx context.Context, h remote.Reader) (runs, stays bool, err error) {
	state, err := query(ctx, h, "systemctl", "is-active", u.Name)
	return state == "active" || state == "deactivating" || state == "activating", state == "active", err
}

// stopUnit stops the unit $1 and waits for it, $2 seconds at most; where $3 is kill, it is killed then, else that is 124, which is a
// *plan.StillRunsError. The unit itself has systemd wait without end.
const stopUnit = `systemctl stop --no-block "$1" || exit
left=$2
while case $(systemctl is-active "$1") in active | activating | deactivating | reloading) ;; *) false ;; esac; do
	if [ "$left" -le 0 ]; then
		[ "$3" = kill ] || { echo "it still runs $2 seconds after SIGTERM" >&2; exit 124; }
		systemctl kill --signal=KILL "$1"
	fi
	left=$((left - 1)); sleep 1
done`

func (u unit) stop(why []string) plan.Run {
	argv := []string{"sh", "-c", stopUnit, "sh", u.Name, strconv.Itoa(int(u.Stop.Seconds())), u.kill()}
	return plan.Run{Cmd: remote.Cmd{Argv: argv}, Does: "stop " + u.Name, Why: why, Stops: true}
}

// kill is what stop scripts are told of Kill.
func (t Service) kill() string {
	if t.Kill {
		return "kill"
	}
	return "wait"
}

func (u unit) start(why []string) plan.Run {
	// A unit that failed too often is not started again before it is told to forget that.
	return plan.Run{
		Cmd:  remote.Cmd{Argv: []string{"sh", "-c", `systemctl reset-failed "$1" 2>/dev/null; exec systemctl start "$1"`, "sh", u.Name}},
		Does: "start " + u.Name, Why: why,
	}
}

// query is what a command says, whatever its exit status.
func query(ctx context.Context, h remote.Reader, argv ...string) (string, error) {
	out, err := h.Query(ctx, argv...)
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return strings.TrimSpace(out), err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
