package playbooks

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/plan"
)

// hardenedBehindBalancer has everything that puts files on hosts.
var hardenedBehindBalancer = "hardening: {all: true}\nadmin: {password: hunter2-planted}\n" + behindBalancer

// What is shown is what apply puts, and all of it, but for what is made on the hosts, a driver, and private keys.
func TestFiles(t *testing.T) {
	v := newVault(t, generated)
	v.base = hardenedBehindBalancer
	v.write(generated)
	v.make()
	p := v.plan()
	if err := v.apply(p); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, host := range []string{"aio-1", "aio-2", "gw-1", "gw-2", "lb-1"} {
		files, err := v.deployment.Files(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			shown[host+" "+f.Path] = true
			had := v.hosts[host].At(f.Path)
			want := bytes.ReplaceAll(f.Want.Data, []byte(JavaOfHost), []byte("/usr/lib/jvm/java-17"))
			if f.Path == "/etc/hosts" { // which has lines around the block
				had.Data = had.Data[max(0, bytes.Index(had.Data, want)):]
			}
			if !bytes.Equal(had.Data, want) || had.Mode != f.Want.Mode || had.Owner != f.Want.Owner {
				t.Errorf("%s %s: shown\n%s\nput (%v %s)\n%s", host, f.Path, want, had.Mode, had.Owner, had.Data)
			}
			if text := f.Shown(); strings.Contains(text, "planted") || bytes.Contains(f.Want.Data, []byte("PRIVATE KEY")) {
				t.Errorf("%s %s shows what it must not", host, f.Path)
			}
		}
	}
	for _, missing := range unshown(p, shown) {
		t.Errorf("apply puts %s, which is not shown", missing)
	}
	for _, want := range []string{
		"lb-1 /etc/hosts", "lb-1 /etc/nginx/conf.d/apimctl-test.conf", "lb-1 /etc/nginx/apimctl/apimctl-test.crt", "lb-1 /etc/nginx/apimctl/apimctl-test-nodes.pem",
		"gw-1 /etc/systemd/system/wso2-gateway.service", "gw-1 /etc/sysctl.d/90-apimctl-test.conf", "gw-1 /etc/security/limits.d/90-apimctl-test.conf",
	} {
		if !shown[want] {
			t.Errorf("%s is not shown", want)
		}
	}
}

// unshown are the files that a plan puts and nobody has seen.
func unshown(p plan.Plan, shown map[string]bool) []string {
	var missing []string
	for _, l := range lanes(p) {
		for _, s := range l.Steps {
			for _, c := range s.Changes {
				put, ok := c.(plan.Put)
				if !ok || !put.Want.Mode.IsRegular() || !put.Want.Exists() || put.Brief || path.Ext(put.Path) == ".jar" {
					continue
				}
				// What waits there is put elsewhere, or into a store.
				if waits := strings.HasPrefix(put.Path, State+"/"); !waits && !shown[l.Host+" "+put.Path] {
					missing = append(missing, l.Host+" "+put.Path)
				}
			}
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// Before keys are made the rest is shown, and what is missing is told.
func TestFilesWithoutKeys(t *testing.T) {
	v := newVault(t, generated)
	v.base = behindBalancer
	v.write(generated)
	v.settle()
	for _, h := range v.inventory().Hosts {
		files, err := v.deployment.Files(t.Context(), h.Name)
		told := v.deployment.Unmade(h)
		if want := map[string]string{"lb-1": "its certificate is not made yet: run 'apimctl plan'"}[h.Name]; err != nil || len(files) == 0 || told != want {
			t.Errorf("%s: %d files, %q, %v", h.Name, len(files), told, err)
		}
	}
}
