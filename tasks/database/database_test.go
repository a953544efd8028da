package database_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"apimctl/tasks/database"
	"apimctl/tasks/database/databasetest"
)

const script = `-- the tables
CREATE TABLE IDN_BASE_TABLE (A INT); -- one; of them
INSERT INTO IDN_BASE_TABLE VALUES ('a;b');

CREATE TABLE IF NOT EXISTS AM_API (A INT);
CREATE TABLE AM_APPLICATION (A INT);
`

var made = database.Script{Path: "dbscripts/apimgt/mysql.sql", Text: script}

func target() database.Target {
	return database.Target{Label: "apim_db", Type: "mysql", Addr: "db:3306", Name: "apim_db", User: "u", Password: "hunter2-planted", Latin1: true}
}

// dial serves each connection from the server.
func dial(s *databasetest.MySQL) database.Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go s.Serve(there)
		return here, nil
	}
}

func server() *databasetest.MySQL {
	return databasetest.New(map[string]string{"u": "hunter2-planted", "root": "r"})
}

func TestLookSaysWhatIsWrong(t *testing.T) {
	refused := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	for name, row := range map[string]struct {
		change func(*databasetest.MySQL, *database.Target)
		dial   database.Dial
		kind   database.Kind
		want   string
	}{
		"closed port": {dial: refused, kind: database.Unreached, want: "apim_db at db:3306 is not reached from here: connection refused"},
		"wrong password": {
			change: func(_ *databasetest.MySQL, t *database.Target) { t.Password = "hunter2-other" },
			kind:   database.Login, want: "apim_db at db:3306 does not let u in: wrong user or password",
		},
		"unknown database": {
			change: func(_ *databasetest.MySQL, t *database.Target) { t.Name = "other" },
			kind:   database.Missing, want: "other at db:3306 is not there: the server has no such database",
		},
		"another character": {
			change: func(s *databasetest.MySQL, _ *database.Target) { s.Create("apim_db", "utf8mb4") },
			kind:   database.Charset, want: "apim_db at db:3306: its character set is utf8mb4; the product needs latin1",
		},
		"an old server": {
			change: func(s *databasetest.MySQL, _ *database.Target) { s.Version = "5.6.51" },
			kind:   database.TooOld, want: "apim_db at db:3306: the server is 5.6.51; 5.7 or later is needed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, at := server(), target()
			s.Create("apim_db", "latin1")
			if row.change != nil {
				row.change(s, &at)
			}
			by := row.dial
			if by == nil {
				by = dial(s)
			}
			_, err := database.Look(t.Context(), at, by)
			var had *database.Error
			if !errors.As(err, &had) || had.Kind != row.kind || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("it says %v, not %q", err, row.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("it shows a password, or is more than a line: %v", err)
			}
		})
	}
}

func TestScriptRunsOnceAndOnlyWhereNothingIs(t *testing.T) {
	s := server()
	s.Create("apim_db", "latin1")
	for range 2 {
		if err := made.Run(t.Context(), target(), dial(s)); err != nil {
			t.Fatal(err)
		}
		if had := s.Tables("apim_db"); !slices.Equal(had, []string{"IDN_BASE_TABLE", "AM_API", "AM_APPLICATION"}) {
			t.Fatalf("tables are %v", had)
		}
	}
	s.Create("apim_db", "latin1", "AM_API", "MINE")
	before := s.Said()
	err := made.Run(t.Context(), target(), dial(s))
	var had *database.Error
	want := "apim_db at db:3306: it is neither empty nor complete: it has 1 of the 3 tables of dbscripts/apimgt/mysql.sql, " +
		"and lacks AM_APPLICATION, IDN_BASE_TABLE; tables of somebody else's: 1"
	if !errors.As(err, &had) || had.Kind != database.Neither || err.Error() != want {
		t.Errorf("half a schema: %v", err)
	}
	if !slices.Equal(s.Said(), before) {
		t.Errorf("a database with tables was altered: %v", s.Said())
	}
}

func TestStatementThatFailsIsShown(t *testing.T) {
	s := server()
	s.Create("apim_db", "latin1")
	s.Refuses = "AM_API "
	err := made.Run(t.Context(), target(), dial(s))
	want := "line 5: CREATE TABLE IF NOT EXISTS AM_API (A INT): " +
		"Error 1064 (42000): You have an error in your SQL syntax; the 2 statements before it, of 4, are done and stay"
	if err == nil || err.Error() != want {
		t.Errorf("it says %v, not %s", err, want)
	}
}

func TestAdministratorMakesWhatLacks(t *testing.T) {
	s := databasetest.New(map[string]string{"root": "r"})
	a := database.Admin{User: "root", Password: "r"}
	for range 2 {
		for _, do := range []func(context.Context, database.Target, database.Dial) error{a.Create, a.Admit} {
			if err := do(t.Context(), target(), dial(s)); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{
		"CREATE DATABASE `apim_db` CHARACTER SET latin1", "CREATE USER 'u'@'%' IDENTIFIED BY 'hunter2-planted'",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON `apim\\_db`.* TO 'u'@'%'", "GRANT SELECT, INSERT, UPDATE, DELETE ON `apim\\_db`.* TO 'u'@'%'",
	}
	if had := s.Said(); !slices.Equal(had, want) {
		t.Errorf("it did %q", had)
	}
	if _, err := database.Look(t.Context(), target(), dial(s)); err != nil {
		t.Error(err)
	}
}

// A grant to an account that is not there would make one that needs no password, under some sql_modes.
func TestRightsGoToAccountsThatAreThere(t *testing.T) {
	s := databasetest.New(map[string]string{"root": "r", "u": "of its own"})
	s.Hosts = []string{"10.0.%", "o'brien.example.com"}
	s.Create("apim_db", "latin1")
	if err := (database.Admin{User: "root", Password: "r"}).Admit(t.Context(), target(), dial(s)); err != nil {
		t.Fatal(err)
	}
	const grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON `apim\\_db`.* TO 'u'@"
	if want := []string{grant + "'10.0.%'", grant + "'o''brien.example.com'"}; !slices.Equal(s.Said(), want) {
		t.Errorf("it did %q", s.Said())
	}
}

// To a GRANT _ and % stand for other characters too: it must name its database alone.
func TestRightsAreToOneDatabase(t *testing.T) {
	for name, want := range map[string]string{"apim": "`apim`", "a_b%c": "`a\\_b\\%c`", "a`b": "`a``b`"} {
		s, to := databasetest.New(map[string]string{"root": "r", "u": "of its own"}), target()
		s.Create(name, "latin1")
		to.Name = name
		if err := (database.Admin{User: "root", Password: "r"}).Admit(t.Context(), to, dial(s)); err != nil {
			t.Fatal(name, err)
		}
		if want := "GRANT SELECT, INSERT, UPDATE, DELETE ON " + want + ".* TO 'u'@'%'"; !slices.Equal(s.Said(), []string{want}) {
			t.Errorf("%s: it did %q, want %q", name, s.Said(), want)
		}
	}
}

func TestScriptOfADatabase(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"mysql", "postgresql", "mssql", "oracle"} {
		files["dbscripts/"+name+".sql"] = &fstest.MapFile{Data: []byte("shared")}
		files["dbscripts/apimgt/"+name+".sql"] = &fstest.MapFile{Data: []byte("apim")}
	}
	for kind, name := range map[string]string{"mysql": "mysql", "mariadb": "mysql", "postgre": "postgresql", "mssql": "mssql", "oracle": "oracle"} {
		apim, err := database.ScriptOf(files, "apim_db", kind)
		shared, err2 := database.ScriptOf(files, "shared_db", kind)
		if err != nil || err2 != nil || apim.Text != "apim" || shared.Text != "shared" || shared.Path != "dbscripts/"+name+".sql" {
			t.Errorf("%s: %v %v, %v %v", kind, apim, err, shared, err2)
		}
	}
}

func TestJDBC(t *testing.T) {
	for url, want := range map[string]string{
		"jdbc:mysql://db:3307/apim_db?useSSL=true":                             "db:3307 apim_db",
		"jdbc:postgresql://db:5432/apim_db":                                    "db:5432 apim_db",
		"jdbc:sqlserver://db:1433;encrypt=true;databaseName=apim_db;x=y":       "db:1433 apim_db",
		"jdbc:oracle:thin:@db:1521:ORCL":                                       "db:1521 ORCL SID",
		"jdbc:oracle:thin:@//db:1521/orcl.example.com":                         "db:1521 orcl.example.com",
		"jdbc:mysql://db1:3306,db2:3306/apim_db":                               "",
		"jdbc:mysql:replication://db/apim_db":                                  "",
		"jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1521))(X=Y)))": "",
	} {
		var at database.Target
		err := at.JDBC(url)
		had := at.Addr + " " + at.Name
		if at.SID {
			had += " SID"
		}
		if want == "" && err == nil || want != "" && (err != nil || had != want) {
			t.Errorf("%s is %q, %v", url, had, err)
		}
	}
}
