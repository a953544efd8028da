package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/inventory/sealed"
)

func (a *app) editCommand() *cobra.Command {
	return a.withInventory(&cobra.Command{
		Use:   "edit [FILE]",
		Short: "Edit the inventory with its encrypted values in the clear",
		Long: `secrets edit opens the inventory in an editor ($VISUAL, $EDITOR or vi), every encrypted value in the clear behind its !age. What has
!age in front when the editor ends is encrypted; a value that did not change keeps its bytes, so that a diff shows the others alone.
FILE is another file to edit: a file of variables, which may also be encrypted as a whole. The text lies in a folder of this user's
alone while it is edited, in memory where XDG_RUNTIME_DIR says so.`,
		Example: "  apimctl secrets edit -i inventory.yaml && git diff",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.editSecrets(c.Context(), a.edited(args))
		},
	})
}

func (a *app) editSecrets(ctx context.Context, file string) error {
	k, _, err := a.source(ctx).Keyring(a.flags.inventory)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return &inputError{err}
	}
	open, seal, err := ways(k, data)
	if err != nil {
		return placed(file, err)
	}
	clear, err := open()
	if err != nil {
		return placed(file, err)
	}
	for {
		edited, err := a.editor(ctx, file, clear)
		if err != nil {
			return err
		}
		if bytes.Equal(edited, clear) {
			_, err := fmt.Fprintln(a.errOut, "Nothing was changed.")
			return err
		}
		news, err := seal(edited)
		if err == nil {
			return replace(file, data, news)
		}
		if !a.again(err) {
			return placed(file, fmt.Errorf("nothing is written: %w", err))
		}
		clear = edited
	}
}

// ways are how a file is opened for an editor, and how it is closed again.
func ways(k sealed.Keyring, data []byte) (open func() ([]byte, error), seal func([]byte) ([]byte, error), err error) {
	if sealed.Whole(data) {
		open = func() ([]byte, error) {
			plain, err := k.Open(string(data))
			return []byte(plain), err
		}
		seal = func(edited []byte) ([]byte, error) {
			file, err := k.Seal(string(edited))
			return []byte(file), err
		}
		return open, seal, nil
	}
	before, err := sealed.Read(data)
	seal = func(edited []byte) ([]byte, error) {
		t, err := sealed.Read(edited)
		if err != nil {
			return nil, err
		}
		return k.Conceal(before, t)
	}
	return func() ([]byte, error) { return k.Reveal(before) }, seal, err
}

// editor is what an editor makes of a text.
func (a *app) editor(ctx context.Context, file string, text []byte) ([]byte, error) {
	base, _ := a.env("XDG_RUNTIME_DIR")
	dir, err := os.MkdirTemp(base, "apimctl-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	temp := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(temp, text, 0o600); err != nil {
		return nil, err
	}
	visual, _ := a.env("VISUAL")
	editor, _ := a.env("EDITOR")
	argv := append(strings.Fields(cmp.Or(visual, editor, "vi")), temp)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.errOut
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w; nothing is written", argv[0], err)
	}
	return os.ReadFile(temp)
}

// again asks whether to go on editing what cannot be taken as it is.
func (a *app) again(err error) bool {
	if !a.terminal {
		return false
	}
	_, _ = fmt.Fprintf(a.errOut, "%v\nEdit it again? Anything but 'no' does: ", err)
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	return err == nil && strings.TrimSpace(answer) != "no"
}

func (a *app) rekeyCommand() *cobra.Command {
	return a.withInventory(&cobra.Command{
		Use:   "rekey [FILE]",
		Short: "Encrypt every value anew, for the recipients of now",
		Long: `secrets rekey decrypts every encrypted value of the inventory and of its file of variables and encrypts it for secrets.recipients, as
after somebody joined or left. Whoever left could read what was encrypted until then, and has the file's history: change those
passwords too. With FILE it does so with that file alone.`,
		Example: "  apimctl secrets rekey -i inventory.yaml",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.rekey(c.Context(), args)
		},
	})
}

func (a *app) rekey(ctx context.Context, files []string) error {
	k, s, err := a.source(ctx).Keyring(a.flags.inventory)
	if err != nil {
		return err
	}
	if !k.Reads() {
		return &inputError{errors.New("your own identity is not among secrets.recipients: you could read nothing any more; add what age-keygen -y FILE prints")}
	}
	if len(files) == 0 {
		files = append(files, a.flags.inventory)
		if s.File != "" {
			files = append(files, s.File)
		}
	}
	var errs []error
	for _, file := range files {
		count, err := rekeyFile(k, file)
		if err == nil {
			_, _ = fmt.Fprintf(a.errOut, "%s: %d encrypted anew\n", file, count)
		}
		errs = append(errs, err)
	}
	return joined(errs...)
}

// rekeyFile encrypts a file's values anew and says how many they are.
func rekeyFile(k sealed.Keyring, file string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, &inputError{err}
	}
	var news []byte
	count := 1
	if sealed.Whole(data) {
		plain, err := k.Open(string(data))
		if err != nil {
			return 0, placed(file, err)
		}
		text, err := k.Seal(plain)
		if err != nil {
			return 0, placed(file, err)
		}
		news = []byte(text)
	} else {
		_, t, err := yamlText(file)
		if err != nil {
			return 0, err
		}
		if news, count, err = k.Rekey(t); err != nil {
			return 0, placed(file, err)
		}
	}
	if err := replace(file, data, news); err != nil {
		return 0, err
	}
	return count, nil
}
