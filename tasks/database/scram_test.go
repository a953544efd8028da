package database

import (
	"encoding/base64"
	"strings"
	"testing"
)

// What PostgreSQL 15 made of a password, with its salt.
func TestVerifierIsTheServersOwn(t *testing.T) {
	salt, err := base64.StdEncoding.DecodeString("L0zY29ntxv9EXyi+QWbnWg==")
	if err != nil {
		t.Fatal(err)
	}
	const want = "SCRAM-SHA-256$4096:L0zY29ntxv9EXyi+QWbnWg==$62fTZs9qt4qQKZGcHmiNx8CmvU2mGwiDWI+v2WH8jr4=:6kEvMhEZ8Y4FX14eO+gktkw2t93us8T+zpXSSei3XH0="
	if had := verifier("pencil", salt, 4096); had != want {
		t.Errorf("it is %s", had)
	}
}

func TestNoStatementHoldsThePassword(t *testing.T) {
	at := Target{Type: "postgre", Name: "apim_db", User: "u", Password: "hunter2-planted"}
	all := strings.Join(admitPostgres(at, nil), "\n")
	if strings.Contains(all, "hunter2") || !strings.Contains(all, `CREATE ROLE "u" LOGIN PASSWORD 'SCRAM-SHA-256$4096:`) {
		t.Errorf("it does\n%s", all)
	}
	if had := scrammed("ünprepared"); had != "ünprepared" {
		t.Errorf("a password that SASLprep may alter becomes %s", had)
	}
}
