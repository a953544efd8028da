package database

import (
	"database/sql"
	"errors"
	"net"
	"strconv"

	ora "github.com/sijms/go-ora/v2"
	"github.com/sijms/go-ora/v2/network"
)

func oracleDialect() dialect {
	return dialect{
		open: openOracle, blame: blameOracle,
		version: "SELECT version FROM product_component_version WHERE ROWNUM = 1",
		tables:  "SELECT table_name FROM user_tables",
		since:   []oldest{{major: 19}},
		split:   splitOracle,
	}
}

func openOracle(t Target, name string, dial Dial) (*sql.DB, error) {
	host, port, err := net.SplitHostPort(t.Addr)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	service, options := name, map[string]string{}
	if t.SID {
		service, options["SID"] = "", name
	}
	connector, ok := ora.NewConnector(ora.BuildUrl(host, number, service, t.User, t.Password.Reveal(), options)).(*ora.OracleConnector)
	if !ok {
		return nil, errors.New("the Oracle driver takes no dialer")
	}
	connector.Dialer(dialer{dial, host})
	return sql.OpenDB(connector), nil
}

func blameOracle(err error) Kind {
	var e *network.OracleError
	if !errors.As(err, &e) {
		return ""
	}
	switch e.ErrCode {
	case 1017, 28000, 28001:
		return Login
	case 12505, 12514:
		return Missing
	case 1045:
		return Denied
	}
	return ""
}
