package tasks

import (
	"context"
	"errors"

	"apimctl/tasks/database"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Database keeps one of the product's databases as the product needs it: reached from the host, opened by its user, with all its
// tables (product-facts.md §7). What is empty is filled where Makes says so; what is half made is refused, and never altered.
type Database struct {
	database.Target
	Script database.Script
	Makes  bool
	Admin  *database.Admin // who creates what lacks; nil is the target's own user, who needs a database
}

func (Database) String() string { return "databases" }

// Plan looks once, however often it is asked under a context that remembers.
func (t Database) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	return remote.Once(ctx, t.Label, func() ([]plan.Change, error) {
		had, err := database.Look(ctx, t.Target, h.Dial)
		var lacks []plan.Change
		if err == nil {
			lacks, err = t.filled(had)
		}
		if wrong := (*database.Error)(nil); t.Makes && t.Admin != nil && errors.As(err, &wrong) && mendable(wrong.Kind) {
			return t.made(ctx, h, wrong)
		}
		return lacks, err
	})
}

// mendable is what an administrator may mend.
func mendable(k database.Kind) bool {
	return k == database.Login || k == database.Missing || k == database.Denied || k == database.Barred
}

// filled is what a database lacks that is there.
func (t Database) filled(had database.State) ([]plan.Change, error) {
	fill, found := t.Script.Compare(t.Target, had)
	barred := t.Script.Barred(t.Target, had)
	switch {
	case fill == database.Complete && barred != "":
		return nil, &database.Error{Kind: database.Barred, Target: t.Target, Said: barred}
	case fill == database.Complete:
		return nil, nil
	case fill == database.Partial:
		return nil, &database.Error{Kind: database.Neither, Target: t.Target, Said: found}
	case !t.Makes:
		return nil, &database.Error{Kind: database.Lacks, Target: t.Target, Said: "it is empty"}
	}
	return t.script(), nil
}

// made is what the administrator does to a database that the user cannot open. The password of a user who is there is never changed.
func (t Database) made(ctx context.Context, h remote.Reader, why *database.Error) ([]plan.Change, error) {
	db, user, err := t.Admin.Has(ctx, t.Target, h.Dial)
	if err != nil {
		return nil, err
	}
	if user && why.Kind == database.Login {
		return nil, why
	}
	if !db {
		create := t.change("create the database", func(ctx context.Context, h remote.Reader) error { return t.Admin.Create(ctx, t.Target, h.Dial) })
		return append([]plan.Change{create}, t.script()...), nil
	}
	had, err := database.Look(ctx, t.As(*t.Admin), h.Dial)
	if err != nil {
		return nil, err
	}
	lacks, err := t.filled(had)
	if err == nil && lacks == nil {
		lacks = []plan.Change{t.admit()}
	}
	return lacks, err
}

// script runs the script, and lets the user in to what another one made.
func (t Database) script() []plan.Change {
	by := t.Target
	if t.Admin != nil {
		by = t.As(*t.Admin)
	}
	run := t.change("create the tables of", func(ctx context.Context, h remote.Reader) error { return t.Script.Run(ctx, by, h.Dial) })
	run.Script, run.SHA256 = t.Script.Path, t.Script.SHA256()
	if t.Admin == nil {
		return []plan.Change{run}
	}
	return []plan.Change{run, t.admit()}
}

func (t Database) admit() plan.SQL {
	return t.change("let "+t.User+" read and write the rows of", func(ctx context.Context, h remote.Reader) error {
		return t.Admin.Admit(ctx, t.Target, h.Dial)
	})
}

func (t Database) change(does string, do func(context.Context, remote.Reader) error) plan.SQL {
	return plan.SQL{Database: t.Name + " at " + t.Addr, Does: does, Do: do}
}
