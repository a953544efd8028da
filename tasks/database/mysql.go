package database

import (
	"database/sql"
	"errors"
	"io"
	"log"
	"strings"

	"github.com/go-sql-driver/mysql"
)

func mysqlDialect() dialect {
	return dialect{
		open: openMySQL, blame: blameMySQL,
		version: "SELECT VERSION()",
		charset: "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = DATABASE()",
		tables:  "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
		since:   []oldest{{mark: "MariaDB", major: 10, minor: 2}, {major: 5, minor: 7}},
		split:   splitMySQL,
		has: func(t Target) (db, user string) {
			return "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = " + literal(t.Name),
				"SELECT host FROM mysql.user WHERE user = " + literal(t.User)
		},
		make: func(t Target) []string {
			return []string{"CREATE DATABASE " + ticked(t.Name) + " CHARACTER SET latin1"}
		},
		admit: admitMySQL,
	}
}

// openMySQL encrypts where the server offers it, as nobody has told what its certificate leads to.
func openMySQL(t Target, name string, dial Dial) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = t.User, t.Password.Reveal(), "tcp", t.Addr, name
	c.DialFunc, c.TLSConfig, c.Timeout = dial, "preferred", Patience
	c.Logger = log.New(io.Discard, "", 0) // what it has to say is in its errors
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func blameMySQL(err error) Kind {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Number {
	case 1045, 1698:
		return Login
	case 1049:
		return Missing
	case 1044:
		return Denied
	}
	return ""
}

// admitMySQL lets the user work with rows, and with nothing else: the product creates no tables once they are there. To MySQL an account is
// a user with the hosts that it comes from. Those that are there are let in: a grant to another one can make it, without a password.
func admitMySQL(t Target, hosts []string) []string {
	var list []string
	if len(hosts) == 0 {
		hosts = []string{"%"}
		list = append(list, "CREATE USER "+literal(t.User)+"@'%' IDENTIFIED BY "+literal(t.Password.Reveal()))
	}
	for _, host := range hosts {
		list = append(list, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+ticked(alone.Replace(t.Name))+".* TO "+literal(t.User)+"@"+literal(host))
	}
	return list
}

// alone has a grant mean the one database of that name: there _ and % stand for other characters too, as nowhere else.
var alone = strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`)

func ticked(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literal is a text between quotes, as MySQL reads it without NO_BACKSLASH_ESCAPES.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'"
}
