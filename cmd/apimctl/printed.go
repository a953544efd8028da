package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"apimctl/inventory"
)

// commandTime is how long a command of ${cmd:} may take: a person may have to touch a key.
const commandTime = time.Minute

// printed runs the commands of ${cmd:}, each once as long as apimctl runs.
type printed struct {
	mu   sync.Mutex
	said map[string]answer
}

// An answer is how a command ended.
type answer struct {
	out string
	err error
}

// run is what a command prints. It is given no input: what it asks a person it asks at the terminal.
func (p *printed) run(ctx context.Context, dir string, argv []string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := fmt.Sprintf("%q %q", dir, argv)
	if had, ok := p.said[key]; ok {
		return had.out, had.err
	}
	ctx, end := context.WithTimeout(ctx, commandTime)
	defer end()
	var out, errOut strings.Builder
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = dir, &out, &errOut, time.Second
	err := cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("is not done after %s", commandTime)
	case err != nil:
		err = &commandError{err, strings.Join(strings.Fields(errOut.String()), " ")}
	case strings.TrimRight(out.String(), "\r\n") == "":
		err = errors.New("prints nothing")
	}
	if p.said == nil {
		p.said = map[string]answer{}
	}
	p.said[key] = answer{out.String(), err}
	return out.String(), err
}

// A commandError is a command that ended badly, with what it said about it.
type commandError struct {
	err  error
	said string
}

func (e *commandError) Error() string {
	text := e.err.Error()
	var missing *exec.Error
	if errors.As(e.err, &missing) {
		text = missing.Err.Error()
	}
	if e.said == "" {
		return text
	}
	return fmt.Sprintf("%s: %.300s", text, e.said)
}

// source is where the references of inventories lead.
func (a *app) source(ctx context.Context) inventory.Source {
	return inventory.Source{Env: a.env, Run: func(dir string, argv []string) (string, error) { return a.printed.run(ctx, dir, argv) }}
}
