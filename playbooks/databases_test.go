package playbooks

import (
	"strings"
	"testing"

	"apimctl/inventory"
)

// The product makes jdbc:oracle:thin:@HOST:PORT/SID of it, and there a service stands: one that can be opened by its service alone is not refused.
func TestOracleIsLookedAtAsNodesReachIt(t *testing.T) {
	ora := &inventory.Database{Type: "oracle", Host: "db", Port: 1521, SID: "ORCLPDB1", Username: "u"}
	byURL := &inventory.Database{Type: "oracle", URL: "jdbc:oracle:thin:@db:1521:ORCL", Username: "u"}
	var d Deployment
	err := settleDatabases(&inventory.Inventory{Databases: inventory.Databases{Manage: "check", APIM: ora, Shared: byURL}}, nil, &d)
	if err != nil || len(d.Databases) != 2 {
		t.Fatal(err, d.Databases)
	}
	if at := d.Databases[0]; at.Name != "ORCLPDB1" || at.SID || d.JDBC[0].URL != "jdbc:oracle:thin:@db:1521/ORCLPDB1" {
		t.Errorf("it is looked at as %s (a SID: %v), and nodes open %s", at.Name, at.SID, d.JDBC[0].URL)
	}
	if at := d.Databases[1]; at.Name != "ORCL" || !at.SID {
		t.Errorf("by its URL it is looked at as %s (a SID: %v)", at.Name, at.SID)
	}
}

// A server that apimctl was never tried on is looked at where that is asked for; by default its nodes alone try it.
func TestUntriedServersAreNotLookedAtByDefault(t *testing.T) {
	for _, row := range []struct {
		kind, manage  string
		looked, tried int
	}{
		{"mssql", "", 0, 2},
		{"mssql", "check", 2, 2},
		{"mssql", "schema", 2, 2},
		{"oracle", "", 0, 2},
		{"oracle", "check", 2, 2},
		{"mssql", "none", 0, 0},
		{"mysql", "", 2, 2},
	} {
		db := func(name string) *inventory.Database {
			return &inventory.Database{Type: row.kind, Host: "db", Port: 1, Name: name, Username: "u"}
		}
		var d Deployment
		err := settleDatabases(&inventory.Inventory{Databases: inventory.Databases{Manage: row.manage, APIM: db("a"), Shared: db("b")}}, nil, &d)
		n := Node{Host: inventory.Host{Role: inventory.AllInOne}}
		if tried := len(d.ping(n).Databases); err != nil || len(d.Databases) != row.looked || tried != row.tried {
			t.Errorf("%s, manage %q: %d are looked at, and a node tries %d (%v)", row.kind, row.manage, len(d.Databases), tried, err)
		}
	}
}

// It becomes an argument of the node's JVM, which everybody on the host may read.
func TestWhereADatabaseIsHoldsNoPassword(t *testing.T) {
	for url, want := range map[string]string{
		"jdbc:mariadb://db:3306/apim_db?user=u&password=hunter2":       "mariadb://db:3306/apim_db",
		"jdbc:sqlserver://db:1433;databaseName=a;password=hunter2":     "sqlserver://db:1433",
		"jdbc:postgresql://u:hunter2@db:5432/apim_db":                  "db:5432/apim_db",
		"jdbc:oracle:thin:u/hunter2@//db:1521/ORCL":                    "//db:1521/ORCL",
		"jdbc:mysql://(host=db,port=3306,password=hunter2)/apim_db":    "mysql://",
		"jdbc:mysql://address=(host=db)(port=1)(password=hunter2)/a@b": "mysql://address=",
	} {
		if had := whereOf(url); had != want {
			t.Errorf("%s is %s, not %s", url, had, want)
		}
	}
}

// What cannot be looked at or created is said before a host is reached.
func TestDatabasesThatAreRefused(t *testing.T) {
	db := func(kind, name string) *inventory.Database {
		return &inventory.Database{Type: kind, Host: "db", Port: 1, Name: name, SID: name, Username: "u"}
	}
	schema := func(apim, shared *inventory.Database) inventory.Databases {
		return inventory.Databases{Manage: "schema", APIM: apim, Shared: shared}
	}
	admin := schema(db("mssql", "a"), db("mssql", "b"))
	admin.Admin = &inventory.DatabaseAdmin{Username: "r"}
	far := db("mysql", "a")
	far.URL = "jdbc:mysql:replication://one,two/a"
	for name, row := range map[string]struct {
		dbs  inventory.Databases
		want string
	}{
		"Oracle's tables":       {schema(db("oracle", "a"), db("oracle", "b")), "databases.apim_db: tables of type oracle are not created by apimctl"},
		"DB2's tables":          {schema(db("db2", "a"), db("db2", "b")), "databases.apim_db: tables of type db2 are not created by apimctl"},
		"both in one":           {schema(db("mysql", "a"), db("mysql", "a")), "apim_db and shared_db are one database"},
		"an administrator":      {admin, "databases and users of type mssql are not created by apimctl"},
		"a driver's url":        {inventory.Databases{Manage: "check", APIM: far, Shared: db("mysql", "b")}, "databases.apim_db: this JDBC URL is not understood here"},
		"nothing is left alone": {inventory.Databases{Manage: "none", APIM: far, Shared: db("db2", "b")}, ""},
		"DB2 is not looked at":  {inventory.Databases{Manage: "check", APIM: db("db2", "a"), Shared: db("db2", "b")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var d Deployment
			err := settleDatabases(&inventory.Inventory{Databases: row.dbs}, nil, &d)
			switch {
			case row.want == "" && (err != nil || len(d.Databases) > 0):
				t.Errorf("it says %v, and looks at %d databases", err, len(d.Databases))
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("it says %v, not %q", err, row.want)
			}
		})
	}
}
