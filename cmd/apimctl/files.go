package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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
		RunE: func(c *cobra.Command, args []string) error {
			if out != "" && explain != "" {
				return &usageError{errors.New("--out and --explain: give one of them")}
			}
			a.flags.limit = args
			return a.render(c.Context(), out, explain)
		},
	}
	c.Flags().StringVar(&out, "out", "", "write the files below this folder")
	c.Flags().StringVar(&explain, "explain", "", "say which layer, file and line each key came from; =KEY keeps to that key and what is below it")
	c.Flags().Lookup("explain").NoOptDefVal = everyKey
	return a.withInventory(c)
}

// everyKey is --explain without a KEY.
const everyKey = "*"

func (a *app) render(ctx context.Context, out, explain string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	l, err := a.load(ctx)
	if errors.As(err, new(inventory.UnknownHostError)) && explain == everyKey {
		return &inputError{fmt.Errorf("%w; a key follows an equals sign: --explain=KEY", err)}
	}
	if err != nil {
		return err
	}
	d, err := playbooks.Settle(l.inv, l.products)
	if err != nil {
		return &inputError{err}
	}
	s := &session{loaded: l, deployment: d}
	switch {
	case explain != "":
		return a.explain(s.nodes(), strings.TrimSuffix(explain, everyKey), asJSON)
	case out != "":
		return a.writeNodes(out, s.nodes())
	case asJSON:
		return a.filesJSON(s.nodes())
	}
	for i, n := range s.nodes() {
		if err := a.heading(i, n.Name, string(n.Config.Masked())); err != nil {
			return err
		}
	}
	return nil
}

// A renderedFile is one of those that render shows, as JSON, its secrets masked.
type renderedFile struct {
	Host string `json:"host"`
	Path string `json:"path"`
	Text string `json:"text"`
}

func (a *app) filesJSON(nodes []playbooks.Node) error {
	files := make([]renderedFile, len(nodes))
	for i, n := range nodes {
		files[i] = renderedFile{n.Name, n.Home() + deploymentTOML, string(n.Config.Masked())}
	}
	return writeJSON(a.out, files)
}

// deploymentTOML is where the product's home has it.
const deploymentTOML = "/repository/conf/deployment.toml"

func (a *app) heading(i int, host, text string) error {
	gap := ""
	if i > 0 {
		gap = "\n"
	}
	_, err := fmt.Fprintf(a.out, "%s%s\n%s", gap, a.bold("== "+host), text)
	return err
}

// explain says where the values of key and below it come from; of every key where it is "". A key that no node has is a slip.
func (a *app) explain(nodes []playbooks.Node, key string, asJSON bool) error {
	var all []explained
	for _, n := range nodes {
		entries := n.Config.Explain(key)
		if len(entries) > 0 && !asJSON {
			if err := a.heading(len(all), n.Name, origins(entries)); err != nil {
				return err
			}
		}
		for _, e := range entries {
			all = append(all, explainedOf(n.Name, e))
		}
	}
	switch {
	case len(all) == 0 && len(nodes) > 0:
		return &inputError{fmt.Errorf("--explain=%s: no deployment.toml here has this key, or one below it", key)}
	case asJSON:
		return writeJSON(a.out, slices.Concat([]explained{}, all))
	}
	return nil
}

func origins(entries []render.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s = %s  # %s\n", e.Key, e.Text(), e.Origin)
	}
	return b.String()
}

// An explained is a line of --explain as JSON.
type explained struct {
	Host   string `json:"host"`
	Key    string `json:"key"`
	Value  any    `json:"value"` // null of a secret
	Secret bool   `json:"secret,omitempty"`
	Layer  string `json:"layer"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	From   string `json:"from,omitempty"` // the key of the inventory that implies it
}

func explainedOf(host string, e render.Entry) explained {
	x := explained{host, e.Key, e.Value, e.Secret, e.Origin.Layer, e.Origin.File, e.Origin.Line, e.Origin.From}
	if e.Secret {
		x.Value = nil
	}
	return x
}

func (a *app) writeNodes(dir string, nodes []playbooks.Node) error {
	for _, n := range nodes {
		if err := a.writeNode(dir, n); err != nil {
			return err
		}
	}
	return nil
}

// writeNode writes what belongs on a host below dir/HOST.
func (a *app) writeNode(dir string, n playbooks.Node) error {
	path := filepath.Join(dir, n.Name, n.Home(), deploymentTOML)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := writeWhole(path, n.TOML); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, path)
	return err
}
