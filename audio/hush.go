package audio

import "sync/atomic"

// SetHushed keeps what comes from this stream's other side from everybody: the
// user, the other members of a conference and a recording. They go on hearing
// the others, and Levels and Stats go on telling what comes. A new stream is
// heard.
func (s *Stream) SetHushed(hushed bool) { s.receiver.hush.wanted.Store(hushed) }

// hush makes a voice silent, without a click where it ends and begins.
type hush struct {
	wanted atomic.Bool
	is     bool // the puller's own
}

func (h *hush) apply(block []int16) {
	wanted := h.wanted.Load()
	was := h.is
	h.is = wanted
	switch {
	case wanted && was:
		clear(block)
	case wanted:
		fade(block, len(block), false)
	case was:
		fade(block, len(block), true)
	}
}
