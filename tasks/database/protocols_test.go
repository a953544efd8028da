package database_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"apimctl/tasks/database"
)

// There is no SQL Server and no Oracle here. What these servers say of their protocols is by hand: MS-TDS, and what go-ora reads of TNS.

func TestSQLServerIsLookedAt(t *testing.T) {
	at := database.Target{Label: "apim_db", Type: "mssql", Addr: "db:1433", Name: "apim_db", User: "u", Password: "hunter2-planted"}
	for name, row := range map[string]struct {
		server sqlServer
		kind   database.Kind
		want   string
	}{
		"wrong password": {
			sqlServer{number: 18456, words: "Login failed for user 'u'."},
			database.Login,
			"apim_db at db:1433 does not let u in: wrong user or password (",
		},
		"unknown database": {
			sqlServer{number: 4060, words: `Cannot open database "apim_db" requested by the login. The login failed.`},
			database.Denied,
			"apim_db at db:1433 is not there, or u may not use it (",
		},
		"an old server": {sqlServer{version: "14.0.3456.2"}, database.TooOld, "apim_db at db:1433: the server is 14.0.3456.2; 15.0 or later is needed"},
		"all is well":   {sqlServer{version: "16.0.4085.2"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			had, err := database.Look(t.Context(), at, piped(row.server.serve))
			if row.kind == "" && (err != nil || had.Version != row.server.version || len(had.Tables) != 2 || had.Tables[0] != "AM_API") {
				t.Errorf("it sees %v, %v", had, err)
			}
			says(t, err, row.kind, row.want)
		})
	}
}

func TestOracleIsLookedAt(t *testing.T) {
	at := database.Target{Label: "apim_db", Type: "oracle", Addr: "db:1521", Name: "ORCLPDB1", User: "u", Password: "hunter2-planted"}
	_, err := database.Look(t.Context(), at, piped(refusesOracle("12514")))
	says(t, err, database.Missing, "ORCLPDB1 at db:1521 is not there: the server has no such database")
	_, err = database.Look(t.Context(), at, piped(refusesOracle("12528")))
	says(t, err, database.Other, "ORCLPDB1 at db:1521: ORA-12528")
}

func TestClosedPortIsOneLineForEveryServer(t *testing.T) {
	closed := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	for _, kind := range []string{"mysql", "mariadb", "postgre", "mssql", "oracle"} {
		at := database.Target{Label: "apim_db", Type: kind, Addr: "db:1000", Name: "apim_db", User: "u", Password: "hunter2-planted"}
		_, err := database.Look(t.Context(), at, closed)
		says(t, err, database.Unreached, "apim_db at db:1000 is not reached from here: connection refused")
	}
}

// says wants an error of the kind, on one line and without the password.
func says(t *testing.T, err error, kind database.Kind, want string) {
	t.Helper()
	var had *database.Error
	switch {
	case kind == "" && err == nil:
	case !errors.As(err, &had) || had.Kind != kind || !strings.HasPrefix(err.Error(), want):
		t.Errorf("it says %v, not %q", err, want)
	case strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n"):
		t.Errorf("it shows a password, or is more than a line: %v", err)
	}
}

func piped(serve func(net.Conn)) database.Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer func() { _ = there.Close() }()
			serve(there)
		}()
		return here, nil
	}
}

// refusesOracle is a listener that answers a connect packet with a refuse packet.
func refusesOracle(code string) func(net.Conn) {
	return func(c net.Conn) {
		var head [8]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint16(head[:]))-8); err != nil {
			return
		}
		said := "(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=" + code + ")(ERROR_STACK=(ERROR=(CODE=" + code + ")(EMFI=4))))"
		p := binary.BigEndian.AppendUint16(nil, uint16(12+len(said)))
		p = append(p, 0, 0, 4, 0, 0, 0, 34, 0)
		p = binary.BigEndian.AppendUint16(p, uint16(len(said)))
		_, _ = c.Write(append(p, said...))
		_, _ = io.Copy(io.Discard, c) // a socket takes what is written after it was closed there; a pipe does not
	}
}

// A sqlServer lets in or says the number of an error, and knows two questions: its version, and the tables.
type sqlServer struct {
	number  uint32 // 0 lets in
	words   string
	version string
}

func (s sqlServer) serve(c net.Conn) {
	for {
		kind, said := tdsRead(c)
		switch kind {
		case 0x12: // prelogin: a version, and that it does not encrypt
			tdsWrite(c, []byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2})
		case 0x10:
			tdsWrite(c, s.login())
		case 0x01:
			tables := strings.Contains(said, "sys.tables")
			if tables {
				tdsWrite(c, tdsRows("name", "IDN_BASE_TABLE", "AM_API"))
			} else {
				tdsWrite(c, tdsRows("version", s.version))
			}
		default:
			return
		}
	}
}

func (s sqlServer) login() []byte {
	if s.number > 0 {
		body := binary.LittleEndian.AppendUint32(nil, s.number)
		body = append(body, 1, 14)
		body = append(binary.LittleEndian.AppendUint16(body, uint16(len(s.words))), ucs2(s.words)...)
		body = append(body, 0, 0, 1, 0, 0, 0) // no server, no procedure, line 1
		return append(append(binary.LittleEndian.AppendUint16([]byte{0xaa}, uint16(len(body))), body...), tdsDone(2)...)
	}
	ack := append([]byte{1, 0x74, 0, 0, 4, 2}, ucs2("me")...)
	ack = append(ack, 16, 0, 0, 0)
	return append(append(binary.LittleEndian.AppendUint16([]byte{0xad}, uint16(len(ack))), ack...), tdsDone(0)...)
}

func tdsDone(status byte) []byte { return append([]byte{0xfd, status, 0}, make([]byte, 10)...) }

// tdsRows are rows of one column, NVARCHAR(128).
func tdsRows(column string, values ...string) []byte {
	p := []byte{0x81, 1, 0, 0, 0, 0, 0, 9, 0, 0xe7, 0, 1, 9, 4, 0xd0, 0, 0x34, byte(len(column))}
	p = append(p, ucs2(column)...)
	for _, v := range values {
		p = append(binary.LittleEndian.AppendUint16(append(p, 0xd1), uint16(2*len(v))), ucs2(v)...)
	}
	return append(p, tdsDone(0)...)
}

func ucs2(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// tdsRead reads the packets of a message, and its text where it is UCS-2.
func tdsRead(c net.Conn) (kind byte, said string) {
	var all []byte
	for {
		var head [8]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return 0, ""
		}
		p := make([]byte, binary.BigEndian.Uint16(head[2:])-8)
		if _, err := io.ReadFull(c, p); err != nil {
			return 0, ""
		}
		if all = append(all, p...); head[1]&1 != 0 {
			return head[0], strings.ReplaceAll(string(all), "\x00", "")
		}
	}
}

func tdsWrite(c net.Conn, body []byte) {
	head := binary.BigEndian.AppendUint16([]byte{4, 1}, uint16(8+len(body)))
	_, _ = c.Write(append(append(head, 0, 0, 1, 0), body...))
}
