package main

import (
	"strings"
	"testing"
)

const (
	mariadbAdmin = `mariadb -e "CREATE OR REPLACE USER bedadmin@'%' IDENTIFIED BY '$P'; GRANT ALL ON *.* TO bedadmin@'%' WITH GRANT OPTION"`
	mariadbBare  = `mariadb -e "DROP DATABASE IF EXISTS apim_db; DROP DATABASE IF EXISTS shared_db; DROP USER IF EXISTS apimadmin@'%'; DROP USER IF EXISTS sharedadmin@'%'"`
	postgresUp   = `systemctl start postgresql && until su postgres -c "psql -qc 'SELECT 1'" >/dev/null 2>&1; do sleep 0.3; done
cd / && su postgres -c "psql -q -c 'DROP DATABASE IF EXISTS apim_db' -c 'DROP DATABASE IF EXISTS shared_db' -c 'DROP ROLE IF EXISTS apimadmin' -c 'DROP ROLE IF EXISTS sharedadmin' \
 -c 'DROP ROLE IF EXISTS bedadmin'" 2>/dev/null
su postgres -c "psql -q -c \"CREATE ROLE bedadmin LOGIN CREATEDB CREATEROLE PASSWORD '$P'\""`
)

// TestBedDatabases takes one all-in-one from bare machines and a bare database server to running, on MariaDB and on PostgreSQL, and meets
// what can be wrong with a database: one line each, before any server starts.
func TestBedDatabases(t *testing.T) {
	b := openBed(t)
	const password = "bedadmin-planted-one"
	b.vars["BED_DB_ADMIN_PASSWORD"], b.secrets = password, append(b.secrets, password)
	b.edits = []string{"databases:\n", "databases:\n  manage: schema\n  admin: {username: bedadmin, password: \"${env:BED_DB_ADMIN_PASSWORD}\"}\n"}
	b.wipe(t)
	b.on(t, "db", "P="+password+"\n"+mariadbAdmin+"\n"+mariadbBare)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"what is wrong is one line, before any server starts", wrongDatabases},
		{"MariaDB from nothing, and a second run leaves it alone", bareMariaDB},
		{"no command and no flag touches rows", keepsRows},
		{"PostgreSQL from nothing, and a second run leaves it alone", barePostgres},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, b) }) {
			t.Fatal("there is nothing to go on with")
		}
	}
}

// refuses wants plan, and apply, to end with status 1 and one error that says so; no JVM runs then that did not before.
func (b *bed) refuses(t *testing.T, said, command string, edits ...string) {
	t.Helper()
	before := b.processes(t)["aio-1"]
	args := append(strings.Fields(command), "-i", b.inventory(t, "databases", edits...), "--limit", "aio-1")
	r := b.wants(t, exitError, args...)
	lines := 0
	for l := range strings.Lines(r.err) {
		if strings.HasPrefix(l, "error: ") {
			lines++
			if !strings.Contains(l, said) {
				t.Errorf("%s says %q, not %q", command, l, said)
			}
		}
	}
	if lines != 1 {
		t.Errorf("%s says %d errors:\n%s", command, lines, r.err)
	}
	if now := b.processes(t)["aio-1"]; now != before {
		t.Errorf("%s: its process was %q, and is %q", command, before, now)
	}
}

func wrongDatabases(t *testing.T, b *bed) {
	apim := "host: db.wso2.com, port: 3306, name: apim_db"
	b.refuses(t, "apim_db at db.wso2.com:3307 is not reached from here: Connection refused", "plan", apim, strings.Replace(apim, "3306", "3307", 1))
	b.refuses(t, "apim_db at nowhere.invalid:3306 is not reached from here: Name or service not known", "plan", apim, strings.Replace(apim, "db.wso2.com", "nowhere.invalid", 1))
	b.on(t, "db", `mariadb -e "CREATE USER apimadmin@'%' IDENTIFIED BY 'another'"`)
	b.refuses(t, "apim_db at db.wso2.com:3306 does not let apimadmin in: wrong user or password", "apply --yes")
	b.on(t, "db", `mariadb -e "DROP USER apimadmin@'%'; CREATE DATABASE apim_db CHARACTER SET utf8mb4"`)
	b.refuses(t, "apim_db at db.wso2.com:3306: its character set is utf8mb4; the product needs latin1", "apply --yes")
	b.on(t, "db", `mariadb -e "ALTER DATABASE apim_db CHARACTER SET latin1; CREATE TABLE apim_db.AM_API (A INT); INSERT INTO apim_db.AM_API VALUES (42)"`)
	b.refuses(t, "it is neither empty nor complete: it has 1 of the 4 tables of dbscripts/apimgt/mysql.sql, and lacks AM_GW_INSTANCES, IDN_BASE_TABLE, IDN_OAUTH2_ACCESS_TOKEN", "apply --yes")
	if rows := b.on(t, "db", `mariadb -N -e "SELECT A FROM apim_db.AM_API"`); rows != "42\n" {
		t.Errorf("the row that was there is %q", rows)
	}
	b.on(t, "db", mariadbBare)
}

func bareMariaDB(t *testing.T, b *bed) {
	wrong := []string{"driver: mariadb-java-client.jar", "driver: postgresql.jar"}
	b.refuses(t, "connect to apim_db with the node's Java and JDBC driver: exit status 1: no driver org.mariadb.jdbc.Driver in ", "apply --yes", wrong...)
	inv := b.inventory(t, "mariadb")
	b.wants(t, exitOK, "apply", "-i", inv, "--limit", "aio-1", "--yes")
	if r := b.wants(t, exitOK, "apply", "-i", inv, "--limit", "aio-1", "--yes"); r.out != "nothing to do: 1 host is as the inventory says\n" {
		t.Errorf("a second run says %q", r.out)
	}
	rights := b.on(t, "db", `mariadb -N -r -e "SHOW GRANTS FOR apimadmin@'%'"`)
	if !strings.Contains(rights, "GRANT SELECT, INSERT, UPDATE, DELETE ON `apim\\_db`.* TO") || strings.Contains(rights, "ALL PRIVILEGES") {
		t.Errorf("the user's rights are\n%s", rights)
	}
}

// everyCommand is what the tool does to a deployment that runs, with the flags that could have it do more. It begins and ends with a node up.
var everyCommand = []string{
	"plan --limit aio-1", "plan --limit aio-1 --strict", "apply --limit aio-1 --yes", "apply --limit aio-1 --yes --i-understand",
	"restart --limit aio-1 --yes --all-at-once --force", "stop --limit aio-1 --yes", "start --limit aio-1 --yes", "status --limit aio-1",
	"render", "validate", "apply --limit aio-1 --yes --parallel 1 --verbose --output json", "check --limit aio-1", "check --limit aio-1 --fix --yes",
	"certs status --limit aio-1", "history --limit aio-1", "logs --limit aio-1", "lock status --limit aio-1",
}

func keepsRows(t *testing.T, b *bed) {
	const seed = `mariadb -e "INSERT INTO apim_db.AM_API (API_UUID, API_NAME) VALUES ('u', 'seeded'); INSERT INTO shared_db.UM_USER (UM_USER_ID, UM_USER_NAME, UM_USER_PASSWORD) VALUES ('u', 'seeded', 'p')"`
	const rows = `mariadb -N -e "CHECKSUM TABLE apim_db.AM_API, apim_db.IDN_BASE_TABLE, shared_db.UM_USER, shared_db.REG_CLUSTER_LOCK"`
	b.on(t, "db", seed)
	before := b.on(t, "db", rows)
	inv := b.inventory(t, "rows")
	for _, command := range everyCommand {
		r := b.run(t, append(strings.Fields(command), "-i", inv)...)
		if strings.Contains(r.err, "unknown flag") || strings.Contains(r.err, "unknown command") {
			t.Errorf("%s is no command: %s", command, r.err)
		}
	}
	lost := b.on(t, "db", `mariadb -N -e "SHOW CREATE TABLE apim_db.AM_GW_INSTANCES" | cut -f2 >/var/tmp/lost.sql; mariadb -e "DROP TABLE apim_db.AM_GW_INSTANCES"`)
	for _, command := range []string{"plan", "apply --yes", "apply --yes --i-understand"} {
		b.refuses(t, "it is neither empty nor complete: it has 3 of the 4 tables of dbscripts/apimgt/mysql.sql, and lacks AM_GW_INSTANCES", command)
	}
	b.on(t, "db", `printf '%b' "$(cat /var/tmp/lost.sql)" | mariadb apim_db`)
	if after := b.on(t, "db", rows); lost != "" || after != before {
		t.Errorf("rows were\n%s, and are\n%s", before, after)
	}
	b.wants(t, exitOK, "apply", "-i", inv, "--limit", "aio-1", "--yes")
	before = b.processes(t)["aio-1"]
	r := b.runWith(t, []string{"BED_APIM_DB_PASSWORD=not-this-one"}, "restart", "-i", inv, "--limit", "aio-1", "--yes", "--all-at-once")
	if !strings.Contains(r.err, "exit status 1: wrong user or password: apimadmin at mariadb://db.wso2.com:3306/apim_db") || r.status != exitError {
		t.Errorf("a node that its database will not let in: status %d\n%s", r.status, r.err)
	}
	if now := b.processes(t)["aio-1"]; now != before {
		t.Error("it was stopped for one that would not start")
	}
}

func barePostgres(t *testing.T, b *bed) {
	b.on(t, "db", "P="+b.vars["BED_DB_ADMIN_PASSWORD"]+"\n"+postgresUp)
	defer b.on(t, "db", "systemctl stop postgresql")
	for _, name := range []string{"apim_db", "shared_db"} {
		b.edits = append(b.edits, "{type: mariadb, host: db.wso2.com, port: 3306, name: "+name, "{type: postgre, host: db.wso2.com, port: 5432, name: "+name)
	}
	b.edits = append(b.edits, "driver: mariadb-java-client.jar", "driver: postgresql.jar")
	sql := func(db, text string) string {
		return b.on(t, "db", `cd / && su postgres -c "psql -qtAX -d `+db+` -c \"`+text+`\""`)
	}
	count := "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"
	sql("postgres", "CREATE DATABASE apim_db OWNER bedadmin")
	sql("apim_db", "SET ROLE bedadmin; CREATE TYPE AM_API AS ENUM ()")
	b.refuses(t, `line 24: CREATE TABLE AM_API ( API_ID INTEGER DEFAULT NEXTVAL('AM_API_SEQUENCE'), API_...: `+
		`ERROR: type "am_api" already exists`, "apply --yes")
	if n := sql("apim_db", count); n != "0\n" {
		t.Errorf("of a script that failed %s tables stay", n)
	}
	sql("postgres", "DROP DATABASE apim_db")
	b.on(t, "aio-1", "systemctl stop wso2-all-in-one") // alone, it would not be stopped for another database
	inv := b.inventory(t, "postgres")
	b.wants(t, exitOK, "apply", "-i", inv, "--limit", "aio-1", "--yes")
	if r := b.wants(t, exitOK, "apply", "-i", inv, "--limit", "aio-1", "--yes"); r.out != "nothing to do: 1 host is as the inventory says\n" {
		t.Errorf("a second run says %q", r.out)
	}
	if n := sql("apim_db", count) + sql("shared_db", count); n != "4\n3\n" {
		t.Errorf("tables are %q", n)
	}
	sql("shared_db", "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sharedadmin")
	if r := b.wants(t, exitOK, "apply", "-i", inv, "--limit", "aio-1", "--yes"); !strings.Contains(r.out, "let sharedadmin read and write the rows of shared_db") {
		t.Errorf("a user without rights: %s", r.out)
	}
	sql("shared_db", "DROP TABLE UM_USER")
	b.refuses(t, "shared_db at db.wso2.com:5432: it is neither empty nor complete: it has 2 of the 3 tables of dbscripts/postgresql.sql, and lacks UM_USER", "plan")
	sql("postgres", "ALTER ROLE sharedadmin PASSWORD 'another'")
	b.refuses(t, "shared_db at db.wso2.com:5432 does not let sharedadmin in: wrong user or password", "apply --yes")
}
