package hardening

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"apimctl/render"
	"apimctl/render/check"
)

var kernelRules = []ruling{
	{Rule: check.Rule{
		Code: "HOST040", Severity: check.Warning, Title: "kernel settings as for a desktop",
		Why: "With the kernel's own values a busy node runs out of ports and of buffers (tuning guide).",
		Fix: "Set hardening.sysctl: true in the inventory, or run 'apimctl check --fix'. In a container they are the host's to set.",
	}, host: sysctls},
	{Rule: check.Rule{
		Code: "HOST041", Severity: check.Warning, Title: "tcp_tw_recycle",
		Why: "Old guides name it. Kernels before 4.12 drop connections of clients behind NAT with it; later ones do not know it, and the rest of the file may not load.",
		Fix: "Take the line out.",
	}, host: recycle},
	{Rule: check.Rule{
		Code: "HOST042", Severity: check.Warning, Title: "the kernel gives the product's ports away",
		Why: "A port in ip_local_port_range may be taken by an outgoing connection when the node starts, which then cannot listen.",
		Fix: "Set hardening.sysctl: true, which reserves them, or put them into net.ipv4.ip_local_reserved_ports.",
	}, host: ephemeral},
	{Rule: check.Rule{
		Code: "HOST043", Severity: check.Info, Title: "swap that the kernel likes to use",
		Why: "A heap that is swapped out makes garbage collection take minutes.",
		Fix: "Switch swap off, or set vm.swappiness to 10 or less.",
	}, host: swap},
	{Rule: check.Rule{
		Code: "HOST044", Severity: check.Info, Title: "transparent huge pages always",
		Why: "The kernel then joins and splits pages under the JVM, which makes pauses that nothing explains.",
		Fix: "Set them to madvise.",
	}, host: hugePages},
}

// sysctls compares what is in force.
func sysctls(x *view, _ process) {
	var differ []string
	for _, s := range render.Sysctls(nil) {
		had := strings.Join(strings.Fields(x.kernel("/proc/sys/"+strings.ReplaceAll(s.Key, ".", "/"))), " ")
		if had != "" && had != s.Value && !enough(s.Key, had, s.Value) {
			differ = append(differ, fmt.Sprintf("%s is %s, and should be %s", s.Key, had, s.Value))
		}
	}
	if len(differ) > 0 {
		x.report("sysctl", strings.Join(differ, "; "))
	}
}

// enough says whether a buffer is as large as wanted, or larger: the last of its sizes is the most that it grows to.
func enough(key, had, want string) bool {
	if !strings.Contains(key, "mem") {
		return false
	}
	h, w := strings.Fields(had), strings.Fields(want)
	return len(h) == len(w) && number(h[len(h)-1:]) >= number(w[len(w)-1:])
}

func recycle(x *view, _ process) {
	files := append([]string{"/etc/sysctl.conf"}, x.names("find", "/etc/sysctl.d", "-maxdepth", "1", "-name", "*.conf")...)
	slices.Sort(files)
	for _, f := range files {
		for l := range strings.Lines(x.file(f)) {
			if l = strings.TrimSpace(l); strings.Contains(l, "tcp_tw_recycle") && l[0] != '#' && l[0] != ';' {
				x.report(f, l)
				break
			}
		}
	}
}

func ephemeral(x *view, _ process) {
	f := strings.Fields(x.kernel("/proc/sys/net/ipv4/ip_local_port_range"))
	if len(f) != 2 {
		return
	}
	low, high := number(f[:1]), number(f[1:])
	reserved := x.kernel("/proc/sys/net/ipv4/ip_local_reserved_ports")
	var away []string
	for _, p := range slices.Sorted(maps.Keys(x.Ports)) {
		if p >= low && p <= high && !within(reserved, p) {
			away = append(away, strconv.Itoa(p))
		}
	}
	if away != nil {
		x.report("net.ipv4.ip_local_port_range", fmt.Sprintf("%d to %d has %s, which are not reserved", low, high, strings.Join(away, ", ")))
	}
}

// within says whether a list like 8000,9000-9010 has the port.
func within(list string, port int) bool {
	for part := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			to = from
		}
		if from != "" && number([]string{from}) <= port && port <= number([]string{to}) {
			return true
		}
	}
	return false
}

func swap(x *view, _ process) {
	on := strings.Count(x.kernel("/proc/swaps"), "\n") > 0
	if n, err := strconv.Atoi(x.kernel("/proc/sys/vm/swappiness")); err == nil && on && n > 10 {
		x.report("vm.swappiness", strconv.Itoa(n)+", with swap on")
	}
}

func hugePages(x *view, _ process) {
	const path = "/sys/kernel/mm/transparent_hugepage/enabled"
	if strings.Contains(x.kernel(path), "[always]") {
		x.report(path, "always")
	}
}
