package main

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/term"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/tasks/remote"
)

// A session is a deployment whose hosts are connected.
type session struct {
	loaded
	deployment playbooks.Deployment
	playbook   playbooks.Playbook // on the hosts that the command is limited to
	runner     *playbooks.Runner
}

// open loads, settles and connects. The caller closes the runner.
func (a *app) open(ctx context.Context, reporter playbooks.Reporter, pb func(playbooks.Deployment) playbooks.Playbook) (*session, error) {
	l, err := a.load()
	if err != nil {
		return nil, err
	}
	d, err := playbooks.Settle(l.inv, l.products)
	if err != nil {
		return nil, &inputError{err}
	}
	if err := a.heed(l, d); err != nil {
		return nil, err
	}
	connect, err := a.connect(l)
	if err != nil {
		return nil, err
	}
	s := &session{loaded: l, deployment: d, playbook: pb(d).Only(l.names())}
	s.runner = &playbooks.Runner{Connect: connect, Parallel: a.flags.parallel, Reporter: reporter, Stop: a.stop}
	if err := s.runner.Open(ctx, s.nodeNames()); err != nil {
		return nil, joined(err, s.runner.Close())
	}
	return s, nil
}

// nodes are the nodes that the command is limited to.
func (s *session) nodes() []playbooks.Node {
	var nodes []playbooks.Node
	for _, n := range s.deployment.Nodes {
		for _, h := range s.hosts {
			if h.Name == n.Name {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes
}

func (s *session) nodeNames() []string {
	var names []string
	for _, n := range s.nodes() {
		names = append(names, n.Name)
	}
	return names
}

// overSSH reaches hosts as the inventory says.
func (a *app) overSSH(l loaded) (connector, error) {
	password, err := a.becomePassword(l)
	if err != nil {
		return nil, err
	}
	targets := map[string]remote.Target{}
	for _, h := range l.inv.Hosts {
		t := target(h)
		if password != "" {
			t.BecomePassword = password
		}
		targets[h.Name] = t
	}
	dialer := &remote.Dialer{}
	return func(ctx context.Context, host string) (playbooks.Connection, error) {
		return dialer.Dial(ctx, targets[host])
	}, nil
}

func target(h inventory.Host) remote.Target {
	s := h.SSH
	t := remote.Target{
		Name: h.Name, Address: h.Address, User: s.User, Port: s.Port, Config: s.Config, Bastions: s.Bastions,
		Passphrase: remote.Secret(s.Passphrase.Reveal()), Password: remote.Secret(s.Password.Reveal()),
		Become: s.Become, BecomePassword: remote.Secret(s.BecomePassword.Reveal()),
		ConnectTimeout: s.ConnectTimeout, Keepalive: s.Keepalive,
	}
	if s.Key != "" {
		t.Keys = []string{s.Key}
	}
	if s.KnownHosts != "" {
		t.KnownHosts = []string{s.KnownHosts}
	}
	return t
}

// becomePassword asks once for sudo's password, where that was asked for.
func (a *app) becomePassword(loaded) (remote.Secret, error) {
	if !a.flags.askBecomePass {
		return "", nil
	}
	f, ok := a.in.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", &usageError{fmt.Errorf("--ask-become-pass: there is no terminal to ask at; set ssh.become_password in the inventory")}
	}
	_, _ = fmt.Fprint(a.errOut, "sudo password: ")
	data, err := term.ReadPassword(int(f.Fd()))
	_, _ = fmt.Fprintln(a.errOut)
	return remote.Secret(strings.TrimRight(string(data), "\r\n")), err
}
