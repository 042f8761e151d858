package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/store"
)

// A second start waits for a phone that is about to begin or to end, and for
// no other.
func TestUntilFree(t *testing.T) {
	locked, other := fmt.Errorf("/profile: %w", store.ErrLocked), errors.New("no display")
	for _, c := range []struct {
		rule     string
		outcomes []error // of the attempts; the last one stays
		want     error
		took     time.Duration
	}{
		{"the profile is free", []error{nil}, nil, 0},
		{"it becomes free", []error{locked, locked, nil}, nil, 400 * time.Millisecond},
		{"it stays in use", []error{locked}, locked, shutdownLimit},
		{"another fault", []error{other}, other, 0},
		{"another fault, when it is free", []error{locked, other}, other, 200 * time.Millisecond},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				_, err := untilFree(t.Context(), func() (int, error) {
					err := c.outcomes[0]
					c.outcomes = c.outcomes[min(1, len(c.outcomes)-1):]
					return 0, err
				})
				if took := time.Since(begun); !errors.Is(err, c.want) || took != c.took {
					t.Errorf("%v after %v, want %v after %v", err, took, c.want, c.took)
				}
			})
		})
	}
}

func TestUntilFree_interrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	_, err := untilFree(ctx, func() (int, error) { n++; return 0, store.ErrLocked })
	if n != 1 || !errors.Is(err, store.ErrLocked) {
		t.Errorf("%d attempts, %v", n, err)
	}
}
