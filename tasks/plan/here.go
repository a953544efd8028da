package plan

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

// hereFor is how long a command of this machine's may take: it tells a load balancer something.
const hereFor = 2 * time.Minute

// here runs the command on this machine, with the environment of this process. What it says is shown where it fails.
func (r Run) here(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, hereFor)
	defer cancel()
	cmd := exec.CommandContext(limited, r.Argv[0], r.Argv[1:]...)
	cmd.Dir, cmd.WaitDelay = r.Here, time.Second // what it started may keep its output open
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("not done within %s", hereFor)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil
	case errors.As(err, &exit):
		said := string(out[max(0, len(out)-2000):])
		return &remote.ExitError{Code: exit.ExitCode(), Stderr: maskInline(strings.TrimSpace(said))}
	}
	return err
}
