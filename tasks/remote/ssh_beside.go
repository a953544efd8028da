package remote

import "context"

// A Shell runs commands on a host.
type Shell interface {
	Run(ctx context.Context, cmd Cmd) error
	Close() error
}

// Beside is a further shell on the same connection: what it runs does not wait for what the connection's own shell is at. Closing it
// leaves the connection as it is.
func (s *SSH) Beside(ctx context.Context) (Shell, error) {
	sh, err := s.link.startShell(ctx)
	if err != nil {
		return nil, err
	}
	return beside{&SSH{link: s.link, shell: sh}}, nil
}

type beside struct{ *SSH }

// Close ends the shell.
func (b beside) Close() error {
	_ = b.shell.in.Close()
	_ = b.shell.session.Close() // which says EOF where the shell has ended already
	return nil
}
