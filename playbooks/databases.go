package playbooks

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strconv"
	"strings"

	"apimctl/inventory"
	"apimctl/tasks"
	"apimctl/tasks/database"
	"apimctl/tasks/remote"
)

// looker is the node that databases are looked at from: the first all-in-one.
func (d Deployment) looker() []Node {
	if nodes := d.AllInOnes(); len(nodes) > 0 && len(d.Databases) > 0 {
		return nodes[:1]
	}
	return nil
}

func (d Deployment) databases(Node) []tasks.Task {
	var list []tasks.Task
	for _, db := range d.Databases {
		list = append(list, db)
	}
	return list
}

// settleDatabases settles which databases are looked at, and how.
func settleDatabases(inv *inventory.Inventory, products Products, d *Deployment) error {
	dbs := inv.Databases
	if dbs.Manage == "none" || dbs.APIM == nil || dbs.Shared == nil {
		return nil
	}
	var errs []error
	for _, one := range []struct {
		label string
		db    *inventory.Database
	}{{"apim_db", dbs.APIM}, {"shared_db", dbs.Shared}} {
		d.JDBC = append(d.JDBC, jdbc(one.label, one.db))
		if dbs.Manage == "" && !database.Tried(one.db.Type) {
			continue // a fault of ours would stop a deployment that nobody asked us to look at
		}
		db, err := settleDatabase(inv, one.label, *one.db, products[inventory.AllInOne].FS)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("databases.%s: %w", one.label, err))
		case database.Known(db.Type):
			db.Dials = d.dialled(db.Addr)
			d.Databases = append(d.Databases, db)
		}
	}
	if all := d.Databases; dbs.Manage == "schema" && len(all) == 2 && all[0].Addr == all[1].Addr && all[0].Name == all[1].Name {
		errs = append(errs, errors.New("databases: apim_db and shared_db are one database; manage: schema creates each in one of its own"))
	}
	return errors.Join(errs...)
}

func settleDatabase(inv *inventory.Inventory, label string, db inventory.Database, files fs.FS) (tasks.Database, error) {
	t := tasks.Database{Makes: inv.Databases.Manage == "schema", Target: database.Target{
		Label: label, Type: db.Type, Name: db.Name, User: db.Username, Password: remote.Secret(db.Password.Reveal()),
		Addr:   net.JoinHostPort(db.Host, strconv.Itoa(db.Port)),
		Latin1: label == "apim_db",
	}}
	if db.Type == "oracle" && db.SID != "" {
		t.Name = db.SID // which the product's URL has where a service stands (product-facts.md §7)
	}
	if t.Makes && !database.Fills(db.Type) {
		return t, fmt.Errorf("tables of type %s are not created by apimctl: run the distribution's script, and take manage: check", db.Type)
	}
	if db.URL != "" && database.Known(db.Type) {
		if err := t.JDBC(db.URL); err != nil {
			return t, err
		}
	}
	if a := inv.Databases.Admin; a != nil {
		if !database.CanAdmin(db.Type) {
			return t, fmt.Errorf("databases and users of type %s are not created by apimctl: leave admin out", db.Type)
		}
		t.Admin = &database.Admin{User: a.Username, Password: remote.Secret(a.Password.Reveal())}
	}
	if files == nil {
		return t, nil
	}
	var err error
	t.Script, err = database.ScriptOf(files, label, db.Type)
	if errors.Is(err, fs.ErrNotExist) && !t.Makes {
		err = nil // what every schema has is looked for
	}
	return t, err
}

// dialled is an address with what the hosts block will say of its name: on a bare host it does not yet.
func (d Deployment) dialled(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	for _, line := range d.HostLines {
		if words := strings.Fields(line); slices.Contains(words[1:], host) {
			return net.JoinHostPort(words[0], port)
		}
	}
	return addr
}

func jdbc(label string, db *inventory.Database) tasks.JDBC {
	class, url := databaseOf(db).JDBC()
	return tasks.JDBC{Label: label, Class: class, URL: url, Where: whereOf(url), User: db.Username, Password: remote.Secret(db.Password.Reveal())}
}

// whereOf is a JDBC URL as it may be shown: without its options and whoever logs in, which may hold a password.
func whereOf(url string) string {
	where := strings.TrimPrefix(url, "jdbc:")
	if i := strings.IndexAny(where, "?;("); i >= 0 {
		where = where[:i]
	}
	return where[strings.LastIndex(where, "@")+1:]
}

// ping is what the node itself tries before it is started: a gateway has the users' database alone.
func (d Deployment) ping(n Node) tasks.Ping {
	p := tasks.Ping{Dir: n.Install.Dir + "/ping", Jar: n.Home() + "/repository/components/lib/" + n.Driver.Name}
	for _, db := range d.JDBC {
		if n.Role == inventory.AllInOne || db.Label == "shared_db" {
			p.Databases = append(p.Databases, db)
		}
	}
	return p
}
