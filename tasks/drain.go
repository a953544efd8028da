package tasks

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Drain has a balancer send nothing more to the nodes. It reads no host: lb is the balancer as it is, and nodes in lb.Config.Down stay down.
func Drain(lb Nginx, nodes ...string) []plan.Change {
	return lb.turn(lb.without(nodes), "drain "+strings.Join(nodes, ", "))
}

// Restore has a balancer that drained the nodes send to them again.
func Restore(lb Nginx, nodes ...string) []plan.Change {
	return lb.without(nodes).turn(lb, "restore "+strings.Join(nodes, ", "))
}

// Ended has a balancer end a run as want: whom it had down is sent requests again, and whom only nodes of before led to is trusted no more.
func Ended(had, want Nginx) []plan.Change {
	var why []string
	if down := had.Config.Down; len(down) > 0 {
		why = append(why, "restore "+strings.Join(down, ", "))
	}
	if !bytes.Equal(had.Trusted, want.Trusted) {
		why = append(why, "the nodes show no certificate of before any more")
	}
	return had.turn(want, why...)
}

// without is the balancer with the nodes down.
func (t Nginx) without(nodes []string) Nginx {
	t.Config.Down = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(t.Config.Down), nodes...))))
	return t
}

// turn makes a balancer that is t be want, which has the same key.
func (t Nginx) turn(want Nginx, why ...string) []plan.Change {
	var changes []plan.Change
	had := t.files()
	for i, f := range want.files() {
		if !had[i].want.Equal(f.want) {
			changes = append(changes, want.staged(f, had[i].want))
		}
	}
	if changes == nil {
		return nil
	}
	return append(changes, want.load(why, nil))
}

// inFlightScript waits $1 seconds at most until nothing is connected from an address in $3 to a port in $2, all as the kernel writes
// them in hexadecimal and with a space around each; " " for addresses is any. It says what is left, and never fails.
const inFlightScript = `left=$1
count() {
	n=0
	for table in /proc/net/tcp /proc/net/tcp6; do
		[ -r "$table" ] || continue
		while read -r number local remote state rest; do
			[ "$state" = 01 ] || continue
			case $2 in *" ${remote%:*} "*|" ") ;; *) continue ;; esac
			case $1 in *" ${local##*:} "*) n=$((n + 1)) ;; esac
		done <"$table"
	done
}
while count "$2" "$3"; [ "$n" -gt 0 ] && [ "$left" -gt 0 ]; do
	left=$((left - 1))
	sleep 1
done
[ "$n" -eq 0 ] || echo "$n connections from the load balancer are left after $1 seconds" >&2
exit 0`

// InFlight waits on a node until the balancers are connected to none of its ports any more, or for the time given. That is no failure:
// long-lived connections, such as websockets, are cut when the node stops. A balancer that is not named by IP address makes every client count.
func InFlight(node string, ports []int, balancers []string, most time.Duration) plan.Run {
	var p, a []string
	known := true
	for _, port := range ports {
		p = append(p, fmt.Sprintf("%04X", port))
	}
	for _, b := range balancers {
		ip, err := netip.ParseAddr(b)
		known = known && err == nil
		if err == nil {
			a = append(a, kernelAddresses(ip)...)
		}
	}
	if !known {
		a = nil
	}
	argv := []string{"sh", "-c", inFlightScript, "sh", strconv.Itoa(int(most.Seconds())), spaced(p), spaced(a)}
	return plan.Run{Cmd: remote.Cmd{Argv: argv}, Does: fmt.Sprintf("wait up to %s for requests in flight on %s", most, node)}
}

func spaced(words []string) string {
	if len(words) == 0 {
		return " "
	}
	return " " + strings.Join(words, " ") + " "
}

// kernelAddresses are an address as /proc/net/tcp and tcp6 write it: words of 32 bits, each with its lowest byte first.
func kernelAddresses(ip netip.Addr) []string {
	ip = ip.Unmap()
	all := ip.As16()
	var six strings.Builder
	for i := 0; i < 16; i += 4 {
		fmt.Fprintf(&six, "%02X%02X%02X%02X", all[i+3], all[i+2], all[i+1], all[i])
	}
	if ip.Is4() {
		return []string{six.String()[24:], six.String()}
	}
	return []string{six.String()}
}
