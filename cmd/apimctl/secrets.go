package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"apimctl/inventory"
	"apimctl/inventory/sealed"
)

func (a *app) secretsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "secrets",
		Short: "Keep passwords in the inventory encrypted with age",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.encryptCommand(), a.decryptCommand(), a.editCommand(), a.rekeyCommand())
	return c
}

func (a *app) encryptCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "encrypt [FILE]",
		Short: "Encrypt a value that is typed in or comes by standard input",
		Long: `secrets encrypt reads one value and prints it encrypted, to be pasted into an inventory. With --key it puts it there itself, in the
place of the value that the key has, and leaves every other byte of the file as it is. FILE is the file to change: the inventory, or
a file of variables (secrets.file). A last line ending is no part of the value.`,
		Example: "  pwgen 30 1 | apimctl secrets encrypt -i inventory.yaml --key admin.password",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.encrypt(c.Context(), a.edited(args), key)
		},
	}
	c.Flags().StringVar(&key, "key", "", "the key whose value becomes this one: a.b.c")
	return a.withInventory(c)
}

// edited is the file that a command changes.
func (a *app) edited(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return a.flags.inventory
}

func (a *app) encrypt(ctx context.Context, file, key string) error {
	k, _, err := a.source(ctx).Keyring(a.flags.inventory)
	if err != nil {
		return err
	}
	if key == "" {
		plain, err := a.value("The value to encrypt: ")
		if err != nil {
			return err
		}
		text, err := k.Seal(plain)
		if err != nil {
			return &inputError{err}
		}
		_, err = fmt.Fprintln(a.out, sealed.Block(text, 0))
		return err
	}
	data, t, err := yamlText(file)
	if err != nil {
		return err
	}
	plain, err := a.value("The value of " + key + ": ")
	if err != nil {
		return err
	}
	news, err := k.Set(t, key, plain)
	if err != nil {
		return placed(file, err)
	}
	if err := replace(file, data, news); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.errOut, "%s: %s is encrypted\n", file, key)
	return err
}

// value reads one value: from whoever is at the terminal, unseen, or from standard input.
func (a *app) value(question string) (string, error) {
	var data []byte
	var err error
	if f, ok := a.in.(*os.File); ok && a.terminal {
		_, _ = fmt.Fprint(a.errOut, question)
		data, err = term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(a.errOut)
	} else {
		data, err = io.ReadAll(io.LimitReader(a.in, 1<<20))
	}
	if text := strings.TrimRight(string(data), "\r\n"); err != nil || text != "" {
		return text, err
	}
	return "", &usageError{errors.New("there is no value: type it in, or give it by standard input")}
}

// text is a YAML file with its values.
func yamlText(file string) ([]byte, *sealed.Text, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, &inputError{err}
	}
	t, err := sealed.Read(data)
	if err != nil {
		return nil, nil, &inputError{fmt.Errorf("%s: %w", file, err)}
	}
	return data, t, nil
}

// placed is an error with the place in a file that it has.
func placed(file string, err error) error {
	var at *sealed.Error
	var problem *sealed.Problem
	if !errors.As(err, &problem) {
		return &inputError{fmt.Errorf("%s: %w", file, err)}
	}
	p := inventory.Problem{File: file, What: problem.What, Fix: problem.Fix}
	if errors.As(err, &at) {
		p.Line, p.Column, p.Path = at.Line, at.Column, at.Path
	}
	return inventory.Problems{p}
}

// replace writes a file as a whole, unless somebody else changed it since it was read.
func replace(file string, had, want []byte) error {
	now, err := os.ReadFile(file)
	if err == nil && !bytes.Equal(now, had) {
		err = errors.New("was changed meanwhile; nothing is written")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	info, err := os.Stat(file)
	real, err2 := filepath.EvalSymlinks(file)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if err := writeWhole(real, want); err != nil {
		return err
	}
	return os.Chmod(real, info.Mode().Perm())
}

func (a *app) decryptCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "decrypt [FILE]",
		Short: "Print an encrypted value in the clear",
		Long: `secrets decrypt prints the value of a key, in the clear. Without --key it decrypts what comes by standard input: an armored age file,
as it stands behind !age, indented or not. FILE is the file to read the key from: the inventory, or a file of variables.`,
		Example: "  apimctl secrets decrypt -i inventory.yaml --key admin.password",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.decrypt(c.Context(), a.edited(args), key)
		},
	}
	c.Flags().StringVar(&key, "key", "", "the key whose value is printed: a.b.c")
	return a.withInventory(c)
}

func (a *app) decrypt(ctx context.Context, file, key string) error {
	k, _, err := a.source(ctx).Keyring(a.flags.inventory)
	if err != nil {
		return err
	}
	var plain string
	if key == "" {
		data, err := a.value("The encrypted value: ")
		if err != nil {
			return err
		}
		plain, err = k.Open(unindented(data))
		if err != nil {
			return &inputError{fmt.Errorf("standard input %w", err)}
		}
	} else {
		_, t, err := yamlText(file)
		if err != nil {
			return err
		}
		if plain, err = k.Value(t, key); err != nil {
			return placed(file, err)
		}
	}
	_, err = fmt.Fprintln(a.out, plain)
	return err
}

// unindented is an armored file as it is pasted.
func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(strings.TrimSpace(text), sealed.Tag+" |")) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
