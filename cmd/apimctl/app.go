package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"apimctl/playbooks"
)

// An app is one run of the command: where it reads and writes, and what its flags say.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	env         func(string) (string, bool)
	stop        <-chan struct{} // closed by the first Ctrl-C
	terminal    bool            // whether a person can be asked
	color       bool

	client *http.Client // downloads distributions; nil is one that verifies TLS and honours the environment's proxies

	// resolve asks DNS for the address of a name; "" is none.
	resolve func(name string) string

	// connect reaches the hosts of a deployment.
	connect func(loaded) (connector, error)

	answers *bufio.Reader // over in, once something was asked
	flags   flags
	printed printed // by the commands of ${cmd:}
}

// A connector connects to a host by its name.
type connector func(ctx context.Context, host string) (playbooks.Connection, error)

// flags are those that every command that touches hosts has.
type flags struct {
	inventory     string
	limit         []string
	parallel      int
	output        string
	verbose       bool
	noColor       bool
	yes           bool
	askBecomePass bool
	lockWait      time.Duration
	strict        bool
	batch         playbooks.Batch
	understood    bool
}

// run is the whole command. It returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	status := exitStatus(err)
	var quiet *quietError
	if !errors.As(err, &quiet) {
		a.fail(err)
	}
	return status
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "apimctl",
		Short: "Take a distributed WSO2 API Manager deployment from an inventory to running, and keep it so",
		Long: `apimctl takes a distributed WSO2 API Manager deployment from an inventory file to running, over SSH, and keeps it so.

Start with 'apimctl init > inventory.yaml', edit it, then 'apimctl validate', 'apimctl plan' and 'apimctl apply'.

Exit status: 0 nothing (left) to do, 1 error, 2 plan found changes or check something, 3 a host unreachable, 4 a health gate failed,
5 locked by someone else, 64 usage or bad inventory, 130 interrupted.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{unknownCommand(c, args[0])}
			}
			return nil
		},
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(
		a.initCommand(), a.validateCommand(), a.explainCommand(), a.checkCommand(), a.renderCommand(), a.planCommand(), a.applyCommand(), a.statusCommand(),
		a.startCommand(), a.stopCommand(), a.restartCommand(), a.certsCommand(), a.secretsCommand(), a.lockCommand(), a.historyCommand(), a.execCommand(),
		a.logsCommand(), a.versionCommand(),
	)
	return root
}

// withInventory gives a command the flags that say which inventory, and how to print.
func (a *app) withInventory(c *cobra.Command) *cobra.Command {
	f := c.Flags()
	f.StringVarP(&a.flags.inventory, "inventory", "i", "inventory.yaml", "the inventory file")
	f.StringVar(&a.flags.output, "output", "text", "text or json")
	f.BoolVar(&a.flags.noColor, "no-color", false, "print no colours (as NO_COLOR does)")
	check := usageArgs(c.Args)
	c.Args = func(c *cobra.Command, args []string) error {
		if c.Flags().Lookup("parallel") != nil && a.flags.parallel < 1 {
			return &usageError{fmt.Errorf("--parallel %d: is less than one host at a time", a.flags.parallel)}
		}
		if err := c.ValidateFlagGroups(); err != nil {
			return &usageError{err}
		}
		return check(c, args)
	}
	return c
}

// withHosts gives a command the flags of those that touch hosts.
func (a *app) withHosts(c *cobra.Command) *cobra.Command {
	c.Flags().StringSliceVar(&a.flags.limit, "limit", nil, "only these hosts or groups: NAME|GROUP,...")
	return a.withAllHosts(c)
}

// withAllHosts is withHosts for what is never done to some of them.
func (a *app) withAllHosts(c *cobra.Command) *cobra.Command {
	a.withInventory(c)
	f := c.Flags()
	f.IntVar(&a.flags.parallel, "parallel", 32, "how many hosts to work on at the same time")
	f.BoolVar(&a.flags.verbose, "verbose", false, "say more on the way")
	f.BoolVar(&a.flags.askBecomePass, "ask-become-pass", false, "ask once for the password that sudo wants")
	return c
}

func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %s?", name, strings.Join(near, " or "))
	}
	return fmt.Errorf("unknown command %q", name)
}

func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		check = cobra.NoArgs
	}
	return func(c *cobra.Command, args []string) error {
		err := check(c, args)
		if err == nil || errors.As(err, new(*usageError)) {
			return err
		}
		if c.HasSubCommands() && len(args) > 0 {
			return &usageError{unknownCommand(c, args[0])}
		}
		amount := "too many arguments"
		if len(args) == 0 {
			amount = "an argument is missing"
		}
		return &usageError{fmt.Errorf("%s; usage: %s", amount, c.UseLine())}
	}
}

func (a *app) colored() bool {
	no, _ := a.env("NO_COLOR")
	return a.color && no == "" && !a.flags.noColor
}

func (a *app) json() (bool, error) {
	switch a.flags.output {
	case "text":
		return false, nil
	case "json":
		return true, nil
	}
	return false, &usageError{fmt.Errorf("--output %s: is neither text nor json", a.flags.output)}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print apimctl's own version", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, "apimctl", version)
			return err
		},
	}
}
