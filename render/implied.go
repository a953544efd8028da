package render

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Implied is what the topology and the features of d imply for the deployment.toml of n: layers to be laid over the
// distribution's own, in this order. Each setting's From names the inventory key that implies it. What the version
// does not know is left out, and asking for it is an error; all errors are reported.
func Implied(d Deployment, n Node) ([]Layer, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	if n.Role != AllInOne && n.Role != Gateway {
		return nil, fmt.Errorf("%s: the role %q is neither %s nor %s", n.Name, n.Role, AllInOne, Gateway)
	}
	v, _ := parseRelease(d.Version) // Check has seen it
	p := plan{Deployment: d, node: n, release: v}
	var layers []Layer
	for _, l := range []Layer{
		p.topology(), p.admin(), p.databases(), p.keystores(), p.eventHub(), p.throttling(), p.environments(),
		p.hardening(), p.encryption(), p.cacheInvalidation(), p.eventHubTLS(), p.keepArtifacts(), p.jwt(), p.analytics(), p.oauthKeys(),
	} {
		if len(l.Settings) > 0 {
			layers = append(layers, l)
		}
	}
	return layers, nil
}

// A plan is a deployment seen from one of its nodes.
type plan struct {
	Deployment
	node    Node
	release release
}

// A layerOf collects the settings of a layer.
type layerOf struct{ Layer }

func newLayer(name string) *layerOf { return &layerOf{Layer{Name: name}} }

// set adds a key, in dotted form. from is the inventory key that implies it.
func (l *layerOf) set(from, key string, value any) {
	path, err := SplitKey(key)
	if err != nil {
		panic(err) // the keys are constants of this package
	}
	l.Settings = append(l.Settings, Setting{Key: path, Value: value, From: from})
}

// setText adds a key unless its value is empty.
func (l *layerOf) setText(from, key, value string) {
	if value != "" {
		l.set(from, key, value)
	}
}

// A release is the part of a version that decides which keys the product knows.
type release int

const (
	v450 release = iota
	v460
	v470
)

var versionForm = regexp.MustCompile(`^(\d+\.\d+\.\d+)([.-].*)?$`)

func parseRelease(version string) (release, error) {
	m := versionForm.FindStringSubmatch(version)
	if m != nil {
		switch m[1] {
		case "4.5.0":
			return v450, nil
		case "4.6.0":
			return v460, nil
		case "4.7.0":
			return v470, nil
		}
	}
	return 0, &KeyError{"version", fmt.Errorf("%q is not known: 4.5.0, 4.6.0 and 4.7.0 are", version)}
}

// Check says what of d the product cannot take, on whatever node: joined KeyErrors.
func (d Deployment) Check() error {
	v, err := parseRelease(d.Version)
	if err != nil {
		return err
	}
	var errs []error
	add := func(key string, err error) { errs = append(errs, below(key, err)) }
	if len(d.AllInOnes) == 0 {
		add("groups.all-in-one", errors.New("at least one host is needed"))
	}
	for _, p := range append(append([]Peer(nil), d.AllInOnes...), d.Gateways...) {
		add(p.Name, checkOffset(p.Offset))
	}
	admin := AdminPassword
	if len(d.AllInOnes) > 1 {
		admin = SharedAdminPassword
	}
	add("admin.username", checkUser(admin, d.AdminUser))
	add("admin.password", CheckPassword(admin, d.AdminPassword))
	add("databases.apim_db", d.Databases.APIM.check())
	add("databases.shared_db", d.Databases.Shared.check())
	add("keystores", d.Keystores.check())
	add("encryption_key", checkEncryptionKey(d.EncryptionKey, v))
	add("features", d.Features.check())
	return errors.Join(errs...)
}

// checkOffset keeps every port of the product below 65536; the highest is 11111.
func checkOffset(offset int) error {
	if offset < 0 || offset > 65535-11111 {
		return fmt.Errorf("offset %d is not between 0 and %d", offset, 65535-11111)
	}
	return nil
}

var hexKey = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

func checkEncryptionKey(key string, v release) error {
	switch {
	case key == "" || v >= v470 && (hexKey.MatchString(key) || isReference(key)):
		return nil
	case v < v470:
		return errors.New("the product knows it from 4.7.0 on: take it away or use 4.7.0")
	}
	return errors.New("it is not 64 hexadecimal digits")
}

func (p plan) encryption() Layer {
	l := newLayer("encryption")
	l.setText("encryption_key", "encryption.key", p.EncryptionKey)
	return l.Layer
}

func (p plan) isGateway() bool { return p.node.Role == Gateway }

// host is the inventory key of a node's own settings.
func (p plan) host(what string) string {
	return strings.Join([]string{"groups", p.node.Role, "hosts", p.node.Name, what}, ".")
}
