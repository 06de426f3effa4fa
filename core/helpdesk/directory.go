package helpdesk

import (
	"context"
	"sync"
	"time"

	"postdesk/core"
)

// sharedFor is for how long one picture of the configuration serves, should a page take that long.
const sharedFor = time.Second

type sharedKey struct{}

// shared is the configuration as it was found for one page.
type shared struct {
	mu  sync.Mutex
	dir *core.Directory
	at  time.Time
}

// OnePicture lets everything that is read with the context share one picture of the configuration, so that a page agrees
// with itself and its version is not asked for again and again. Operations have the picture of their transaction.
func OnePicture(ctx context.Context) context.Context {
	return context.WithValue(ctx, sharedKey{}, &shared{})
}

// Directory is the configuration as it is now, or as OnePicture has it, with the absences that are in effect.
func (h *Helpdesk) Directory(ctx context.Context) (*core.Directory, error) {
	p, ok := ctx.Value(sharedKey{}).(*shared)
	if !ok {
		p = &shared{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == nil || time.Since(p.at) > sharedFor {
		dir, err := h.store.Directory(ctx)
		if err != nil {
			return nil, err
		}
		p.dir, p.at = dir, time.Now()
	}
	return p.dir.At(h.now()), nil
}
