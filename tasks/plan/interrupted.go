package plan

import "slices"

// Interrupted names the hosts that serve nothing for a while, in the order of the plan.
func (p Plan) Interrupted() []string {
	var hosts []string
	p.each(func(_ Play, l Lane, s Step) {
		for _, c := range s.Changes {
			if r, ok := c.(Run); ok && r.Interrupts && !slices.Contains(hosts, l.Host) {
				hosts = append(hosts, l.Host)
			}
		}
	})
	return hosts
}
