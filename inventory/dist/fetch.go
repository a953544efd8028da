package dist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

var (
	// ErrSilent is a server that sends nothing any more.
	ErrSilent = errors.New("the server sends nothing")
	// ErrDigest is a download that is not what its SHA-256 says.
	ErrDigest = errors.New("not what its SHA-256 says")

	errPlain = errors.New("it leads to a URL that is not https")
)

// A Fetch downloads distributions to a cache, once each. The zero Fetch uses the user's cache, the proxies of the environment, and
// reports to nobody.
type Fetch struct {
	Dir     string         // the cache; "" is the user's
	Client  *http.Client   // nil is one that verifies TLS and honours HTTPS_PROXY
	Report  func(Fetching) // told every Beat; called from one goroutine at a time
	Beat    time.Duration  // 0 is 10 s
	Silence time.Duration  // how long the server may send nothing; 0 is 30 s
}

// Fetching is how far a download is.
type Fetching struct {
	URL   string // without user, password and query
	Done  int64  // bytes, with those of runs before
	Total int64  // bytes; 0 where the server does not say
	Rate  int64  // bytes a second of this run
}

// File returns the path of the distribution that the https URL leads to and whose SHA-256 is given in hex. What a run before left
// half done is resumed where the server can. Errors are ErrSilent, ErrDigest, or the network's.
func (f Fetch) File(ctx context.Context, from, sha256 string) (string, error) {
	if f.Dir == "" {
		if f.Dir = userCache(); f.Dir == "" {
			return "", errors.New("this user has no cache directory: set HOME or XDG_CACHE_HOME")
		}
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(f.Dir, sha256+".zip")
	if sum, err := Digest(path, f.Dir); err == nil && sum == sha256 {
		return path, nil
	}
	if err := f.whole(ctx, from, path+".part", sha256); err != nil {
		return "", fmt.Errorf("%s: %w", shown(from), err)
	}
	return path, os.Rename(path+".part", path)
}

// whole makes part be the file with that digest. What a run before left may be of another file: then it begins anew, once.
func (f Fetch) whole(ctx context.Context, from, part, sha256 string) error {
	for {
		resumed, err := f.download(ctx, from, part)
		if err != nil {
			return err
		}
		sum, err := Digest(part, "")
		if err != nil || sum == sha256 {
			return err
		}
		if err := os.Remove(part); err != nil {
			return err
		}
		if !resumed {
			return fmt.Errorf("%w: it is %s", ErrDigest, sum)
		}
	}
}

// download appends to part what it lacks. It says whether there was something before.
func (f Fetch) download(ctx context.Context, from, part string) (resumed bool, err error) {
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	had, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &watched{f: f, url: shown(from), begun: time.Now()}
	defer w.watch(cancel)()
	resp, err := f.request(ctx, from, had)
	if err != nil {
		return false, because(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if had, err = begin(file, resp, had); err != nil {
		return false, err
	}
	w.start(had, resp.ContentLength)
	if _, err := io.Copy(io.MultiWriter(file, w), resp.Body); err != nil {
		return had > 0, because(ctx, err)
	}
	return had > 0, file.Sync()
}

func (f Fetch) request(ctx context.Context, from string, had int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	if req.URL.Scheme != "https" {
		return nil, errPlain
	}
	if had > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", had))
	}
	client := http.Client{}
	if f.Client != nil {
		client = *f.Client
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Scheme != "https" {
			return errPlain
		}
		if len(via) >= 10 {
			return errors.New("it is redirected ten times")
		}
		return nil
	}
	return client.Do(req)
}

// begin readies the file for the answer, and returns how much of it stays.
func begin(file *os.File, resp *http.Response, had int64) (int64, error) {
	goesOn := strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", had))
	switch {
	case resp.StatusCode == http.StatusPartialContent && goesOn:
		return had, nil
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && had > 0:
		// all of it is there already, or it is of another file: the digest tells
		_ = resp.Body.Close()
		resp.Body, resp.ContentLength = http.NoBody, 0
		return had, nil
	case resp.StatusCode != http.StatusOK:
		return 0, errors.New("the server says " + resp.Status)
	}
	_, err := file.Seek(0, io.SeekStart)
	return 0, errors.Join(err, file.Truncate(0))
}

// because is why a download ended, without its URL, which may hold a password.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// shown is a URL without what may be secret in it.
func shown(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "the URL"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// watched counts what arrives.
type watched struct {
	f           Fetch
	url         string
	begun       time.Time
	had, total  atomic.Int64
	done, heard atomic.Int64 // bytes; when the last ones came, in nanoseconds since begun
}

func (w *watched) start(had, more int64) {
	w.had.Store(had)
	if more >= 0 {
		w.total.Store(had + more)
	}
	w.heard.Store(int64(time.Since(w.begun)))
}

func (w *watched) Write(p []byte) (int, error) {
	w.done.Add(int64(len(p)))
	w.heard.Store(int64(time.Since(w.begun)))
	return len(p), nil
}

// watch reports on every beat, and cancels when the server is silent. It returns what ends it.
func (w *watched) watch(cancel context.CancelCauseFunc) func() {
	beat, silence := w.f.Beat, w.f.Silence
	if beat == 0 {
		beat = 10 * time.Second
	}
	if silence == 0 {
		silence = 30 * time.Second
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(min(beat, silence))
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			if time.Since(w.begun)-time.Duration(w.heard.Load()) >= silence {
				cancel(fmt.Errorf("%w for %s", ErrSilent, silence))
				return
			}
			w.report()
		}
	}()
	return func() { close(end); <-ended }
}

func (w *watched) report() {
	if w.f.Report == nil {
		return
	}
	done := w.done.Load()
	rate := float64(done) / max(time.Since(w.begun).Seconds(), 0.001)
	w.f.Report(Fetching{URL: w.url, Done: w.had.Load() + done, Total: w.total.Load(), Rate: int64(rate)})
}
