package audio

import (
	"sync/atomic"
	"time"
)

const (
	// quickEnough is for how many packets in a row a sender must have been
	// quick to be no longer slow, at first; each time that it is slow again
	// doubles it, up to quickMost, so that a path that is slow now and then
	// does not hold the microphone up now and then.
	quickEnough = 50
	quickMost   = 3200
)

// slowness tells whether a sender's packets take longer than the microphone's
// goroutine has time for. Who makes the packets writes it, any goroutine reads
// it. The zero value is quick.
//
//	quick ──a packet takes more than a block──▶ slow
//	  ▲                                          │
//	  └──────── enough are quick in a row ───────┘
type slowness struct {
	atomic.Bool // is slow

	quick  int // packets in a row, while it is slow
	enough int
}

// took notes how long a packet took to be made and written.
func (s *slowness) took(d time.Duration) {
	switch {
	case d > blockDuration:
		if !s.Load() {
			s.enough = min(max(2*s.enough, quickEnough), quickMost)
			s.Store(true)
		}
		s.quick = 0
	case s.Load():
		if s.quick++; s.quick >= s.enough {
			s.Store(false)
		}
	}
}

// forget begins anew after a pause.
func (s *slowness) forget() {
	s.quick, s.enough = 0, 0
	s.Store(false)
}
