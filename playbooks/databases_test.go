package playbooks

import (
	"strings"
	"testing"

	"apimctl/inventory"
)

// What cannot be looked at or created is said before a host is reached.
func TestDatabasesThatAreRefused(t *testing.T) {
	db := func(kind, name string) *inventory.Database {
		return &inventory.Database{Type: kind, Host: "db", Port: 1, Name: name, SID: name, Username: "u"}
	}
	far := db("mysql", "a")
	far.URL = "jdbc:mysql:replication://one,two/a"
	for name, row := range map[string]struct {
		dbs  inventory.Databases
		want string
	}{
		"Oracle's tables":       {inventory.Databases{Manage: "schema", APIM: db("oracle", "a"), Shared: db("oracle", "b")}, "databases.apim_db: tables of type oracle are not created by apimctl"},
		"DB2's tables":          {inventory.Databases{Manage: "schema", APIM: db("db2", "a"), Shared: db("db2", "b")}, "databases.apim_db: tables of type db2 are not created by apimctl"},
		"both in one":           {inventory.Databases{Manage: "schema", APIM: db("mysql", "a"), Shared: db("mysql", "a")}, "apim_db and shared_db are one database"},
		"an administrator":      {inventory.Databases{Manage: "schema", Admin: &inventory.DatabaseAdmin{Username: "r"}, APIM: db("mssql", "a"), Shared: db("mssql", "b")}, "databases and users of type mssql are not created by apimctl"},
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
