package database

import (
	"fmt"
	"net"
	"os"
	"strings"

	"apimctl/tasks/remote"
)

// A Kind is what is wrong with a database.
type Kind string

// What can be wrong with a database.
const (
	Unreached Kind = "unreached"        // nothing answers, or its host is not known
	Login     Kind = "wrong login"      // the server knows no such user, or its password is another
	Missing   Kind = "no such database" // the server has none of that name
	Denied    Kind = "no rights"        // the user may not use it, or it is not there: MySQL does not tell
	Barred    Kind = "no table rights"  // the user may use the database, and not its tables
	TooOld    Kind = "too old"          // the product does not take the server's version
	Charset   Kind = "character set"    // the product needs another one
	Neither   Kind = "neither"          // it is neither empty nor has all tables
	Lacks     Kind = "no tables"        // it is empty, and is not to be filled
	Other     Kind = "other"            // the server, or its driver, says what is none of these
)

// An Error is a database that the product cannot use.
type Error struct {
	Kind
	Target
	Said string // what was found, or the server's own words
}

func (e *Error) Error() string {
	at := e.Name + " at " + e.Addr
	switch e.Kind {
	case Unreached:
		return at + " is not reached from here: " + e.Said
	case Login:
		return fmt.Sprintf("%s does not let %s in: wrong user or password (%s)", at, e.User, e.Said)
	case Missing:
		return fmt.Sprintf("%s is not there: the server has no such database", at)
	case Denied:
		return fmt.Sprintf("%s is not there, or %s may not use it (%s)", at, e.User, e.Said)
	}
	return at + ": " + e.Said
}

// reason is why a dial did not come through, without what was dialled.
func reason(err error) string {
	for {
		switch e := err.(type) {
		case *net.OpError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		default:
			return oneLine(err)
		}
	}
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// masked is a text without the password: a server may repeat what it does not understand.
func masked(text string, password remote.Secret) string {
	if password == "" {
		return text
	}
	return strings.ReplaceAll(text, password.Reveal(), password.String())
}
