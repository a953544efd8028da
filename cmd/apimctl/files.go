package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/render"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Print an annotated example inventory",
		Example: "  apimctl init > inventory.yaml",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.out, inventory.Example)
			return err
		},
	}
}

func (a *app) renderCommand() *cobra.Command {
	var out string
	var explain string
	c := &cobra.Command{
		Use:   "render [HOST]",
		Short: "Show the deployment.toml of every host, without a network",
		Long: `render prints what would be put on hosts, with secrets masked. With --out it writes the real files, secrets and all, to
DIR/HOST/(path on the host), readable by this user alone. With --explain it says for each key its value and where it came from;
--explain=KEY keeps to that key and what is below it.`,
		Example: "  apimctl render -i inventory.yaml gw-1\n  apimctl render -i inventory.yaml gw-1 --explain",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.render(args, out, explain)
		},
	}
	c.Flags().StringVar(&out, "out", "", "write the files below this folder")
	c.Flags().StringVar(&explain, "explain", "", "say which layer, file and line each key came from; =KEY keeps to that key and what is below it")
	c.Flags().Lookup("explain").NoOptDefVal = everyKey
	c.MarkFlagsMutuallyExclusive("out", "explain")
	return a.withInventory(c)
}

// everyKey is --explain without a KEY.
const everyKey = "*"

func (a *app) render(args []string, out, explain string) error {
	a.flags.limit = args
	l, err := a.load()
	if err != nil {
		return err
	}
	d, err := playbooks.Settle(l.inv, l.products)
	if err != nil {
		return &inputError{err}
	}
	s := &session{loaded: l, deployment: d}
	for i, n := range s.nodes() {
		switch {
		case out != "":
			err = a.writeNode(out, n)
		case explain != "":
			err = a.explain(i, n.Name, n.Config.Explain(strings.TrimSuffix(explain, everyKey)))
		default:
			err = a.heading(i, n.Name, string(n.Config.Masked()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) heading(i int, host, text string) error {
	gap := ""
	if i > 0 {
		gap = "\n"
	}
	_, err := fmt.Fprintf(a.out, "%s%s\n%s", gap, a.bold("== "+host), text)
	return err
}

func (a *app) explain(i int, host string, entries []render.Entry) error {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s = %s  # %s\n", e.Key, e.Text(), e.Origin)
	}
	return a.heading(i, host, b.String())
}

// writeNode writes what belongs on a host below dir/HOST.
func (a *app) writeNode(dir string, n playbooks.Node) error {
	path := filepath.Join(dir, n.Name, n.Home(), "repository/conf/deployment.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := writeWhole(path, n.TOML); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, path)
	return err
}
