package remote

import (
	"context"
	"sync"
)

type memoKey struct{}

type memo struct {
	mu   sync.Mutex
	done map[string]func() (any, error)
}

// Remembering has Once under ctx remember: a task that a Batch runs again and again then dials once.
func Remembering(ctx context.Context) context.Context {
	return context.WithValue(ctx, memoKey{}, &memo{done: map[string]func() (any, error){}})
}

// Once is what do gave, done once for each key under a context that remembers. Under another it is done each time.
func Once[T any](ctx context.Context, key string, do func() (T, error)) (T, error) {
	m, ok := ctx.Value(memoKey{}).(*memo)
	if !ok {
		return do()
	}
	m.mu.Lock()
	one, ok := m.done[key]
	if !ok {
		one = sync.OnceValues(func() (any, error) { return do() })
		m.done[key] = one
	}
	m.mu.Unlock()
	v, err := one()
	return v.(T), err
}
