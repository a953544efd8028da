// Package inventory reads a deployment's inventory: YAML in, hosts and settings out.
//
// Reading is strict: an unknown key, a wrong type, a missing file or a clash is a [Problem], and all problems of a
// file are reported at once. No network is used, and nothing is written.
package inventory

import "time"

// A Role is what a node is, and the name of the group it stands in.
type Role string

// The roles, in the order in which hosts are listed.
const (
	AllInOne     Role = "all-in-one"
	Gateway      Role = "gateway"
	LoadBalancer Role = "load-balancer"
)

// An Inventory is one deployment with every default settled.
type Inventory struct {
	Path    string // the file, as it was named to Load
	Dir     string // its folder, absolute; relative paths start there
	Name    string
	Version string // of the product: 4.5.0, 4.6.0 or 4.7.0

	Distributions map[Role]Distribution // of all-in-one, and of gateway where there is one
	Hostnames     map[Role]string       // what clients and nodes call; all-in-one always, gateway where there is one
	Proxy         Proxy
	Admin         Admin
	EncryptionKey Secret // 64 hexadecimal digits from 4.7.0 on, else empty (product-facts.md §9)
	UserStore     string // the product's user_store.type
	Databases     Databases
	Keystores     Keystores
	HostsFile     map[string][]string // address -> names, beside those of the nodes
	Certificates  []Certificate       // more that every node trusts
	PKI           PKI
	Secrets       Secrets
	Environments  []Environment // those written, in that order; else one for each that a gateway names
	Features      Features
	Balancer      Balancer
	Drain         Drain
	Hardening     Hardening
	Gate          Gate   // of the file; each host has its own, which may differ
	Hosts         []Host // all-in-one, gateway, load-balancer; each group as written

	warnings []Problem
	at       map[string]place
}

// A Distribution is a product's zip: a file of this machine, or a URL with a digest.
type Distribution struct {
	File   string // absolute, and there; empty where URL is set
	URL    string // https
	SHA256 string // lower-case hexadecimal; always set with URL, else empty unless given
}

// A Proxy is the ports that clients use at the hostnames, 0 for the nodes' own. They are 443 and 80 by default where
// there is a load-balancer group or more than one node of a kind.
type Proxy struct{ HTTPS, HTTP int }

// An Admin is the product's super administrator.
type Admin struct {
	Username string
	Password Secret
}

// Databases are the shared databases; both nil where every node keeps its embedded H2.
type Databases struct {
	Driver        string // the JDBC driver's jar: absolute, and there; empty with H2, and with DriverPackage
	DriverPackage string // a Debian package that hosts have the jar from
	Manage        string // check, schema or none
	Admin         *DatabaseAdmin
	APIM, Shared  *Database
}

// A DatabaseAdmin may create databases, tables and users.
type DatabaseAdmin struct {
	Username string
	Password Secret
}

// A Database is one shared database, in the product's words (product-facts.md §7).
type Database struct {
	Type            string // mysql, mariadb, postgre, mssql, oracle or db2
	Host            string // empty where URL is given
	Port            int    // the type's own by default
	Name            string
	SID             string // Oracle's, in place of Name
	URL             string // a JDBC URL that replaces Host, Port, Name and SID
	Username        string
	Password        Secret
	DriverClass     string    // empty: the type's own
	ValidationQuery string    // empty: the type's own
	Pool            []Setting // pool_options, keys of one segment, sorted
}

// Keystores are the files under repository/resources/security that a node uses (product-facts.md §5).
type Keystores struct {
	Primary, TLS, Internal Keystore // TLS and Internal are Primary unless given
	Truststore             Keystore // Alias and KeyPassword are empty
}

// A Keystore names a store on a node and what opens it.
type Keystore struct {
	File        string // a file name, no folder
	Type        string // JKS or PKCS12
	Password    Secret
	Alias       string
	KeyPassword Secret // equal to Password: the product demands it
}

// A Certificate is a PEM file that every node's truststore holds under an alias.
type Certificate struct {
	Alias string
	File  string // absolute, and there
}

// A Balancer is what the group load-balancer shows its clients, and how it lets nodes go.
type Balancer struct {
	Certificate string        // a PEM file with its chain: absolute, and there; empty: none is given
	Key         string        // the PEM file of its private key
	Management  string        // public hostname of the gateways' own servlet port, 9443; "" is none
	Drain       time.Duration // how long requests in flight may take before a node is stopped
}

// A Drain is commands of this machine's that have a balancer of one's own let a node go, and send requests to it again. Both are there or
// none. {host}, {address} and {group} stand for the node's.
type Drain struct {
	Command, Restore []string
	For              time.Duration // how long requests in flight may take after Command
}

// Hardening is what of the production checklist apply keeps true (product-facts.md §9).
type Hardening struct {
	Given       bool // whether the file says anything of it
	All         bool // the default of those below
	Limits      bool // of the account, in /etc/security
	Sysctl      bool // a drop-in in /etc/sysctl.d
	Files       bool // modes
	LogRotation bool // of wso2carbon.log
	Sandbox     bool // of the unit
	TLS         bool // 1.2 and later alone
	Headers     bool // responses do not name the product
	NoJMX       bool
	JVM         bool // options of TLS and XML
}

// An Environment is a gateway environment: what the portals show of the gateways that serve it. An empty endpoint is
// for the reader to derive from Hostname and the ports.
type Environment struct {
	Name        string
	Type        string // hybrid, production or sandbox
	DisplayName string
	Description string
	GatewayType string // Regular or APK
	Provider    string
	Hostname    string   // the gateway hostname unless given
	Console     bool     // display_in_api_console
	TokenURL    bool     // show_as_token_endpoint_url
	Visibility  []string // roles; empty: everyone
	Endpoints   Endpoints
	VHosts      []VHost
}

// Endpoints are the addresses of an environment, as URLs.
type Endpoints struct {
	HTTP, HTTPS             string
	WS, WSS                 string
	WebSubHTTP, WebSubHTTPS string
}

// A VHost is one more virtual host of an environment.
type VHost struct {
	Hostname  string
	Endpoints Endpoints
}

// Features are what may be switched on. Nil and false mean off.
type Features struct {
	CacheInvalidation   *CacheInvalidation
	EventHubTLS         bool // JMS over TLS, port 8672
	KeepArtifacts       KeepArtifacts
	JWT                 *JWT
	Analytics           *Analytics
	TokenProtection     string // none, encryption or hashing
	GatewayNotification bool   // from 4.6.0 on, where it is on unless switched off
}

// CacheInvalidation tells the all-in-one nodes to empty each other's caches.
type CacheInvalidation struct {
	Domain         string
	ExcludedCaches []string
}

// KeepArtifacts names what a gateway's artifact synchronisation leaves alone (skip_list).
type KeepArtifacts struct{ APIs, Endpoints, Sequences, LocalEntries []string }

// JWT is the token that gateways send to backends. It is nil unless enabled.
type JWT struct {
	Header           string
	Encoding         string // base64 or base64url
	SigningAlgorithm string // SHA256withRSA or NONE
	ClaimDialect     string // empty: the product's own
	UserClaims       bool
	Expiry           time.Duration // 0: the product's own

	enable bool
}

// Analytics says where gateways report to. It is nil unless given.
type Analytics struct {
	Type       string    // elk, moesif or choreo
	Key        Secret    // Moesif's key or Choreo's token
	URL        string    // Moesif's base URL or Choreo's config endpoint; empty: the product's own
	Properties []Setting // more of [apim.analytics.properties], keys of one segment, sorted
}

// A Gate says how a node is waited for: until it is healthy, and until it has stopped.
type Gate struct {
	Every  time.Duration // between two looks
	For    time.Duration // before giving up
	InARow int           // good looks that make it healthy
	Events bool          // whether a gateway has to reach JMS and the data bridges of every all-in-one node
	APIs   bool          // whether a started node is asked for its APIs, as the administrator
	Settle time.Duration // how long a node that was stopped has to stay healthy before the next batch; 0 is not watched
	Stop   time.Duration // how long a node may take to stop
}

// A Host is one node with what its group and the file say already laid under it.
type Host struct {
	Name        string
	Role        Role
	Address     string // an IP address or a host name
	Offset      int    // of every port
	Environment string // a gateway's: the environment it serves, and its label
	SSH         SSH
	Install     Install
	Gate        Gate
	Config      []Layer // of deployment.toml: the group's, then the host's; those that are empty are left out
}

// SSH is how a host is reached.
type SSH struct {
	User           string   // empty: what the ssh config says, else the name of who runs this
	Port           int      // 0: what the ssh config says, else 22
	Key            string   // a private key: absolute, and there; empty: agent, ssh config and the usual names
	Passphrase     Secret   // of Key
	Password       Secret   // for password and keyboard-interactive
	KnownHosts     string   // absolute; empty: what the ssh config says, else ~/.ssh/known_hosts
	Bastions       []string // [user@]host[:port], the first is reached from here
	Become         bool     // sudo
	BecomePassword Secret
	ConnectTimeout time.Duration
	Keepalive      time.Duration // between two signs of life; 0: none
	Config         string        // the ssh config: absolute, perhaps not there; empty: none is read
}

// Install is where and how the product is installed on a host.
type Install struct {
	Dir      string // absolute
	User     string // never root
	Group    string
	JavaHome string // empty: found on the host
	Heap     Heap
	Service  string   // auto, systemd or script
	JavaOpts []string // more arguments of the JVM
}

// A Heap is the JVM's, in its own words: 512m, 2g.
type Heap struct{ Min, Max string }

// A Layer is a part of deployment.toml as written in one place of the inventory.
type Layer struct {
	Name     string // "group gateway" or "host gw-1"
	Settings []Setting
}

// A Setting is one value and where it was written. Tables are taken apart: no Value is a non-empty table, but the
// elements of a list may be (map[string]any).
type Setting struct {
	Key    []string // the path's segments: {"event_listener", "properties", "header.X-WSO2-KEY-MANAGER"}
	Value  any      // string, bool, int64, float64, []any of these or of map[string]any; nil removes the key
	Secret bool     // it came from a ${} reference, and is to be masked
	File   string
	Line   int
}
