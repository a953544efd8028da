// Package lock is a lease on a host: who holds it changes the host, and nobody else does. It is a file on the host, written and read
// by the host's own clock, and runs out by itself when its holder has died.
package lock

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

const (
	// Lease is how long a lock lasts after it was taken, or its holder was heard of last.
	Lease = 30 * time.Second
	// Beat is how often a holder is heard of.
	Beat = 10 * time.Second
)

// An Owner is who wants a lock, and for what.
type Owner struct {
	Who     string `json:"who"`  // "deploy"
	From    string `json:"from"` // the machine that apimctl runs on
	Command string `json:"command"`
}

// A Holder is who has a lock.
type Holder struct {
	Owner
	Since time.Time `json:"since"` // by the host's clock, as are those below
	Until time.Time `json:"until"` // when the lease ends
	Now   time.Time `json:"now"`   // when this was said
}

// String says who it is, and since when.
func (h Holder) String() string {
	return fmt.Sprintf("%s on %s runs 'apimctl %s' here since %s (%s)",
		h.Who, h.From, h.Command, h.Since.Format(time.RFC3339), h.Now.Sub(h.Since))
}

// A HeldError is a lock that another one holds.
type HeldError struct{ Holder Holder }

func (e *HeldError) Error() string { return "locked: " + e.Holder.String() }

// ErrLost is a lock that is no longer held: it was broken, or ran out and was taken by another one.
var ErrLost = errors.New("lost: somebody broke it, or it ran out and another one took it")

const (
	statusHeld = 75
	statusLost = 76
)

// script does $2 ("take", "beat", "free", "break") to the lock in the directory $1, for the token $3, with a lease of $4 seconds and $5
// about the owner. Only one of them is at it at a time: flock sees to that, and where there is none, a directory that is made for the moment.
// A lease that ends too far ahead is of a clock that was set back since.
const script = `umask 077
d=$1 lock=$1/lock token=$3 lease=$4
mkdir -p -- "$d" || exit
if command -v flock >/dev/null 2>&1; then
	exec 9>>"$lock.turn" && flock -w 10 9 || exit
else
	n=0
	until mkdir -- "$lock.turning" 2>/dev/null; do
		n=$((n + 1)); [ "$n" -lt 10 ] || rmdir -- "$lock.turning"; sleep 1
	done
	trap 'rmdir -- "$lock.turning"' EXIT
fi
now=$(date +%s) holder='' until=0 since=$now about=''
[ ! -f "$lock" ] || { read -r holder; read -r until; read -r since; read -r about; } <"$lock"
write() { printf '%s\n' "$token" $((now + lease)) "$1" "$2" >"$lock.new" && mv -f -- "$lock.new" "$lock"; }
case $2 in
take)
	if [ -n "$holder" ] && [ "$holder" != "$token" ] && [ "$until" -gt "$now" ] && [ "$until" -le $((now + 600)) ]; then
		printf '%s\n' "$now" "$until" "$since" "$about" >&2; exit 75
	fi
	write "$now" "$5" ;;
beat) [ "$holder" = "$token" ] || exit 76; write "$since" "$about" ;;
free) [ "$holder" != "$token" ] || rm -f -- "$lock" ;;
break) rm -f -- "$lock" ;;
esac`

// A Lock is held, until it is freed or lost.
type Lock struct {
	shell remote.Shell
	dir   string
	token string
	about string
}

// Take takes the lock of a host, in a directory that is made where it is not there: root's own. A lock that another one holds is a
// *HeldError. It is one exchange.
func Take(ctx context.Context, sh remote.Shell, dir string, by Owner) (*Lock, error) {
	about, err := json.Marshal(by)
	if err != nil {
		return nil, err
	}
	l := &Lock{shell: sh, dir: dir, token: rand.Text(), about: string(about)}
	return l, l.do(ctx, "take")
}

// Beat makes the lease last anew. It is ErrLost where the lock is not held any more.
func (l *Lock) Beat(ctx context.Context) error { return l.do(ctx, "beat") }

// Free gives the lock back. One that was lost is left alone.
func (l *Lock) Free(ctx context.Context) error { return l.do(ctx, "free") }

// Break takes away whatever lock there is.
func Break(ctx context.Context, sh remote.Shell, dir string) error {
	return (&Lock{shell: sh, dir: dir}).do(ctx, "break")
}

func (l *Lock) do(ctx context.Context, verb string) error {
	lease := strconv.Itoa(int(Lease.Seconds()))
	err := l.shell.Run(ctx, remote.Cmd{Argv: []string{"sh", "-c", script, "sh", l.dir, verb, l.token, lease, l.about}})
	var exit *remote.ExitError
	switch {
	case !errors.As(err, &exit):
		return err
	case exit.Code == statusLost:
		return ErrLost
	case exit.Code == statusHeld:
		return held(exit.Stderr)
	}
	return err
}

// held reads what the script says of a holder: now, until, since, about.
func held(said string) error {
	lines := strings.SplitN(strings.TrimSpace(said), "\n", 4)
	for len(lines) < 4 {
		lines = append(lines, "")
	}
	h := holder(lines[1], lines[2], lines[3])
	h.Now = seconds(lines[0])
	return &HeldError{h}
}

func holder(until, since, about string) Holder {
	h := Holder{Until: seconds(until), Since: seconds(since)}
	_ = json.Unmarshal([]byte(about), &h.Owner) // whatever it holds, it is held
	h.Who, h.From, h.Command = cmp.Or(h.Who, "somebody"), cmp.Or(h.From, "an unknown machine"), cmp.Or(h.Command, "?")
	return h
}

func seconds(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0).UTC()
}

// Read says who holds the lock of a host, without taking it; false is nobody. It is one exchange.
func Read(ctx context.Context, h remote.Fetcher, dir string) (Holder, bool, error) {
	found, err := h.Fetch(ctx, []remote.Look{{Kind: "file", Path: dir + "/lock"}, {Kind: "query", Argv: []string{"date", "+%s"}}})
	if err != nil {
		return Holder{}, false, err
	}
	lines := strings.SplitN(string(found[0].File.Data), "\n", 4)
	if err := errors.Join(found[0].Err, found[1].Err); err != nil || len(lines) < 4 {
		return Holder{}, false, err
	}
	who := holder(lines[1], lines[2], lines[3])
	who.Now = seconds(strings.TrimSpace(found[1].Out))
	return who, who.Until.After(who.Now), nil
}
