// Package render turns settled values into the bytes that belong on a host: deployment.toml, the block in
// /etc/hosts, systemd units. It is pure: it reads no file, no clock and nothing random, so equal input gives
// equal bytes, and it knows nothing of inventories or hosts.
package render

// Roles that a node can have.
const (
	AllInOne = "all-in-one"
	Gateway  = "gateway"
)

// A Deployment is everything about a deployment that its nodes' configuration depends on.
// Passwords are plain text here; Implied encodes them as their place in the product needs.
type Deployment struct {
	Name      string    // names the deployment, e.g. "prod"
	Version   string    // of the product: "4.5.0", "4.6.0" or "4.7.0"; an update level behind it ("4.6.0.12") is ignored
	Hostnames Hostnames // what clients and nodes call

	// LoadBalanced says that the two hostnames lead to load balancers.
	// Without, they lead to the first node of their kind, on the product's own ports.
	LoadBalanced bool
	Proxy        Proxy // which ports, if not 443 and 80

	UserStore string // the product's user_store.type; "" is database_unique_id

	AdminUser     string
	AdminPassword string

	AllInOnes []Peer // in inventory order; the first one is where a hostname leads without a load balancer
	Gateways  []Peer // in inventory order

	Databases    Databases
	Keystores    Keystores
	Environments []Environment // gateway environments; those that only a gateway's Environment names are made up with defaults

	// EncryptionKey is the key of the symmetric encryption, 64 hexadecimal digits, equal on all nodes.
	// Only 4.7.0 and later know it; with an earlier version it is an error (product-facts.md §9).
	EncryptionKey string

	Features  Features
	Hardening Hardening
}

// Hardening is what of the production checklist goes into deployment.toml.
type Hardening struct {
	TLS     bool // 1.2 and later alone
	Headers bool // responses do not name the product
	NoJMX   bool
}

// Hostnames are the names under which the nodes of a kind are called. An empty one stands for the name of
// the first node of its kind.
type Hostnames struct {
	AllInOne string
	Gateway  string
}

// A Proxy is the ports of load balancers; 0 is 443 and 80.
type Proxy struct{ HTTPS, HTTP int }

// A Peer is a node as the other nodes see it.
type Peer struct {
	Name        string // resolvable on every node of the deployment: the hosts block sees to it
	Address     string
	Offset      int    // of every port of the product on this node
	Environment string // of a gateway: the environment it serves, its label; "" is "Default"
}

// A Node is the node that something is rendered for.
type Node struct {
	Peer
	Role string // AllInOne or Gateway
}

// Databases are the databases that nodes share. A nil one is left as the distribution ships it: embedded H2.
type Databases struct {
	APIM   *Database // all-in-one nodes only
	Shared *Database // all nodes
}

// A Database says how the product reaches a database.
type Database struct {
	Type     string // mysql, mariadb, postgre (postgresql and postgres are understood), mssql, oracle, db2 or h2
	Host     string
	Port     int    // 0 is the type's usual port
	Name     string // of the database
	SID      string // of an Oracle instance
	Username string
	Password string

	URL             string // replaces the one made of Host, Port and Name; plain, with & as &
	Driver          string // class; "" is the type's own
	ValidationQuery string // "" is the type's own

	// Pool holds pool_options under the product's names (maxActive, minIdle, ...; product-facts.md §7).
	// Values that read as an integer or a boolean are rendered as one.
	Pool map[string]string
}

// Keystores are the stores in repository/resources/security that the product uses. A nil one is left as shipped.
type Keystores struct {
	Primary    *Keystore // signs tokens, encrypts data: the same on every node
	TLS        *Keystore // every TLS port
	Internal   *Keystore // secure vault
	Truststore *Truststore
}

// A Keystore is a keystore file and one key in it.
type Keystore struct {
	File        string // name without a directory
	Type        string // JKS or PKCS12; "" is JKS
	Password    string
	Alias       string
	KeyPassword string // "" is Password: the product wants both equal
}

// A Truststore is a keystore file of certificates.
type Truststore struct {
	File     string
	Type     string // "" is JKS
	Password string
}

// An Environment is a gateway environment as the portals show it. The zero value of each field but Name means
// the default that follows from Deployment.
type Environment struct {
	Name        string
	Type        string // hybrid, production or sandbox; "" is hybrid
	DisplayName string
	Description string
	Hostname    string // "" is Hostnames.Gateway
	GatewayType string // "" is Regular
	Provider    string // "" is wso2
	Visibility  string // roles, comma separated; "" is everyone

	HideInConsole bool // not offered in the API console
	HideTokenURL  bool // not shown as token endpoint

	// Addresses that differ from those that follow from Hostname, whole, with scheme and port.
	ServiceURL  string
	HTTP        string
	HTTPS       string
	WS          string
	WSS         string
	WebSubHTTP  string
	WebSubHTTPS string

	VHosts []VHost // further hosts that the environment is called at
}

// A VHost is a further host of an environment, with addresses that differ from those that follow from Hostname.
type VHost struct {
	Hostname                                      string
	HTTP, HTTPS, WS, WSS, WebSubHTTP, WebSubHTTPS string
}

// Features are what is off unless asked for.
type Features struct {
	CacheInvalidation *CacheInvalidation // all-in-one nodes
	EventHubTLS       *EventHubTLS       // all nodes
	KeepArtifacts     *KeepArtifacts     // gateways
	JWT               *JWT               // gateways
	Analytics         *Analytics         // gateways
	OAuthKeys         string             // "encrypt", "hash" or "" (all nodes)

	// NoGatewayNotification keeps gateways from telling what they have deployed, which they do from 4.6.0 on.
	NoGatewayNotification bool
}

// CacheInvalidation keeps the caches of all-in-one nodes alike.
type CacheInvalidation struct {
	Domain   string   // the same on all of them
	Excluded []string // caches to leave alone
}

// EventHubTLS puts the event hub's JMS on TLS, port 8672, on both legs (product-facts.md §10).
type EventHubTLS struct {
	Alias string // of the broker's certificate in the truststore; "" is the TLS keystore's alias
}

// KeepArtifacts names the files that a gateway keeps when it takes its artifacts anew, as skip_list does.
type KeepArtifacts struct {
	APIs         []string
	Endpoints    []string
	Sequences    []string
	LocalEntries []string
}

// JWT is the token that a gateway adds to requests to backends. Empty fields are left to the product.
type JWT struct {
	Enable           bool
	Header           string
	Encoding         string // base64 or base64url
	ClaimDialect     string
	SigningAlgorithm string // SHA256withRSA or NONE
	Generator        string // class
	ClaimsExtractor  string // class
	UserClaims       *bool
	ExpirySeconds    int // 0 is the product's
}

// Analytics says where a gateway publishes what it sees.
type Analytics struct {
	Type     string // elk, moesif or choreo
	Key      string // moesif: the application id
	BaseURL  string // moesif: "" is the product's
	Token    string // choreo: the on-premise key
	Endpoint string // choreo: "" is https://analytics-event-auth.choreo.dev/auth/v1

	Properties map[string]string // more of [apim.analytics.properties]
}
