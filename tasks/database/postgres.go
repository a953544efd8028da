package database

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

func postgresDialect() dialect {
	return dialect{
		open: openPostgres, blame: blamePostgres,
		version: "SHOW server_version",
		tables:  "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
		barred: "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace " +
			"WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'SELECT')",
		since: []oldest{{major: 12}},
		split: splitPostgres, transact: true,
		server: "postgres",
		has: func(t Target) (db, user string) {
			return "SELECT COUNT(*) FROM pg_database WHERE datname = " + pgLiteral(t.Name),
				"SELECT rolname FROM pg_roles WHERE rolname = " + pgLiteral(t.User)
		},
		make: func(t Target) []string {
			return []string{"CREATE DATABASE " + quoted(t.Name) + " ENCODING 'UTF8' TEMPLATE template0"}
		},
		admit: admitPostgres,
	}
}

// openPostgres encrypts where the server offers it. Names are the far side's to resolve: pgx would ask this machine's DNS.
func openPostgres(t Target, name string, dial Dial) (*sql.DB, error) {
	host, port, err := net.SplitHostPort(t.Addr)
	if err != nil {
		return nil, err
	}
	c, err := pgx.ParseConfig("postgres://" + net.JoinHostPort(host, port) + "/?sslmode=prefer")
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	c.Host, c.Port, c.Database, c.User, c.Password = host, uint16(number), name, t.User, t.Password.Reveal()
	c.DialFunc = pgconn.DialFunc(dial)
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	return stdlib.OpenDB(*c), nil
}

func blamePostgres(err error) Kind {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code {
	case "28P01", "28000":
		return Login
	case "3D000":
		return Missing
	case "42501":
		return Denied
	}
	return ""
}

// admitPostgres lets the user work with rows of what the administrator makes in the database, now and later.
func admitPostgres(t Target, accounts []string) []string {
	who := quoted(t.User)
	var list []string
	if len(accounts) == 0 {
		list = append(list, "CREATE ROLE "+who+" LOGIN PASSWORD "+pgLiteral(scrammed(t.Password.Reveal())))
	}
	list = append(list, "GRANT CONNECT ON DATABASE "+quoted(t.Name)+" TO "+who, "GRANT USAGE ON SCHEMA public TO "+who)
	for _, on := range []string{"SELECT, INSERT, UPDATE, DELETE ON %sTABLES%s", "USAGE, SELECT ON %sSEQUENCES%s"} {
		now := strings.Replace(strings.Replace(on, "%s", "ALL ", 1), "%s", " IN SCHEMA public", 1)
		later := strings.ReplaceAll(on, "%s", "")
		list = append(list, "GRANT "+now+" TO "+who, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT "+later+" TO "+who)
	}
	return list
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// pgLiteral is a text between quotes, with standard_conforming_strings, which is on since 9.1.
func pgLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
