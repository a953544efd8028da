// Command apimctl takes a distributed WSO2 API Manager deployment from an inventory to running, over SSH, and keeps it so.
package main

import (
	"context"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// version is stamped by the Makefile.
var version = "unreleased"

func main() {
	ctx, end := context.WithCancel(context.Background())
	stop := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		close(stop) // finish the change in hand on each host
		<-signals
		end() // at once
	}()
	a := app{
		in: os.Stdin, out: os.Stdout, errOut: os.Stderr, env: os.LookupEnv, stop: stop,
		terminal: isTerminal(os.Stdin) && isTerminal(os.Stderr), color: isTerminal(os.Stdout),
	}
	a.connect = a.overSSH
	a.resolve = lookup
	os.Exit(a.run(ctx, os.Args[1:]))
}

// lookup asks this machine's resolver, for a moment at most.
func lookup(name string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[0]
}
