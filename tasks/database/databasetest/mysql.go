// Package databasetest is a server of databases in memory, which speaks MySQL's protocol to whoever dials it.
package databasetest

import (
	"bytes"
	"crypto/sha1" // mysql_native_password is made of it
	"encoding/binary"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A MySQL knows of SQL what package database says: questions about the server, and statements that create. Each of its databases has
// tables by name and nothing in them.
type MySQL struct {
	Version string
	Refuses string   // a statement that holds this is a syntax error; "" refuses none
	Hosts   []string // that accounts are for; nil is one account each, for every host

	mu        sync.Mutex
	databases map[string]*database
	users     map[string]string // passwords
	said      []string
}

type database struct {
	charset string
	tables  []string
}

// New is a server with users and nothing else.
func New(users map[string]string) *MySQL {
	return &MySQL{Version: "10.11.6-MariaDB", users: users, databases: map[string]*database{}}
}

// Admit makes a user, who may do everything.
func (s *MySQL) Admit(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[user] = password
}

// Create makes a database with tables.
func (s *MySQL) Create(name, charset string, tables ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases[name] = &database{charset, tables}
}

// Tables are those of a database, in the order that they were created.
func (s *MySQL) Tables(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.databases[name].tables)
}

// Said are the statements that were executed, other than questions.
func (s *MySQL) Said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.said)
}

// Serve answers one connection until it is closed.
func (s *MySQL) Serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	w := &wire{c: c}
	salt := []byte("12345678abcdefghijkl")
	w.send(greeting(s.Version, salt))
	login, ok := w.receive()
	if !ok {
		return
	}
	db, refused := s.login(login, salt)
	w.send(refused)
	if refused[0] != 0 {
		return
	}
	for {
		w.n = 0
		p, ok := w.receive()
		if !ok || len(p) == 0 || p[0] == 1 {
			return
		}
		if p[0] != 3 {
			w.send(done)
			continue
		}
		for _, answer := range s.answer(db, string(p[1:])) {
			w.send(answer)
		}
	}
}

// A wire carries packets: their length, their number, their bytes.
type wire struct {
	c net.Conn
	n byte
}

func (w *wire) send(p []byte) {
	head := []byte{byte(len(p)), byte(len(p) >> 8), byte(len(p) >> 16), w.n}
	w.n++
	_, _ = w.c.Write(append(head, p...))
}

func (w *wire) receive() ([]byte, bool) {
	var head [4]byte
	if _, err := io.ReadFull(w.c, head[:]); err != nil {
		return nil, false
	}
	w.n = head[3] + 1
	p := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err := io.ReadFull(w.c, p)
	return p, err == nil
}

const plugin = "mysql_native_password\x00"

func greeting(version string, salt []byte) []byte {
	const can = 1 | 8 | 0x200 | 0x2000 | 0x8000 | 0x80000 // passwords, a database, protocol 4.1, transactions, salted, plugins
	p := append([]byte{10}, version+"\x00"...)
	p = append(p, 1, 0, 0, 0)
	p = append(append(p, salt[:8]...), 0)
	p = binary.LittleEndian.AppendUint16(p, can&0xffff)
	p = append(p, 45, 2, 0)
	p = binary.LittleEndian.AppendUint16(p, can>>16)
	p = append(append(p, byte(len(salt)+1)), make([]byte, 10)...)
	p = append(append(p, salt[8:]...), 0)
	return append(p, plugin...)
}

var (
	done = []byte{0, 0, 0, 2, 0, 0, 0}
	eof  = []byte{0xfe, 0, 0, 2, 0}
)

func refusal(code uint16, state, words string) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{0xff}, code), "#"+state+words...)
}

// login takes a handshake response apart: 32 bytes of settings, the user, the answer to the salt, the database.
func (s *MySQL) login(p, salt []byte) (db string, answer []byte) {
	if len(p) < 33 {
		return "", refusal(1043, "08S01", "Bad handshake")
	}
	user, rest, _ := bytes.Cut(p[32:], []byte{0})
	n := int(rest[0])
	proof, rest := rest[1:1+n], rest[1+n:]
	name, _, _ := bytes.Cut(rest, []byte{0})
	if binary.LittleEndian.Uint32(p)&8 == 0 {
		name = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	password, there := s.users[string(user)]
	if !there || !bytes.Equal(proof, scrambled(password, salt)) {
		return "", refusal(1045, "28000", "Access denied for user '"+string(user)+"'@'10.0.0.11' (using password: YES)")
	}
	if len(name) > 0 && s.databases[string(name)] == nil {
		return "", refusal(1049, "42000", "Unknown database '"+string(name)+"'")
	}
	return string(name), done
}

func scrambled(password string, salt []byte) []byte {
	one := sha1.Sum([]byte(password))
	two := sha1.Sum(one[:])
	all := sha1.Sum(append(slices.Clone(salt), two[:]...))
	for i := range all {
		all[i] ^= one[i]
	}
	return all[:]
}

var (
	creates = regexp.MustCompile("(?i)^CREATE (TABLE|DATABASE|USER) (?:IF NOT EXISTS )?[`']?(\\w+)[`']?")
	set     = regexp.MustCompile(`(?i)CHARACTER SET (\w+)`)
	by      = regexp.MustCompile(`IDENTIFIED BY '([^']*)'`)
)

func (s *MySQL) answer(db, query string) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasPrefix(query, "SELECT"):
		return rows(s.found(db, query))
	case s.Refuses != "" && strings.Contains(query, s.Refuses):
		return [][]byte{refusal(1064, "42000", "You have an error in your SQL syntax")}
	}
	s.said = append(s.said, query)
	m := creates.FindStringSubmatch(query)
	switch {
	case m == nil:
	case strings.EqualFold(m[1], "TABLE"):
		s.databases[db].tables = append(s.databases[db].tables, m[2])
	case strings.EqualFold(m[1], "DATABASE"):
		s.databases[m[2]] = &database{charset: set.FindStringSubmatch(query)[1]}
	default:
		s.users[m[2]] = by.FindStringSubmatch(query)[1]
	}
	return [][]byte{done}
}

var wanted = regexp.MustCompile(`= '([^']+)'$`)

// found is what a question of package database asks for.
func (s *MySQL) found(db, query string) []string {
	count := map[bool][]string{true: {"1"}, false: {"0"}}
	switch {
	case strings.Contains(query, "VERSION()"):
		return []string{s.Version}
	case strings.Contains(query, "COUNT(*) FROM information_schema.schemata"):
		return count[s.databases[wanted.FindStringSubmatch(query)[1]] != nil]
	case strings.Contains(query, "mysql.user"):
		return s.hosts(wanted.FindStringSubmatch(query)[1])
	case strings.Contains(query, "default_character_set_name"):
		return []string{s.databases[db].charset}
	}
	return s.databases[db].tables
}

func (s *MySQL) hosts(user string) []string {
	_, there := s.users[user]
	switch {
	case !there:
		return nil
	case s.Hosts != nil:
		return s.Hosts
	}
	return []string{"%"}
}

// rows is one column of texts.
func rows(texts []string) [][]byte {
	text := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	column := slices.Concat(text("def"), text(""), text(""), text(""), text("x"), text(""), []byte{0x0c, 45, 0, 0, 1, 0, 0, 0xfd, 0, 0, 0, 0, 0})
	all := [][]byte{{1}, column, eof}
	for _, s := range texts {
		all = append(all, text(s))
	}
	return append(all, eof)
}
