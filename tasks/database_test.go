package tasks

import (
	"errors"
	"strings"
	"testing"

	"apimctl/tasks/database"
	"apimctl/tasks/database/databasetest"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote/remotetest"
)

func apimDB() Database {
	return Database{
		Makes: true, Admin: &database.Admin{User: "root", Password: "r"},
		Target: database.Target{Label: "apim_db", Type: "mysql", Addr: "db:3306", Name: "apim_db", User: "u", Password: "p", Latin1: true},
		Script: database.Script{Path: "dbscripts/apimgt/mysql.sql", Text: "CREATE TABLE AM_API (A INT);\nCREATE TABLE IDN_BASE_TABLE (A INT);"},
	}
}

// withServer has a server with its administrator alone.
func withServer(_ *testing.T, m *remotetest.Memory) {
	m.Listen("db:3306", databasetest.New(map[string]string{"root": "r"}).Serve)
}

// Whatever lacks, with and without an administrator: what is wrong with the database is an error where nobody may mend it.
func TestDatabaseLacks(t *testing.T) {
	const (
		make  = "create the database apim_db at db:3306"
		fill  = "create the tables of apim_db at db:3306: run dbscripts/apimgt/mysql.sql"
		admit = "let u read and write the rows of apim_db at db:3306"
	)
	for name, row := range map[string]struct {
		server func(*databasetest.MySQL)
		task   func(*Database)
		lacks  []string
		kind   database.Kind
	}{
		"nothing, though all is there": {server: func(s *databasetest.MySQL) {
			s.Admit("u", "p")
			s.Create("apim_db", "latin1", "AM_API", "IDN_BASE_TABLE")
		}},
		"everything": {lacks: []string{make, fill, admit}},
		"the user":   {server: func(s *databasetest.MySQL) { s.Create("apim_db", "latin1", "AM_API", "IDN_BASE_TABLE") }, lacks: []string{admit}},
		"tables":     {server: func(s *databasetest.MySQL) { s.Admit("u", "p"); s.Create("apim_db", "latin1") }, lacks: []string{fill, admit}},
		"tables, and nobody else makes them": {
			server: func(s *databasetest.MySQL) { s.Admit("u", "p"); s.Create("apim_db", "latin1") },
			task:   func(d *Database) { d.Admin = nil }, lacks: []string{fill},
		},
		"tables, and is only looked at": {
			server: func(s *databasetest.MySQL) { s.Admit("u", "p"); s.Create("apim_db", "latin1") },
			task:   func(d *Database) { d.Makes = false }, kind: database.Lacks,
		},
		"some tables": {server: func(s *databasetest.MySQL) { s.Create("apim_db", "latin1", "AM_API") }, kind: database.Neither},
		"the password of a user who is there": {
			server: func(s *databasetest.MySQL) { s.Admit("u", "another"); s.Create("apim_db", "latin1") },
			kind:   database.Login,
		},
		"all, and nobody may make it": {task: func(d *Database) { d.Makes = false }, kind: database.Login},
	} {
		t.Run(name, func(t *testing.T) {
			s, m, task := databasetest.New(map[string]string{"root": "r"}), host(t), apimDB()
			m.Listen("db:3306", s.Serve)
			if row.server != nil {
				row.server(s)
			}
			if row.task != nil {
				row.task(&task)
			}
			lacks, err := task.Plan(t.Context(), m)
			var had *database.Error
			if row.kind != "" && (!errors.As(err, &had) || had.Kind != row.kind) || row.kind == "" && err != nil {
				t.Fatalf("it says %v, not %q", err, row.kind)
			}
			begins(t, row.lacks, lacks)
			if len(s.Said()) > 0 {
				t.Errorf("planning did %q", s.Said())
			}
			apply(t, lacks, m)
			if row.kind == "" && len(planned(t, task, m)) > 0 {
				t.Errorf("after it was applied %v is lacking", planned(t, task, m))
			}
		})
	}
}

// A run that ended between the tables and the rights leaves a user who sees tables and may read none: PostgreSQL lets it in.
func TestTablesThatTheUserMayNotRead(t *testing.T) {
	all := []string{"AM_API", "IDN_BASE_TABLE", "OTHERS"}
	for said, barred := range map[string][]string{"": {"OTHERS"}, "apim_db at db:3306: u may not read AM_API": {"AM_API", "OTHERS"}} {
		lacks, err := apimDB().filled(database.State{Tables: all, Barred: barred})
		var had *database.Error
		if len(lacks) > 0 || said == "" && err != nil || said != "" && (!errors.As(err, &had) || err.Error() != said || !mendable(had.Kind)) {
			t.Errorf("without %v it says %v", barred, err)
		}
	}
}

func TestServiceTriesItsDatabasesFirst(t *testing.T) {
	m := host(t)
	installed(t, m)
	s := gateway("auto")
	s.Gate = nil
	s.Ping = Ping{Dir: "/opt/wso2/ping", Jar: "/opt/wso2/driver.jar", Databases: []JDBC{{
		Label: "shared_db", Class: "c", URL: "jdbc:x", User: "u", Password: "hunter2-planted",
	}}}
	lacks := planned(t, s, m)
	begins(t, []string{
		"write /etc/systemd/system/wso2-gateway.service", "run systemctl daemon-reload", "run systemctl enable",
		"make directory /opt/wso2/ping", "write /opt/wso2/ping/JdbcPing.class", "connect to shared_db with the node's Java and JDBC driver",
		"start wso2-gateway", "write /var/lib/apimctl/wso2-gateway.stamp",
	}, lacks)
	run, ok := lacks[5].(plan.Run)
	if want := "jdbc:x\nhunter2-planted\n"; !ok || run.Stdin.Reveal() != want || run.User != s.User || run.Argv[0] != java+"/bin/java" {
		t.Errorf("it runs %v", run.Argv)
	}
	if strings.Contains(run.String()+strings.Join(run.Argv, " "), "hunter2") {
		t.Error("the password is among the arguments")
	}
}
