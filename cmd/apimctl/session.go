package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
	balanced   func(context.Context) error // settles both by what the load balancers have down now, which another run may change
}

// open loads, settles and connects. The caller closes the runner.
func (a *app) open(ctx context.Context, reporter playbooks.Reporter, pb playbook) (*session, error) {
	s, err := a.settle(ctx, nil)
	if err != nil {
		return nil, err
	}
	return s, a.reach(ctx, s, reporter, pb)
}

// openChecked is open for commands that put what the inventory says on hosts: it tells first what is wrong with that.
func (a *app) openChecked(ctx context.Context, reporter playbooks.Reporter, pb playbook) (*session, error) {
	s, err := a.settle(ctx, playbooks.MakeKeys)
	if err == nil {
		err = a.heed(s.loaded, s.deployment)
	}
	if err != nil {
		return nil, err
	}
	return s, a.reach(ctx, s, reporter, pb)
}

// looking opens the hosts for a command that changes none, has it look, and closes them. The first interrupt ends it.
func (a *app) looking(ctx context.Context, with func(context.Context, *session) error) error {
	ctx, cancel := a.untilStopped(ctx)
	defer cancel()
	s, err := a.open(ctx, a.reading(), playbooks.Apply)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	return with(ctx, s)
}

// untilStopped ends with the first interrupt: for what changes nothing that would have to be finished.
func (a *app) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-a.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// A playbook is what a command is to do with a deployment.
type playbook = func(playbooks.Deployment) playbooks.Playbook

// settle loads and settles. Keys that are to be made are made in between, where that is given. No host is reached.
func (a *app) settle(ctx context.Context, keys func(*inventory.Inventory, time.Time) error) (*session, error) {
	l, err := a.load(ctx)
	if err != nil {
		return nil, err
	}
	if keys != nil {
		if err := keys(l.inv, time.Now()); err != nil {
			return nil, &inputError{err}
		}
	}
	d, err := playbooks.Settle(l.inv, l.products)
	if err != nil {
		return nil, &inputError{err}
	}
	d.PKI.Replaces = a.flags.understood
	return &session{loaded: l, deployment: d}, nil
}

// settled is a session whose hosts are not connected yet, for commands that look and want no key made.
func (a *app) settled(ctx context.Context) (*session, error) {
	s, err := a.settle(ctx, nil)
	if err != nil {
		return nil, err
	}
	connect, err := a.connect(s.loaded)
	s.runner = &playbooks.Runner{Connect: connect, Parallel: a.flags.parallel, Stop: a.stop}
	return s, err
}

// reach connects to the hosts, and to the load balancers that drain them. What they have down already stays so.
func (a *app) reach(ctx context.Context, s *session, reporter playbooks.Reporter, pb playbook) error {
	connect, err := a.connect(s.loaded)
	if err != nil {
		return err
	}
	s.runner = &playbooks.Runner{Connect: connect, Parallel: a.flags.parallel, Reporter: reporter, Stop: a.stop, Balanced: &s.deployment.Balanced, GoesOn: a.goesOn}
	s.deployment.Batch = a.flags.batch
	given := s.deployment
	s.balanced = func(ctx context.Context) (err error) {
		if s.deployment, err = given.Drained(ctx, s.runner); err == nil {
			s.playbook = pb(s.deployment).Only(s.names())
		}
		return err
	}
	err = s.runner.Open(ctx, s.hostNames())
	if err == nil {
		err = s.balanced(ctx)
	}
	if err != nil {
		return joined(err, s.runner.Close())
	}
	return nil
}

// nodes are the nodes that the command is limited to.
func (s *session) nodes() []playbooks.Node { return s.limited(s.deployment.Nodes) }

// limited are those of some that the command is limited to.
func (s *session) limited(all []playbooks.Node) []playbooks.Node {
	var nodes []playbooks.Node
	for _, n := range all {
		for _, h := range s.hosts {
			if h.Name == n.Name {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes
}

// hostNames are all hosts that the command reaches: the nodes, and the load balancers that drain them.
func (s *session) hostNames() []string {
	names := s.nodeNames()
	for _, h := range s.deployment.Balancers() {
		names = append(names, h.Name)
	}
	return names
}

func (s *session) nodeNames() []string { return names(s.nodes()) }

// limitedNames are the nodes and load balancers that the command is limited to, in this order.
func (s *session) limitedNames() []string {
	return names(s.limited(slices.Concat(s.deployment.Nodes, s.deployment.Balancers())))
}

func names(nodes []playbooks.Node) []string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.Name)
	}
	return all
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
