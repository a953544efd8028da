package hardening

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"apimctl/render"
	"apimctl/render/check"
	"apimctl/tasks"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const (
	home     = "/opt/wso2/gateway"
	store    = home + "/repository/resources/security/wso2carbon.jks"
	conf     = home + "/repository/conf/deployment.toml"
	account  = "wso2carbon:wso2"
	listened = "   0: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000 %5d        0 12345 1\n"
)

// says has a command answer one thing, whatever its arguments.
func says(m *remotetest.Memory, name, text string) {
	m.Answer(name, func([]string) (string, error) { return text, nil })
}

// write puts a file.
func write(m *remotetest.Memory, path, text string) {
	m.Set(path, remote.File{Mode: 0o644, Owner: "root:root", Data: []byte(text)})
}

// clean is a host without a fault, with a node that runs.
func clean(t *testing.T) (*remotetest.Memory, Node) {
	t.Helper()
	m := remotetest.New()
	proc := map[string]string{
		"/etc/os-release": "ID=\"rocky\"\nVERSION_ID=\"9.3\"\n",
		"/proc/meminfo":   "MemTotal:        8000000 kB\nMemFree: 1 kB\n", "/proc/swaps": "Filename\tType\n",
		"/proc/self/mountinfo": mounted("254:1", "ext4 /dev/vda1"), "/proc/diskstats": ioOf("vda1", 20000, 5, 9),
		"/proc/sys/kernel/random/entropy_avail":       "256\n",
		"/proc/sys/vm/swappiness":                     "60\n",
		"/proc/sys/net/ipv4/ip_local_reserved_ports":  "8243,9443-9444\n",
		"/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
		"/proc/net/tcp":                               "  sl  local_address\n" + fmt.Sprintf(listened, 9443, 801),
		"/proc/net/tcp6":                              "  sl  local_address\n",
		"/proc/42/cmdline":                            "java\x00-Dcarbon.home=" + home + "\x00",
		"/proc/42/status":                             "Name:\tjava\nUid:\t801\t801\t801\t801\n",
		"/proc/42/limits":                             "Limit Soft Hard Units\nMax processes             20000                20000                processes\nMax open files            65535                65535                files\n",
		home + "/wso2carbon.pid":                      "42\n\x00\x00",
		home + "/repository/conf/log4j2.properties":   render.Rotated(""),
		"/etc/security/limits.d/90-apimctl-prod.conf": string(render.LimitsFile("wso2carbon")),
		"/etc/hosts":                                  "127.0.0.1 localhost\n10.0.0.11 aio-1\n127.0.1.1 gw-1\n",
		"/usr/lib/jvm/java-17/release":                "JAVA_VERSION=\"17.0.15\"\n",
		"/etc/passwd":                                 "root:x:0:0:root:/root:/bin/sh\nwso2carbon:x:801:801::/opt/wso2:/bin/false\n",
	}
	for _, s := range render.Sysctls(nil) {
		proc["/proc/sys/"+strings.ReplaceAll(s.Key, ".", "/")] = strings.ReplaceAll(s.Value, " ", "\t") + "\n"
	}
	for path, text := range proc {
		write(m, path, text)
	}
	m.Set(home, remote.Dir(0o755, account))
	m.Set(conf, remote.File{Mode: 0o600, Owner: account, Data: []byte("[server]\n")})
	m.Set(store, remote.File{Mode: 0o600, Owner: account, Data: []byte("own")})
	found(m, nil)
	unit(m, "LoadState=loaded\nLimitNOFILE=65535\nLimitNPROC=20000\nNoNewPrivileges=yes\nProtectSystem=yes\nPrivateTmp=yes\n", "active\n")
	m.Answer("command", func(argv []string) (string, error) { return "/bin/" + argv[2] + "\n", nil })
	n := Node{
		Name: "gw-1", Dir: "/opt/wso2", Home: home, User: "wso2carbon", Group: "wso2", Unit: "wso2-gateway", Heap: "2g",
		Java: tasks.Java{Min: 11, Max: 21}, Ports: map[int]string{9443: "console", 8243: "API traffic"},
		Names: map[string]string{"aio-1": "10.0.0.11", "gw-1": "10.0.0.21", "db": "db.example.com"}, Stores: []string{store},
		Shipped: map[string]string{store: (remote.File{Mode: 0o600, Data: []byte("vendor's")}).Sum().SHA256},
	}
	return m, n
}

// found has find answer by a word of its arguments.
func found(m *remotetest.Memory, more map[string]string) {
	all := map[string]string{"release": "/usr/lib/jvm/java-17/release\n", "/etc/security/limits.d": "/etc/security/limits.d/90-apimctl-prod.conf\n"}
	maps.Copy(all, more)
	m.Answer("find", func(argv []string) (string, error) {
		for word, text := range all {
			if slices.Contains(argv, word) {
				return text, nil
			}
		}
		return "", nil
	})
}

func unit(m *remotetest.Memory, show, active string) {
	m.Answer("systemctl", func(argv []string) (string, error) {
		if argv[1] == "show" {
			return show, nil
		}
		return active, nil
	})
}

// faults are every kind of fault that one host shows, with how it comes about and what is seen of it.
var faults = []struct {
	code, seen string
	plant      func(*remotetest.Memory, *Node)
}{
	{"HOST001", "debian 12", func(m *remotetest.Memory, _ *Node) { write(m, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n") }},
	{"HOST002", "3.10.0", func(m *remotetest.Memory, _ *Node) { says(m, "uname", "3.10.0-1160.el7.x86_64\n") }},
	{"HOST003", "1", func(m *remotetest.Memory, _ *Node) { says(m, "nproc", "1\n") }},
	{"HOST004", "3000 MB", func(m *remotetest.Memory, _ *Node) { write(m, "/proc/meminfo", "MemTotal: 3072000 kB\n") }},
	{"HOST005", "grow to 8g, and the host has 7812 MB", func(_ *remotetest.Memory, n *Node) { n.Heap = "8g" }},
	{"HOST006", "grow to 1024m", func(_ *remotetest.Memory, n *Node) { n.Heap = "1024m" }},
	{"HOST007", "976 MB are free, and 2048 MB should be", func(m *remotetest.Memory, _ *Node) {
		says(m, "df", "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 104857600 1048576 1000000 99% /\n")
	}},
	{"HOST007", "8192 MB are free, and 10240 MB should be", func(m *remotetest.Memory, _ *Node) {
		m.Set(home, remote.File{})
		says(m, "df", "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 104857600 1048576 8388608 99% /\n")
	}},
	{"HOST008", "60", func(m *remotetest.Memory, _ *Node) { write(m, "/proc/sys/kernel/random/entropy_avail", "60\n") }},
	{"HOST011", "no NTP client", func(m *remotetest.Memory, _ *Node) { unit(m, "", "inactive\ninactive\n") }},
	{"HOST012", "is not there", func(m *remotetest.Memory, _ *Node) {
		m.Answer("command", func(argv []string) (string, error) {
			if argv[2] == "ps" {
				return "", &remote.ExitError{Code: 127}
			}
			return "/bin/tar\n", nil
		})
	}},
	{"HOST013", "Java 11 to 21 is needed; found /usr/lib/jvm/java-17 (8)", func(m *remotetest.Memory, _ *Node) {
		write(m, "/usr/lib/jvm/java-17/release", "JAVA_VERSION=\"1.8.0_402\"\n")
	}},
	{"HOST014", "is not there", func(m *remotetest.Memory, _ *Node) { m.Set("/usr/lib/jvm/java-17/bin/keytool", remote.File{}) }},
	{"HOST015", "dm-1 took 25 ms a read, the mean of 20000 since boot", func(m *remotetest.Memory, _ *Node) { // found by its numbers
		write(m, "/proc/self/mountinfo", mounted("254:1", "xfs /dev/mapper/vg-root"))
		write(m, "/proc/diskstats", ioOf("dm-1", 20000, 25, 9))
	}},
	{"HOST015", "vda1 took 80 ms a write, the mean of 20001 since boot", func(m *remotetest.Memory, _ *Node) { // found by its name
		write(m, "/proc/self/mountinfo", mounted("0:30", "btrfs /dev/vda1"))
		write(m, "/proc/diskstats", ioOf("vda1", 20000, 5, 80))
	}},
	{"HOST020", "leads to 10.0.0.99, and should to 10.0.0.11", func(m *remotetest.Memory, _ *Node) {
		write(m, "/etc/hosts", "127.0.0.1 localhost\n10.0.0.99 aio-1\n127.0.1.1 gw-1\n")
	}},
	{"HOST020", "leads nowhere, and should to 10.0.0.12", func(_ *remotetest.Memory, n *Node) { n.Names["aio-2"] = "10.0.0.12" }},
	{"HOST021", "leads to []", func(m *remotetest.Memory, _ *Node) { write(m, "/etc/hosts", "10.0.0.11 aio-1\n127.0.1.1 gw-1\n") }},
	{"HOST022", "leads nowhere", func(m *remotetest.Memory, _ *Node) { says(m, "hostname", "stray\n") }},
	{"HOST023", "API traffic: a process of user 0 listens there", func(m *remotetest.Memory, _ *Node) {
		write(m, "/proc/net/tcp6", fmt.Sprintf(listened, 8243, 0))
	}},
	{"HOST023", "console: a process of user 801 listens there", func(m *remotetest.Memory, _ *Node) { m.Set("/proc/42/cmdline", remote.File{}) }},
	{"HOST030", "1024, and should be 65535", func(m *remotetest.Memory, _ *Node) {
		write(m, "/proc/42/limits", "Max processes   unlimited   unlimited  processes\nMax open files            1024                 1024                 files\n")
	}},
	{"HOST031", "4096, and should be 20000", func(m *remotetest.Memory, _ *Node) {
		write(m, "/proc/42/limits", "Max processes  4096  4096  processes\nMax open files            65535                 65535                 files\n")
	}},
	{"HOST032", "LimitNOFILE is 1024, and should be 65535", func(m *remotetest.Memory, _ *Node) {
		unit(m, "LoadState=loaded\nLimitNOFILE=1024\nLimitNPROC=infinity\nNoNewPrivileges=yes\n", "active\n")
	}},
	{"HOST033", "nofile of wso2carbon is not set, and should be 65535", func(m *remotetest.Memory, _ *Node) {
		found(m, map[string]string{"/etc/security/limits.d": ""})
	}},
	{"HOST033", "nproc of wso2carbon is 4096, and should be 20000", func(m *remotetest.Memory, _ *Node) {
		write(m, "/etc/security/limits.d/90-apimctl-prod.conf", "* - nofile unlimited\n@wso2 hard nproc 4096\nother hard nproc 1\n")
	}},
	{"HOST033", "nproc of wso2carbon is 4097, and should be 20000", func(m *remotetest.Memory, _ *Node) {
		found(m, map[string]string{"/etc/security/limits.d": "/etc/security/limits.d/99 our own.conf\n/etc/security/limits.d/90-apimctl-prod.conf\n"})
		write(m, "/etc/security/limits.d/99 our own.conf", "wso2carbon hard nproc 4097\n")
	}},
	{"HOST034", "NoNewPrivileges, ProtectSystem are off", func(m *remotetest.Memory, _ *Node) {
		unit(m, "LoadState=loaded\nNoNewPrivileges=no\nPrivateTmp=yes\nProtectSystem=no\n", "active\n")
	}},
	{"HOST035", "runs as root", func(m *remotetest.Memory, _ *Node) { write(m, "/proc/42/status", "Uid:\t0\t0\t0\t0\n") }},
	{"HOST040", "net.ipv4.tcp_fin_timeout is 60, and should be 30", func(m *remotetest.Memory, _ *Node) {
		write(m, "/proc/sys/net/ipv4/tcp_fin_timeout", "60\n")
	}},
	{"HOST040", "net.ipv4.tcp_wmem is 4096 16384 4194304", func(m *remotetest.Memory, _ *Node) {
		write(m, "/proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n")
		write(m, "/proc/sys/net/core/rmem_max", "999999999\n")
	}},
	{"HOST041", "net.ipv4.tcp_tw_recycle = 1", func(m *remotetest.Memory, _ *Node) {
		write(m, "/etc/sysctl.conf", "# net.ipv4.tcp_tw_recycle = 0\nnet.ipv4.tcp_tw_recycle = 1\n")
	}},
	{"HOST042", "1024 to 65535 has 9443, which are not reserved", func(m *remotetest.Memory, _ *Node) {
		write(m, "/proc/sys/net/ipv4/ip_local_reserved_ports", "8000-8300\n")
	}},
	{"HOST043", "60, with swap on", func(m *remotetest.Memory, _ *Node) { write(m, "/proc/swaps", "Filename\tType\n/swap file 1 0 -2\n") }},
	{"HOST044", "always", func(m *remotetest.Memory, _ *Node) {
		write(m, "/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")
	}},
	{"HOST050", "has mode 0644", func(m *remotetest.Memory, _ *Node) { m.Set(conf, remote.File{Mode: 0o644, Owner: account}) }},
	{"HOST050", "belongs to root:root", func(m *remotetest.Memory, _ *Node) { m.Set(conf, remote.File{Mode: 0o600, Owner: "root:root"}) }},
	{"HOST051", "has mode 0640", func(m *remotetest.Memory, _ *Node) {
		m.Set(store, remote.File{Mode: 0o640, Owner: account, Data: []byte("own")})
	}},
	{"HOST052", "can be written by everybody", func(m *remotetest.Memory, _ *Node) { found(m, map[string]string{"-0002": home + "/bin/gateway.sh\n"}) }},
	{"HOST052", "gateway (copy).sh can be written", func(m *remotetest.Memory, _ *Node) {
		found(m, map[string]string{"-0002": home + "/bin/gateway (copy).sh\n"})
	}},
	{"HOST053", "is the distribution's own", func(m *remotetest.Memory, _ *Node) {
		m.Set(store, remote.File{Mode: 0o600, Owner: account, Data: []byte("vendor's")})
	}},
	{"HOST054", "lacks appender.CARBON_LOGFILE.strategy.max", func(m *remotetest.Memory, _ *Node) {
		write(m, home+"/repository/conf/log4j2.properties", strings.Replace(render.Rotated(""), "appender.CARBON_LOGFILE.strategy.max", "# ", 1))
	}},
}

func look(t *testing.T, m *remotetest.Memory, n Node) Seen {
	t.Helper()
	before := fmt.Sprint(m.Snapshot())
	s, err := Look(context.Background(), m, n)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(m.Snapshot()) != before || m.Counts().Mutations > 0 {
		t.Error("looking changed the host")
	}
	return s
}

func TestCleanHost(t *testing.T) {
	m, n := clean(t)
	if s := look(t, m, n); len(s.Found) > 0 || !s.Runs {
		t.Errorf("found %v; runs %v", s.Found, s.Runs)
	}
	if c := m.Counts(); c.Exchanges > 4 {
		t.Errorf("it took %d exchanges", c.Exchanges)
	}
}

func TestFaults(t *testing.T) {
	planted := map[string]bool{"HOST009": true, "HOST010": true, "HOST024": true} // TestAcross
	for _, f := range faults {
		t.Run(f.code+" "+f.seen, func(t *testing.T) {
			planted[f.code] = true
			m, n := clean(t)
			f.plant(m, &n)
			has := slices.ContainsFunc(look(t, m, n).Found, func(c check.Finding) bool {
				return c.Code == f.code && c.Host == "gw-1" && strings.Contains(c.Key+" "+c.Message, f.seen)
			})
			if !has {
				t.Errorf("it is not found: %v", look(t, m, n).Found)
			}
		})
	}
	for _, r := range Rules() {
		if !planted[r.Code] {
			t.Errorf("%s is never planted", r.Code)
		}
	}
}

func TestRulesAreWhole(t *testing.T) {
	for i, r := range Rules() {
		if r.Title == "" || r.Why == "" || r.Fix == "" || i > 0 && Rules()[i-1].Code >= r.Code {
			t.Errorf("%s is not whole, or out of order", r.Code)
		}
		if e, ok := Explain(r.Code); !ok || e.Code != r.Code {
			t.Errorf("%s is not explained", r.Code)
		}
	}
	if r, ok := Explain("APIM001"); !ok || r.Code != "APIM001" {
		t.Error("a rule of the configuration is not explained")
	}
}
