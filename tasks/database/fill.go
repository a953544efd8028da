package database

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// fillFor is how long making all tables may take.
const fillFor = 15 * time.Minute

// Run makes the tables of an empty database. It looks again first: one that is complete is left alone, one that is neither is
// refused. Where the server can, all of it is one transaction.
func (s Script) Run(ctx context.Context, t Target, dial Dial) error {
	ctx, cancel := context.WithTimeout(ctx, fillFor)
	defer cancel()
	return t.within(ctx, dial, t.Name, func(d dialect, c *sql.Conn) error {
		had, err := d.look(ctx, c)
		if err != nil {
			return err
		}
		switch fill, found := s.Compare(t, had); fill {
		case Complete:
			return nil
		case Partial:
			return &Error{Kind: Neither, Target: t, Said: found}
		}
		return s.fill(ctx, t, d, c)
	})
}

// transacting are a script's own statements that begin and end a transaction: here there is one around all.
var transacting = regexp.MustCompile(`(?i)^(BEGIN(\s+(TRAN|TRANSACTION|WORK))?|START\s+TRANSACTION|COMMIT(\s+(TRAN|TRANSACTION|WORK))?)$`)

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (s Script) fill(ctx context.Context, t Target, d dialect, c *sql.Conn) error {
	all := d.split(s.Text)
	if !d.transact {
		return statements(ctx, t, all, c)
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := statements(ctx, t, all, tx); err != nil {
		if back := tx.Rollback(); back == nil {
			return fmt.Errorf("%w; nothing of it was kept", err)
		}
		return err
	}
	return tx.Commit()
}

// A StatementError is a statement of a script that the server refused.
type StatementError struct {
	Target
	Statement Statement
	Done      int // statements before it, which stay where the server cannot roll back
	Of        int
	Stays     bool
	Said      string
}

func (e *StatementError) Error() string {
	text := fmt.Sprintf("line %d: %s: %s", e.Statement.Line, first(e.Statement.Text), e.Said)
	if e.Stays {
		text += fmt.Sprintf("; the %d statements before it, of %d, are done and stay", e.Done, e.Of)
	}
	return text
}

// first is the beginning of a statement.
func first(statement string) string {
	s := strings.Join(strings.Fields(statement), " ")
	if len(s) > 80 {
		s = s[:77] + "..."
	}
	return s
}

func statements(ctx context.Context, t Target, all []Statement, to execer) error {
	_, in := to.(*sql.Tx)
	for i, one := range all {
		if in && transacting.MatchString(one.Text) {
			continue
		}
		if _, err := to.ExecContext(ctx, one.Text); err != nil {
			return &StatementError{Target: t, Statement: one, Done: i, Of: len(all), Stays: !in && i > 0, Said: oneLine(err)}
		}
	}
	return nil
}
