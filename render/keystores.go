package render

import (
	"errors"
	"fmt"
	"strings"
)

const (
	securityDir  = "repository/resources/security/" // relative to the home, which the start script makes its directory
	shippedStore = "wso2carbon"                     // password and alias that distributions ship
)

// keystores are those of the inventory; the others stay as shipped. The truststore is always named, because not
// every distribution's file does.
func (p plan) keystores() Layer {
	l := newLayer("keystores")
	l.keystore("primary", p.Keystores.Primary)
	l.keystore("tls", p.Keystores.TLS)
	l.keystore("internal", p.Keystores.Internal)
	trust := p.truststore()
	l.set("keystores.truststore", "truststore.file_name", trust.File)
	l.set("keystores.truststore", "truststore.type", trust.Type)
	l.set("keystores.truststore", "truststore.password", xmlText(trust.Password))
	return l.Layer
}

func (l *layerOf) keystore(name string, k *Keystore) {
	if k == nil {
		return
	}
	from, key := "keystores."+name, "keystore."+name+"."
	l.set(from+".file", key+"file_name", k.File)
	l.set(from+".type", key+"type", or(k.Type, "JKS"))
	l.set(from+".password", key+"password", xmlText(k.Password))
	l.set(from+".alias", key+"alias", xmlText(k.Alias))
	l.set(from+".key_password", key+"key_password", xmlText(or(k.KeyPassword, k.Password)))
}

// tlsKeystore is the keystore of TLS ports: the product takes the primary one where no other is named.
func (p plan) tlsKeystore() Keystore {
	switch {
	case p.Keystores.TLS != nil:
		return *p.Keystores.TLS
	case p.Keystores.Primary != nil:
		return *p.Keystores.Primary
	}
	return Keystore{File: "wso2carbon.jks", Type: "JKS", Password: shippedStore, Alias: shippedStore}
}

func (p plan) truststore() Truststore {
	t := Truststore{File: "client-truststore.jks", Password: shippedStore}
	if p.Keystores.Truststore != nil {
		t = *p.Keystores.Truststore
	}
	t.Type = or(t.Type, "JKS")
	return t
}

func (k Keystores) check() error {
	var errs []error
	for _, s := range []struct {
		name  string
		store *Keystore
	}{{"primary", k.Primary}, {"tls", k.TLS}, {"internal", k.Internal}} {
		if s.store == nil {
			continue
		}
		errs = append(errs, below(s.name, checkStore(s.store.File, s.store.Type, s.store.Password)))
		if s.store.Alias == "" {
			errs = append(errs, below(s.name, errors.New("the alias is missing")))
		}
		if s.store.KeyPassword != "" && s.store.KeyPassword != s.store.Password {
			errs = append(errs, below(s.name, errors.New("the product wants the key's password to be the store's")))
		}
	}
	if t := k.Truststore; t != nil {
		errs = append(errs, below("truststore", checkStore(t.File, t.Type, t.Password)))
	}
	return errors.Join(errs...)
}

func checkStore(file, kind, password string) error {
	switch {
	case file == "" || strings.ContainsAny(file, `/\'"&<`):
		return fmt.Errorf("%q is not the name of a file", file)
	case kind != "" && kind != "JKS" && kind != "PKCS12":
		return fmt.Errorf("type %q is neither JKS nor PKCS12", kind)
	}
	return below("password", CheckPassword(KeystorePassword, password))
}
