package inventory

import "time"

func databasesTable() table[Databases] {
	return table[Databases]{
		jdbcDriver(row{Name: "driver", Required: true, Doc: "the JDBC driver's jar on this machine, for every node"}),
		text(row{
			Name: "manage", Note: "check; for mssql and oracle no look is taken", OneOf: []string{"check", "schema", "none"},
			Doc: "check: they are looked at, and what is wrong is an error; schema: what is missing is created; none: they are left alone",
		}, func(d *Databases) *string { return &d.Manage }),
		optional(row{Name: "admin", Note: "apim_db's and shared_db's own users", Doc: "with schema: who creates databases, tables and users"},
			func(d *Databases) **DatabaseAdmin { return &d.Admin }, databaseAdminTable()),
		database(row{Name: "apim_db", Required: true, Doc: "of the all-in-one nodes"}, func(d *Databases) **Database { return &d.APIM }),
		database(row{Name: "shared_db", Required: true, Doc: "of every node"}, func(d *Databases) **Database { return &d.Shared }),
	}
}

func databaseAdminTable() table[DatabaseAdmin] {
	return table[DatabaseAdmin]{
		text(row{Name: "username", Required: true, Doc: "of a user who may do so"}, func(a *DatabaseAdmin) *string { return &a.Username }),
		secret(row{Name: "password", Required: true, Doc: "of the user"}, func(a *DatabaseAdmin) *Secret { return &a.Password }),
	}
}

// jdbcDriver is a path, or a mapping that names a package.
func jdbcDriver(r row) key[Databases] {
	file := path(r, func(d *Databases) *string { return &d.Driver }, true)
	keys := table[Databases]{
		text(row{Name: "package", Required: true, Doc: "a Debian package that every host has, in place of a jar: libmariadb-java"},
			func(d *Databases) *string { return &d.DriverPackage }, matches(plainName, "is no package name", "use letters, digits, dots and hyphens")),
	}
	r.Type, r.Short, r.Keys = "path or mapping", "path", keys.rows()
	return key[Databases]{row: r, read: func(c cursor, d *Databases) {
		if c.kind() == "text" {
			file.read(c, d)
		} else {
			keys.read(c, d)
		}
	}}
}

// database is optional with the checks that take more than one key.
func database[T any](r row, at func(*T) **Database) key[T] {
	k := optional(r, at, databaseTable())
	read := k.read
	k.read = func(c cursor, into *T) {
		read(c, into)
		db := *at(into)
		if db.Port == 0 {
			db.Port = databasePort(db.Type)
		}
		if c.d.written(join(c.path, "url")) || db.Type == "" {
			return
		}
		name, had := "name", db.Name
		if db.Type == "oracle" {
			name, had = "sid", db.SID
		}
		if had == "" && !c.d.written(join(c.path, name)) {
			c.d.bad(join(c.path, name), "is required", "name the database, or give its url")
		}
		if db.Host == "" && !c.d.written(join(c.path, "host")) {
			c.d.bad(join(c.path, "host"), "is required", "say where the database is, or give its url")
		}
	}
	return k
}

func databasePort(kind string) int {
	return map[string]int{"mysql": 3306, "mariadb": 3306, "postgre": 5432, "mssql": 1433, "oracle": 1521, "db2": 50000}[kind]
}

func databaseTable() table[Database] {
	return table[Database]{
		text(row{Name: "type", Required: true, OneOf: []string{"mysql", "mariadb", "postgre", "mssql", "oracle", "db2"}, Doc: "in the product's words; leave databases out for H2"},
			func(d *Database) *string { return &d.Type }),
		text(row{Name: "host", Note: "required without url", Doc: "host name or IP address, as nodes reach it"},
			func(d *Database) *string { return &d.Host }, address),
		number(row{Name: "port", Min: 1, Max: 65535, Note: "the type's own: 3306, 5432, 1433, 1521 or 50000", Doc: "where it listens"},
			func(d *Database) *int { return &d.Port }),
		text(row{Name: "name", Note: "required without url", Doc: "the database; for Oracle see sid"},
			func(d *Database) *string { return &d.Name }),
		text(row{Name: "sid", Note: "required for oracle without url", Doc: "Oracle's SID"},
			func(d *Database) *string { return &d.SID }),
		text(row{Name: "url", Note: "made of host, port and name", Doc: "a JDBC URL in their place"},
			func(d *Database) *string { return &d.URL }, jdbcURL),
		text(row{Name: "username", Required: true, Doc: "whom the product logs in as"}, func(d *Database) *string { return &d.Username }),
		secret(row{Name: "password", Required: true, Doc: "of the user"}, func(d *Database) *Secret { return &d.Password }),
		text(row{Name: "driver_class", Note: "the type's own", Doc: "the JDBC driver's class"}, func(d *Database) *string { return &d.DriverClass }),
		text(row{Name: "validation_query", Note: "the type's own", Doc: "tests a pooled connection"}, func(d *Database) *string { return &d.ValidationQuery }),
		properties(row{Name: "pool", Note: "the product's", Doc: "pool_options: maxActive, maxWait, ..."}, func(d *Database) *[]Setting { return &d.Pool }),
	}
}

func keystoresTable() table[Keystores] {
	return table[Keystores]{
		nested(row{Name: "primary", Doc: "signs tokens and encrypts data; the same on every node"},
			func(k *Keystores) *Keystore { return &k.Primary }, keystoreTable("wso2carbon.jks")),
		nested(row{Name: "tls", Note: "primary", Doc: "serves TLS"},
			func(k *Keystores) *Keystore { return &k.TLS }, keystoreTable("")),
		nested(row{Name: "internal", Note: "primary", Doc: "encrypts secrets; the same on every node"},
			func(k *Keystores) *Keystore { return &k.Internal }, keystoreTable("")),
		nested(row{Name: "truststore", Doc: "whom the node trusts"},
			func(k *Keystores) *Keystore { return &k.Truststore }, truststoreTable()),
	}
}

// keystoreTable is of the primary store where it is given a file, else of one that is the primary's unless written.
func keystoreTable(file string) table[Keystore] {
	kind, word, alias := "JKS", "wso2carbon", "wso2carbon"
	r := func(name, def, doc string) row { return row{Name: name, Default: def, Doc: doc} }
	if file == "" {
		r = func(name, _, doc string) row { return row{Name: name, Note: "as primary", Doc: doc} }
	}
	types := r("type", kind, "JKS or PKCS12")
	types.OneOf = []string{"JKS", "PKCS12"}
	return table[Keystore]{
		text(r("file", file, "a file name, no folder"), func(k *Keystore) *string { return &k.File }, fileName),
		text(types, func(k *Keystore) *string { return &k.Type }),
		secret(r("password", word, "of the store"), func(k *Keystore) *Secret { return &k.Password }, storeWord),
		text(r("alias", alias, "of the key in it"), func(k *Keystore) *string { return &k.Alias }),
		secret(row{Name: "key_password", Note: "as password", Doc: "of the key; the product demands that it equals password"},
			func(k *Keystore) *Secret { return &k.KeyPassword }),
	}
}

func truststoreTable() table[Keystore] {
	return table[Keystore]{
		text(row{Name: "file", Default: "client-truststore.jks", Doc: "a file name, no folder"}, func(k *Keystore) *string { return &k.File }, fileName),
		text(row{Name: "type", Default: "JKS", OneOf: []string{"JKS", "PKCS12"}, Doc: "JKS or PKCS12"}, func(k *Keystore) *string { return &k.Type }),
		secret(row{Name: "password", Default: "wso2carbon", Doc: "of the store"}, func(k *Keystore) *Secret { return &k.Password }, storeWord),
	}
}

func certificateTable() table[Certificate] {
	return table[Certificate]{
		text(row{Name: "alias", Required: true, Doc: "its name in the truststore"}, func(c *Certificate) *string { return &c.Alias }, alias),
		pemFile(row{Name: "file", Required: true, Doc: "a PEM file on this machine"}, func(c *Certificate) *string { return &c.File }),
	}
}

func environmentTable() table[Environment] {
	return append(table[Environment]{
		text(row{Name: "type", Default: "hybrid", OneOf: []string{"hybrid", "production", "sandbox"}, Doc: "which tokens it takes"},
			func(e *Environment) *string { return &e.Type }),
		text(row{Name: "display_name", Note: "the name", Doc: "as the portals say it"}, func(e *Environment) *string { return &e.DisplayName }),
		text(row{Name: "description", Note: "none", Doc: "as the portals say it"}, func(e *Environment) *string { return &e.Description }),
		text(row{Name: "gateway_type", Default: "Regular", OneOf: []string{"Regular", "APK"}, Doc: "in the product's words"},
			func(e *Environment) *string { return &e.GatewayType }),
		text(row{Name: "provider", Default: "wso2", Doc: "in the product's words"}, func(e *Environment) *string { return &e.Provider }),
		text(row{Name: "hostname", Note: "hostnames.gateway", Doc: "what clients call"}, func(e *Environment) *string { return &e.Hostname }, hostName),
		truth(row{Name: "display_in_api_console", Default: "true", Doc: "offered in the API console"}, func(e *Environment) *bool { return &e.Console }),
		truth(row{Name: "show_as_token_endpoint_url", Default: "true", Doc: "shown as token endpoint"}, func(e *Environment) *bool { return &e.TokenURL }),
		texts(row{Name: "visibility", Note: "everyone", Doc: "the roles that may see it"}, func(e *Environment) *[]string { return &e.Visibility }),
		list(row{Name: "vhosts", Note: "none", Doc: "more virtual hosts"}, func(e *Environment) *[]VHost { return &e.VHosts }, vhostTable()),
	}, endpoints(func(e *Environment) *Endpoints { return &e.Endpoints })...)
}

func vhostTable() table[VHost] {
	return append(table[VHost]{
		text(row{Name: "hostname", Required: true, Doc: "what clients call"}, func(v *VHost) *string { return &v.Hostname }, hostName),
	}, endpoints(func(v *VHost) *Endpoints { return &v.Endpoints })...)
}

func endpoints[T any](at func(*T) *Endpoints) table[T] {
	const derived = "made of hostname and ports"
	return table[T]{
		text(row{Name: "http", Note: derived, Doc: "http://..."}, func(t *T) *string { return &at(t).HTTP }, webURL("http")),
		text(row{Name: "https", Note: derived, Doc: "https://..."}, func(t *T) *string { return &at(t).HTTPS }, webURL("https")),
		text(row{Name: "ws", Note: derived, Doc: "ws://..."}, func(t *T) *string { return &at(t).WS }, webURL("ws")),
		text(row{Name: "wss", Note: derived, Doc: "wss://..."}, func(t *T) *string { return &at(t).WSS }, webURL("wss")),
		text(row{Name: "websub_http", Note: derived, Doc: "http://..., for events"}, func(t *T) *string { return &at(t).WebSubHTTP }, webURL("http")),
		text(row{Name: "websub_https", Note: derived, Doc: "https://..., for events"}, func(t *T) *string { return &at(t).WebSubHTTPS }, webURL("https")),
	}
}

func featuresTable() table[Features] {
	return table[Features]{
		optional(row{Name: "cache_invalidation", Note: "off", Doc: "all-in-one nodes empty each other's caches"},
			func(f *Features) **CacheInvalidation { return &f.CacheInvalidation }, cacheTable()),
		truth(row{Name: "event_hub_tls", Default: "false", Doc: "JMS over TLS, port 8672"}, func(f *Features) *bool { return &f.EventHubTLS }),
		nested(row{Name: "keep_artifacts", Note: "none", Doc: "what the gateways' artifact synchronisation leaves alone (skip_list)"},
			func(f *Features) *KeepArtifacts { return &f.KeepArtifacts }, keepTable()),
		optional(row{Name: "jwt", Note: "off", Doc: "gateways send a JWT to backends"}, func(f *Features) **JWT { return &f.JWT }, jwtTable()),
		optional(row{Name: "analytics", Note: "off", Doc: "gateways report what they do"},
			func(f *Features) **Analytics { return &f.Analytics }, analyticsTable()),
		text(row{Name: "token_protection", Default: "none", OneOf: []string{"none", "encryption", "hashing"}, Doc: "of OAuth tokens in the database; settle it before the first start"},
			func(f *Features) *string { return &f.TokenProtection }),
		truth(row{Name: "gateway_notification", Since: "4.6.0", Note: "true from 4.6.0 on", Doc: "gateways tell the all-in-one nodes what they have deployed"},
			func(f *Features) *bool { return &f.GatewayNotification }),
	}
}

func cacheTable() table[CacheInvalidation] {
	return table[CacheInvalidation]{
		text(row{Name: "domain", Default: "all-in-one-domain", Doc: "the same on all of them"},
			func(c *CacheInvalidation) *string { return &c.Domain }, matches(plainName, "is no good domain", "use letters, digits, dots, hyphens and underscores")),
		texts(row{Name: "excluded_caches", Note: "none", Doc: "caches to leave alone"}, func(c *CacheInvalidation) *[]string { return &c.ExcludedCaches }),
	}
}

func keepTable() table[KeepArtifacts] {
	return table[KeepArtifacts]{
		texts(row{Name: "apis", Note: "none", Doc: "file names"}, func(k *KeepArtifacts) *[]string { return &k.APIs }, fileName),
		texts(row{Name: "endpoints", Note: "none", Doc: "file names"}, func(k *KeepArtifacts) *[]string { return &k.Endpoints }, fileName),
		texts(row{Name: "sequences", Note: "none", Doc: "file names"}, func(k *KeepArtifacts) *[]string { return &k.Sequences }, fileName),
		texts(row{Name: "local_entries", Note: "none", Doc: "file names"}, func(k *KeepArtifacts) *[]string { return &k.LocalEntries }, fileName),
	}
}

func jwtTable() table[JWT] {
	return table[JWT]{
		truth(row{Name: "enable", Default: "true", Doc: "false: as if jwt were not there"}, func(j *JWT) *bool { return &j.enable }),
		text(row{Name: "header", Default: "X-JWT-Assertion", Doc: "the HTTP header that carries it"},
			func(j *JWT) *string { return &j.Header }, matches(headerName, "is no header name", "use letters, digits and hyphens")),
		text(row{Name: "encoding", Default: "base64", OneOf: []string{"base64", "base64url"}, Doc: "of its parts"}, func(j *JWT) *string { return &j.Encoding }),
		text(row{Name: "signing_algorithm", Default: "SHA256withRSA", OneOf: []string{"SHA256withRSA", "NONE"}, Doc: "how it is signed"},
			func(j *JWT) *string { return &j.SigningAlgorithm }),
		text(row{Name: "claim_dialect", Note: "the product's", Doc: "a URI"}, func(j *JWT) *string { return &j.ClaimDialect }),
		truth(row{Name: "user_claims", Default: "false", Doc: "with the user's claims"}, func(j *JWT) *bool { return &j.UserClaims }),
		span(row{Name: "expiry", Min: 1000, Note: "the product's", Doc: "how long it is valid"}, func(j *JWT) *time.Duration { return &j.Expiry }),
	}
}

func analyticsTable() table[Analytics] {
	return table[Analytics]{
		text(row{Name: "type", Required: true, OneOf: []string{"elk", "moesif", "choreo"}, Doc: "where to"}, func(a *Analytics) *string { return &a.Type }),
		secret(row{Name: "key", Note: "required for moesif and choreo", Doc: "Moesif's key or Choreo's token"}, func(a *Analytics) *Secret { return &a.Key }),
		text(row{Name: "url", Note: "the product's; required for choreo", Doc: "Moesif's base URL or Choreo's config endpoint"},
			func(a *Analytics) *string { return &a.URL }, webURL("https", "http")),
		properties(row{Name: "properties", Note: "none", Doc: "more of [apim.analytics.properties]"}, func(a *Analytics) *[]Setting { return &a.Properties }),
	}
}
