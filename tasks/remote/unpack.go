package remote

import (
	"context"
	"errors"
)

func (s *SSH) Unpack(ctx context.Context, a Archive, dir, owner string) error {
	return errors.New("todo")
}
