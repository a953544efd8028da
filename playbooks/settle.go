package playbooks

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/tasks"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Products are the distributions, by the role that runs them.
type Products map[inventory.Role]Product

// Settle turns an inventory into a deployment. It reads the files of this machine that the inventory names, and no network.
func Settle(inv *inventory.Inventory, products Products) (Deployment, error) {
	trusted, err := trusted(inv.Certificates)
	driver, err2 := driver(inv.Databases)
	s, err3 := newSettler(inv, products)
	if err := errors.Join(err, err2, err3); err != nil {
		return Deployment{}, err
	}
	lines, err := hostLines(inv)
	d := Deployment{Name: inv.Name, Version: inv.Version, HostLines: lines, Trusted: trusted, Hardening: inv.Hardening}
	errs := []error{err}
	d.Nodes, err = s.nodes(driver)
	errs = append(errs, err)
	d.Balanced, err = balancers(inv, time.Now())
	errs = append(errs, err, settlePKI(inv, products, &d, time.Now()), settleDatabases(inv, products, &d))
	d.balance()
	d.note()
	d.Upstream = upstream(inv, d)
	return d, errors.Join(errs...)
}

// A settler makes nodes of hosts. What is the same for all of them is read once.
type settler struct {
	inv      *inventory.Inventory
	products Products
	rendered render.Deployment
	ciphers  map[inventory.Role]*keystore.Cipher
	shipped  map[inventory.Role][]render.Layer // one layer, or none where nothing is known of the distribution
	trust    map[inventory.Role]string
}

func newSettler(inv *inventory.Inventory, products Products) (settler, error) {
	ciphers, err := ciphers(inv, products)
	if err != nil {
		return settler{}, err
	}
	s := settler{inv, products, rendered(inv), ciphers, map[inventory.Role][]render.Layer{}, map[inventory.Role]string{}}
	if err := s.rendered.Check(); err != nil {
		return s, placed(inv, err)
	}
	for role, p := range products {
		if p.FS == nil {
			continue
		}
		l, err := shippedLayer(p)
		if err != nil {
			return s, err
		}
		s.shipped[role] = []render.Layer{l}
		if inv.PKI.Mode == "" {
			s.trust[role] = shippedCertificate(p.FS, inv.Keystores.TLS)
		}
	}
	return s, nil
}

// placed says of each KeyError where in the inventory it is.
func placed(inv *inventory.Inventory, err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range many.Unwrap() {
			all = append(all, placed(inv, one))
		}
		return errors.Join(all...)
	}
	var key *render.KeyError
	if errors.As(err, &key) {
		if line, column := inv.Place(key.Key); line > 0 {
			return fmt.Errorf("%s:%d:%d: %w", inv.Path, line, column, err)
		}
	}
	return err
}

// nodes are those of all hosts that run the product, in inventory order.
func (s settler) nodes(driver Driver) ([]Node, error) {
	var hosts []inventory.Host
	for _, h := range s.inv.Hosts {
		if h.Role != inventory.LoadBalancer {
			hosts = append(hosts, h)
		}
	}
	nodes, errs := make([]Node, len(hosts)), make([]error, len(hosts))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, h := range hosts {
		g.Go(func() error {
			n, err := s.node(h)
			n.Driver = driver
			nodes[i], errs[i] = n, err
			return nil
		})
	}
	_ = g.Wait()
	return nodes, together(hosts, errs)
}

// together names the hosts of each error; what is wrong on many of them alike is said once.
func together(hosts []inventory.Host, errs []error) error {
	names := map[string][]string{}
	var first []error
	for i, err := range errs {
		if err == nil {
			continue
		}
		if names[err.Error()] == nil {
			first = append(first, err)
		}
		names[err.Error()] = append(names[err.Error()], hosts[i].Name)
	}
	for i, err := range first {
		first[i] = fmt.Errorf("%s: %w", plan.Names(names[err.Error()]), err)
	}
	return errors.Join(first...)
}

func (s settler) node(h inventory.Host) (Node, error) {
	clear, err := s.config(h)
	if err != nil {
		return Node{Host: h}, err
	}
	c, err := s.concealed(h.Role, clear)
	if err != nil {
		return Node{Host: h}, err
	}
	data := c.TOML()
	if err := render.Reread(c, data); err != nil {
		return Node{Host: h}, err
	}
	return Node{
		Host: h, Product: s.products[h.Role], Config: c, Clear: clear, TOML: data, Hide: hidden(clear), Ciphers: s.inv.Secrets.OnNodes == inventory.Cipher, Accepts: accepts(s.inv.Version),
		Stores: storesOf(s.inv.Keystores), Trust: s.trust[h.Role],
	}, nil
}

// config is the deployment.toml of a host, laid together: what the distribution ships, what topology and features imply, and what the
// inventory says of the group and of the host.
func (s settler) config(h inventory.Host) (render.Config, error) {
	implied, err := render.Implied(s.rendered, render.Node{Peer: peer(h), Role: string(h.Role)})
	if err != nil {
		return render.Config{}, err
	}
	for _, l := range implied {
		s.place(l.Settings)
	}
	layers := append(slices.Clone(s.shipped[h.Role]), implied...)
	for _, l := range h.Config {
		layers = append(layers, ownLayer(l))
	}
	return render.Merge(layers)
}

// place says of settings that a key of the inventory implies in which line it is. One that is there by default has none.
func (s settler) place(settings []render.Setting) {
	for i := range settings {
		at := &settings[i]
		if line, _ := s.inv.Place(at.From); line > 0 {
			at.File, at.Line = s.inv.Path, line
		}
		tables, _ := at.Value.([]render.Table)
		for _, t := range tables {
			s.place(t)
		}
	}
}

// Shipped names the layer that a distribution brings.
const Shipped = "distribution"

func shippedLayer(p Product) (render.Layer, error) {
	const path = "repository/conf/deployment.toml"
	data, err := fs.ReadFile(p.FS, path)
	if err != nil {
		return render.Layer{}, err
	}
	l, err := render.ParseTOML(filepath.Base(p.Local)+" "+path, data)
	l.Name = Shipped
	return l, err
}

// hidden are the texts in a configuration that are shown nowhere. The product's default passwords are names too, and everybody knows them.
func hidden(c render.Config) []remote.Secret {
	var all []remote.Secret
	for _, e := range c.Entries() {
		s, ok := e.Value.(string)
		if shipped := s == "admin" || s == "wso2carbon"; ok && e.Secret && len(s) > 3 && !shipped && !strings.HasPrefix(s, "$") {
			all = append(all, remote.Secret(s))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ownLayer(l inventory.Layer) render.Layer {
	own := render.Layer{Name: l.Name}
	for _, s := range l.Settings {
		own.Settings = append(own.Settings, render.Setting{Key: s.Key, Value: s.Value, File: s.File, Line: s.Line, Secret: s.Secret})
	}
	return own
}

// accepts are the Java versions that a product version takes (product-facts.md §2).
func accepts(version string) Accepts {
	if version == "4.7.0" {
		return Accepts{Min: 21, Max: 25}
	}
	return Accepts{Min: 11, Max: 21}
}

func driver(dbs inventory.Databases) (Driver, error) {
	switch {
	case dbs.DriverPackage != "":
		return Driver{Name: tasks.PackagedDriver, Package: dbs.DriverPackage}, nil
	case dbs.Driver == "":
		return Driver{}, nil
	}
	data, err := os.ReadFile(dbs.Driver)
	return Driver{Name: filepath.Base(dbs.Driver), Data: data}, err
}

func trusted(given []inventory.Certificate) ([]tasks.Trusted, error) {
	var all []tasks.Trusted
	var errs []error
	for _, g := range given {
		data, err := os.ReadFile(g.File)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		certs, err := keystore.PEM(data)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", g.File, err))
		case len(certs) != 1:
			errs = append(errs, fmt.Errorf("%s: holds %d certificates; alias %s can name one: give each a file of its own", g.File, len(certs), g.Alias))
		default:
			all = append(all, tasks.Trusted{Alias: g.Alias, DER: certs[0].Raw})
		}
	}
	return all, errors.Join(errs...)
}

// shippedCertificate is the certificate of a key in a keystore that the distribution ships, as PEM; "" where it ships no such store.
func shippedCertificate(files fs.FS, k inventory.Keystore) string {
	der := shippedDER(files, k)
	if der == nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// shippedDER is the same in DER; nil where there is none.
func shippedDER(files fs.FS, k inventory.Keystore) []byte {
	e, ok := shippedStore(files, k.File, k.Password.Reveal()).Find(k.Alias)
	if !ok || len(e.Raw) == 0 {
		return nil
	}
	return e.Raw[0]
}
