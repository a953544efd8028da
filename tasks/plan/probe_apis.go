package plan

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"apimctl/tasks/remote"

	"golang.org/x/sync/errgroup"
)

const (
	// abreast is how many APIs are asked for at the same time.
	abreast = 4
	// patienceAPIs is Patience of a probe that asks for every API.
	patienceAPIs = time.Minute
	// noAPIs is said where nothing was compared.
	noAPIs = "there is no API to compare"
	// namedAPIs is how many are named of those that are missing.
	namedAPIs = 3
)

func (p Probe) patience() time.Duration {
	if p.Kind == "apis" {
		return patienceAPIs
	}
	return Patience
}

// An api is one of those that the control plane lists for a label.
type api struct {
	Name         string `json:"name"`
	Version      string `json:"version"`
	Type         string `json:"apiType"`
	Organization string `json:"organization"`
}

func (a api) String() string { return a.Name + " " + a.Version }

// compared says whether a gateway has an artifact of the API that it can be asked for. Those of other kinds, and those of tenants, which are
// loaded when they are called first, are left out.
func (a api) compared() bool {
	return slices.Contains([]string{"", "HTTP", "SOAP", "SOAPTOREST", "GRAPHQL"}, a.Type) && slices.Contains([]string{"", "carbon.super"}, a.Organization)
}

// tryAPIs asks the control plane which APIs it has for each label, by all of Any but the last, and the gateway, by the last, for each one's
// artifact. The gateway's own list is of no use: it is the control plane's, whatever came of deploying it. That it has an API in an older revision
// is not seen.
func (p Probe) tryAPIs(ctx context.Context, h remote.Reader) (string, error) {
	lists, gateway := p.Any[:len(p.Any)-1], p.Any[len(p.Any)-1]
	var want []api
	for _, l := range lists {
		found, said, err := l.listed(ctx, h)
		if err != nil {
			return l.said(ctx, said, err), err
		}
		want = append(want, found...)
	}
	slices.SortFunc(want, func(a, b api) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
	})
	want = slices.Compact(want)
	if len(want) == 0 {
		return noAPIs, nil
	}
	lacks, said, err := gateway.lacking(ctx, h, want)
	switch {
	case err != nil:
		return gateway.said(ctx, said, err), err
	case len(lacks) > 0:
		return fmt.Sprintf("%d of %d APIs are not deployed: %s", len(lacks), len(want), shortList(lacks)), errNo
	}
	return fmt.Sprintf("%d of %d APIs are deployed", len(want), len(want)), nil
}

// said is who said it.
func (p Probe) said(ctx context.Context, said string, err error) string {
	if said == "" {
		said = cause(ctx, err, patienceAPIs)
	}
	return shownURL(p.URL) + ": " + said
}

// listed are the APIs of a label that can be compared.
func (p Probe) listed(ctx context.Context, h remote.Reader) ([]api, string, error) {
	client, err := p.client(h)
	if err != nil {
		return nil, "", err
	}
	defer client.CloseIdleConnections()
	said, body, err := p.ask(ctx, client, p.URL)
	if err != nil {
		return nil, said, err
	}
	var answer struct {
		List []api `json:"list"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.List == nil {
		return nil, said + ", and no list of APIs", errNo
	}
	return slices.DeleteFunc(answer.List, func(a api) bool { return !a.compared() }), said, nil
}

// lacking are those APIs whose artifact a gateway does not have, with what it said of each. Of one that is not there it says 404 or 500.
func (p Probe) lacking(ctx context.Context, h remote.Reader, want []api) (lacks []string, said string, err error) {
	client, err := p.client(h)
	if err != nil {
		return nil, "", err
	}
	defer client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(abreast)
	var mu sync.Mutex
	one := func(a api) error {
		answer, _, err := p.ask(ctx, client, p.URL+"?"+url.Values{"apiName": {a.Name}, "version": {a.Version}}.Encode())
		mu.Lock()
		defer mu.Unlock()
		if errors.Is(err, errNo) && missing(answer) {
			lacks = append(lacks, fmt.Sprintf("%s (%s)", a, answer))
			return nil
		}
		if err != nil && said == "" {
			said = answer
		}
		return err
	}
	if err := one(want[0]); err != nil { // by itself: credentials that are refused are not tried four times at once
		return nil, said, err
	}
	for _, a := range want[1:] {
		group.Go(func() error { return one(a) })
	}
	err = group.Wait()
	slices.Sort(lacks)
	return lacks, said, err
}

func missing(answer string) bool {
	return strings.HasPrefix(answer, fmt.Sprint(http.StatusNotFound)) || strings.HasPrefix(answer, fmt.Sprint(http.StatusInternalServerError))
}

// shortList names the first of many.
func shortList(names []string) string {
	if more := len(names) - namedAPIs; more > 0 {
		return strings.Join(names[:namedAPIs], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// compared is what an apis probe is a yes to.
func (p Probe) compared() string {
	labels := make([]string, len(p.Any)-1)
	for i := range labels {
		labels[i] = p.Any[i].Of
	}
	return "all APIs that the control plane has for " + strings.Join(labels, ", ") + " are deployed"
}
