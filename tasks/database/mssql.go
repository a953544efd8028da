package database

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strconv"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

func mssqlDialect() dialect {
	return dialect{
		open: openMSSQL, blame: blameMSSQL,
		version: "SELECT CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128))",
		tables:  "SELECT name FROM sys.tables",
		since:   []oldest{{major: 15}}, // SQL Server 2019
		split:   splitMSSQL, transact: true,
	}
}

// A dialer has names resolved where it dials.
type dialer struct {
	dial Dial
	host string
}

func (d dialer) HostName() string { return d.host }

func (d dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dial(ctx, network, addr)
}

// openMSSQL encrypts the login at least, as every server offers that.
func openMSSQL(t Target, name string, dial Dial) (*sql.DB, error) {
	host, port, err := net.SplitHostPort(t.Addr)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	c, err := msdsn.Parse("sqlserver://x?encrypt=false&TrustServerCertificate=true")
	if err != nil {
		return nil, err
	}
	c.Host, c.Port, c.Database, c.User, c.Password = host, number, name, t.User, t.Password.Reveal()
	connector := mssql.NewConnectorConfig(c)
	connector.Dialer = dialer{dial, host}
	return sql.OpenDB(connector), nil
}

func blameMSSQL(err error) Kind {
	var e mssql.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Number {
	case 18456:
		return Login
	case 4060:
		return Denied
	}
	return ""
}
