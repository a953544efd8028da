package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/render"
)

func (a *app) renderCommand() *cobra.Command {
	var out string
	var explain string
	c := &cobra.Command{
		Use:   "render [HOST]",
		Short: "Show the files that would be put on hosts, without a network",
		Long: `render prints the files that apply would put on a host that has none of them and runs systemd, with secrets masked: of a node its
deployment.toml, its unit, the block in /etc/hosts and what hardening adds; of a load balancer nginx's configuration and certificates.
Keystores, which are made on the host, a JDBC driver and private keys are not shown. A unit's JAVA_HOME that the inventory does not
give is "(found on the host)".

With --out it writes the real files, secrets and all, to DIR/HOST/(path on the host), readable by this user alone. With --explain it
says for each key of deployment.toml its value and where it came from; --explain=KEY keeps to that key and what is below it.`,
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
	s, err := a.settle(ctx, nil)
	if errors.As(err, new(inventory.UnknownHostError)) && explain == everyKey {
		return &inputError{fmt.Errorf("%w; a key follows an equals sign: --explain=KEY", err)}
	}
	if err != nil {
		return err
	}
	if explain != "" {
		return a.explain(s.nodes(), strings.TrimSuffix(explain, everyKey), asJSON)
	}
	files, err := a.files(ctx, s)
	switch {
	case err != nil:
		return err
	case out != "":
		return a.writeFiles(out, files)
	case asJSON:
		return a.encode(files)
	}
	for i, f := range files {
		if err := a.heading(i, f.Host+" "+f.Path, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// A renderedFile is one of those that render shows.
type renderedFile struct {
	Host string `json:"host"`
	Path string `json:"path"`
	Text string `json:"text"` // secrets masked
	data []byte
}

// files are those of every host that the command is limited to. What is not there yet is told.
func (a *app) files(ctx context.Context, s *session) ([]renderedFile, error) {
	masked := map[string][]byte{}
	for _, n := range s.nodes() {
		masked[n.Name+n.Home()+deploymentTOML] = n.Config.Masked()
	}
	files := []renderedFile{}
	for _, h := range s.hosts {
		puts, err := s.deployment.Files(ctx, h.Name)
		if err != nil {
			return nil, err
		}
		for _, p := range puts {
			f := renderedFile{h.Name, p.Path, p.Shown(), p.Want.Data}
			if toml, ok := masked[h.Name+p.Path]; ok { // which knows its secrets, and stays TOML
				f.Text = string(toml)
			}
			files = append(files, f)
		}
		if lacks := s.deployment.Unmade(h); lacks != "" {
			_, _ = fmt.Fprintln(a.errOut, h.Name+": "+lacks)
		}
	}
	return files, nil
}

// deploymentTOML is where the product's home has it.
const deploymentTOML = "/repository/conf/deployment.toml"

func (a *app) heading(i int, title, text string) error {
	gap := ""
	if i > 0 {
		gap = "\n"
	}
	_, err := fmt.Fprintf(a.out, "%s%s\n%s", gap, a.bold("== "+title), text)
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
	case len(nodes) == 0:
		return &inputError{errors.New("--explain: a load balancer has no deployment.toml")}
	case len(all) == 0:
		return &inputError{fmt.Errorf("--explain=%s: no deployment.toml here has this key, or one below it", key)}
	case asJSON:
		return a.encode(slices.Concat([]explained{}, all))
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

// writeFiles writes what belongs on hosts below dir/HOST.
func (a *app) writeFiles(dir string, files []renderedFile) error {
	for _, f := range files {
		path := filepath.Join(dir, f.Host, f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := writeWhole(path, f.data); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(a.out, path); err != nil {
			return err
		}
	}
	return nil
}
