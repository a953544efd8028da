package database

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// errURL is a JDBC URL that only its driver understands.
var errURL = errors.New("this JDBC URL is not understood here: give host, port and name, or set databases.manage to none")

var (
	oracleURL = regexp.MustCompile(`^jdbc:oracle:thin:@(?://)?([^:/]+):(\d+)([:/])(\w[\w.$#]*)$`)
	serverURL = regexp.MustCompile(`^jdbc:sqlserver://([^;]*);(?:.*;)?(?i:databaseName)=([^;]+)`)
)

// JDBC sets where the target is from a JDBC URL. Of a URL that lists several servers, or leaves the port out, nothing is understood.
func (t *Target) JDBC(text string) error {
	if m := oracleURL.FindStringSubmatch(text); m != nil {
		t.Addr, t.Name, t.SID = net.JoinHostPort(m[1], m[2]), m[4], m[3] == ":"
		return nil
	}
	if m := serverURL.FindStringSubmatch(text); m != nil {
		t.Addr, t.Name = m[1], m[2]
		return t.placed()
	}
	rest, ok := strings.CutPrefix(text, "jdbc:")
	u, err := url.Parse(rest)
	if !ok || err != nil || u.Host == "" || u.Scheme == "sqlserver" {
		return errURL
	}
	t.Addr, t.Name = u.Host, strings.TrimPrefix(u.Path, "/")
	return t.placed()
}

func (t *Target) placed() error {
	host, port, err := net.SplitHostPort(t.Addr)
	if err != nil || host == "" || port == "" || t.Name == "" || strings.Contains(host, ",") {
		return errURL
	}
	return nil
}
