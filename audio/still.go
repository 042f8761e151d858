package audio

const (
	// silentBlocks of nothing but zeros make a microphone that is switched off
	// somewhere else: with the looks at it, what follows from it is told within
	// five seconds.
	silentBlocks = 350
	// pauseBlocks are as many for one with a gate, as many headsets have: it
	// gives zeros while nobody speaks.
	pauseBlocks = 2000
	// gateGaps gaps between sounds of at least gateBlocks of zeros, too short to
	// be told of and no more than gateApart blocks of sound from each other, show a
	// gate. One is a button, or a machine that stood still.
	gateGaps   = 3
	gateBlocks = 10
	gateApart  = 3000
)

// still notices a microphone that gives nothing but zeros, where somebody
// should hear it. The zero value is ready.
type still struct {
	zeros int            // blocks in a row, while somebody should hear them
	apart int            // blocks of sound since the last gap
	gave  bool           // sound, since it was opened
	told  int            // so often since then that it gives none any more
	over  bool           // it is told of this silence
	gaps  map[string]int // of a gate, by the device
}

// open is called when a microphone was opened. What is known of its gate
// remains.
func (s *still) open() { *s = still{gaps: s.gaps, apart: s.apart} }

// rest is called while nobody sends. What was told is told again where it
// matters again.
func (s *still) rest(silent bool) {
	if s.zeros = 0; silent {
		s.open()
	}
}

// sound takes note of a block that is no silence.
func (s *still) sound(device string) {
	if s.gave && !s.over && s.zeros >= gateBlocks && s.zeros < silentBlocks {
		s.gap(device)
	} else {
		s.apart++
	}
	s.zeros, s.gave, s.over = 0, true, false
}

// gap takes note of zeros between sounds.
func (s *still) gap(device string) {
	if s.gaps == nil {
		s.gaps = make(map[string]int)
	}
	if n := s.gaps[device]; n < gateGaps {
		if s.apart > gateApart {
			n = 0
		}
		s.gaps[device] = n + 1
	}
	s.apart = 0
}

// silence takes note of a block of zeros that somebody should hear, and tells
// whether it is one too many.
func (s *still) silence(device string) bool {
	s.zeros++
	if s.over || s.zeros != s.patience(s.gaps[device] >= gateGaps) {
		return false
	}
	if s.over = true; s.gave {
		s.told++
	}
	return true
}

// patience is how many blocks of zeros are too many; 0: there is no such
// number. Whose microphone has been told of and was heard again knows of it.
func (s *still) patience(gate bool) int {
	switch {
	case s.told == 0 && !gate:
		return silentBlocks
	case s.told == 0, s.told == 1 && !gate:
		return pauseBlocks
	}
	return 0
}
