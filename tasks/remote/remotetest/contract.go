package remotetest

import (
	"context"
	"testing"

	"apimctl/tasks/remote"
)

// Terms are what a Conn under the contract can show.
type Terms struct {
	// Owners are two different "user:group" that files can be given to; empty are "root:root" and "daemon:daemon".
	Owners [2]string
	// Noted is a Conn whose commands are only noted: an imagined one.
	Noted bool
	// Absent is a query that is allowed, of a command that is not there. Empty leaves it out.
	Absent []string
}

// A ground is a Conn, and a directory on its host that holds nothing yet.
type ground struct {
	remote.Conn
	base string
	Terms
}

// Contract holds Conns to what every Conn does. open makes one, with an empty directory of its own on the host, for each behaviour.
// The host has the commands true, false, tee, mkdir, printenv, id and uname.
func Contract(t *testing.T, open func(t *testing.T) (conn remote.Conn, base string), terms Terms) {
	if terms.Owners == [2]string{} {
		terms.Owners = [2]string{"root:root", "daemon:daemon"}
	}
	table := map[string]func(*testing.T, ground){
		"what is absent is zero":                       absent,
		"files come back as they were written":         roundTrip,
		"a parent that is missing is an error":         orphan,
		"a file is overwritten with its mode":          overwrite,
		"an owner that is not wanted stays":            keepOwner,
		"directories are made and changed":             directories,
		"links are made and retargeted":                links,
		"files become links and links files":           fileLink,
		"a directory is not replaced by a file":        overDirectory,
		"files, trees and nothing are removed":         removal,
		"removing a link leaves what it points at":     removeLink,
		"links among the parents are followed":         throughLink,
		"relative links and .. are followed":           relativeLink,
		"a link in a loop is an error":                 loop,
		"names may hold what a shell would interpret":  names,
		"the same twice is the same":                   twice,
		"queries answer":                               queries,
		"queries list":                                 listings,
		"queries that are not allowed are errors":      forbidden,
		"commands run":                                 commands,
		"commands get environment, input, arguments":   commandInput,
		"archives are unpacked once":                   unpack,
		"archives are unpacked where a directory lies": unpackBeside,
	}
	for name, behaves := range table {
		t.Run(name, func(t *testing.T) {
			conn, dir := open(t)
			behaves(t, ground{conn, dir, terms})
		})
	}
}

func (g ground) put(t *testing.T, name string, f remote.File) {
	t.Helper()
	if err := g.Put(context.Background(), g.base+"/"+name, f); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

// refused wants the Put to be an error, and to change nothing.
func (g ground) refused(t *testing.T, name string, f remote.File) {
	t.Helper()
	had := g.file(t, name)
	if err := g.Put(context.Background(), g.base+"/"+name, f); err == nil {
		t.Errorf("put %s: no error", name)
	}
	if now := g.file(t, name); !now.Equal(had) {
		t.Errorf("put %s changed it to %v", name, now)
	}
}

func (g ground) file(t *testing.T, name string) remote.File {
	t.Helper()
	f, err := g.File(context.Background(), g.base+"/"+name)
	if err != nil {
		t.Fatalf("file %s: %v", name, err)
	}
	return f
}

// holds wants the path to be f, by File and by Sum.
func (g ground) holds(t *testing.T, name string, want remote.File) {
	t.Helper()
	f := g.file(t, name)
	if !f.Equal(want) {
		t.Errorf("file %s is %v %s %q, want %v %s %q", name, f.Mode, f.Owner, f.Data, want.Mode, want.Owner, want.Data)
	}
	s, err := g.Sum(context.Background(), g.base+"/"+name)
	if err != nil {
		t.Fatalf("sum %s: %v", name, err)
	}
	if s != f.Sum() {
		t.Errorf("sum %s is %+v, its file's is %+v", name, s, f.Sum())
	}
}

// plain is a file of the first owner.
func (g ground) plain(text string) remote.File {
	return remote.File{Mode: 0o644, Owner: g.Owners[0], Data: []byte(text)}
}
