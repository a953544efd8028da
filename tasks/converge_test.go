package tasks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"apimctl/render"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const (
	home  = "/opt/wso2/gateway"
	owner = "wso2carbon:wso2"
	java  = "/usr/lib/jvm/java-17"
)

// converges is every task there is, each with what it says it will do to a host that has nothing of it. A new task gets a row.
var converges = []struct {
	task  Task
	setUp func(*testing.T, *remotetest.Memory)
	lacks []string
}{
	{task: Java{Min: 11, Max: 21}},
	{task: User{Name: "wso2carbon", Group: "wso2", Home: "/opt/wso2"}, lacks: []string{
		"run groupadd --force --system wso2",
		"add user wso2carbon",
	}},
	{task: Directories{{Path: "/srv/a/b", Want: remote.Dir(0o750, owner)}, {Path: "/srv/a/c", Want: remote.Dir(0o700, "root:root")}}, lacks: []string{
		"make directory /srv", "make directory /srv/a", "make directory /srv/a/b", "make directory /srv/a/c",
	}},
	{task: Release{Archive: zipped, Dir: "/opt/wso2/releases/r1", Owner: owner}, setUp: installed, lacks: []string{
		"unpack", "write /opt/wso2/releases/r1/.apimctl",
	}},
	{task: Home{Path: home, Target: "releases/r1"}, setUp: func(t *testing.T, m *remotetest.Memory) { m.Set("/opt/wso2", remote.Dir(0o755, owner)) }, lacks: []string{
		"link " + home + " -> releases/r1",
	}},
	{task: Configuration{Path: home + "/repository/conf/deployment.toml", Owner: owner, Data: []byte("[server]\n")}, setUp: installed, lacks: []string{
		"write " + home + "/repository/conf/deployment.toml",
	}},
	{task: Vault{Home: home, Owner: owner, Conf: []byte("secVault.enabled=true\n"), Password: "w"}, setUp: withSecurity, lacks: []string{
		"write " + home + "/repository/conf/security/secret-conf.properties", "write " + home + "/password-persist",
	}},
	{task: Driver{Home: home, Owner: owner, Name: "mysql-connector-j-8.4.0.jar", Data: []byte("jar")}, setUp: withOldDriver, lacks: []string{
		"remove " + home + "/repository/components/lib/mysql-connector-j-8.1.0.jar",
		"remove " + home + "/repository/components/dropins/mysql_connector_j_8.1.0_1.0.0.jar",
		"write " + home + "/repository/components/lib/mysql-connector-j-8.4.0.jar",
	}},
	{task: Driver{Home: home, Owner: owner, Name: PackagedDriver, Package: "libmysql-java"}, setUp: withPackagedDriver, lacks: []string{
		"remove " + home + "/repository/components/lib/mysql-connector-j-8.1.0.jar",
		"remove " + home + "/repository/components/dropins/mysql_connector_j_8.1.0_1.0.0.jar",
		"write " + home + "/repository/components/lib/jdbc-driver.jar",
	}},
	{task: apimDB(), setUp: withServer, lacks: []string{
		"create the database apim_db", "create the tables of apim_db", "let u read and write the rows of apim_db",
	}},
	{task: truststore(), setUp: withTruststore, lacks: []string{
		"write /var/lib/apimctl/import-", "import into client-truststore.jks: db-ca, idp", "remove /var/lib/apimctl/import-",
	}},
	{task: signing(), setUp: withKey("vendor"), lacks: []string{"make wso2carbon.jks with the key wso2carbon"}},
	{task: Hosts{Deployment: "prod", Lines: []string{"10.0.0.11 aio-1"}}, lacks: []string{"write /etc/hosts"}},
	{task: Limits{Deployment: "prod", User: "wso2carbon"}, lacks: []string{
		"make directory /etc/security", "make directory /etc/security/limits.d", "write /etc/security/limits.d/90-apimctl-prod.conf",
	}},
	{task: Sysctl{Deployment: "prod", Settings: render.Sysctls([]int{9443, 8243})}, setUp: withKernel, lacks: []string{
		"make directory /etc/sysctl.d", "write /etc/sysctl.d/90-apimctl-prod.conf", "load /etc/sysctl.d/90-apimctl-prod.conf",
	}},
	{task: LogRotation{Path: home + "/repository/conf/log4j2.properties"}, setUp: withLog, lacks: []string{
		"write " + home + "/repository/conf/log4j2.properties",
	}},
	{task: FileModes{Home: home, Stores: []string{home + "/repository/resources/security/wso2carbon.jks"}, User: "wso2carbon"}, setUp: withOpenFiles, lacks: []string{
		"keep keystores their owner's", "keep everybody from writing the product",
	}},
	{task: balancer(), setUp: withNginx, lacks: []string{
		"run systemctl enable --quiet nginx", "make directory /var/lib/apimctl/nginx",
		"write /var/lib/apimctl/nginx/apimctl-prod.conf", "write /var/lib/apimctl/nginx/apimctl-prod.crt",
		"write /var/lib/apimctl/nginx/apimctl-prod-nodes.pem",
		"test and load nginx's configuration of prod",
	}},
	{task: Hook{Drain: []string{"true"}, Restore: []string{"true"}, Dir: "/", State: "/var/lib/apimctl"}, setUp: func(_ *testing.T, m *remotetest.Memory) {
		m.Set("/var/lib/apimctl/drained", marked)
	}, lacks: []string{"run on this machine: true", "remove /var/lib/apimctl/drained"}},
	{task: gateway("auto"), setUp: installed, lacks: []string{
		"write /etc/systemd/system/wso2-gateway.service", "run systemctl daemon-reload", "run systemctl enable",
		"start wso2-gateway", "wait until localhost:9443", "write /var/lib/apimctl/wso2-gateway.stamp",
	}},
	{task: gateway("script"), setUp: installed, lacks: []string{
		"start wso2-gateway", "wait until localhost:9443", "write /var/lib/apimctl/wso2-gateway.stamp",
	}},
}

func withSecurity(t *testing.T, m *remotetest.Memory) {
	installed(t, m)
	m.Set(home+"/repository/conf/security", remote.Dir(0o755, owner))
}

func TestConverge(t *testing.T) {
	for _, row := range converges {
		t.Run(fmt.Sprintf("%T", row.task), func(t *testing.T) {
			m := host(t)
			if row.setUp != nil {
				row.setUp(t, m)
			}
			before := fmt.Sprint(m.Snapshot())
			imagined := remote.Imagine(m)
			lacks := planned(t, row.task, imagined)
			begins(t, row.lacks, lacks)
			apply(t, lacks, imagined)
			if fmt.Sprint(m.Snapshot()) != before {
				t.Error("planning changed the host")
			}
			apply(t, lacks, m)
			apply(t, lacks, m) // doing it twice is doing it once
			if again := planned(t, row.task, m); len(again) > 0 {
				t.Errorf("after it was applied the host still lacks %v", again)
			}
		})
	}
}

// begins holds the texts of changes to how each begins.
func begins(t *testing.T, want []string, had []plan.Change) {
	t.Helper()
	if len(had) != len(want) {
		t.Fatalf("%d changes are planned, not %d: %v", len(had), len(want), had)
	}
	for i, c := range had {
		if !strings.HasPrefix(c.String(), want[i]) {
			t.Errorf("change %d is %q, not %q", i+1, c, want[i])
		}
	}
}

func planned(t *testing.T, task Task, h remote.Reader) []plan.Change {
	t.Helper()
	lacks, err := task.Plan(context.Background(), h)
	if err != nil {
		t.Fatalf("%s: %v", task, err)
	}
	return lacks
}

func apply(t *testing.T, changes []plan.Change, c remote.Conn) {
	t.Helper()
	for _, change := range changes {
		if err := change.Apply(context.Background(), c); err != nil {
			t.Fatalf("%s: %v", change, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for name, row := range map[string]struct {
		task  Task
		setUp func(*testing.T, *remotetest.Memory)
		want  string
	}{
		"no Java": {Java{Min: 11, Max: 21}, func(_ *testing.T, m *remotetest.Memory) {
			m.Answer("find", func([]string) (string, error) { return "", &remote.ExitError{Code: 1} })
		}, "Java 11 to 21 is needed; none was found in /usr/lib/jvm, /usr/java, /opt/java or /opt"},
		"old Java":   {Java{Min: 21, Max: 25}, nil, "Java 21 to 25 is needed; found /usr/lib/jvm/java-17 (17)"},
		"given Java": {Java{Home: "/opt/jdk", Min: 21, Max: 25}, nil, "Java 21 to 25 is needed; none was found at /opt/jdk"},
		"a home made by hand": {Home{Path: home, Target: "releases/r1"}, func(_ *testing.T, m *remotetest.Memory) {
			m.Set(home, remote.Dir(0o755, owner))
		}, home + ": something that apimctl did not make is in the way; move it elsewhere"},
		"a file for a directory": {Directories{{Path: "/srv/a", Want: remote.Dir(0o755, owner)}}, func(_ *testing.T, m *remotetest.Memory) {
			m.Set("/srv/a", remote.File{Mode: 0o644, Owner: "root:root"})
		}, "/srv/a: something that apimctl did not make is in the way; move it elsewhere"},
		"no driver's package": {Driver{Home: home, Name: PackagedDriver, Package: "libmysql-java"}, nil, "package libmysql-java: it is not installed on this host"},
		"no truststore": {truststore(), func(t *testing.T, m *remotetest.Memory) {
			installed(t, m)
			m.Set(truststore().Store, remote.File{Mode: 0o644, Owner: owner, Data: []byte("no store")})
		}, truststore().Store + ": neither a JKS nor a PKCS12 keystore"},
		"a truststore that Java sees as empty":                 {truststore(), withOpensslStore, "java would see none of its 1 certificates"},
		"no certificate yet":                                   {Keystore{Store: "/a/tls.jks"}, nil, "tls.jks: its certificate is not made yet"},
		"another signing key, of a password that nobody knows": {func() Task { k := signing(); k.Keeps.Opens = nil; return k }(), withKey("another"), "it cannot be told what key would be replaced"},
		"wrong store password":                                 {func() Task { c := truststore(); c.Password = "other"; return c }(), withTruststore, keystore.ErrPassword.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			m := host(t)
			if row.setUp != nil {
				row.setUp(t, m)
			}
			_, err := row.task.Plan(context.Background(), m)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error is %v, not %q", err, row.want)
			}
		})
	}
}

func TestServiceRestartsForAReason(t *testing.T) {
	toml := home + "/repository/conf/deployment.toml"
	for name, row := range map[string]struct {
		change func(*remotetest.Memory, *Service)
		why    string
	}{
		"nothing": {func(*remotetest.Memory, *Service) {}, ""},
		"file": {func(m *remotetest.Memory, _ *Service) {
			m.Set(toml, remote.File{Mode: 0o600, Owner: owner, Data: []byte("new")})
		}, "repository/conf/deployment.toml changes"},
		"fact": {func(_ *remotetest.Memory, s *Service) { s.Facts = []string{"truststore: idp 1"} }, "truststore changes"},
		"heap": {func(_ *remotetest.Memory, s *Service) { s.Heap.Max = "3g" }, "how it is started changes"},
		"release": {func(m *remotetest.Memory, _ *Service) {
			m.Set("/opt/wso2/releases/r2", remote.Dir(0o755, owner))
			m.Set(home, remote.Link("releases/r2"))
		}, "the release changes"},
		"it died":  {func(m *remotetest.Memory, s *Service) { m.SetActive(s.Name, false) }, "it does not run"},
		"no stamp": {func(m *remotetest.Memory, s *Service) { m.Set(s.Stamp(), remote.File{}) }, "it runs, and no stamp says with which files"},
	} {
		t.Run(name, func(t *testing.T) {
			m := host(t)
			installed(t, m)
			s := gateway("auto")
			s.Gate = nil
			apply(t, planned(t, s, m), m)
			row.change(m, &s)
			var why []string
			for _, c := range planned(t, s, m) {
				if r, ok := c.(plan.Run); ok && r.Restores {
					why = r.Why
				}
			}
			if got := strings.Join(why, ", "); !strings.HasPrefix(got, row.why) || (row.why == "") != (got == "") {
				t.Errorf("it restarts because %q, not %q", got, row.why)
			}
		})
	}
}

// A run that dies anywhere is made good by the next one.
func TestServiceAfterEveryFailure(t *testing.T) {
	broken := errors.New("broken")
	for n := 1; ; n++ {
		m := host(t)
		installed(t, m)
		s := gateway("auto")
		s.Gate = nil
		m.FailAt(m.Counts().Mutations+n, broken)
		failed := false
		for _, c := range planned(t, s, m) {
			if err := c.Apply(context.Background(), m); err != nil {
				failed = true
				break
			}
		}
		apply(t, planned(t, s, m), m)
		if again := planned(t, s, m); len(again) > 0 || !m.Active(s.Name) {
			t.Errorf("after failure %d and another run the host lacks %v", n, again)
		}
		if !failed {
			return
		}
	}
}
