package tasks

import (
	"context"
	"errors"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// User keeps the system user that the service runs as, and its group.
type User struct {
	Name, Group string
	Home        string // its home directory, which it need not have
}

func (User) String() string { return "user" }

// addUser adds the user $1 of group $2 with home $3, unless it is there.
const addUser = `getent passwd "$1" >/dev/null || exec useradd --system --gid "$2" --home-dir "$3" --no-create-home --shell /usr/sbin/nologin "$1"`

// Plan adds the group and the user where getent knows none. Those that are there stay as they are.
func (t User) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	hasGroup, err := has(ctx, h, "group", t.Group)
	hasUser, err2 := has(ctx, h, "passwd", t.Name)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	var lacks []plan.Change
	if !hasGroup {
		lacks = append(lacks, plan.Run{
			Cmd:     remote.Cmd{Argv: []string{"groupadd", "--force", "--system", t.Group}},
			Touches: []string{"/etc/group", "/etc/gshadow"},
		})
	}
	if !hasUser {
		lacks = append(lacks, plan.Run{
			Cmd:     remote.Cmd{Argv: []string{"sh", "-c", addUser, "sh", t.Name, t.Group, t.Home}},
			Does:    "add user " + t.Name,
			Touches: []string{"/etc/passwd", "/etc/shadow"},
		})
	}
	return lacks, nil
}

// has says whether getent knows the name: its exit status 2 says that it does not.
func has(ctx context.Context, h remote.Reader, database, name string) (bool, error) {
	_, err := h.Query(ctx, "getent", database, name)
	var exit *remote.ExitError
	if errors.As(err, &exit) && exit.Code == 2 {
		return false, nil
	}
	return err == nil, err
}
