package main

import (
	"strings"
	"testing"

	"apimctl/tasks/database"
)

// Whoever meets a fault of a server that apimctl was tried on nowhere is told so, and how to go on without its look.
func TestHintsOwnUpToServersThatWereNeverThere(t *testing.T) {
	const owns = "apimctl was tried on no such server: where it is mistaken, leave databases.manage out, and the nodes alone try theirs"
	for _, kind := range []database.Kind{database.Unreached, database.Login, database.Denied, database.Neither, database.Lacks, database.Other} {
		for server, want := range map[string]bool{"mssql": true, "oracle": true, "mysql": false, "mariadb": false, "postgre": false} {
			had := databaseHint(&database.Error{Kind: kind, Target: database.Target{Label: "apim_db", Type: server}})
			if strings.HasPrefix(had, ";") || had == "" || strings.HasSuffix(had, owns) != want {
				t.Errorf("%s, %s: %q", server, kind, had)
			}
		}
	}
}
