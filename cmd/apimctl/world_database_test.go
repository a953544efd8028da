package main

import (
	"fmt"
	"strings"

	"apimctl/tasks/database/databasetest"
	"apimctl/tasks/remote"
)

// schema are the tables of the product's databases in this world, as the scripts of am-db.zip make them.
var schema = map[string][]string{
	"apim_db":   {"IDN_BASE_TABLE", "AM_API", "AM_APPLICATION", "AM_SUBSCRIPTION", "AM_GW_INSTANCES"},
	"shared_db": {"REG_CLUSTER_LOCK", "UM_TENANT", "UM_USER"},
}

func scriptOf(name string) string {
	text := "-- " + name + "\n"
	for _, t := range schema[name] {
		text += "CREATE TABLE " + t + " (ID INTEGER);\n"
	}
	return text
}

// newDatabases is a server with the product's databases, complete, whom every user of an inventory may use.
func newDatabases() *databasetest.MySQL {
	s := databasetest.New(map[string]string{})
	for name, tables := range schema {
		s.Create(name, "latin1", tables...)
	}
	return s
}

// admits lets the inventory's users in.
func (w *world) admits() {
	w.databases.Admit("root", planted)
	if dbs := w.inv.Databases; dbs.APIM != nil && !w.strangers {
		w.databases.Admit(dbs.APIM.Username, dbs.APIM.Password.Reveal())
		w.databases.Admit(dbs.Shared.Username, dbs.Shared.Password.Reveal())
	}
}

// database makes something of the world's database server.
func (s *stage) database(args []string) error {
	w := s.world
	s.screen.line("# database: " + strings.Join(args, " ") + "\n")
	switch args[0] {
	case "empty":
		w.databases.Create("apim_db", "latin1")
		w.databases.Create("shared_db", "latin1")
	case "half":
		w.databases.Create("apim_db", "latin1", append(schema["apim_db"][:2:2], "MINE")...)
	case "utf8mb4":
		w.databases.Create("apim_db", "utf8mb4", schema["apim_db"]...)
	case "bare": // neither databases nor users
		w.databases, w.strangers = databasetest.New(map[string]string{}), true
		w.closed = false
	case "away":
		w.closed = true
	case "refuses":
		w.databases.Refuses = args[1]
	case "well":
		w.databases, w.strangers, w.closed = newDatabases(), false, false
	default:
		return fmt.Errorf("%s: nothing that a database can be", args[0])
	}
	return nil
}

// ping is the JVM that tries a node's driver.
func (m *machine) ping(remote.Cmd) error {
	if m.is("no-driver") {
		return &remote.ExitError{Code: 1, Stderr: "no org.mariadb.jdbc.Driver in /opt/wso2/ping:/opt/wso2/gateway/repository/components/lib/mariadb-3.jar"}
	}
	return nil
}
