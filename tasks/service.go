package tasks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"apimctl/render"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Service keeps a node running with the files that it has now (product-facts.md §2). Which those are stands in a stamp: it is
// taken away before the node stops and put back last, once the node is healthy. A run that dies in between is made good by the next.
type Service struct {
	Name    string // "wso2-gateway"
	About   string // "WSO2 API Manager gateway of prod"
	Home    string // /opt/wso2/gateway
	Script  string // "gateway.sh", in Home/bin
	User    string
	Group   string
	Java    Java
	Heap    Heap
	Opts    []string // further JVM options
	Sandbox bool     // whether systemd keeps it from the rest of the host
	Args    []string // arguments of the product's script
	Kind    string   // "systemd", "script"; "auto" is systemd where it is PID 1
	State   string   // the directory of stamps: /var/lib/apimctl

	Files []string // what it runs with
	Facts []string // what it runs with and no file tells: "truststore: db-ca 1a2b..."
	Stop  time.Duration
	Kill  bool // whether what still runs after Stop is killed

	Ping   Ping        // from where it has to reach its databases before it is started
	Before []plan.Wait // what has to answer before it is started
	Gate   []plan.Wait // what has to answer before it counts as healthy
}

// Heap is the JVM's, in its own words: 512m, 2g.
type Heap struct{ Min, Max string }

// String is the JVM's options.
func (h Heap) String() string { return "-Xms" + h.Min + " -Xmx" + h.Max }

func (t Service) String() string { return "service " + t.Name }

// Plan restarts what runs with other files, starts what does not run, and waits until it is healthy.
func (t Service) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	n, err := t.look(ctx, h)
	if err != nil {
		return nil, err
	}
	why := n.why()
	if len(why) == 0 {
		return n.lacks, nil
	}
	return t.restart(ctx, h, n, why)
}

// A standing is how a service stands on a host.
type standing struct {
	java   string
	keeper keeper
	lacks  []plan.Change // what the keeper lacks
	runs   bool          // there is something to stop
	stays  bool          // and it is neither about to end, nor between two starts
	stamp  remote.File
	want   string // what the stamp of what would be started now says
}

func (t Service) look(ctx context.Context, h remote.Reader) (n standing, err error) {
	var err2, err3, err4, err5, err6 error
	n.java, err = t.Java.Find(ctx, h)
	n.stamp, err2 = h.File(ctx, t.Stamp())
	n.keeper, err3 = t.keptBy(ctx, h, n.java, n.stamp)
	if err3 == nil {
		n.runs, n.stays, err4 = n.keeper.runs(ctx, h) // while the Java is still looked for: an exchange less
	}
	if err = errors.Join(err, err2, err3); err == nil {
		n.lacks, err5 = n.keeper.installed(ctx, h)
		n.want, err6 = t.fingerprint(ctx, h, n.java)
	}
	return n, errors.Join(err, err4, err5, err6)
}

func (t Service) keptBy(ctx context.Context, h remote.Reader, java string, stamp remote.File) (keeper, error) {
	booted, err := h.File(ctx, "/run/systemd/system")
	if t.Kind == "systemd" || t.Kind != "script" && booted.IsDir() {
		return unit{t, java}, err
	}
	link, err2 := h.File(ctx, t.Home)
	return script{t, java, t.homes(link, stamp)}, errors.Join(err, err2)
}

// A keeper is what starts and stops processes on a host.
type keeper interface {
	installed(context.Context, remote.Reader) ([]plan.Change, error) // what it lacks to do so
	runs(context.Context, remote.Reader) (runs, stays bool, err error)
	stop(why []string) plan.Run
	start(why []string) plan.Run
}

// restart is all that it takes, after what the standing lacks. A node is not stopped for one that would not start.
func (t Service) restart(ctx context.Context, h remote.Reader, n standing, why []string) ([]plan.Change, error) {
	ping, err := t.Ping.plan(ctx, h, n.java, t.User)
	if err != nil {
		return nil, err
	}
	lacks := append(n.lacks, ping...)
	for _, w := range t.Before {
		lacks = append(lacks, w)
	}
	lacks = append(lacks, brief(plan.File(t.Stamp(), n.stamp, remote.File{}))...)
	if n.runs {
		stop := n.keeper.stop(why)
		stop.Interrupts = n.stays // else it serves nothing anyway
		lacks = append(lacks, stop)
	}
	start := n.keeper.start(why)
	start.Restores = true
	lacks = append(lacks, start)
	for _, w := range t.Gate {
		lacks = append(lacks, w)
	}
	stamped := remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(n.want)}
	return append(lacks, brief(plan.File(t.Stamp(), remote.File{}, stamped))...), nil
}

// brief are puts of apimctl's own notes: people need no diff of them.
func brief(changes []plan.Change) []plan.Change {
	for i, c := range changes {
		if p, ok := c.(plan.Put); ok {
			p.Brief = true
			changes[i] = p
		}
	}
	return changes
}

// Stamp is the file on the host that says with which files the service was brought to health; there is none between its stop and then.
func (t Service) Stamp() string { return t.State + "/" + t.Name + ".stamp" }

// fingerprint is what the node will run with, a line for each file and fact, sorted.
func (t Service) fingerprint(ctx context.Context, h remote.Reader, java string) (string, error) {
	lines := []string{"java " + java}
	home, err := h.File(ctx, t.Home)
	errs := []error{err}
	lines = append(lines, "home "+string(home.Data))
	files := t.Files
	for _, p := range files {
		sum, err := h.Sum(ctx, p)
		errs = append(errs, err)
		lines = append(lines, "file "+strings.TrimPrefix(p, t.Home+"/")+" "+sum.SHA256)
	}
	for _, f := range t.Facts {
		lines = append(lines, "fact "+f)
	}
	lines = append(lines, "unit "+digest(t.text(java)))
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n", errors.Join(errs...)
}

// why says, in words, what makes a restart needed; nothing where none is.
func (n standing) why() []string {
	had := string(n.stamp.Data)
	switch same := had == n.want; {
	case same && n.stays:
		return nil
	case (same || had == "") && n.runs && !n.stays:
		return []string{"it does not stay up"}
	case same:
		return []string{"it does not run"}
	case had == "" && n.stays:
		return []string{"it runs, and no stamp says with which files"}
	case had == "":
		return []string{"it is not started yet"}
	}
	was := map[string]bool{}
	for l := range strings.Lines(had) {
		was[strings.TrimSpace(l)] = true
	}
	var why []string
	for l := range strings.Lines(n.want) {
		if l = strings.TrimSpace(l); !was[l] {
			kind, rest, _ := strings.Cut(l, " ")
			name, _, _ := strings.Cut(rest, " ")
			why = append(why, changed(kind, name))
		}
	}
	if why == nil {
		why = []string{"it runs with files that are no longer wanted"}
	}
	return slices.Compact(why)
}

func changed(kind, name string) string {
	switch kind {
	case "file":
		return name + " changes"
	case "fact":
		return strings.TrimSuffix(name, ":") + " changes"
	case "home":
		return "the release changes"
	case "java":
		return "the Java changes"
	}
	return "how it is started changes"
}

// text is how the node is started, as the unit file says it; a host without systemd is given the same by its own script.
func (t Service) text(java string) []byte {
	return render.Unit(render.UnitInput{
		Description: t.About, Home: t.Home, Script: "bin/" + t.Script, Args: t.Args, User: t.User, Group: t.Group,
		JavaHome: java, Memory: t.Heap.String(), JavaOpts: strings.Join(t.Opts, " "), LogFile: t.Console(), Sandbox: t.Sandbox,
	})
}

// Console is the file that catches what the product's start prints: where its configuration is wrong, its own log stays silent (product-facts.md §2).
func (t Service) Console() string { return t.Home + "/repository/logs/apimctl-console.log" }

func (t Service) env(java string) map[string]remote.Secret {
	return map[string]remote.Secret{
		"JAVA_HOME":    remote.Secret(java),
		"JVM_MEM_OPTS": remote.Secret(t.Heap.String()),
		"JAVA_OPTS":    remote.Secret(strings.Join(t.Opts, " ")),
	}
}
