package tasks

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"apimctl/render"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Nginx keeps a load balancer running with a deployment's configuration (product-facts.md §8), beside whatever else that nginx serves.
// apimctl installs no nginx. What it runs with stands in a stamp that is taken away before a file is replaced and put back once new
// workers serve with it, so what was written and not loaded is loaded by the next run.
//
// The private key is asked for only where the balancer has none that fits the certificate.
type Nginx struct {
	Config  render.NginxInput // without paths: those are the task's
	Chain   [][]byte          // DER of what clients are shown, its own certificate first
	Key     func(context.Context) (keystore.PrivateKey, error)
	Trusted []byte        // PEM of what the nodes' certificates may chain to, or be
	State   string        // the directory of stamps: /var/lib/apimctl
	Logs    string        // the directory of nginx's logs; "" is /var/log/nginx
	Move    time.Duration // how long clients are moved to new connections before a reload; 0 is 2 s
}

func (t Nginx) String() string { return "load balancer nginx" }

// A NginxError is a load balancer without nginx.
type NginxError struct{}

func (*NginxError) Error() string {
	return "nginx is needed, and is not there; install it by the system's own package: apt-get install nginx, dnf install nginx"
}

// Plan stages the files that differ, and loads them where nginx does not run with them.
func (t Nginx) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	if len(t.Chain) == 0 {
		return nil, errors.New("its certificate is not made yet: run 'apimctl plan'")
	}
	_, err := h.Query(ctx, "command", "-v", "nginx")
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		err = &NginxError{}
	}
	base, err2 := t.directories(ctx, h)
	staged, err3 := t.stage(ctx, h)
	runs, enable, err4 := t.state(ctx, h)
	why, err5 := t.unloaded(ctx, h)
	input, err6 := t.lacksKey(ctx, h)
	if err := errors.Join(err, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	lacks := append(enable, base...)
	var changes []string
	for _, c := range staged {
		changes = append(changes, path.Base(c.Path)+" changes")
		lacks = append(lacks, c)
	}
	if input != nil {
		changes = append(changes, path.Base(t.key())+" changes")
	}
	switch {
	case !runs:
		why = []string{"it does not run"}
	case changes != nil:
		why = changes // that no stamp knows them goes without saying
	}
	if len(why) > 0 {
		lacks = append(lacks, t.load(why, input))
	}
	return lacks, nil
}

// lacksKey is the private key, where the balancer has none that is root's alone and fits the certificate; else nil.
func (t Nginx) lacksKey(ctx context.Context, h remote.Reader) (*plan.Input, error) {
	had, err := h.File(ctx, nginxFolder+"/"+t.key())
	if err != nil {
		return nil, err
	}
	if _, err := tls.X509KeyPair(t.certificate(), had.Data); err == nil && had.Mode == 0o600 && had.Owner == "root:root" {
		return nil, nil
	}
	open := func(ctx context.Context) (remote.Secret, error) {
		key, err := t.Key(ctx)
		return remote.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})), err
	}
	return &plan.Input{Name: "the private key of " + keystore.Fingerprint(t.Chain[0]), Open: open}, nil
}

// certificate is the chain as PEM.
func (t Nginx) certificate() []byte {
	var b bytes.Buffer
	for _, der := range t.Chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return b.Bytes()
}

// unloaded says why nginx would have to load the files that it has.
func (t Nginx) unloaded(ctx context.Context, h remote.Reader) ([]string, error) {
	stamp, err := h.File(ctx, t.stamp())
	moving, err2 := h.File(ctx, t.moving())
	switch {
	case string(stamp.Data) != t.fingerprint():
		return []string{"no stamp says that it runs with these files"}, errors.Join(err, err2)
	case moving.Exists():
		return []string{"a run that died left its clients moving"}, errors.Join(err, err2)
	}
	return nil, errors.Join(err, err2)
}

// A nginxFile is one of the files, by where it belongs below nginx's folder.
type nginxFile struct {
	at   string
	want remote.File
}

const nginxFolder = "/etc/nginx"

// Path is where nginx reads the configuration.
func (t Nginx) Path() string { return nginxFolder + "/" + t.files()[0].at }

// Shown is where nginx reads what it shows clients.
func (t Nginx) Shown() string { return nginxFolder + "/" + t.files()[1].at }

// Trusts is where nginx reads what the nodes' certificates may chain to.
func (t Nginx) Trusts() string { return nginxFolder + "/" + t.files()[2].at }

// Log is where nginx says of each request to a gateway's APIs whom it was sent to, and what the answer was.
func (t Nginx) Log() string { return cmp.Or(t.Logs, "/var/log/nginx") + "/" + t.name(".log") }

func (t Nginx) name(suffix string) string { return "apimctl-" + t.Config.Name + suffix }

// key is where the private key belongs below nginx's folder.
func (t Nginx) key() string { return "apimctl/" + t.name(".key") }

// files are all but the private key, in the order in which nginxScript takes them.
func (t Nginx) files() []nginxFile {
	in, dir := t.Config, nginxFolder+"/apimctl/"
	in.Certificate, in.Key, in.Trusted = dir+t.name(".crt"), nginxFolder+"/"+t.key(), dir+t.name("-nodes.pem")
	in.Moving, in.Log = t.moving(), t.Log()
	return []nginxFile{
		{"conf.d/" + t.name(".conf"), remote.File{Mode: 0o644, Owner: "root:root", Data: render.Nginx(in)}},
		{"apimctl/" + t.name(".crt"), remote.File{Mode: 0o644, Owner: "root:root", Data: t.certificate()}},
		{"apimctl/" + t.name("-nodes.pem"), remote.File{Mode: 0o644, Owner: "root:root", Data: t.Trusted}},
	}
}

func (t Nginx) staging() string { return t.State + "/nginx" }
func (t Nginx) stamp() string   { return t.State + "/" + t.name(".nginx.stamp") }
func (t Nginx) moving() string  { return "/run/" + t.name(".moving") }

// staged is a Put of a file where nginxScript takes it from. Its diff is against what is there now.
func (t Nginx) staged(f nginxFile, had remote.File) plan.Put {
	return plan.Put{Path: t.staging() + "/" + path.Base(f.at), Had: had, Want: f.want}
}

// Files are what nginx reads, where it reads it, but for the private key and for what is not made yet.
func (t Nginx) Files() []plan.Put {
	var all []plan.Put
	for _, f := range t.files() {
		if len(f.want.Data) > 0 {
			all = append(all, plan.Put{Path: nginxFolder + "/" + f.at, Want: f.want})
		}
	}
	return all
}

func (t Nginx) stage(ctx context.Context, h remote.Reader) ([]plan.Put, error) {
	var lacks []plan.Put
	var errs []error
	for _, f := range t.files() {
		had, err := h.File(ctx, nginxFolder+"/"+f.at)
		errs = append(errs, err)
		if !had.Equal(f.want) {
			lacks = append(lacks, t.staged(f, had))
		}
	}
	return lacks, errors.Join(errs...)
}

func (t Nginx) directories(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	var lacks []plan.Change
	var errs []error
	for _, dir := range []string{t.State, t.staging()} {
		had, err := h.File(ctx, dir)
		errs = append(errs, err)
		lacks = append(lacks, plan.File(dir, had, remote.Dir(0o700, "root:root"))...)
	}
	return lacks, errors.Join(errs...)
}

// state is whether nginx runs, and what makes it start with a machine that systemd runs.
func (t Nginx) state(ctx context.Context, h remote.Reader) (runs bool, enable []plan.Change, err error) {
	booted, err := h.File(ctx, "/run/systemd/system")
	if err != nil {
		return false, nil, err
	}
	if !booted.IsDir() {
		runs, err = t.process(ctx, h)
		return runs, nil, err
	}
	active, err := query(ctx, h, "systemctl", "is-active", "nginx")
	enabled, err2 := query(ctx, h, "systemctl", "is-enabled", "nginx")
	if enabled != "enabled" {
		enable = []plan.Change{plan.Run{Cmd: remote.Cmd{Argv: []string{"systemctl", "enable", "--quiet", "nginx"}}}}
	}
	return active == "active" || active == "reloading", enable, errors.Join(err, err2)
}

// process says whether the process that the pid file names is nginx: a stale file may name somebody else's.
func (t Nginx) process(ctx context.Context, h remote.Reader) (bool, error) {
	had, err := h.File(ctx, "/run/nginx.pid")
	pid, none := strconv.Atoi(strings.TrimSpace(string(had.Data)))
	if err != nil || none != nil {
		return false, err
	}
	comm, err := query(ctx, h, "cat", fmt.Sprintf("/proc/%d/comm", pid))
	return comm == "nginx", err
}

// fingerprint is what nginx runs with. The key is known by its certificate.
func (t Nginx) fingerprint() string {
	var b strings.Builder
	for _, f := range t.files() {
		fmt.Fprintf(&b, "%s %s\n", digest(f.want.Data), f.at)
	}
	return b.String()
}

func (t Nginx) load(why []string, key *plan.Input) plan.Run {
	move := t.Move
	if move == 0 {
		move = 2 * time.Second
	}
	argv := []string{
		"sh", "-c", nginxScript, "sh", nginxFolder, t.staging(), t.stamp(), t.fingerprint(), t.moving(),
		strconv.FormatFloat(move.Seconds(), 'f', -1, 64),
	}
	argv = append(argv, t.key())
	touches := []string{t.stamp(), nginxFolder + "/" + t.key()}
	for _, f := range t.files() {
		argv = append(argv, f.at)
		touches = append(touches, nginxFolder+"/"+f.at)
	}
	return plan.Run{
		Cmd: remote.Cmd{Argv: argv}, Input: key, Does: "test and load nginx's configuration of " + t.Config.Name,
		Why: why, Touches: touches,
	}
}
