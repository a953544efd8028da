package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"apimctl/tasks/remote"
)

// bodyLimit is how much of an answer is read, in bytes.
const bodyLimit = 16 << 20

func (p Probe) tryHTTP(ctx context.Context, h remote.Reader) (string, error) {
	client, err := p.client(h)
	if err != nil {
		return "", err
	}
	defer client.CloseIdleConnections()
	said, _, err := p.ask(ctx, client, p.URL)
	return said, err
}

// client calls through the host. Its connections stay open until CloseIdleConnections.
func (p Probe) client(h remote.Reader) (*http.Client, error) {
	verify, err := p.tlsConfig()
	return &http.Client{
		Transport:     &http.Transport{DialContext: h.Dial, TLSClientConfig: verify, MaxIdleConnsPerHost: abreast, MaxConnsPerHost: abreast},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, err
}

// errStranger is a Login for a server that could be anybody.
var errStranger = errors.New("what the server's certificate leads to is not known, and the password goes to no stranger")

// ask asks a URL as the probe's Login, and holds the answer to what the probe wants. The error of another answer is errNo, or errRefused.
func (p Probe) ask(ctx context.Context, client *http.Client, url string) (said string, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", nil, err
	}
	if p.Login != nil {
		if req.URL.Scheme != "https" || p.Trust == "" && req.URL.Hostname() != "localhost" {
			return "", nil, errStranger
		}
		req.SetBasicAuth(p.Login.User, p.Login.Password.Reveal())
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	switch {
	case err != nil:
		return "", nil, err
	case p.Login != nil && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden):
		return fmt.Sprintf("%s to %s", resp.Status, p.Login.User), nil, errRefused
	case resp.StatusCode != p.status():
		return resp.Status, nil, errNo
	case !strings.Contains(string(body), p.Contains):
		return fmt.Sprintf("%s without %q", resp.Status, p.Contains), nil, errNo
	}
	return resp.Status, body, nil
}

func (p Probe) status() int {
	if p.Status == 0 {
		return http.StatusOK
	}
	return p.Status
}

func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return maskInline(text)
}
