package check_test

import (
	"slices"
	"strings"
	"testing"

	"apimctl/render/check"
)

// has says whether the checklist finds the code on the host.
func has(d check.Deployment, code, host string) bool {
	return slices.ContainsFunc(check.Harden(d), func(f check.Finding) bool { return f.Code == code && f.Host == host })
}

// verifying has every node verify host names between nodes.
func verifying(d check.Deployment) check.Deployment {
	for i := range d.Nodes {
		d.Nodes[i].Args = []string{"-Dhttpclient.hostnameVerifier=Strict"}
	}
	return d
}

func TestChecklistExamples(t *testing.T) {
	for _, r := range check.Checklist() {
		if r.Title == "" || r.Why == "" || r.Fix == "" {
			t.Errorf("%s is not whole", r.Code)
		}
		if r.Example.Host == "" {
			continue
		}
		if !has(verifying(with(t, "", r.Example.Host, r.Example.Wrong)), r.Code, r.Example.Host) {
			t.Errorf("%s is not found in its wrong example", r.Code)
		}
		if has(verifying(with(t, "", r.Example.Host, r.Example.Right)), r.Code, r.Example.Host) {
			t.Errorf("%s is found in its mended example", r.Code)
		}
	}
}

// What the product does unless told otherwise counts, and validate says nothing of it.
func TestChecklistOfDefaults(t *testing.T) {
	d := deployment(t, "4.6.0")
	for _, code := range []string{"APIM100", "APIM102", "APIM103", "APIM104", "APIM105", "APIM106", "APIM107"} {
		if !has(d, code, "aio-1") {
			t.Errorf("%s is not found in what the product does by itself", code)
		}
	}
	if found := check.Check(d); len(found) > 0 {
		t.Errorf("validate finds %v", found)
	}
	d.Closed = true
	if has(d, "APIM105", "aio-1") {
		t.Error("a load balancer that closes the console is not heard of")
	}
}

func TestWeakTLSByListener(t *testing.T) {
	for _, key := range []string{
		"transport.https.sslHostConfig.properties.protocols", "transport.passthru_https.listener.parameters.HttpsProtocols",
		"transport.passthru_https.sender.parameters.HttpsProtocols", "apim.wss.ssl_enabled_protocols", "transport.binary.receiver.sslEnabledProtocols",
	} {
		d := with(t, "", "gw-1", key+" = [\"TLSv1\", \"TLSv1.2\"]")
		had := slices.ContainsFunc(check.Harden(d), func(f check.Finding) bool {
			return f.Host == "gw-1" && f.Key == key && strings.Contains(f.Message, ": TLSv1 can be chosen")
		})
		if !had {
			t.Errorf("%s with TLSv1 is not found", key)
		}
	}
}

func TestSeverities(t *testing.T) {
	for _, s := range []check.Severity{check.Info, check.Warning, check.Error} {
		if had, ok := check.ParseSeverity(s.String()); !ok || had != s {
			t.Errorf("%s is read as %s", s, had)
		}
	}
	if _, ok := check.ParseSeverity("fatal"); ok {
		t.Error("fatal is taken for a severity")
	}
}
