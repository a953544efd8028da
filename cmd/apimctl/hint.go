package main

import (
	"errors"
	"fmt"
	"strings"

	"apimctl/inventory"
	"apimctl/inventory/dist"
	"apimctl/playbooks"
	"apimctl/tasks"
	"apimctl/tasks/database"
	"apimctl/tasks/keystore"
	"apimctl/tasks/lock"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// hints say what to do about an error: the first that fits is shown below it.
var hints = []func(error) string{
	as(func(e *remote.HostKeyError) string {
		if e.Mend == "" {
			return "this key is not to be trusted; find out why the host shows it"
		}
		return "once you know that the fingerprint is the host's: " + e.Mend
	}),
	as(func(e *remote.AuthError) string {
		return "check ssh.user and ssh.key of this host, or load the key into the agent: ssh-add"
	}),
	as(func(e *remote.BecomeError) string {
		return "set ssh.become_password (or use --ask-become-pass), or let the user sudo without a password"
	}),
	as(func(e *remote.UnreachableError) string {
		return "check address, port and bastions of this host, and that it is up"
	}),

	as(func(e *tasks.JavaError) string {
		return "install one of these on the host (Debian: apt-get install openjdk-17-jre-headless), or set install.java_home"
	}),
	as(func(e *tasks.SigningKeyError) string {
		return "if this machine lacks the deployment's pki folder, restore it; to lose what the old key encrypted, use --i-understand"
	}),
	is(keystore.ErrPassword, "give the password that it has, as ${env:NAME} or ${file:PATH}; on a node, those of its deployment.toml and of the distribution were tried"),
	is(keystore.ErrFormat, "give one that keytool made; on a node, put back the one that the distribution ships, and apply"),
	as(func(e *playbooks.PassphraseError) string {
		return "it is needed to make or to rotate keys, not to look at them"
	}),
	as(func(e *plan.GateError) string { return e.Next }),
	as(func(e *tasks.InTheWayError) string { return "" }),
	as(func(e *remote.DiskFullError) string {
		return "make room there, or set install.dir of this host to a path on a larger disk"
	}),
	is(dist.ErrSilent, "run it again: the download is resumed where it stopped"),
	is(dist.ErrDigest, "compare url and sha256 in the inventory: one of them is of another file"),
	as(func(e *plan.GuardError) string {
		return "bring another " + e.Role + " up first: apimctl start --limit " + e.Role + " (apimctl apply, where it is not installed yet)"
	}),
	as(func(e *plan.ShareError) string {
		return "the others were not begun, and " + e.Node + " is still sent requests; its errors: apimctl logs " + e.Node + " --errors --since 10m"
	}),
	func(err error) string {
		var host *playbooks.HostError
		if !errors.As(err, new(*plan.StillRunsError)) || !errors.As(err, &host) {
			return ""
		}
		return "it may end yet; give it longer (gate.stop in the inventory), or kill it: apimctl stop --force --limit " + host.Host + "; then run this again"
	},
	as(func(e *lock.HeldError) string {
		return "wait for it (--lock-wait 10m); if nothing runs there any more, the lock ends by itself within " + lock.Lease.String() + ", or: apimctl lock break"
	}),
	is(lock.ErrLost, "apimctl lock status says who has it now; run this again after them"),
	is(errHalfway, "once what stands above is mended: apimctl apply finishes it; certs rotate-signing would make yet another key"),
	is(errMeanwhile, "run it again: it plans anew"),
	is(tasks.ErrNotInstalled, "install it first: apimctl apply"),
	is(errMoved, "make a new plan: apimctl plan --out FILE; a plan made with --limit or --batch is applied with the same"),
	as(func(e *tasks.DriverError) string {
		return "install it on the host (apt-get install " + e.Package + "), or give a jar as databases.driver"
	}),
	as(func(e *database.Error) string { return databaseHint(e) }),
	as(func(e *database.StatementError) string {
		if !e.Stays {
			return "mend what the server says, and apply again"
		}
		return "mend what the server says, drop the database and create it anew, and apply again: no script is run on a database with tables"
	}),
	as(func(e inventory.Problems) string { return "" }),
}

// as fits errors of a type.
func as[E error](say func(E) string) func(error) string {
	return func(err error) string {
		var e E
		if errors.As(err, &e) {
			return say(e)
		}
		return ""
	}
}

func is(target error, say string) func(error) string {
	return func(err error) string {
		if errors.Is(err, target) {
			return say
		}
		return ""
	}
}

// fail shows an error, each host's of its own, with what to do about it.
func (a *app) fail(err error) {
	for _, e := range each(err) {
		_, _ = fmt.Fprintln(a.errOut, a.red("error:"), e)
		var gate *plan.GateError
		if errors.As(e, &gate) && gate.Log != "" {
			_, _ = fmt.Fprintln(a.errOut, indent(gate.Log))
		}
		for _, h := range hints {
			if hint := h(e); hint != "" {
				_, _ = fmt.Fprintln(a.errOut, "  next:", hint)
				break
			}
		}
	}
	if errors.As(err, new(*usageError)) {
		_, _ = fmt.Fprintln(a.errOut, "  'apimctl help' lists commands and flags")
	}
}

// each takes joined errors apart. A list of problems stays one: it prints itself.
func each(err error) []error {
	var input *inputError
	if errors.As(err, &input) {
		err = input.err
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range many.Unwrap() {
			all = append(all, each(e)...)
		}
		return all
	}
	return []error{err}
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n    ")
}

// databaseHint says what to do about a database that the product cannot use. It owns up to servers that nobody tried it on.
func databaseHint(e *database.Error) string {
	hint := databaseRemedy(e)
	if !database.Tried(e.Type) {
		hint += "; apimctl was tried on no such server: where it is mistaken, leave databases.manage out, and the nodes alone try theirs"
	}
	return hint
}

func databaseRemedy(e *database.Error) string {
	key := "databases." + e.Label
	switch e.Kind {
	case database.Unreached:
		return "check " + key + ", that the server runs, and that a firewall lets this host through to it"
	case database.Login:
		return "mend username and password of " + key
	case database.Barred:
		return "grant it SELECT, INSERT, UPDATE and DELETE on all tables, or set databases.manage: schema and databases.admin"
	case database.Missing, database.Denied:
		return "create the database and its user, or set databases.manage: schema and databases.admin"
	case database.Lacks:
		return "set databases.manage: schema, and apply creates its tables"
	case database.Neither:
		return "no script is run on a database with tables: if nothing in it is of worth, drop it by hand and create it anew, then apply; " +
			"if the product works with it as it is, databases.manage: none leaves databases alone"
	case database.Charset:
		return "create it anew with CHARACTER SET latin1; databases.manage: none leaves databases alone"
	case database.TooOld:
		return "use another server; databases.manage: none leaves databases alone"
	}
	return "mend what the server says"
}
