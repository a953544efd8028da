package plan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"apimctl/tasks/remote"
)

// Patience is how long one try of a probe may take, unless it asks for many things.
const Patience = 10 * time.Second

// errNo is a probe that was answered, but not by a yes.
var errNo = errors.New("the answer is no")

// errRefused is an answer to a Login that is not taken. It is a no too: credentials that a server takes only later are none.
var errRefused = fmt.Errorf("the credentials are refused: %w", errNo)

var errKind = errors.New("there is no such kind of probe")

// Try asks once, for at most its patience. said is what the answer was, in a few words, yes or no: "500 Internal Server Error",
// "connection refused", "no answer within 10s". No error is a yes.
func (p Probe) Try(ctx context.Context, h remote.Reader) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.patience())
	defer cancel()
	ask := map[string]func(context.Context, remote.Reader) (string, error){
		"http": p.tryHTTP, "apis": p.tryAPIs, "tcp": p.tryTCP, "process": p.tryProcess, "log": p.tryLog, "any": p.tryAny, "all": p.tryAll,
	}[p.Kind]
	if ask == nil {
		return errKind.Error(), errKind
	}
	if said, err = ask(ctx, h); err != nil && said == "" {
		said = cause(ctx, err, p.patience())
	}
	return p.turned(said, err)
}

// turned turns yes and no around where the answer must be no.
func (p Probe) turned(said string, err error) (string, error) {
	switch {
	case !p.Gone:
		return said, err
	case err == nil:
		return said, errNo
	case errors.Is(err, errNo), errors.Is(err, syscall.ECONNREFUSED):
		return said, nil
	}
	return said, err // a host that is not reached has not said no
}

// cause is why, without what was done: the caller says that.
func cause(ctx context.Context, err error, patience time.Duration) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", patience)
	}
	for {
		switch e := err.(type) {
		case *url.Error:
			err = e.Err
		case *net.OpError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		default:
			return err.Error()
		}
	}
}

func (p Probe) tryTCP(ctx context.Context, h remote.Reader) (string, error) {
	conn, err := h.Dial(ctx, "tcp", p.Addr)
	if err != nil {
		return "", err
	}
	return "connected", conn.Close()
}

// tryProcess looks for Command as whole arguments: a home is not found in another one that its name begins.
// The file is padded with NULs, and is there long after its process (product-facts.md §2).
func (p Probe) tryProcess(ctx context.Context, h remote.Reader) (string, error) {
	f, err := h.File(ctx, p.PIDFile)
	if err != nil {
		return "", err
	}
	pid := strings.Trim(string(f.Data), "\x00 \r\n\t")
	if pid == "" || strings.Trim(pid, "0123456789") != "" {
		return p.PIDFile + " names no process", errNo
	}
	line, err := h.Query(ctx, "cat", "/proc/"+pid+"/cmdline")
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit):
		return "process " + pid + " has ended", errNo
	case err != nil:
		return "", err
	case !strings.Contains(" "+strings.ReplaceAll(line, "\x00", " ")+" ", " "+p.Command+" "):
		return "process " + pid + " is another one", errNo
	}
	return "process " + pid + " runs", nil
}

func (p Probe) tryLog(ctx context.Context, h remote.Reader) (string, error) {
	text, err := tail(ctx, h, p.Log)
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit):
		return "there is no log", errNo
	case err != nil:
		return "", err
	case !strings.Contains(text, p.Line):
		return "the log does not say so", errNo
	}
	return "the log says so", nil
}

// tail is the end of a log, 64 KiB of it.
func tail(ctx context.Context, h remote.Reader, log string) (string, error) {
	return h.Query(ctx, "tail", "-c", "65536", log)
}

// String is what the probe is a yes to: "https://127.0.0.1:9443/x answers 200".
func (p Probe) String() string {
	says := ""
	switch p.Kind {
	case "http":
		says = fmt.Sprintf("%s answers %d", shownURL(p.URL), p.status())
		if p.Login != nil {
			says += " to " + p.Login.User
		}
		if p.Contains != "" {
			says += fmt.Sprintf(" with %q", p.Contains)
		}
	case "apis":
		says = p.compared()
	case "tcp":
		says = p.Addr + " accepts connections"
	case "process":
		says = "the process of " + p.PIDFile + " runs"
	case "log":
		says = fmt.Sprintf("%s says %q", p.Log, p.Line)
	case "any":
		says = p.choices()
	case "all":
		says = p.every() + " accept connections"
	}
	if p.Gone {
		says += " no more"
	}
	return says
}
