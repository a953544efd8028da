package database

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// A Script makes the tables of a database: a file of the distribution.
type Script struct {
	Path string // in the distribution: dbscripts/apimgt/mysql.sql
	Text string
}

// ScriptOf reads the script for a database from the distribution: shared_db's is dbscripts/X.sql, apim_db's dbscripts/apimgt/X.sql.
func ScriptOf(files fs.FS, label, kind string) (Script, error) {
	name, ok := map[string]string{"mysql": "mysql", "mariadb": "mysql", "postgre": "postgresql", "mssql": "mssql", "oracle": "oracle"}[kind]
	if !ok {
		return Script{}, fmt.Errorf("no script is known for databases of type %s", kind)
	}
	path := "dbscripts/" + name + ".sql"
	if label == "apim_db" {
		path = "dbscripts/apimgt/" + name + ".sql"
	}
	data, err := fs.ReadFile(files, path)
	if err != nil {
		return Script{}, err
	}
	return Script{path, string(data)}, nil
}

// SHA256 is its digest, in hexadecimal.
func (s Script) SHA256() string {
	sum := sha256.Sum256([]byte(s.Text))
	return hex.EncodeToString(sum[:])
}

var creates = regexp.MustCompile("(?i)\\bCREATE\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?([`\"\\[]?\\w+[`\"\\]]?(?:\\.[`\"\\[]?\\w+[`\"\\]]?)?)")

// Tables are the names of those that it makes, in upper case, sorted.
func (s Script) Tables(kind string) []string {
	d, ok := dialects(kind)
	if !ok {
		return nil
	}
	var all []string
	for _, one := range d.split(s.Text) {
		for _, m := range creates.FindAllStringSubmatch(one.Text, -1) {
			name := m[1][strings.LastIndex(m[1], ".")+1:]
			all = append(all, strings.ToUpper(strings.Trim(name, "`\"[]")))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// marks are tables that the product cannot do without.
func marks(label string) []string {
	if label == "apim_db" {
		return []string{"AM_API", "IDN_BASE_TABLE"}
	}
	return []string{"REG_CLUSTER_LOCK", "UM_TENANT"}
}

// A Fill is how full a database is.
type Fill int

// A database is empty, or has all tables of its script, or is partly made, or somebody else's.
const (
	Empty Fill = iota
	Complete
	Partial
)

// Compare says how full a database is, and of one that is neither empty nor complete what was found.
func (s Script) Compare(t Target, had State) (Fill, string) {
	if len(had.Tables) == 0 {
		return Empty, ""
	}
	wants := s.wants(t)
	var lacks []string
	for _, name := range wants {
		if !slices.Contains(had.Tables, name) {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) == 0 {
		return Complete, ""
	}
	own := len(wants) - len(lacks)
	text := fmt.Sprintf("it is neither empty nor complete: it has %d of the %d tables of %s, and lacks %s", own, len(wants), s.Path, few(lacks))
	if more := len(had.Tables) - own; more > 0 {
		text += fmt.Sprintf("; tables of somebody else's: %d", more)
	}
	return Partial, text
}

// wants are the tables that a complete database has, sorted.
func (s Script) wants(t Target) []string {
	all := append(s.Tables(t.Type), marks(t.Label)...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Barred says of which tables of the product the target's user has no use; "" where there is none.
func (s Script) Barred(t Target, had State) string {
	wants := s.wants(t)
	barred := slices.DeleteFunc(slices.Clone(had.Barred), func(name string) bool { return !slices.Contains(wants, name) })
	if len(barred) == 0 {
		return ""
	}
	return fmt.Sprintf("%s may not read %s", t.User, few(barred))
}

func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
