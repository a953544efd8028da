package remotetest

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"syscall"
)

// Serve has h answer what is dialled at addr ("127.0.0.1:9763") by HTTP, until it is served anew; nil refuses connections again.
func (m *Memory) Serve(addr string, h http.Handler) {
	m.serve(addr, h, func(c net.Conn) net.Conn { return c })
}

// ServeTLS is Serve by HTTPS with the certificate.
func (m *Memory) ServeTLS(addr string, h http.Handler, cert tls.Certificate) {
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	m.serve(addr, h, func(c net.Conn) net.Conn { return tls.Server(c, config) })
}

func (m *Memory) serve(addr string, h http.Handler, wrap func(net.Conn) net.Conn) {
	m.Listen(addr, nil)
	if h != nil {
		m.Listen(addr, func(c net.Conn) {
			s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
			_ = s.Serve(&once{conn: wrap(c)})
		})
	}
}

// Listen has f handle what is dialled at addr; nil refuses connections again.
func (m *Memory) Listen(addr string, f func(net.Conn)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.served[addr] = f; f == nil {
		delete(m.served, addr)
	}
}

// Dial connects to what is served at addr.
func (m *Memory) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	f := m.served[addr]
	m.mu.Unlock()
	if f == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: syscall.ECONNREFUSED}
	}
	here, a := net.Pipe()
	b, there := net.Pipe()
	go pass(a, b)
	go pass(b, a)
	go f(there)
	return here, nil
}

// pass holds what one side wrote until the other reads it: with a bare pipe, a TLS alert and a handshake wait for each other for ever.
func pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_ = from.Close()
	_ = to.Close()
}

// An address is host:port.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// once is a listener that one connection has come to.
type once struct{ conn net.Conn }

func (o *once) Accept() (net.Conn, error) {
	if c := o.conn; c != nil {
		o.conn = nil
		return c, nil
	}
	return nil, io.EOF // the server goes on with the connection that it has
}

func (o *once) Close() error   { return nil }
func (o *once) Addr() net.Addr { return address("memory") }
