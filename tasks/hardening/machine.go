package hardening

import (
	"fmt"
	"strconv"
	"strings"

	"apimctl/render/check"
)

var machineRules = []ruling{
	{Rule: check.Rule{
		Code: "HOST001", Severity: check.Info, Title: "operating system that the product is not tested on",
		Why: "The vendor tests Ubuntu 22.04, Rocky Linux 9 and Red Hat Enterprise Linux 9 (product compatibility). Others mostly work.",
		Fix: "Use one of these where you want the vendor's support.",
	}, host: system},
	{Rule: check.Rule{
		Code: "HOST002", Severity: check.Warning, Title: "old kernel",
		Why: "Kernels before 4.18 are older than any system that the product is tested on, and past most vendors' support.",
		Fix: "Upgrade the operating system.",
	}, host: kernelVersion},
	{Rule: check.Rule{
		Code: "HOST003", Severity: check.Warning, Title: "fewer than two processors",
		Why: "A node needs two at least (installation prerequisites).",
		Fix: "Give the host more.",
	}, host: processors},
	{Rule: check.Rule{
		Code: "HOST004", Severity: check.Warning, Title: "less than 4 GB of memory",
		Why: "A node needs 2 GB for its JVM and 2 GB for the system (installation prerequisites).",
		Fix: "Give the host more.",
	}, host: memory},
	{Rule: check.Rule{
		Code: "HOST005", Severity: check.Error, Title: "heap that the memory does not hold",
		Why: "The JVM takes more than its heap; what does not fit is swapped, or the kernel kills the node.",
		Fix: "Lower install.heap.max, or give the host more memory: 1 GB beside the heap.",
	}, host: heapFits},
	{Rule: check.Rule{
		Code: "HOST006", Severity: check.Info, Title: "heap smaller than 2 GB",
		Why: "The tuning guide has nodes run with -Xms2048m -Xmx2048m.",
		Fix: "Set install.heap: {min: 2g, max: 2g}.",
	}, host: heapLarge},
	{Rule: check.Rule{
		Code: "HOST007", Severity: check.Warning, Title: "little room on the disk",
		Why: "A node needs 10 GB before it is installed (installation prerequisites), and room for logs after that; one whose disk is full serves nothing.",
		Fix: "Make room, or set install.dir to a larger disk.",
	}, host: disk},
	{Rule: check.Rule{
		Code: "HOST008", Severity: check.Warning, Title: "little entropy",
		Why: "Where the kernel lacks entropy, the JVM waits for it at start and while it makes keys.",
		Fix: "Install rng-tools or haveged; kernels from 5.18 on never lack it.",
	}, host: entropy},
	{Rule: check.Rule{
		Code: "HOST009", Severity: check.Warning, Title: "clocks differ",
		Why: "Tokens that one node signs are too early or too late for another, and throttling counts other windows.",
		Fix: "Let chrony or another NTP client keep the clock of every host.",
	}, all: clocks},
	{Rule: check.Rule{
		Code: "HOST010", Severity: check.Warning, Title: "time zones differ",
		Why: "The product writes local time to logs and to the databases that nodes share.",
		Fix: "Give every host the same time zone: timedatectl set-timezone.",
	}, all: zones},
	{Rule: check.Rule{
		Code: "HOST011", Severity: check.Info, Title: "nothing keeps the clock",
		Why: "A clock that nothing keeps drifts; neither chronyd, ntpd nor systemd-timesyncd runs.",
		Fix: "Install chrony. In a container or with a hypervisor's clock there is nothing to do.",
	}, host: keepsTime},
	{Rule: check.Rule{
		Code: "HOST012", Severity: check.Error, Title: "command missing",
		Why: "The product's start script needs ps to see whether it runs, and apimctl needs tar to unpack.",
		Fix: "Install procps and tar.",
	}, host: commands},
	{Rule: check.Rule{
		Code: "HOST013", Severity: check.Error, Title: "no Java that the product takes",
		Why: "The product starts with the Java of the compatibility matrix only; with another it warns, and fails later.",
		Fix: "Install a JDK of such a version, or name it in install.java_home.",
	}, host: javas},
	{Rule: check.Rule{
		Code: "HOST014", Severity: check.Error, Title: "Java without keytool",
		Why: "apimctl changes keystores with keytool, as the product's documentation does.",
		Fix: "Install the whole JDK or JRE.",
	}, host: keytool},
	{Rule: check.Rule{
		Code: "HOST015", Severity: check.Warning, Title: "slow disk",
		Why: "Starts, deployments and logs wait for the disk. What the kernel counts is the mean since boot, of whatever used the disk and with the time " +
			"in its queue: a bad day stays in it. More than 20 ms for a read or 50 ms for a write, over 10000 of them at least, is apimctl's own measure; " +
			"a disk that turns takes about 10.",
		Fix: "See what it takes now (iostat -x 5), then move what keeps it busy, or set install.dir to a faster disk.",
	}, host: slowDisk},
}

func system(x *view, _ process) {
	release := map[string]string{}
	for l := range strings.Lines(x.file("/etc/os-release")) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), "=")
		release[name] = strings.Trim(value, `"'`)
	}
	id, version := release["ID"], release["VERSION_ID"]
	major, _, _ := strings.Cut(version, ".")
	if id != "" && (id != "ubuntu" || version != "22.04") && (id != "rocky" && id != "rhel" || major != "9") {
		x.report("/etc/os-release", id+" "+version)
	}
}

func kernelVersion(x *view, _ process) {
	release := x.query("uname", "-r")
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err == nil && (major < 4 || major == 4 && minor < 18) {
		x.report("kernel", release)
	}
}

func processors(x *view, _ process) {
	if n, err := strconv.Atoi(x.query("nproc")); err == nil && n < 2 {
		x.report("processors", strconv.Itoa(n))
	}
}

// total is the host's memory in MiB, 0 where that is not known.
func (x *view) total() int { return number(words(x.kernel("/proc/meminfo"), "MemTotal:")) / 1024 }

// memory leaves room for what firmware and kernel keep of 4 GB.
func memory(x *view, _ process) {
	if mb := x.total(); mb > 0 && mb < 3600 {
		x.report("memory", fmt.Sprintf("%d MB", mb))
	}
}

// heapMB is the heap in MiB.
func (x *view) heapMB() int {
	n := number([]string{strings.TrimRight(x.Heap, "kKmMgG")})
	switch {
	case strings.HasSuffix(strings.ToLower(x.Heap), "g"):
		return n * 1024
	case strings.HasSuffix(strings.ToLower(x.Heap), "k"):
		return n / 1024
	}
	return n
}

func heapFits(x *view, _ process) {
	if mb := x.total(); mb > 0 && x.heapMB()+512 > mb {
		x.report("memory", fmt.Sprintf("the heap may grow to %s, and the host has %d MB", x.Heap, mb))
	}
}

func heapLarge(x *view, _ process) {
	if x.heapMB() < 2048 {
		x.report("install.heap", "the heap may grow to "+x.Heap)
	}
}

func entropy(x *view, _ process) {
	const path = "/proc/sys/kernel/random/entropy_avail"
	if n, err := strconv.Atoi(x.kernel(path)); err == nil && n < 200 {
		x.report(path, strconv.Itoa(n))
	}
}

func keepsTime(x *view, _ process) {
	said := x.query("systemctl", "is-active", "chronyd", "chrony", "ntpd", "ntp", "ntpsec", "systemd-timesyncd")
	if said != "" && !strings.Contains("\n"+said+"\n", "\nactive\n") {
		x.report("clock", "no NTP client is active")
	}
}

func commands(x *view, _ process) {
	for _, c := range []string{"ps", "tar"} {
		if !x.says("command", "-v", c) {
			x.report(c, "is not there")
		}
	}
}
