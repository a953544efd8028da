package tasks

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"apimctl/render"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote/remotetest"
)

// A live is a real nginx of a folder of its own, between clients and a gateway. Its test runs beside others of the kind: they wait most of the time.
type live struct {
	t   *testing.T
	dir string
	lb  Nginx
	at  string // where its clients call the gateway
}

func newLive(t *testing.T) live {
	t.Helper()
	if _, err := exec.LookPath("nginx"); err != nil {
		if os.Getenv("APIMCTL_NGINX") == "required" { // as in testdata/bed/test.sh
			t.Fatal(err)
		}
		t.Skip("no nginx on PATH")
	}
	dir := t.TempDir()
	node := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprint(w, r.Method, " ", r.RequestURI, " ", len(body))
	}))
	t.Cleanup(node.Close)
	lb := balancer()
	lb.State, lb.Move = dir+"/state", 300*time.Millisecond
	lb.Chain = [][]byte{node.Certificate().Raw}
	lb.Key = func(context.Context) (keystore.PrivateKey, error) {
		return x509.MarshalPKCS8PrivateKey(node.TLS.Certificates[0].PrivateKey)
	}
	lb.Trusted = lb.certificate()
	port := node.Listener.Addr().(*net.TCPAddr).Port
	lb.Config.ServerName = "example.com" // httptest's
	lb.Config.AllInOnes = []render.Peer{{Name: "aio-1", Address: "127.0.0.1", Offset: port - 9443}}
	lb.Config.Gateways = []render.Peer{{Name: "gw-1", Address: "127.0.0.1", Offset: port - 8243}, {Name: "gw-2", Address: "127.0.0.1", Offset: port - 8243}}
	lb.Config.Ports = render.NginxPorts{HTTPS: freePort(t)}
	l := live{t, dir, lb, net.JoinHostPort("127.0.0.1", strconv.Itoa(lb.Config.Ports.HTTPS))}
	l.furnish()
	t.Cleanup(l.quit)
	t.Parallel()
	return l
}

func (l live) furnish() {
	for _, d := range []string{"etc/conf.d", "state/nginx"} {
		if err := os.MkdirAll(l.dir+"/"+d, 0o700); err != nil {
			l.t.Fatal(err)
		}
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n"
	}
	temp := ""
	for _, k := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += k + "_temp_path " + l.dir + "/" + k + ";\n"
	}
	l.write("etc/nginx.conf", user+"worker_processes 2;\npid "+l.dir+"/nginx.pid;\nerror_log "+l.dir+"/error.log;\nevents {}\nhttp {\naccess_log "+l.dir+"/access.log;\n"+
		temp+"include "+l.dir+"/etc/conf.d/*.conf;\n}\n")
}

func (l live) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func (l live) read(name string) string {
	data, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		l.t.Error(err)
	}
	return string(data)
}

// here has a host's paths below the test's folder.
func (l live) here(s string) string {
	return strings.NewReplacer("/etc/nginx", l.dir+"/etc", "/run/", l.dir+"/", "/var/log/nginx", l.dir).Replace(s)
}

// do stages and loads as changes to a host would.
func (l live) do(changes []plan.Change) (string, error) {
	l.t.Helper()
	digests := []string{}
	for _, c := range changes {
		if p, ok := c.(plan.Put); ok {
			digests = append(digests, digest(p.Want.Data), digest([]byte(l.here(string(p.Want.Data)))))
			l.write("state/nginx/"+filepath.Base(p.Path), l.here(string(p.Want.Data)))
			continue
		}
		run := c.(plan.Run)
		argv := run.Argv
		script := strings.NewReplacer("/run/systemd/system", l.dir+"/no-systemd", "left=50", "left=5").Replace(nginxScript)
		args := []string{"-c", script, "sh"}
		for _, a := range argv[4:] {
			args = append(args, strings.NewReplacer(digests...).Replace(l.here(a)))
		}
		cmd := exec.Command("sh", args...)
		if run.Input != nil {
			key, err := run.Input.Open(l.t.Context())
			if err != nil {
				l.t.Fatal(err)
			}
			cmd.Stdin = strings.NewReader(key.Reveal())
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return string(out), err
		}
	}
	return "", nil
}

func (l live) mustDo(changes []plan.Change) {
	l.t.Helper()
	if out, err := l.do(changes); err != nil {
		l.t.Fatalf("%v: %s%s", err, out, l.read("error.log"))
	}
}

// all is everything, staged and loaded.
func (l live) all() []plan.Change {
	var changes []plan.Change
	for _, f := range l.lb.files() {
		changes = append(changes, l.lb.staged(f, f.want))
	}
	key, err := l.lb.lacksKey(l.t.Context(), remotetest.New())
	if err != nil {
		l.t.Fatal(err)
	}
	return append(changes, l.lb.load([]string{"test"}, key))
}

func (l live) pid() int {
	pid, _ := strconv.Atoi(strings.TrimSpace(l.read("nginx.pid")))
	return pid
}

func (l live) quit() {
	if pid := l.pid(); pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		for range 50 {
			if l.read("nginx.pid") == "" {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// A load is clients that keep connections open and repeat nothing, some 200 requests a second in all.
type load struct {
	ok, failed, told atomic.Int64
	first            sync.Once
	example          string
	stop             chan struct{}
	wg               sync.WaitGroup
}

func (l live) load() *load {
	w := &load{stop: make(chan struct{})}
	for range 20 {
		w.wg.Go(func() { w.client(l.at) })
	}
	return w
}

func (w *load) end() {
	close(w.stop)
	w.wg.Wait()
}

func (w *load) client(at string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var conn net.Conn
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
		closing, err := w.request(&conn, at)
		if err != nil {
			w.failed.Add(1)
			w.first.Do(func() { w.example = err.Error() })
		} else {
			w.ok.Add(1)
		}
		if closing {
			w.told.Add(1)
		}
		if conn != nil && (closing || err != nil) {
			_ = conn.Close()
			conn = nil
		}
	}
}

func (w *load) request(conn *net.Conn, at string) (closing bool, err error) {
	if *conn == nil {
		if *conn, err = tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true, ServerName: "gw.wso2.com"}); err != nil {
			*conn = nil
			return false, err
		}
	}
	_ = (*conn).SetDeadline(time.Now().Add(5 * time.Second))
	if _, err = io.WriteString(*conn, "POST /a%2Fb?x=1 HTTP/1.1\r\nHost: gw.wso2.com\r\nContent-Length: 5\r\n\r\nhello"); err != nil {
		return false, err
	}
	r, err := http.ReadResponse(bufio.NewReader(*conn), nil)
	if err != nil {
		return false, err
	}
	body, err := io.ReadAll(r.Body)
	if err == nil && string(body) != "POST /a%2Fb?x=1 5" {
		err = fmt.Errorf("%s: %s", r.Status, body)
	}
	return r.Close, err
}
