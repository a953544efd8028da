package render

import (
	"fmt"
)

// The product's ports at offset 0 (product-facts.md §3).
const (
	portServletHTTP  = 9763
	portServletHTTPS = 9443
	portHTTP         = 8280
	portHTTPS        = 8243
	portWS           = 9099
	portWSS          = 8099
	portWebSubHTTP   = 9021
	portWebSubHTTPS  = 8021
	portJMS          = 5672
	portJMSTLS       = 8672
	portEvents       = 9611
	portEventsAuth   = 9711
)

// balanced are the ports of load balancers.
func (p plan) balanced() Proxy {
	b := p.Proxy
	if b.HTTPS == 0 {
		b.HTTPS = 443
	}
	if b.HTTP == 0 {
		b.HTTP = 80
	}
	return b
}

// urlOf is scheme://host:port, without the port where it is the scheme's own. rest begins with a slash or is empty.
func urlOf(scheme, host string, port int, rest string) string {
	if scheme == "https" && port == 443 || scheme == "http" && port == 80 {
		return fmt.Sprintf("%s://%s%s", scheme, host, rest)
	}
	return fmt.Sprintf("%s://%s:%d%s", scheme, host, port, rest)
}

// allInOneURL is where everybody calls the all-in-one nodes' servlets.
func (p plan) allInOneURL(rest string) string {
	if p.LoadBalanced {
		return urlOf("https", p.allInOneHost(), p.balanced().HTTPS, rest)
	}
	return urlOf("https", p.allInOneHost(), portServletHTTPS+p.AllInOnes[0].Offset, rest)
}

func (p plan) allInOneHost() string {
	if p.Hostnames.AllInOne != "" {
		return p.Hostnames.AllInOne
	}
	return p.AllInOnes[0].Name
}

// gateways are the nodes that serve API traffic: the all-in-one nodes, if there are no gateways.
func (p plan) gateways() []Peer {
	if len(p.Gateways) > 0 {
		return p.Gateways
	}
	return p.AllInOnes
}

func (p plan) gatewayHost() string {
	switch {
	case p.Hostnames.Gateway != "":
		return p.Hostnames.Gateway
	case len(p.Gateways) > 0:
		return p.Gateways[0].Name
	}
	return p.allInOneHost()
}

// direct is the name under which one all-in-one node is reached for what is never load-balanced: JMS and events
// (product-facts.md §8). A single node without a load balancer goes by its hostname, as in the guide.
func (p plan) direct(a Peer) string {
	if len(p.AllInOnes) == 1 && !p.LoadBalanced {
		return p.allInOneHost()
	}
	return a.Name
}

func (p plan) jmsPort() int {
	if p.Features.EventHubTLS != nil {
		return portJMSTLS
	}
	return portJMS
}

// jms are the JMS endpoints of all-in-one nodes.
func (p plan) jms(nodes []Peer) []string {
	urls := make([]string, len(nodes))
	for i, a := range nodes {
		urls[i] = urlOf("tcp", p.direct(a), p.jmsPort()+a.Offset, "")
	}
	return urls
}

// listening are the JMS endpoints that the node listens to: gateways to every all-in-one node, an all-in-one node
// to itself.
func (p plan) listening() []string {
	switch {
	case p.isGateway():
		return p.jms(p.AllInOnes)
	case len(p.AllInOnes) == 1:
		return p.jms(p.AllInOnes)
	}
	return []string{urlOf("tcp", "localhost", p.jmsPort()+p.node.Offset, "")}
}

// others are the all-in-one nodes but this one.
func (p plan) others() []Peer {
	var out []Peer
	for _, a := range p.AllInOnes {
		if a.Name != p.node.Name {
			out = append(out, a)
		}
	}
	return out
}

func (p plan) events(a Peer) []string {
	return []string{urlOf("tcp", p.direct(a), portEvents+a.Offset, "")}
}

func (p plan) eventsAuth(a Peer) []string {
	return []string{urlOf("ssl", p.direct(a), portEventsAuth+a.Offset, "")}
}
