package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"apimctl/tasks/remote/remotetest"
)

// Every API is asked for once, a few at a time, on connections that are kept.
func TestManyAPIs(t *testing.T) {
	const many = 300
	var list []map[string]string
	for n := range many {
		list = append(list, map[string]string{"name": fmt.Sprintf("A%d", n), "version": "1"})
	}
	body, err := json.Marshal(map[string]any{"list": list})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	asked := map[string]int{}
	m := &dialled{Memory: remotetest.New()}
	m.ServeTLS("cp:9443", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }), remotetest.Certificate(t))
	m.ServeTLS("gw:9443", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.URL.Query().Get("apiName")]++
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
	}), remotetest.Certificate(t))
	p := Probe{Kind: "apis", Any: []Probe{{Kind: "http", URL: "https://cp:9443/apis", Of: "Default"}, {Kind: "http", URL: "https://gw:9443/api-artifact"}}}
	said, err := p.Try(t.Context(), m)
	if err != nil || said != "300 of 300 APIs are deployed" || len(asked) != many {
		t.Errorf("%d were asked for: %s, %v", len(asked), said, err)
	}
	if n := m.times.Load(); n > 2*(1+abreast) { // one may be given up while a request waits for it
		t.Errorf("%d connections for %d APIs", n, many)
	}
}

// dialled counts connections.
type dialled struct {
	*remotetest.Memory
	times atomic.Int32
}

func (d *dialled) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d.times.Add(1)
	return d.Memory.Dial(ctx, network, addr)
}
