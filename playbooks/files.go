package playbooks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"apimctl/inventory"
	"apimctl/tasks"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Files are what Apply puts on a host that has nothing but systemd and a Java, in that order. What is not known without the host is not
// among them: keystores, which keytool makes there, the driver's jar, and notes of apimctl's own. No private key of a balancer is either.
func (d Deployment) Files(ctx context.Context, host string) ([]plan.Put, error) {
	d.Nodes = slices.Clone(d.Nodes)
	h := bare{}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		if n.Install.JavaHome == "" {
			n.Install.JavaHome = JavaOfHost
		}
		if n.Name == host {
			h.java = n.Accepts.Max
		}
	}
	steps, err := Apply(d).known().steps(ctx, host, h)
	var files []plan.Put
	for _, s := range slices.Concat(steps...) {
		for _, c := range s.Changes {
			if p, ok := c.(plan.Put); ok && p.Want.Exists() && p.Want.Mode.IsRegular() && (!p.Brief || p.Want.Secret) {
				files = append(files, p)
			}
		}
	}
	for _, n := range d.Balancers() {
		if n.Name == host {
			files = append(files, d.Balanced.on(n).Files()...)
		}
	}
	return files, err
}

// JavaOfHost stands for a JAVA_HOME that only the host tells.
const JavaOfHost = "(found on the host)"

// Unmade says what a load balancer is not given yet, and why; "" where that is nothing.
func (d Deployment) Unmade(h inventory.Host) string {
	if h.Role != inventory.LoadBalancer {
		return ""
	}
	i := slices.IndexFunc(d.Balancers(), func(n Node) bool { return n.Name == h.Name })
	switch {
	case i < 0:
		return "nothing is put on it, since it has nothing to show clients; set load_balancer.certificate and load_balancer.key, or certificates.mode"
	case len(d.Balancers()[i].TLS.Chain) == 0:
		return "its certificate is not made yet: run 'apimctl plan'"
	case d.PKI.Managed && len(d.PKI.Anchors) == 0:
		return "the nodes' certificates are not made yet: run 'apimctl plan'"
	}
	return ""
}

// known are the tasks that need no more of a host than that it is there.
func (pb Playbook) known() Playbook {
	some := slices.Clone(pb)
	for i, p := range pb {
		if p.Ends {
			continue
		}
		some[i].Tasks = func(n Node) []tasks.Task {
			return slices.DeleteFunc(p.Tasks(n), func(t tasks.Task) bool {
				switch t.(type) {
				case tasks.Keystore, tasks.Certificates, tasks.Driver, tasks.Database, tasks.Nginx:
					return true
				}
				return false
			})
		}
	}
	return some
}

// A bare host has systemd, and Java of one feature version wherever that is looked for.
type bare struct{ java int }

func (bare) File(_ context.Context, path string) (remote.File, error) {
	switch path {
	case "/", "/etc", "/etc/systemd/system", "/run/systemd/system":
		return remote.Dir(0o755, "root:root"), nil
	}
	return remote.File{}, nil
}

func (b bare) Sum(ctx context.Context, path string) (remote.Sum, error) {
	f, err := b.File(ctx, path)
	return f.Sum(), err
}

func (b bare) Query(_ context.Context, argv ...string) (string, error) {
	if path := argv[len(argv)-1]; argv[0] == "head" && strings.HasSuffix(path, "/release") {
		return fmt.Sprintf("JAVA_VERSION=\"%d\"\n", b.java), nil
	}
	return "", &remote.ExitError{Code: 2}
}

func (bare) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}
