package device

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"webphone/audio/pulse"
)

// cards are where the kernel has the sides of the sound cards; the letter at
// the end is 'c' for capture, 'p' for playback.
const cards = "/dev/snd/pcmC*D*"

// cardFault is why no card can be used, where that is because of others or of
// the system: the library does not tell. Otherwise it is NoDevice. open tries
// one side of a card.
func cardFault(pattern string, open func(name string) error) Kind {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return NoDevice
	}
	kind := NoDevice
	for _, name := range names {
		err := open(name)
		switch {
		case err == nil:
			return NoDevice
		case errors.Is(err, syscall.EBUSY):
			kind = Busy
		case errors.Is(err, os.ErrPermission) && kind != Busy:
			kind = Denied
		}
	}
	return kind
}

// tryCard opens one side of a card for a moment.
func tryCard(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err == nil {
		err = f.Close()
	}
	return err
}

// fault is why a device cannot be opened that the library could not open for
// a reason of its own.
func (s *system) fault(playback bool) Kind {
	if s.follower == nil || s.follower.refusal() == nil {
		return NoDevice // a server has the cards
	}
	if errors.Is(s.follower.refusal(), pulse.ErrDenied) {
		return Denied
	}
	side := "c"
	if playback {
		side = "p"
	}
	return cardFault(cards+side, tryCard)
}

// absence is the error of a system that has nothing to offer: nil unless it
// does not let us see what there is.
func (s *system) absence() error {
	if s.fault(false) == Denied {
		return &Error{Kind: Denied, Err: s.follower.refusal()}
	}
	return nil
}
