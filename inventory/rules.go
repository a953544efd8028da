package inventory

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	label      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	plainName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	account    = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,30}$`)
	javaOpt    = regexp.MustCompile(`^-\S+$`)
	plainFile  = regexp.MustCompile(`^[^/\\\x00-\x1f]{1,255}$`)
	rangeForm  = regexp.MustCompile(`\[(\d+):(\d+)\]`)
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	heapSize   = regexp.MustCompile(`^[1-9][0-9]*[kKmMgG]$`)
	hostFolder = regexp.MustCompile(`^(/[A-Za-z0-9._+-]+)+$`)
	digest     = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	adminName  = regexp.MustCompile(`^\S{3,30}$`)
	adminWord  = regexp.MustCompile(`^\S{5,30}$`)
)

// matches is the rule that a text matches re.
func matches(re *regexp.Regexp, what, fix string) rule {
	return func(text string) (string, string) {
		if re.MatchString(text) {
			return "", ""
		}
		return what, fix
	}
}

// hostName is the rule of a host name: RFC 1123, and not an address.
func hostName(text string) (what, fix string) {
	if !isHostName(text) {
		return strconv.Quote(text) + " is no host name", "use letters, digits, hyphens and dots"
	}
	return "", ""
}

func isHostName(text string) bool {
	if len(text) > 253 || net.ParseIP(text) != nil {
		return false
	}
	labels := strings.Split(text, ".")
	last := labels[len(labels)-1]
	return !slices.ContainsFunc(labels, func(l string) bool { return !label.MatchString(l) }) && strings.Trim(last, "0123456789") != ""
}

// nodeName is the rule of a host's name in the inventory.
func nodeName(text string) (what, fix string) {
	reserved := []string{string(AllInOne), string(Gateway), string(LoadBalancer), "all", "localhost"}
	if slices.Contains(reserved, strings.ToLower(text)) {
		return strconv.Quote(text) + " is a reserved name", "give the host another name"
	}
	return hostName(text)
}

func address(text string) (what, fix string) {
	if net.ParseIP(text) == nil && !isHostName(text) {
		return strconv.Quote(text) + " is no address", "write an IP address or a host name"
	}
	return "", ""
}

// bastion is the rule of [user@]host[:port].
func bastion(text string) (what, fix string) {
	host := text[strings.LastIndexByte(text, '@')+1:]
	if h, port, err := net.SplitHostPort(host); err == nil {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return strconv.Quote(text) + " has no good port", "write a number from 1 to 65535"
		}
		host = h
	}
	if _, wrong := address(host); wrong != "" || strings.HasPrefix(text, "@") || strings.ContainsAny(text, " \t\n") {
		return strconv.Quote(text) + " is no bastion", "write [user@]host[:port]"
	}
	return "", ""
}

// webURL is the rule of a URL with one of the schemes.
func webURL(schemes ...string) rule {
	return func(text string) (string, string) {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
			return strconv.Quote(text) + " is no URL of this kind", "write " + schemes[0] + "://host[:port]"
		}
		return "", ""
	}
}

func notRoot(text string) (what, fix string) {
	if text == "root" {
		return "the service never runs as root", "name an account of its own; it is created if absent"
	}
	return "", ""
}

// path reads a path of this machine and makes it absolute.
func path[T any](r row, at func(*T) *string, exists bool) key[T] {
	r.Type = "path"
	return key[T]{row: r, read: func(c cursor, into *T) {
		s, _, ok := c.text()
		if !ok {
			return
		}
		if strings.HasPrefix(s, "~") {
			if home, set := c.d.env("HOME"); !set || home == "" || (s != "~" && s[1] != '/') {
				c.bad("~ cannot be replaced in "+strconv.Quote(c.n.Value), "write the whole path")
				return
			}
		}
		file := c.d.expand(s)
		if exists && !c.isFile(file) {
			return
		}
		*at(into) = file
	}}
}

func (c cursor) isFile(file string) bool {
	if c.d.noZips && strings.HasPrefix(c.path, "distributions.") {
		return true
	}
	info, err := os.Stat(file)
	switch {
	case err != nil:
		c.bad(c.shown(file)+": "+reason(err), "put the file there or mend the path")
	case !info.Mode().IsRegular():
		c.bad(c.shown(file)+": is not a file", "name the file itself")
	default:
		return true
	}
	return false
}

// pemFile is a path to a file that holds a certificate.
func pemFile[T any](r row, at func(*T) *string) key[T] {
	k := path(r, at, true)
	read := k.read
	k.read = func(c cursor, into *T) {
		read(c, into)
		file := *at(into)
		if file == "" {
			return
		}
		data, err := readSmall(file)
		if err != nil {
			c.bad(c.shown(file)+": "+reason(err), "put a PEM file there or mend the path")
			return
		}
		block, _ := pem.Decode(data)
		if block == nil || block.Type != "CERTIFICATE" {
			c.bad(c.shown(file)+": holds no PEM certificate", "give one that begins with -----BEGIN CERTIFICATE-----")
			return
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			c.bad(c.shown(file)+": holds a broken certificate", "export it again as PEM")
		}
	}
	return k
}

// alias is the rule of a name in the truststore that is not one of the product's own (product-facts.md §5).
func alias(text string) (what, fix string) {
	if slices.Contains([]string{"wso2carbon", "gateway_certificate_alias"}, strings.ToLower(text)) {
		return strconv.Quote(text) + " is the product's own alias", "give the certificate another one"
	}
	if strings.HasPrefix(strings.ToLower(text), "apimctl-") {
		return strconv.Quote(text) + " begins as apimctl's own aliases", "give the certificate another one"
	}
	return matches(plainName, "is no good alias", "use letters, digits, dots, hyphens and underscores")(text)
}

func fileName(text string) (what, fix string) {
	return matches(plainFile, strconv.Quote(text)+" is no file name", "write the name alone, without a folder")(text)
}

// storeWord is the rule of a store's password: keytool wants six characters.
func storeWord(text string) (what, fix string) {
	if len(text) < 6 {
		return "is too short for a keystore", "use 6 characters or more"
	}
	return "", ""
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// hookWord is the rule of a word of a command whose {names} stand for what a node is.
func hookWord(text string) (what, fix string) {
	for _, p := range placeholder.FindAllString(text, -1) {
		if !slices.Contains([]string{"{host}", "{address}", "{group}"}, p) {
			return p + " stands for nothing", "write {host}, {address} or {group}"
		}
	}
	return "", ""
}

func jdbcURL(text string) (what, fix string) {
	if !strings.HasPrefix(text, "jdbc:") {
		return "is no JDBC URL", "begin it with jdbc:"
	}
	return "", ""
}
