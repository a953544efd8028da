package plan

import (
	"time"

	"apimctl/tasks/remote"
)

// Put makes a path be what is wanted: a file written, edited, removed, a directory, a link, an owner or a mode.
type Put struct {
	Path      string
	Had, Want remote.File
	Hide      []remote.Secret // what a diff must not show, beside what its key tells
	Brief     bool            // its content is apimctl's own and tells people nothing: no diff
}

// Unpack uploads an archive and unpacks it to Dir, owned by Owner ("user:group").
type Unpack struct {
	remote.Archive
	Dir, Owner string
}

// Run runs a command on the host.
type Run struct {
	remote.Cmd
	Input      *Input   // what it reads, where that is only looked up when it is needed; Stdin is then empty
	Does       string   // what it is for, in words: "stop wso2-gateway"; "" shows the command itself
	Why        []string // why it is needed: "deployment.toml changes"
	Touches    []string // the paths that it alters, so that later tasks know
	Stops      bool     // whether it stops a node: where that has not ended in its time, its exit status is 124
	Interrupts bool     // whether the node serves nothing from here on until it is healthy again
	Restores   bool     // whether the node starts with this
	Here       string   // the folder of this machine in which it runs; "" is on the host
}

// Wait waits until a probe has said yes InARow times, asked every Every, for at most For.
type Wait struct {
	Probe  Probe
	Alive  *Probe // without it there is nothing to wait for: said no to several times in a row, it ends the wait at once; may be nil
	Every  time.Duration
	For    time.Duration
	InARow int
	Logs   []string // files on the host whose last error block explains why it never came
	Next   string   // the next command to run by hand when it never comes
	Guards string   // the role of whose nodes the last healthy one is guarded: what never comes is then a *GuardError
}

// A Login is the credentials of an HTTP probe. What shows a plan, or saves it, tells the user alone.
type Login struct {
	User     string
	Password remote.Secret
}

// A Probe asks a host one question, through the host's own connection.
type Probe struct {
	Kind string // "http", "apis", "tcp", "process", "log", "any" or "all"
	URL  string // http: http(s)://host:port/path
	// Status is the HTTP status that is a yes, and Contains what its body must hold; 0 is 200, "" is anything.
	Status   int
	Contains string
	Login    *Login  // http: whom it asks as; nil is nobody
	Addr     string  // tcp: host:port
	PIDFile  string  // process: the file that holds its number
	Command  string  // process: what /proc/<pid>/cmdline must hold: "-Dcarbon.home=/opt/wso2/gateway"
	Log      string  // log: the file
	Line     string  // log: what a line must hold
	Any      []Probe // any: one yes among them is enough; all: each has to say yes; apis: who is asked, see tryAPIs
	Of       string  // whose answer it is, among those of Any
	// Gone wants the answer to be no: the process has ended, nothing listens any more.
	Gone bool
	// Trust is PEM of the certificates that the server's may chain to, or be; "" verifies nothing, and takes a Login to localhost alone. ServerName is verified where it is given.
	Trust      string
	ServerName string
}
