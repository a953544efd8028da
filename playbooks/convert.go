package playbooks

import (
	"fmt"
	"strings"

	"apimctl/inventory"
	"apimctl/render"
)

func storesOf(k inventory.Keystores) render.Keystores {
	return render.Keystores{
		Primary: store(k.Primary), TLS: store(k.TLS), Internal: store(k.Internal),
		Truststore: &render.Truststore{File: k.Truststore.File, Type: k.Truststore.Type, Password: k.Truststore.Password.Reveal()},
	}
}

func store(k inventory.Keystore) *render.Keystore {
	return &render.Keystore{
		File: k.File, Type: k.Type, Password: k.Password.Reveal(), Alias: k.Alias, KeyPassword: k.KeyPassword.Reveal(),
	}
}

func databaseOf(db *inventory.Database) *render.Database {
	if db == nil {
		return nil
	}
	d := &render.Database{
		Type: db.Type, Host: db.Host, Port: db.Port, Name: db.Name, SID: db.SID, URL: db.URL,
		Username: db.Username, Password: db.Password.Reveal(), Driver: db.DriverClass, ValidationQuery: db.ValidationQuery,
	}
	d.Pool = texts(db.Pool)
	return d
}

// texts are settings of one segment each, as text.
func texts(settings []inventory.Setting) map[string]string {
	all := map[string]string{}
	for _, s := range settings {
		all[s.Key[0]] = fmt.Sprint(s.Value)
	}
	return all
}

func environment(e inventory.Environment) render.Environment {
	return render.Environment{
		Name: e.Name, Type: e.Type, DisplayName: e.DisplayName, Description: e.Description, Hostname: e.Hostname,
		GatewayType: e.GatewayType, Provider: e.Provider, Visibility: strings.Join(e.Visibility, ","),
		HTTP: e.Endpoints.HTTP, HTTPS: e.Endpoints.HTTPS, WS: e.Endpoints.WS, WSS: e.Endpoints.WSS,
		WebSubHTTP: e.Endpoints.WebSubHTTP, WebSubHTTPS: e.Endpoints.WebSubHTTPS,
		HideInConsole: !e.Console, HideTokenURL: !e.TokenURL, VHosts: vhosts(e.VHosts),
	}
}

func vhosts(given []inventory.VHost) []render.VHost {
	var all []render.VHost
	for _, v := range given {
		e := v.Endpoints
		all = append(all, render.VHost{
			Hostname: v.Hostname, HTTP: e.HTTP, HTTPS: e.HTTPS, WS: e.WS, WSS: e.WSS, WebSubHTTP: e.WebSubHTTP, WebSubHTTPS: e.WebSubHTTPS,
		})
	}
	return all
}

func features(f inventory.Features) render.Features {
	r := render.Features{NoGatewayNotification: !f.GatewayNotification}
	if c := f.CacheInvalidation; c != nil {
		r.CacheInvalidation = &render.CacheInvalidation{Domain: c.Domain, Excluded: c.ExcludedCaches}
	}
	if f.EventHubTLS {
		r.EventHubTLS = &render.EventHubTLS{}
	}
	if k := render.KeepArtifacts(f.KeepArtifacts); len(k.APIs)+len(k.Endpoints)+len(k.Sequences)+len(k.LocalEntries) > 0 {
		r.KeepArtifacts = &k
	}
	if j := f.JWT; j != nil {
		r.JWT = &render.JWT{
			Enable: true, Header: j.Header, Encoding: j.Encoding, ClaimDialect: j.ClaimDialect, SigningAlgorithm: j.SigningAlgorithm,
			UserClaims: &j.UserClaims, ExpirySeconds: int(j.Expiry.Seconds()),
		}
	}
	if a := f.Analytics; a != nil {
		r.Analytics = &render.Analytics{Type: a.Type, Properties: texts(a.Properties)}
		switch a.Type {
		case "moesif":
			r.Analytics.Key, r.Analytics.BaseURL = a.Key.Reveal(), a.URL
		case "choreo":
			r.Analytics.Token, r.Analytics.Endpoint = a.Key.Reveal(), a.URL
		}
	}
	switch f.TokenProtection {
	case "encryption":
		r.OAuthKeys = "encrypt"
	case "hashing":
		r.OAuthKeys = "hash"
	}
	return r
}
