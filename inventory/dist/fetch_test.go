package dist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A mirror is a server that has one file, and remembers what ranges were asked for.
type mirror struct {
	*httptest.Server
	data []byte
	sum  string

	mu     sync.Mutex
	ranges []string
	cut    int // the first answer ends after so many bytes; 0 is not at all
}

func newMirror(t *testing.T, cut int) *mirror {
	t.Helper()
	m := &mirror{data: bytes.Repeat([]byte("0123456789abcdef"), 1<<12), cut: cut}
	sum := sha256.Sum256(m.data)
	m.sum = hex.EncodeToString(sum[:])
	m.Server = httptest.NewTLSServer(http.HandlerFunc(m.serve))
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) serve(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.ranges = append(m.ranges, r.Header.Get("Range"))
	cut := m.cut
	m.cut = 0
	m.mu.Unlock()
	if cut > 0 {
		w.Header().Set("Content-Length", "65536")
		_, _ = w.Write(m.data[:cut])
		return // the connection ends with less than was promised
	}
	http.ServeContent(w, r, "am.zip", time.Time{}, bytes.NewReader(m.data))
}

func (m *mirror) asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ranges
}

func TestFetchOnce(t *testing.T) {
	m := newMirror(t, 0)
	f := Fetch{Dir: t.TempDir(), Client: m.Client()}
	for range 2 {
		path, err := f.File(t.Context(), m.URL+"/am.zip?token=hunter2", m.sum)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, m.data) || filepath.Base(path) != m.sum+".zip" {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
	if n := len(m.asked()); n != 1 {
		t.Errorf("asked for %d times, not once", n)
	}
	if left, _ := filepath.Glob(filepath.Join(f.Dir, "*.part")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestFetchResumes(t *testing.T) {
	m := newMirror(t, 1000)
	f := Fetch{Dir: t.TempDir(), Client: m.Client()}
	if _, err := f.File(t.Context(), m.URL, m.sum); err == nil || strings.Contains(err.Error(), "SHA") {
		t.Errorf("a download that was cut is %v", err)
	}
	if _, err := f.File(t.Context(), m.URL, m.sum); err != nil {
		t.Fatal(err)
	}
	if had := m.asked(); len(had) != 2 || had[1] != "bytes=1000-" {
		t.Errorf("ranges are %q", had)
	}
}

// What is left of another file, and what is whole but was not renamed, are no hindrance.
func TestFetchAfterLeftovers(t *testing.T) {
	m := newMirror(t, 0)
	for name, left := range map[string][]byte{"another's": []byte("something else"), "whole": m.data, "longer": append(bytes.Clone(m.data), 'x')} {
		f := Fetch{Dir: t.TempDir(), Client: m.Client()}
		if err := os.WriteFile(filepath.Join(f.Dir, m.sum+".zip.part"), left, 0o600); err != nil {
			t.Fatal(err)
		}
		path, err := f.File(t.Context(), m.URL, m.sum)
		if data, _ := os.ReadFile(path); err != nil || !bytes.Equal(data, m.data) {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

// A file in the cache that is damaged is fetched anew.
func TestFetchHoldsTheCacheToItsDigest(t *testing.T) {
	m := newMirror(t, 0)
	f := Fetch{Dir: t.TempDir(), Client: m.Client()}
	if err := os.WriteFile(filepath.Join(f.Dir, m.sum+".zip"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := f.File(t.Context(), m.URL, m.sum)
	if data, _ := os.ReadFile(path); err != nil || !bytes.Equal(data, m.data) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestFetchRefuses(t *testing.T) {
	m := newMirror(t, 0)
	gone := httptest.NewTLSServer(http.NotFoundHandler())
	defer gone.Close()
	plain := httptest.NewTLSServer(http.RedirectHandler("http://example.com/am.zip", http.StatusFound))
	defer plain.Close()
	for name, c := range map[string]struct {
		url, sum string
		client   *http.Client
		want     string
	}{
		"another digest":       {m.URL, strings.Repeat("a", 64), m.Client(), "not what its SHA-256 says: it is " + m.sum},
		"nothing there":        {gone.URL, m.sum, gone.Client(), "the server says 404 Not Found"},
		"a redirect to http":   {plain.URL, m.sum, plain.Client(), "it leads to a URL that is not https"},
		"http":                 {"http://example.com/am.zip", m.sum, nil, "it leads to a URL that is not https"},
		"an unknown authority": {m.URL, m.sum, &http.Client{}, "certificate signed by unknown authority"},
		"a user in the URL":    {strings.Replace(gone.URL, "https://", "https://me:hunter2@", 1) + "?key=hunter2", m.sum, gone.Client(), "404"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Fetch{Dir: t.TempDir(), Client: c.client}
			_, err := f.File(t.Context(), c.url, c.sum)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("had %v, want %q", err, c.want)
			}
			if whole, _ := filepath.Glob(filepath.Join(f.Dir, "*.zip")); len(whole) > 0 {
				t.Errorf("%v is in the cache", whole)
			}
		})
	}
}

func TestFetchNoticesSilence(t *testing.T) {
	end := make(chan struct{})
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("begun"))
		w.(http.Flusher).Flush()
		<-end
	}))
	defer s.Close()
	defer close(end)
	f := Fetch{Dir: t.TempDir(), Client: s.Client(), Silence: time.Second}
	if _, err := f.File(t.Context(), s.URL, strings.Repeat("a", 64)); !errors.Is(err, ErrSilent) {
		t.Errorf("had %v, want ErrSilent", err)
	}
	if left, err := os.ReadFile(filepath.Join(f.Dir, strings.Repeat("a", 64)+".zip.part")); err != nil || string(left) != "begun" {
		t.Errorf("%q, %v is left to resume from", left, err)
	}
}

func TestFetchReportsAndStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("begun"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer s.Close()
	var last Fetching
	f := Fetch{Dir: t.TempDir(), Client: s.Client(), Beat: time.Millisecond, Report: func(p Fetching) {
		if last = p; p.Done == 5 {
			cancel()
		}
	}}
	if _, err := f.File(ctx, s.URL+"/am.zip?x", strings.Repeat("a", 64)); !errors.Is(err, context.Canceled) {
		t.Errorf("had %v, want context.Canceled", err)
	}
	if last.Total != 1000 || last.URL != s.URL+"/am.zip" {
		t.Errorf("reported %+v", last)
	}
}
