package render

import (
	"bytes"
	"fmt"
	"strings"
)

// A UnitInput says how systemd runs a node.
type UnitInput struct {
	Description string   // e.g. "WSO2 API Manager all-in-one of prod"
	Home        string   // the product's home on the host, absolute
	Script      string   // start script, relative to Home: "bin/api-manager.sh" or "bin/gateway.sh"
	Args        []string // of the script, e.g. "-Dhttpclient.hostnameVerifier=Strict"
	User, Group string
	JavaHome    string
	Memory      string // JVM_MEM_OPTS, e.g. "-Xms2g -Xmx2g"; "" is the script's own
	JavaOpts    string // JAVA_OPTS; "" is none
	Sandbox     bool   // whether the node is kept from the rest of the host
	LogFile     string // absolute; output of the script, which is where a bad configuration shows
}

// Unit is a systemd unit that runs the product's script in the foreground.
//
// The script starts the JVM again by itself when it ends with 121 (product-facts.md §2), so systemd sees only ends
// that are meant or wrong; 143 is a JVM that was asked to stop. The script's shell dies at once of SIGTERM, while the
// JVM needs up to 300 seconds to drain: KillMode=mixed would kill the JVM as soon as the shell is gone, so all
// processes are asked and waited for, however long: whoever stops it says how long is too long, and whether it is killed then (systemd
// kills what holds up a reboot after 30 minutes, by its reboot.target). JVM options given as Args win over the script's own; in JavaOpts they lose.
func Unit(in UnitInput) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# made by apimctl; edits are overwritten: change the inventory")
	line("[Unit]")
	line("Description=%s", unitText(in.Description))
	line("Wants=network-online.target")
	line("After=network-online.target")
	line("StartLimitIntervalSec=600")
	line("StartLimitBurst=5")
	line("")
	line("[Service]")
	line("Type=simple")
	line("User=%s", unitText(in.User))
	line("Group=%s", unitText(in.Group))
	line("UMask=0027")
	line("WorkingDirectory=%s", unitText(in.Home))
	line("UnsetEnvironment=CARBON_HOME")
	in.environment(line)
	line("ExecStart=%s", in.command())
	line("StandardOutput=append:%s", unitText(in.LogFile))
	line("StandardError=inherit")
	line("SuccessExitStatus=143")
	line("KillMode=control-group")
	line("TimeoutStopSec=infinity")
	line("Restart=on-failure")
	line("RestartSec=10")
	line("LimitNOFILE=65535")
	line("LimitNPROC=20000")
	if in.Sandbox {
		in.sandbox(line)
	}
	line("")
	line("[Install]")
	line("WantedBy=multi-user.target")
	return b.Bytes()
}

// sandbox leaves a node its home, /var, a /tmp of its own, the network, and memory that is code, for the JVM compiles.
func (in UnitInput) sandbox(line func(string, ...any)) {
	for _, l := range []string{
		"NoNewPrivileges=yes", "PrivateTmp=yes", "PrivateDevices=yes", "ProtectKernelTunables=yes", "ProtectKernelModules=yes",
		"ProtectControlGroups=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
		"CapabilityBoundingSet=",
	} {
		line(l)
	}
	if !strings.HasPrefix(in.Home, "/usr/") {
		line("ProtectSystem=true")
	}
	if !strings.HasPrefix(in.Home, "/home/") && !strings.HasPrefix(in.Home, "/root/") {
		line("ProtectHome=yes")
	}
}

func (in UnitInput) environment(line func(string, ...any)) {
	for _, v := range [][2]string{{"JAVA_HOME", in.JavaHome}, {"JVM_MEM_OPTS", in.Memory}, {"JAVA_OPTS", in.JavaOpts}} {
		if v[1] != "" {
			line("Environment=%s", unitQuote(v[0]+"="+v[1]))
		}
	}
}

func (in UnitInput) command() string {
	words := []string{"/bin/sh", unitQuote(dollars(in.Home + "/" + in.Script))}
	for _, a := range in.Args {
		words = append(words, unitQuote(dollars(a)))
	}
	return strings.Join(words, " ")
}

// dollars keeps systemd from replacing variables, which it does in commands only.
func dollars(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// unitText is a value that systemd reads to the end of the line. A line break in it would begin another setting.
func unitText(s string) string {
	return strings.NewReplacer("%", "%%", "\n", " ", "\r", " ").Replace(s)
}

// unitQuote is one quoted word (systemd.syntax, Quoting).
func unitQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '%':
			b.WriteString("%%")
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
