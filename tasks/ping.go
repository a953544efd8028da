package tasks

import (
	"context"
	_ "embed" // the class
	"errors"
	"path"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Ping has a node's own Java and JDBC driver connect to the databases before the node is started: what keeps them from it is then one
// line. The class that does it is put to the host as it stands, for a JRE compiles nothing.
type Ping struct {
	Dir       string // where the class is kept: root's, and readable
	Jar       string // the driver
	Databases []JDBC
}

// A JDBC is a database as the product reaches it.
type JDBC struct {
	Label    string // "apim_db"
	Class    string // the driver's
	URL      string
	Where    string // as people name it: "db.example.com:3306/apim_db"
	User     string
	Password remote.Secret
}

//go:embed ping/JdbcPing.class
var pingClass string

// plan puts the class where it is not, and connects to one database after another, as the user that the node runs as.
func (t Ping) plan(ctx context.Context, h remote.Reader, java, user string) ([]plan.Change, error) {
	if len(t.Databases) == 0 {
		return nil, nil
	}
	lacks, err := Directories{{Path: t.Dir, Want: remote.Dir(0o755, "root:root")}}.Plan(ctx, h)
	class := path.Join(t.Dir, "JdbcPing.class")
	had, err2 := h.File(ctx, class)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	lacks = append(lacks, brief(plan.File(class, had, remote.File{Mode: 0o644, Owner: "root:root", Data: []byte(pingClass)}))...)
	for _, db := range t.Databases {
		lacks = append(lacks, plan.Run{
			Cmd: remote.Cmd{
				Argv: []string{
					java + "/bin/java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", t.Dir + ":" + t.Jar,
					"JdbcPing", db.Class, db.User, db.Where,
				},
				Stdin: remote.Secret(db.URL + "\n" + db.Password.Reveal() + "\n"), User: user,
			},
			Does: "connect to " + db.Label + " with the node's Java and JDBC driver",
		})
	}
	return lacks, nil
}
