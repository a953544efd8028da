package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A load is clients that ask a deployment through its balancer, so many requests a second in all. Each has connections of its own, and keeps
// them open.
type load struct {
	begun time.Time
	quit  chan struct{}
	wg    sync.WaitGroup
	took  time.Duration

	mu             sync.Mutex
	sent           int
	held           int // requests whose time came while their client waited for answers for a second and more: they are left out
	failed         []string
	byNode, lately map[string]int
}

// loadClients is how many requests may be under way: a balancer that hangs is sent no more.
const loadClients = 40

// startLoad has each client ask the URLs one after another, GET and POST in turn. What does not answer 200 is a failure. A client repeats
// nothing that it sent; net/http takes a new connection where it sees that a kept-open one was closed before it wrote.
func startLoad(t *testing.T, client *http.Client, urls []string, perSecond int) *load {
	t.Helper()
	l := &load{begun: time.Now(), quit: make(chan struct{}), byNode: map[string]int{}, lately: map[string]int{}}
	every := loadClients * time.Second / time.Duration(perSecond)
	for i := range loadClients {
		transport := client.Transport.(*http.Transport).Clone()
		own := &http.Client{Transport: transport, Timeout: client.Timeout}
		l.wg.Go(func() {
			defer transport.CloseIdleConnections()
			l.paces(l.begun.Add(every*time.Duration(i)/loadClients), every, func(n int) {
				n += i // or all would be slow at once
				l.ask(own, []string{http.MethodGet, http.MethodPost}[n/len(urls)%2], urls[n%len(urls)])
			})
		})
	}
	return l
}

// paces asks by the clock, and makes up for what is late by up to a second. So none of a client's connections is silent for long, which a
// reload of nginx does not bear (docs/load-balancer.md), and what a slow machine leaves out is counted.
func (l *load) paces(due time.Time, every time.Duration, ask func(n int)) {
	for n := 0; ; n++ {
		select {
		case <-l.quit:
			return
		case <-time.After(time.Until(due)):
		}
		ask(n)
		for due = due.Add(every); time.Since(due) > time.Second; due = due.Add(every) {
			l.mu.Lock()
			l.held++
			l.mu.Unlock()
		}
	}
}

// stop ends the load once everything under way is answered, and is what failed.
func (l *load) stop() []string {
	close(l.quit)
	l.wg.Wait()
	l.took = time.Since(l.begun)
	return l.failed
}

// String is what a load that has ended came to.
func (l *load) String() string {
	return fmt.Sprintf("%d requests in %.1f s, %.1f a second, %d held; %d failed; answered by %v",
		l.sent, l.took.Seconds(), float64(l.sent)/l.took.Seconds(), l.held, len(l.failed), l.byNode)
}

// since is how many requests each node has answered since this was asked last.
func (l *load) since() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	had := l.lately
	l.lately = map[string]int{}
	return had
}

func (l *load) ask(client *http.Client, method, url string) {
	node, err := asked(client, method, url)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	if err != nil {
		l.failed = append(l.failed, fmt.Sprintf("%s %s %s: %v", time.Now().UTC().Format("15:04:05.000"), method, url, err))
		return
	}
	l.byNode[node]++
	l.lately[node]++
}

// asked is the name of the node that answered: the stand-in's /ping and its portals say it in their body.
func asked(client *http.Client, method, url string) (string, error) {
	var body io.Reader
	if method == http.MethodPost {
		body = io.MultiReader(bytes.NewReader([]byte("hello"))) // of a kind that net/http cannot send twice
	}
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return "", err
	}
	r, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Body.Close() }()
	said, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.80q", r.Status, said)
	}
	return strings.TrimSpace(strings.NewReplacer("<html><body>", "", "</body></html>", "").Replace(string(said))), err
}

// loadClient reaches every hostname at one address, and verifies what it is shown.
func loadClient(t *testing.T, address string, roots *x509.CertPool) *http.Client {
	t.Helper()
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// A load sees what fails and who answers: a node that says no to every third is found out.
func TestLoad(t *testing.T) {
	var mu sync.Mutex
	n, conns := 0, map[string]bool{}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		conns[r.RemoteAddr] = true
		if n++; n%3 == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, "gw-1\n")
	}))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	l := startLoad(t, loadClient(t, s.Listener.Addr().String(), roots), []string{"https://example.com/ping"}, 500)
	for seen := 0; seen < 2*loadClients; time.Sleep(10 * time.Millisecond) {
		seen += l.since()["gw-1"]
	}
	failed := l.stop()
	if len(failed) != l.sent/3 || l.byNode["gw-1"] != l.sent-l.sent/3 || !strings.Contains(failed[0], "502 Bad Gateway") {
		t.Errorf("%v: %q", l, failed)
	}
	if len(conns) > loadClients {
		t.Errorf("%d requests took %d connections: they are not kept open", l.sent, len(conns))
	}
}

// What a load could not send is counted.
func TestLoadHeld(t *testing.T) {
	mend := make(chan struct{})
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-mend }))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	l := startLoad(t, loadClient(t, s.Listener.Addr().String(), roots), []string{"https://example.com/"}, 500)
	time.Sleep(1500 * time.Millisecond)
	close(mend)
	if l.stop(); l.sent < loadClients || l.held == 0 {
		t.Errorf("%d clients that got no answer for 1.5 s: %v", loadClients, l)
	}
}
