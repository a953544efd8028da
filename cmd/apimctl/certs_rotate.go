package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/playbooks"
)

func (a *app) certsRotateCommand() *cobra.Command {
	var ca bool
	var host string
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Replace TLS keys without an outage, and with --ca the CA too",
		Long: `certs rotate replaces the TLS key and certificate of every node and load balancer, or of one with --host. With --ca it replaces
the CA first: every node comes to trust the new one besides the old one, then node by node switches to a key of the new one, then the old one is dropped.
Each step is carried out as apply does it, each node healthy before the next. The signing key stays. Nodes switch to their new keys one after another;
--batch of gateways is how many restart at a time where --ca has all of them trust another CA.

It can be stopped at any point; run it again, and it goes on with the step that was not finished.`,
		Example: "  apimctl certs rotate -i inventory.yaml --host gw-1\n  apimctl certs rotate -i inventory.yaml --ca --yes",
		RunE:    func(c *cobra.Command, _ []string) error { return a.rotate(c.Context(), ca, host) },
	}
	c.Flags().BoolVar(&ca, "ca", false, "replace the CA, and with it every key")
	c.Flags().StringVar(&host, "host", "", "only the key of this host")
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	c.MarkFlagsMutuallyExclusive("ca", "host")
	a.withBatch(c)
	return a.withAllHosts(a.withLocks(c))
}

func (a *app) rotate(ctx context.Context, ca bool, host string) error {
	l, err := a.load(ctx)
	if err != nil {
		return err
	}
	k := playbooks.KeysOf(l.inv)
	names, err := rotated(k, host)
	if err != nil {
		return err
	}
	r, err := k.Under(ca, names)
	under := err == nil
	if err != nil && !errors.Is(err, pki.ErrMissing) {
		return err
	}
	if under && !ca {
		names = r.Nodes
	}
	if !a.flags.yes {
		if err := a.ask(replacing(under, ca, names) + "\nDo this?"); err != nil {
			return err
		}
	}
	r, err = k.Begin(ca, names, time.Now())
	if err != nil {
		return err
	}
	for r.Next().Phase != pki.Done {
		if r, err = a.rotateStep(ctx, l, k, r); err != nil {
			return err
		}
	}
	return nil
}

// replacing says what is about to be done.
func replacing(under, ca bool, names []string) string {
	does, what := "replaces", "the TLS keys of "+strings.Join(names, ", ")
	if under {
		does = "goes on replacing"
	}
	if ca {
		what = "the CA and " + what
	}
	return "This " + does + " " + what + ", restarting nodes one after another."
}

// rotated are the hosts whose keys are replaced.
func rotated(k playbooks.Keys, host string) ([]string, error) {
	var all []string
	for _, h := range k.Hosts() {
		if host == "" || h.Name == host {
			all = append(all, h.Name)
		}
	}
	if len(all) == 0 {
		return nil, &usageError{fmt.Errorf("--host %s: there is no host of this name whose key is made here", host)}
	}
	return all, nil
}

// rotateStep does the next step and keeps that it is done.
func (a *app) rotateStep(ctx context.Context, l loaded, k playbooks.Keys, r pki.Rotation) (pki.Rotation, error) {
	step := r.Next()
	l.hosts = l.inv.Hosts
	if step.Node != "" {
		l.hosts = slices.DeleteFunc(slices.Clone(l.hosts), func(h inventory.Host) bool {
			return h.Name != step.Node && h.Role != inventory.LoadBalancer // which may still have it down, where a run died
		})
		if err := k.Switch(r, step.Node, time.Now()); err != nil {
			return r, err
		}
	}
	if a.flags.output == "text" {
		_, _ = fmt.Fprintln(a.out, a.bold("rotation: "+step.String()))
	}
	if err := a.bring(ctx, l); err != nil {
		return r, err
	}
	next, err := r.Advance(step)
	if err == nil {
		err = k.SaveRotation(next)
	}
	return next, err
}

// bring plans and applies, on the hosts of l, without asking.
func (a *app) bring(ctx context.Context, l loaded) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	d, err := playbooks.Settle(l.inv, l.products)
	if err != nil {
		return &inputError{err}
	}
	reporter := a.reporter("certs", asJSON)
	s := &session{loaded: l, deployment: d}
	if err := a.reach(ctx, s, reporter, playbooks.Apply); err != nil {
		return err
	}
	defer s.runner.Close()
	p, err := s.runner.Plan(ctx, d.Name, s.playbook)
	if err != nil {
		return err
	}
	if p.Changes() == 0 {
		return reporter.nothing(are(len(s.nodes())) + " as they should be")
	}
	return a.locked(ctx, s, work{name: "certs"}, p, reporter)
}

func (a *app) certsRotateSigningCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rotate-signing",
		Short: "Replace the signing key, with what that loses",
		Long:  "certs rotate-signing replaces the key that signs tokens and encrypts data, and applies.\n\n" + signingLoss,
		RunE: func(c *cobra.Command, _ []string) error {
			if !a.flags.understood {
				_, _ = fmt.Fprintln(a.errOut, signingLoss)
				return &usageError{errors.New("the signing key is replaced only with --i-understand")}
			}
			return a.rotateSigning(c.Context())
		},
	}
	a.withUnderstanding(c)
	a.withBatch(c)
	return a.withAllHosts(a.withLocks(c))
}

// errHalfway is a new signing key that not all hosts have.
var errHalfway = errors.New("the signing key is replaced in pki, and not on every host yet")

// rotateSigning replaces the key only once all hosts are reached and locked: each time it is called makes another one.
func (a *app) rotateSigning(ctx context.Context) (err error) {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	s, err := a.settle(ctx, nil)
	if err != nil {
		return err
	}
	reporter := a.reporter("certs", asJSON)
	if err := a.reach(ctx, s, reporter, playbooks.Apply); err != nil {
		return err
	}
	defer s.runner.Close()
	if err := s.runner.Lock(ctx, s.hostNames(), a.owner("certs"), a.flags.lockWait); err != nil {
		return err
	}
	defer func() { err = joined(err, s.runner.Unlock(ctx)) }()
	if err := playbooks.KeysOf(s.inv).ReplaceSigning(time.Now()); err != nil {
		return err
	}
	if err := a.renewSigning(ctx, s, reporter); err != nil {
		return joined(err, errHalfway)
	}
	return nil
}

// renewSigning applies, on hosts that are locked, with the key that is there now.
func (a *app) renewSigning(ctx context.Context, s *session, r reporter) error {
	d, err := playbooks.Settle(s.inv, s.products)
	if err != nil {
		return &inputError{err}
	}
	d.Batch = s.deployment.Batch
	if s.deployment, err = d.Drained(ctx, s.runner); err != nil {
		return err
	}
	s.playbook = playbooks.Apply(s.deployment)
	p, err := s.runner.Plan(ctx, s.deployment.Name, s.playbook)
	if err != nil {
		return err
	}
	if p.Changes() == 0 {
		return r.nothing(are(len(s.nodes())) + " as they should be")
	}
	return s.do(ctx, p, r)
}

// signingLoss is what replacing the signing key means (product-facts.md §5, §6).
const signingLoss = `There is no way to do this without loss. It invalidates:
  - every token, API key and internal key signed so far, once the gateways trust the new certificate alone;
  - everything that the old key encrypted in the databases and the registry: it can be read with the old key only;
  - the passwords that the secure vault encrypted in deployment.toml: encrypted anew with secrets.on_nodes cipher, else for you to encrypt.
The old key stays beside the inventory, as pki/signing-old-DIGITS. Where it is interrupted, 'apimctl apply' finishes it.`

// withUnderstanding gives a command the flag for what cannot be undone.
func (a *app) withUnderstanding(c *cobra.Command) {
	c.Flags().BoolVar(&a.flags.understood, "i-understand", false, "let another signing key be replaced, with the loss of what it encrypted and signed")
}
