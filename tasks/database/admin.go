package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"apimctl/tasks/remote"
)

// An Admin may create databases and users.
type Admin struct {
	User     string
	Password remote.Secret
}

// CanAdmin says whether databases and users can be created on servers of the type.
func CanAdmin(kind string) bool {
	d, ok := dialects(kind)
	return ok && d.admit != nil
}

// As is the target, opened by the administrator.
func (t Target) As(a Admin) Target {
	t.User, t.Password = a.User, a.Password
	return t
}

// Has says whether the server has the database and the target's user.
func (a Admin) Has(ctx context.Context, t Target, dial Dial) (db, user bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	err = a.on(ctx, t, dial, "", func(d dialect, c *sql.Conn) error {
		var accounts []string
		db, accounts, err = has(ctx, d, c, t)
		user = len(accounts) > 0
		return err
	})
	return db, user, err
}

// on opens a database as the administrator: "" is the one that is there before any other.
func (a Admin) on(ctx context.Context, t Target, dial Dial, name string, do func(dialect, *sql.Conn) error) error {
	d, ok := dialects(t.Type)
	if !ok || d.admit == nil {
		return fmt.Errorf("databases of type %s are not created", t.Type)
	}
	if name == "" {
		name = d.server
	}
	return t.As(a).within(ctx, dial, name, do)
}

func has(ctx context.Context, d dialect, c *sql.Conn, t Target) (db bool, accounts []string, err error) {
	dbs, users := d.has(t)
	var n int
	if err = c.QueryRowContext(ctx, dbs).Scan(&n); err == nil {
		accounts, err = texts(ctx, c, users)
	}
	return n > 0, accounts, err
}

// Create makes the database where it is not there.
func (a Admin) Create(ctx context.Context, t Target, dial Dial) error {
	return a.on(ctx, t, dial, "", func(d dialect, c *sql.Conn) error {
		db, _, err := has(ctx, d, c, t)
		if err != nil || db {
			return err
		}
		return exec(ctx, c, t, d.make(t))
	})
}

// Admit has the target's user read and write the rows of the database's tables, and nothing more. The user is made where there is
// none; the password of one that is there stays.
func (a Admin) Admit(ctx context.Context, t Target, dial Dial) error {
	return a.on(ctx, t, dial, t.Name, func(d dialect, c *sql.Conn) error {
		_, accounts, err := has(ctx, d, c, t)
		if err != nil {
			return err
		}
		all := d.admit(t, accounts)
		if !d.transact {
			return exec(ctx, c, t, all)
		}
		tx, err := c.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, t, all); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	})
}

// exec hides the statement: it may hold a password.
func exec(ctx context.Context, c execer, t Target, all []string) error {
	for _, one := range all {
		if _, err := c.ExecContext(ctx, one); err != nil {
			return errors.New(masked(oneLine(err), t.Password))
		}
	}
	return nil
}
