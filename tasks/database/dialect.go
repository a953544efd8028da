package database

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// A dialect is what differs between servers.
type dialect struct {
	open    func(t Target, name string, dial Dial) (*sql.DB, error)
	blame   func(error) Kind // what the server's error means; "" where it is none of ours
	version string           // asks for it
	charset string           // asks for the database's; "" where the product takes any
	tables  string           // asks for the names of all tables of the schema
	barred  string           // asks for those that the user may not read; "" where the server does not show them either
	since   []oldest

	split    func(script string) []Statement
	transact bool // its statements that define tables can be rolled back

	server string                           // the database that is there before any other
	has    func(t Target) (db, user string) // the first counts databases; the second asks for the hosts of the user's accounts
	make   func(t Target) []string          // the database
	admit  func(t Target, hosts []string) []string
}

// oldest is the first version of a server that the product takes.
type oldest struct {
	mark         string // what the version holds if it is this server
	major, minor int
}

func dialects(kind string) (dialect, bool) {
	switch kind {
	case "mysql", "mariadb":
		return mysqlDialect(), true
	case "postgre":
		return postgresDialect(), true
	case "mssql":
		return mssqlDialect(), true
	case "oracle":
		return oracleDialect(), true
	}
	return dialect{}, false
}

// least is the oldest version that the product takes, where the server's is older; else "". What cannot be read is let pass.
func (d dialect) least(version string) string {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	ma, err := strconv.Atoi(strings.TrimSpace(major))
	mi, _ := strconv.Atoi(minor)
	if err != nil {
		return ""
	}
	for _, o := range d.since {
		if strings.Contains(version, o.mark) {
			if ma < o.major || ma == o.major && mi < o.minor {
				return fmt.Sprintf("%d.%d", o.major, o.minor)
			}
			return ""
		}
	}
	return ""
}
