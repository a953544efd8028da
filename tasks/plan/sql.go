package plan

import (
	"context"

	"apimctl/tasks/remote"
)

// SQL changes a database, through a host that reaches it: its tables are created, or it itself, or its user.
type SQL struct {
	Database string // "apim_db at db.example.com:3306"
	Does     string // "create its tables"
	Script   string // the file of the distribution that is run; "" where there is none
	SHA256   string // of the script
	// Do does it: it logs in with what the plan does not hold, and looks first whether it is done. It is not called while planning.
	Do func(ctx context.Context, h remote.Reader) error
}

// String says what is done to which database: "create the tables of apim_db at db:3306: dbscripts/apimgt/mysql.sql".
func (s SQL) String() string {
	text := s.Does + " " + s.Database
	if s.Script != "" {
		text += ": run " + s.Script
	}
	return text
}

// Diff is "": a script's text is the distribution's.
func (s SQL) Diff() string { return "" }

// Apply does it. An imagined host has no databases.
func (s SQL) Apply(ctx context.Context, c remote.Conn) error {
	if _, imagines := c.(imagined); imagines {
		return nil
	}
	return s.Do(ctx, c)
}

func (SQL) kind() string { return "sql" }
