package render

// throttling is where rate limiting decisions come from and where events for them go. Without an explicit
// endpoint the product uses port 5672 without its offset (product-facts.md §3).
func (p plan) throttling() Layer {
	const from = "groups.all-in-one.hosts"
	l := newLayer("throttling")
	l.set(from, "apim.throttling.throttle_decision_endpoints", p.listening())
	p.jmsCredentials(l, "apim.throttling.jms")
	if !p.isGateway() {
		if others := p.jms(p.others()); len(others) > 0 {
			l.set(from, "apim.throttling.event_duplicate_url", others)
		}
		return l.Layer
	}
	groups := make([]Table, len(p.AllInOnes))
	for i, a := range p.AllInOnes {
		groups[i] = Table{
			{Key: []string{"traffic_manager_urls"}, Value: p.events(a), From: from + "." + a.Name},
			{Key: []string{"traffic_manager_auth_urls"}, Value: p.eventsAuth(a), From: from + "." + a.Name},
		}
	}
	l.set(from, "apim.throttling.url_group", groups)
	return l.Layer
}
