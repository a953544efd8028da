package inventory

import (
	"errors"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	hosts := parse(t, folder(t), layered).Hosts
	for _, test := range []struct {
		limit []string
		want  string
	}{
		{nil, "aio-1 gw-08 gw-09 gw-10 gw-x"},
		{[]string{"gateway"}, "gw-08 gw-09 gw-10 gw-x"},
		{[]string{"gw-x", "aio-1", "gw-x"}, "aio-1 gw-x"},
		{[]string{"gw-09", "gateway"}, "gw-08 gw-09 gw-10 gw-x"},
	} {
		had, err := Select(hosts, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, h := range had {
			names = append(names, h.Name)
		}
		if strings.Join(names, " ") != test.want {
			t.Errorf("%v selects %v, not %s", test.limit, names, test.want)
		}
	}
	if len(hosts) != 5 || hosts[0].Name != "aio-1" {
		t.Errorf("the hosts given are now %v", hosts)
	}
}

func TestSelectUnknown(t *testing.T) {
	hosts := parse(t, folder(t), layered).Hosts
	for name, want := range map[string]string{
		"gw-9":          `no host or group "gw-9"; did you mean "gw-09"?`,
		"gatway":        `no host or group "gatway"; did you mean "gateway"?`,
		"load-balancer": `no host or group "load-balancer"; there are all-in-one, gateway, aio-1, gw-08, gw-09, gw-10, gw-x`,
	} {
		_, err := Select(hosts, []string{"aio-1", name})
		var unknown UnknownHostError
		if !errors.As(err, &unknown) || err.Error() != want {
			t.Errorf("had  %v\nwant %s", err, want)
		}
	}
}
