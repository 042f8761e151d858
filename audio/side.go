package audio

import (
	"sync/atomic"
	"time"

	"webphone/audio/device"
)

// side is the device of one role. The desk's goroutine owns it.
type side struct {
	role   Role
	needed func() bool
	opener func(b device.Backend, id string, t *tap) (device.Device, error)
	// starting is called between the end of one device and the first period
	// of the next; stopped after the end of the last.
	starting func(null bool)
	stopped  func()
	linger   time.Duration // the device stays open for so long after the need

	dev     device.Device // nil = none is open
	tap     *tap          // of dev
	id      string        // what dev was opened as; "" = the default
	null    bool          // dev is the null device
	short   bool          // dev runs in short periods, if it can
	problem *DeviceError  // why dev is not what was asked for
	idle    time.Time     // since when dev is not needed; zero = it is
	retry   time.Time     // not before then a better device is tried again
	asked   string        // what was wanted at the last try
}

// tap joins a device to the engine. Until it is opened, and while the device is
// replaced by another, the device gets silence and gives nothing: input and
// mixer serve one device at a time.
type tap struct {
	open atomic.Bool
}

// capture is a microphone's callback.
func (t *tap) capture(in *input) device.Taker {
	return func(frame []int16) (patience int) {
		if !t.open.Load() {
			return 1
		}
		return in.period(frame)
	}
}

// playback is a speaker's callback.
func (t *tap) playback(mix device.Giver) device.Giver {
	return func(frame []int16, early bool) (given bool) {
		if !t.open.Load() {
			clear(frame)
			return !early
		}
		return mix(frame, early)
	}
}

// attach opens a device and puts it in the place of the one before, which
// works until the new one does.
func (s *side) attach(b device.Backend, id string, null bool) error {
	t := new(tap)
	dev, err := s.opener(b, id, t)
	if err != nil {
		return err
	}
	s.detach()
	s.dev, s.tap, s.id, s.null = dev, t, id, null
	s.starting(null)
	t.open.Store(true)
	return nil
}

// detach closes the device; afterwards its callback does not run.
func (s *side) detach() {
	if s.dev != nil {
		s.dev.Close()
		s.dev = nil
	}
}

// shares reports whether two sides have one device open.
func (s *side) shares(other *side) bool {
	return s.dev != nil && other.dev != nil && s.dev.Info().ID == other.dev.Info().ID
}

// close ends the side's use of any device.
func (s *side) close() {
	if s.dev == nil {
		return
	}
	s.detach()
	s.problem = nil
	s.stopped()
}

// rest closes a device that has not been needed for a while.
func (s *side) rest(now time.Time) {
	if s.idle.IsZero() {
		s.idle = now
	}
	if now.Sub(s.idle) >= s.linger {
		s.close()
	}
}

// improvable reports whether a better device than the open one may be there.
func (s *side) improvable(want string, list []device.Info, now time.Time) bool {
	if want == s.asked && now.Before(s.retry) {
		return false
	}
	if s.null {
		return len(list) > 0
	}
	return s.id != want && (want == "" || find(list, want) >= 0 || want != s.asked)
}

// info is the device in use, or the one that would be.
func (s *side) info(want string, list []device.Info) device.Info {
	open := s.dev != nil
	switch {
	case open && s.null:
		return device.Info{}
	case open && (s.id != "" || len(list) == 0):
		return s.dev.Info()
	}
	if i := find(list, want); !open && i >= 0 && want != "" {
		return list[i]
	}
	// What was opened as the default has been moved by the system when
	// another device is the default now.
	return fallback(list)
}

// trouble is what to tell about a side; nil is nothing.
func (d *desk) trouble(s *side, want string, list []device.Info) *DeviceError {
	if s.dev != nil {
		return s.problem
	}
	if s.role == Ringer && want == "" {
		return nil // it is the speaker
	}
	return d.missing(s.role, want, list)
}
