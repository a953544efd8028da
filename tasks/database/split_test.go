package database

import (
	"slices"
	"testing"
)

func TestSplit(t *testing.T) {
	for name, row := range map[string]struct {
		split  func(string) []Statement
		script string
		want   []Statement
	}{
		"mysql": {
			splitMySQL,
			"-- a; b\n# c; d\nCREATE TABLE `x;y` (A INT); -- d\n# e\nINSERT INTO X VALUES ('it''s; \\' ok', \"a;b\");\n/* ; */\n\nSELECT 1",
			[]Statement{{"CREATE TABLE `x;y` (A INT)", 3}, {"INSERT INTO X VALUES ('it''s; \\' ok', \"a;b\")", 5}, {"SELECT 1", 8}},
		},
		"mysql delimiter": {
			splitMySQL,
			"SELECT 1;\nDELIMITER //\nCREATE TRIGGER T BEGIN\n  SET A = 1;\nEND//\nDELIMITER ;\nSELECT 2;\n",
			[]Statement{{"SELECT 1", 1}, {"CREATE TRIGGER T BEGIN\n  SET A = 1;\nEND", 3}, {"SELECT 2", 7}},
		},
		"postgres": {
			splitPostgres,
			"CREATE FUNCTION f() AS $$ BEGIN; END; $$;\nCREATE FUNCTION g() AS $x$ $$;$$ $x$;\n/* a /* b; */ ; */ SELECT 'a\\';\nSELECT $1;",
			[]Statement{{"CREATE FUNCTION f() AS $$ BEGIN; END; $$", 1}, {"CREATE FUNCTION g() AS $x$ $$;$$ $x$", 2}, {"SELECT 'a\\'", 3}, {"SELECT $1", 4}},
		},
		"mssql": {
			splitMSSQL, "IF 1=1\nCREATE TABLE X (A INT);\nINSERT INTO X VALUES (1);\ngo\n-- b\nCREATE TRIGGER T\nGO\n",
			[]Statement{{"IF 1=1\nCREATE TABLE X (A INT);\nINSERT INTO X VALUES (1);", 1}, {"CREATE TRIGGER T", 6}},
		},
		"oracle": {
			splitOracle, "CREATE TABLE X (A INT);\n/\nCREATE OR REPLACE TRIGGER T BEGIN\n  A := 1 / 2;\nEND;\n/\n\nINSERT INTO X VALUES (1)\n/\n",
			[]Statement{{"CREATE TABLE X (A INT)", 1}, {"CREATE OR REPLACE TRIGGER T BEGIN\n  A := 1 / 2;\nEND;", 3}, {"INSERT INTO X VALUES (1)", 8}},
		},
	} {
		if had := row.split(row.script); !slices.Equal(had, row.want) {
			t.Errorf("%s: %v, not %v", name, had, row.want)
		}
	}
}
