// Package database looks at the product's databases and makes what they lack: from here, through the connection of a host
// that reaches them (product-facts.md §7). Nothing is opened on the way, and no client is needed on the host.
package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

// Patience is how long looking at a database may take.
const Patience = 20 * time.Second

// Dial connects from where the database is reached.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// A Target is a database, and as whom it is opened.
type Target struct {
	Label    string // "apim_db": what the product calls it
	Type     string // mysql, mariadb, postgre, mssql or oracle
	Addr     string // host:port
	Dials    string // what is dialled for it, where a name is not known yet; "" is Addr
	Name     string // the server's name for it; an Oracle service
	SID      bool   // Name is an Oracle SID
	User     string
	Password remote.Secret
	Latin1   bool // MySQL must hold it as latin1
}

// Known says whether databases of the type can be looked at.
func Known(kind string) bool {
	_, ok := dialects(kind)
	return ok
}

// Tried says whether apimctl was ever tried on a server of the type.
func Tried(kind string) bool { return kind != "mssql" && kind != "oracle" }

// Fills says whether apimctl creates the tables of databases of the type. Of Oracle's scripts there are three, and which one fits
// it is not for us to guess.
func Fills(kind string) bool { return Known(kind) && kind != "oracle" }

// A State is what a look at a database found.
type State struct {
	Version string
	Charset string   // the database's own; "" where it is of no concern
	Tables  []string // upper case, sorted
	Barred  []string // those of them that the user may not read, likewise
}

// Look says how a database stands. What is wrong with it is an *Error: it cannot be reached or opened, or is of a version or a
// character set that the product does not take.
func Look(ctx context.Context, t Target, dial Dial) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var s State
	err := t.within(ctx, dial, t.Name, func(d dialect, c *sql.Conn) error {
		var err error
		if s, err = d.look(ctx, c); err != nil {
			return err
		}
		return t.fits(d, s)
	})
	return s, err
}

// within opens a database of the server, hands over its one connection, and closes it.
func (t Target) within(ctx context.Context, dial Dial, name string, do func(dialect, *sql.Conn) error) error {
	d, ok := dialects(t.Type)
	if !ok {
		return fmt.Errorf("databases of type %s cannot be looked at", t.Type)
	}
	var unreached error
	noting := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if t.Dials != "" {
			addr = t.Dials
		}
		c, err := dial(ctx, network, addr)
		unreached = err
		return c, err
	}
	pool, err := d.open(t, name, noting)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Addr, err)
	}
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(1)
	c, err := pool.Conn(ctx)
	if err == nil {
		defer func() { _ = c.Close() }()
		err = do(d, c)
	}
	return t.told(ctx, d, err, unreached)
}

// told is the error in words of ours, where it is one of those that are known.
func (t Target) told(ctx context.Context, d dialect, err, unreached error) error {
	switch {
	case err == nil || errors.As(err, new(*Error)) || errors.As(err, new(*StatementError)):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case unreached != nil:
		return &Error{Kind: Unreached, Target: t, Said: reason(unreached)}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{Kind: Unreached, Target: t, Said: fmt.Sprintf("no answer within %s", Patience)}
	}
	return &Error{Kind: cmp.Or(d.blame(err), Other), Target: t, Said: masked(oneLine(err), t.Password)}
}

func (d dialect) look(ctx context.Context, c *sql.Conn) (State, error) {
	var s State
	if err := c.QueryRowContext(ctx, d.version).Scan(&s.Version); err != nil {
		return s, err
	}
	if d.charset != "" {
		if err := c.QueryRowContext(ctx, d.charset).Scan(&s.Charset); err != nil {
			return s, err
		}
	}
	var err error
	if s.Tables, err = names(ctx, c, d.tables); err == nil && d.barred != "" {
		s.Barred, err = names(ctx, c, d.barred)
	}
	return s, err
}

func names(ctx context.Context, c *sql.Conn, query string) ([]string, error) {
	all, err := texts(ctx, c, query)
	for i, name := range all {
		all[i] = strings.ToUpper(name)
	}
	slices.Sort(all)
	return all, err
}

func texts(ctx context.Context, c *sql.Conn, query string) ([]string, error) {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// fits says what of the server the product does not take.
func (t Target) fits(d dialect, s State) error {
	if least := d.least(s.Version); least != "" {
		return &Error{Kind: TooOld, Target: t, Said: fmt.Sprintf("the server is %s; %s or later is needed", s.Version, least)}
	}
	if t.Latin1 && s.Charset != "" && s.Charset != "latin1" {
		return &Error{Kind: Charset, Target: t, Said: fmt.Sprintf("its character set is %s; the product needs latin1", s.Charset)}
	}
	return nil
}
