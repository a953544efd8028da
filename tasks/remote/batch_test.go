package remote_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// readAll is a task that reads the paths, and gives up at the first that fails.
func readAll(t *testing.T, r remote.Reader, paths ...string) error {
	for _, p := range paths {
		if _, err := r.File(t.Context(), p); err != nil {
			return err
		}
	}
	return nil
}

func TestBatch(t *testing.T) {
	for name, test := range map[string]struct {
		do        func(remote.Reader) error
		exchanges int
		looks     int
	}{
		"nothing is read": {func(remote.Reader) error { return nil }, 0, 0},
		"one look of each of many tasks is one exchange": {func(r remote.Reader) error {
			var errs []error
			for i := range 50 {
				errs = append(errs, readAll(t, r, fmt.Sprint("/etc/", i)))
			}
			return errors.Join(errs...)
		}, 1, 50},
		"a look after another costs an exchange": {func(r remote.Reader) error {
			return errors.Join(readAll(t, r, "/a", "/b", "/c"), readAll(t, r, "/d", "/e"))
		}, 3, 5},
		"a look is fetched once": {func(r remote.Reader) error {
			return errors.Join(readAll(t, r, "/a"), readAll(t, r, "/a", "/a"))
		}, 1, 1},
		"a file answers its sum": {func(r remote.Reader) error {
			err := readAll(t, r, "/etc/hosts")
			_, err2 := r.Sum(t.Context(), "/etc/hosts")
			return errors.Join(err, err2)
		}, 1, 1},
		"queries with different arguments are different": {func(r remote.Reader) error {
			_, err := r.Query(t.Context(), "id", "-u")
			_, err2 := r.Query(t.Context(), "id", "-g")
			return errors.Join(err, err2)
		}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := remotetest.New()
			if err := remote.Batch(t.Context(), m, test.do); err != nil {
				t.Fatal(err)
			}
			if c := m.Counts(); c.Exchanges != test.exchanges || c.Looks != test.looks {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestBatchGivesWhatTheHostGives(t *testing.T) {
	m := remotetest.New()
	want := errors.New("the task's own")
	runs := 0
	err := remote.Batch(t.Context(), m, func(r remote.Reader) error {
		runs++
		f, err := r.File(t.Context(), "/etc/hosts")
		if remote.Lacking(err) {
			return fmt.Errorf("hosts file: %w", err)
		}
		if direct, _ := m.File(t.Context(), "/etc/hosts"); !f.Equal(direct) || err != nil {
			t.Errorf("file is %+v, %v", f, err)
		}
		if s, err := r.Sum(t.Context(), "/etc/hosts"); s != f.Sum() || err != nil {
			t.Errorf("sum is %+v, %v", s, err)
		}
		f.Data[0] = 'X' // and the next run still sees the host's
		_, err = r.Query(t.Context(), "id", "nobody-at-all")
		var exit *remote.ExitError
		if !remote.Lacking(err) && !errors.As(err, &exit) {
			t.Errorf("query: %v", err)
		}
		return want
	})
	if !errors.Is(err, want) || runs != 3 {
		t.Errorf("%v after %d runs", err, runs)
	}
}

func TestBatchEndsWithTheConnection(t *testing.T) {
	want := errors.New("connection lost")
	err := remote.Batch(t.Context(), broken{remotetest.New(), want}, func(r remote.Reader) error {
		return readAll(t, r, "/etc/hosts")
	})
	if !errors.Is(err, want) || remote.Lacking(err) {
		t.Errorf("%v", err)
	}
}

// broken is a host whose connection is lost.
type broken struct {
	*remotetest.Memory
	err error
}

func (b broken) Fetch(_ context.Context, _ []remote.Look) ([]remote.Found, error) { return nil, b.err }
