package render

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// HostLines are lines for /etc/hosts, one for each address: "10.0.0.11 aio-1 api.example.com". Addresses are in
// numeric order, names sorted and once each. A key that is not an IP address is left out: it is a name that
// resolves already.
func HostLines(names map[string][]string) ([]string, error) {
	byAddr := map[netip.Addr][]string{}
	for addr, list := range names {
		ip, err := netip.ParseAddr(addr)
		if err != nil {
			continue
		}
		for _, n := range list {
			if n == "" || strings.ContainsAny(n, " \t\r\n#") {
				return nil, fmt.Errorf("%s: %q is not a name that a hosts file can hold", addr, n)
			}
		}
		byAddr[ip] = append(byAddr[ip], list...)
	}
	addrs := make([]netip.Addr, 0, len(byAddr))
	for ip, list := range byAddr {
		if len(list) > 0 {
			addrs = append(addrs, ip)
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	lines := make([]string, len(addrs))
	for i, ip := range addrs {
		list := slices.Clone(byAddr[ip])
		slices.Sort(list)
		lines[i] = ip.String() + " " + strings.Join(slices.Compact(list), " ")
	}
	return lines, nil
}
