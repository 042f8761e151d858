package audio

import (
	"slices"
	"sync/atomic"
	"time"
)

// Sink takes the two sides of a conversation's sound: mono, 48 kHz, in whole
// blocks of 10 ms. While a direction rests, as in a call on hold, nothing
// comes. Its methods are called where the sound is made, each by one goroutine
// at a time: they must not wait, allocate or keep the block.
type Sink interface {
	// Sent takes what the user says to the others: after processing and
	// muting, with the recording tone, and with silence where a key is sent,
	// since keys may be a secret.
	Sent(block []int16)
	// Received takes what is heard of all the others, before the volumes.
	Received(block []int16)
}

// Recording says where the sound of a conversation goes to besides.
type Recording struct {
	To Sink // compared by ==: a pointer
	// Streams are the call, or the calls of a conference, that it is of.
	Streams []*Stream
	// Tone lets everybody hear a short soft tone at the beginning, whoever
	// comes later when they come, and all of them every 15 s. The others hear
	// it also while the user is muted.
	Tone bool
}

// SetRecordings makes these all the recordings there are. One that was there
// before, by its Sink, goes on without a gap whatever becomes of its streams.
// Sound that is on its way may still come to a Sink that is left out.
func (e *Engine) SetRecordings(all ...Recording) {
	e.mu.Lock()
	was := e.tapings
	e.tapings = nil
	for _, r := range all {
		t := &taping{to: r.To}
		for _, old := range was {
			if old.to == r.To {
				t = old
			}
		}
		t.streams, t.tone = slices.Clone(r.Streams), r.Tone
		e.tapings = append(e.tapings, t)
	}
	for _, s := range e.streams {
		s.sender.remind(slices.ContainsFunc(e.tapings, func(t *taping) bool { return t.tone && slices.Contains(t.streams, s) }))
	}
	e.mu.Unlock()
	e.route()
}

// taping is a recording as the devices' goroutines feed it.
type taping struct {
	to      Sink
	streams []*Stream // guarded by the engine's mutex, as is tone
	tone    bool

	// The microphone's own.
	reminder reminder
	mine     [blockSamples]int16

	// The speaker's own.
	sum    [blockSamples]float32
	theirs [blockSamples]int16
	limit  limiter
}

// taped is what a taping takes from the microphone.
type taped struct {
	*taping
	senders []*sender // never none
	remind  func()    // lets the user hear the tone; nil = there is none
}

// listened is what a taping takes from the mixer.
type listened struct {
	*taping
	parties []*party // never none
}

// tape finds what the recordings take now. e.mu is held.
func (e *Engine) tape(parties map[*Stream]*party) (mine []taped, theirs []listened) {
	for _, t := range e.tapings {
		s, l := taped{taping: t}, listened{taping: t}
		if t.tone {
			s.remind = e.tones.remind
		}
		for _, stream := range t.streams {
			if stream.sends.Load() {
				s.senders = append(s.senders, stream.sender)
			}
			if p := parties[stream]; p != nil {
				l.parties = append(l.parties, p)
			}
		}
		if len(s.senders) > 0 {
			mine = append(mine, s)
		}
		if len(l.parties) > 0 {
			theirs = append(theirs, l)
		}
	}
	return mine, theirs
}

// take records a block of the microphone.
func (s *taped) take(block []int16) {
	muted, keys := true, false
	for _, to := range s.senders {
		muted = muted && to.muted.Load()
		keys = keys || to.keying.Load()
	}
	mine := s.mine[:len(block)]
	if copy(mine, block); muted {
		clear(mine)
	}
	if s.remind != nil {
		if _, begins := s.reminder.add(mine); begins {
			s.remind()
		}
	}
	if keys {
		clear(mine)
	}
	s.to.Sent(mine)
}

// take records what the parties have just said.
func (l *listened) take() {
	clear(l.sum[:])
	for _, p := range l.parties {
		for i, s := range p.block {
			l.sum[i] += float32(s)
		}
	}
	if len(l.parties) == 1 {
		copy(l.theirs[:], l.parties[0].block[:])
	} else {
		l.limit.apply(l.theirs[:], l.sum[:])
	}
	l.to.Received(l.theirs[:])
}

// remindEvery is the time from one recording tone to the next.
const remindEvery = 15 * time.Second

// recordingTone is that of telephone recorders.
var recordingTone = rhythm{once: true, steps: []step{{low: 1400, amplitude: 1600, length: 200 * time.Millisecond}}}

// reminder tells of a recording: the tone at once, and then again and again.
type reminder struct {
	left    int // samples to the next tone
	sounds  bool
	cadence cadence
	sum     [blockSamples]float32
}

// add adds the tone to a frame, of whole blocks, and reports whether it sounds
// and whether it begins there.
func (r *reminder) add(frame []int16) (sounds, begins bool) {
	if r.left <= 0 {
		r.left += int(remindEvery * sampleRate / time.Second)
		r.cadence, r.sounds = cadence{rhythm: recordingTone}, true
		begins = true
	}
	r.left -= len(frame)
	if !r.sounds {
		return false, false
	}
	for ; len(frame) >= blockSamples; frame = frame[blockSamples:] {
		clear(r.sum[:])
		r.sounds = r.cadence.add(r.sum[:])
		for i, v := range r.sum {
			frame[i] = int16(min(max(float32(frame[i])+v, -32768), 32767))
		}
	}
	return true, begins
}

// reminding is a sender's reminder, nil while nothing is recorded.
type reminding struct{ atomic.Pointer[reminder] }

// add is reminder.add; without one nothing sounds.
func (r *reminding) add(frame []int16) (sounds bool) {
	if one := r.Load(); one != nil {
		sounds, _ = one.add(frame)
	}
	return sounds
}

// remind begins or ends to let the other side hear the recording tone.
func (s *sender) remind(wanted bool) {
	switch {
	case !wanted:
		s.toned.Store(nil)
	case s.toned.Load() == nil:
		s.toned.Store(new(reminder))
	}
}
