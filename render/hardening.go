package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Sysctl is a setting of the kernel.
type Sysctl struct{ Key, Value string }

// Sysctls are the tuning guide's (product-facts.md §9), without tcp_tw_recycle, which kernels since 4.12 do not know, and fs.file-max,
// of which they take more by themselves. The port range has the product's own ports in it: those that are given are reserved.
func Sysctls(ports []int) []Sysctl {
	all := []Sysctl{
		{"net.core.rmem_default", "524288"},
		{"net.core.rmem_max", "67108864"},
		{"net.core.wmem_default", "524288"},
		{"net.core.wmem_max", "67108864"},
		{"net.ipv4.ip_local_port_range", "1024 65535"},
		{"net.ipv4.tcp_fin_timeout", "30"},
		{"net.ipv4.tcp_rmem", "4096 87380 16777216"},
		{"net.ipv4.tcp_tw_reuse", "1"},
		{"net.ipv4.tcp_wmem", "4096 65536 16777216"},
	}
	if len(ports) > 0 {
		words := make([]string, len(ports))
		for i, p := range slices.Sorted(slices.Values(ports)) {
			words[i] = strconv.Itoa(p)
		}
		all = append(all, Sysctl{"net.ipv4.ip_local_reserved_ports", strings.Join(words, ",")})
	}
	return all
}

// SysctlFile is a drop-in for /etc/sysctl.d.
func SysctlFile(settings []Sysctl) []byte {
	var b strings.Builder
	b.WriteString("# made by apimctl; edits are overwritten: change the inventory\n")
	for _, s := range settings {
		fmt.Fprintf(&b, "%s = %s\n", s.Key, s.Value)
	}
	return []byte(b.String())
}

// LimitsFile is a drop-in for /etc/security/limits.d with the tuning guide's limits of an account (product-facts.md §9).
func LimitsFile(user string) []byte {
	return fmt.Appendf(nil, `# made by apimctl; edits are overwritten: change the inventory
%[1]s soft nofile 4096
%[1]s hard nofile 65535
%[1]s soft nproc 20000
%[1]s hard nproc 20000
`, user)
}

// rotation is how wso2carbon.log rolls (product-facts.md §9).
var rotation = map[string]string{
	"appender.CARBON_LOGFILE.policies.time.interval": "1",
	"appender.CARBON_LOGFILE.policies.size.size":     "10MB",
	"appender.CARBON_LOGFILE.strategy.max":           "20",
}

// propertyLine is the line of a key in a properties file.
func propertyLine(key string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*` + regexp.QuoteMeta(key) + `[ \t]*[=:][ \t]*(.*?)[ \t]*\r?$`)
}

// Unrotated are the keys, in order, that a log4j2.properties lacks for wso2carbon.log to roll. Other values than the vendor's are somebody's choice.
func Unrotated(text string) []string {
	var lacks []string
	for _, key := range slices.Sorted(maps.Keys(rotation)) {
		if m := propertyLine(key).FindStringSubmatch(text); m == nil || m[1] == "" {
			lacks = append(lacks, key)
		}
	}
	return lacks
}

// Rotated is a log4j2.properties with what Unrotated says that it lacks. Lines that are there stay.
func Rotated(text string) string {
	for _, key := range Unrotated(text) {
		text = propertyLine(key).ReplaceAllString(text, "")
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += key + " = " + rotation[key] + "\n"
	}
	return text
}

// WritableFiles is the command that finds what everybody may write of a product's home.
func WritableFiles(home string) []string {
	return []string{"find", home + "/", "-maxdepth", "4", "-perm", "-0002", "!", "-type", "l", "!", "-type", "s"}
}

// hardening is what the inventory asks of deployment.toml: keys that the product's templates read (product-facts.md §9).
func (p plan) hardening() Layer {
	l := newLayer("hardening")
	h := p.Hardening
	if h.TLS {
		const both, from = "TLSv1.2,TLSv1.3", "hardening.tls"
		l.set(from, "transport.https.sslHostConfig.properties.protocols", "+TLSv1.2,+TLSv1.3")
		l.set(from, "transport.passthru_https.listener.parameters.HttpsProtocols", both)
		l.set(from, "transport.passthru_https.sender.parameters.HttpsProtocols", both)
		l.set(from, "apim.wss.ssl_enabled_protocols", "TLSv1.2")
		l.set(from, "transport.binary.receiver.sslEnabledProtocols", "TLSv1.2")
		l.set(from, "broker.transport.amqp.ssl_connection.ssl_enabled_protocols", "TLSv1.2")
	}
	if h.Headers {
		l.set("hardening.headers", "transport.https.properties.server", "Server")
		l.set("hardening.headers", "transport.http.properties.server", "Server")
	}
	if h.NoJMX {
		l.set("hardening.no_jmx", "monitoring.jmx.rmi_server_start", false)
	}
	return l.Layer
}
