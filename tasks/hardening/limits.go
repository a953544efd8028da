package hardening

import (
	"fmt"
	"strconv"
	"strings"

	"apimctl/render/check"
)

// What the tuning guide wants (product-facts.md §9).
const (
	openFiles = 65535
	processes = 20000
)

var limitRules = []ruling{
	{Rule: check.Rule{
		Code: "HOST030", Severity: check.Warning, Title: "running node may open too few files",
		Why: "Each connection is a file: at the limit the node takes no more (tuning guide: nofile 65535).",
		Fix: "Restart the node: apimctl's unit allows it. Where it does not, see the limits that the service is started with.",
	}, host: runningLimit("Max open files", openFiles)},
	{Rule: check.Rule{
		Code: "HOST031", Severity: check.Warning, Title: "running node may start too few threads",
		Why: "A node has thousands of threads under load; at the limit it throws OutOfMemoryError (tuning guide: nproc 20000).",
		Fix: "Restart the node: apimctl's unit allows it. Where it does not, see the limits that the service is started with.",
	}, host: runningLimit("Max processes", processes)},
	{Rule: check.Rule{
		Code: "HOST032", Severity: check.Warning, Title: "unit with lower limits",
		Why: "systemd gives a service its own limits, and limits.conf is not heard (tuning guide).",
		Fix: "Take out the drop-in that lowers them (systemctl cat shows it); 'apimctl apply' mends the unit itself.",
	}, host: unitLimits},
	{Rule: check.Rule{
		Code: "HOST033", Severity: check.Warning, Title: "account with lower limits",
		Why: "What the account starts by hand, and the product's own script, gets the limits of /etc/security (tuning guide: nofile 4096 to 65535, nproc 20000).",
		Fix: "Set hardening.limits: true in the inventory, or run 'apimctl check --fix'.",
	}, host: accountLimits},
	{Rule: check.Rule{
		Code: "HOST034", Severity: check.Warning, Title: "unit that confines nothing",
		Why: "A node that is broken into should not get at the rest of the host: systemd can keep it from that (systemd.exec, Sandboxing).",
		Fix: "Set hardening.sandbox: true in the inventory, then 'apimctl apply'.",
	}, host: sandboxed},
	{Rule: check.Rule{
		Code: "HOST035", Severity: check.Error, Title: "node runs as root",
		Why: "Whoever breaks into it has the host (security guidelines: a user of its own).",
		Fix: "Stop it, give its files back to the account, and start it by 'apimctl apply'.",
	}, host: asRoot},
}

func runningLimit(name string, least int) func(*view, process) {
	return func(x *view, p process) {
		f := words(p.limits, name)
		if p.pid == "" || len(f) < 2 || f[1] == "unlimited" {
			return
		}
		if n := number(f[1:]); n < least {
			x.report(strings.ToLower(name), fmt.Sprintf("%d, and should be %d", n, least))
		}
	}
}

// unit is what systemd says of the node's unit; nothing where there is none.
func (x *view) unit() map[string]string {
	all := map[string]string{}
	if x.Unit == "" {
		return all
	}
	said := x.query("systemctl", "show", "-p", "LoadState,LimitNOFILE,LimitNPROC,NoNewPrivileges,ProtectSystem,PrivateTmp", x.Unit)
	for l := range strings.Lines(said) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), "=")
		all[name] = value
	}
	if all["LoadState"] != "loaded" {
		return nil
	}
	return all
}

func unitLimits(x *view, _ process) {
	u := x.unit()
	for _, want := range []struct {
		name  string
		least int
	}{{"LimitNOFILE", openFiles}, {"LimitNPROC", processes}} {
		if n, err := strconv.Atoi(u[want.name]); err == nil && n < want.least {
			x.report(x.Unit+".service", fmt.Sprintf("%s is %d, and should be %d", want.name, n, want.least))
		}
	}
}

func sandboxed(x *view, _ process) {
	var off []string
	u := x.unit()
	for _, name := range []string{"NoNewPrivileges", "PrivateTmp", "ProtectSystem"} {
		if v, ok := u[name]; ok && v == "no" {
			off = append(off, name)
		}
	}
	if off != nil {
		x.report(x.Unit+".service", strings.Join(off, ", ")+" are off")
	}
}

// accountLimits reads what pam_limits would: of lines that name the account, its group or everybody, the last one counts.
func accountLimits(x *view, _ process) {
	files := []string{"/etc/security/limits.conf"}
	more := x.names("find", "/etc/security/limits.d", "-maxdepth", "1", "-name", "*.conf")
	had := map[string]int{}
	for _, f := range append(files, more...) {
		for l := range strings.Lines(x.file(f)) {
			w := strings.Fields(l)
			if len(w) >= 4 && (w[0] == "*" || w[0] == x.User || w[0] == "@"+x.Group) && (w[1] == "hard" || w[1] == "-") {
				if had[w[2]] = number(w[3:]); w[3] == "unlimited" {
					had[w[2]] = openFiles
				}
			}
		}
	}
	for _, want := range []struct {
		item  string
		least int
	}{{"nofile", openFiles}, {"nproc", processes}} {
		if n := had[want.item]; n < want.least {
			x.report("/etc/security", fmt.Sprintf("%s of %s is %s, and should be %d", want.item, x.User, orNotSet(n), want.least))
		}
	}
}

func orNotSet(n int) string {
	if n == 0 {
		return "not set"
	}
	return strconv.Itoa(n)
}

func asRoot(x *view, p process) {
	if f := words(p.status, "Uid:"); len(f) > 0 && f[0] == "0" {
		x.report("process "+p.pid, "runs as root")
	}
}
