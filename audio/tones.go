package audio

import (
	"sync"
	"time"
)

// tones is every sound that is no voice: progress of a call, keys, the test
// melody and the ringtone. The pumps of speaker and ringer draw from it.
type tones struct {
	// ended is called by a pump when a sound has come to its end.
	ended func()

	mu       sync.Mutex // guards what follows
	progress player     // nil = none, as for the others
	pressed  player
	melody   player
	ringtone ringtone
	reminder player // that the call is recorded; &reminding

	reminding cadence

	ringSum [blockSamples]float32 // the ringer pump's own, as is limit
	limit   limiter
}

func newTones() *tones {
	t := new(tones)
	t.ringtone.volume.set(1, 1)
	return t
}

// call replaces the tone of a call's progress.
func (t *tones) call(tone Tone) {
	var p player
	switch tone {
	case ToneNone:
	case ToneRingback:
		p = newCadence(ringbackTone)
	case ToneBusy:
		p = newCadence(busyTone)
	case ToneCongestion:
		p = newCadence(congestionTone)
	case ToneWaiting:
		p = newCadence(waitingTone)
	case ToneEnded:
		p = newCadence(endedTone)
	}
	t.mu.Lock()
	t.progress = p
	t.mu.Unlock()
}

// key plays a key's tone in place of the one before.
func (t *tones) key(digit rune, length time.Duration) {
	r, ok := keyTone(digit, length)
	if !ok {
		return
	}
	t.mu.Lock()
	t.pressed = newCadence(r)
	t.mu.Unlock()
}

// remind plays the recording tone. It does not allocate.
func (t *tones) remind() {
	t.mu.Lock()
	t.reminding = cadence{rhythm: recordingTone}
	t.reminder = &t.reminding
	t.mu.Unlock()
}

func (t *tones) test() {
	t.mu.Lock()
	t.melody = newMelody(testTune)
	t.mu.Unlock()
}

func (t *tones) ring(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ringtone.set(on)
}

// tryRing lets the ringtone be heard once.
func (t *tones) tryRing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ringtone.try()
}

// ringer says whether the ringtone has a device of its own.
func (t *tones) ringer(apart bool) {
	t.mu.Lock()
	t.ringtone.apart = apart
	t.mu.Unlock()
}

// ringBoth says whether a ringtone with a device of its own is on the speaker
// too.
func (t *tones) ringBoth(on bool) {
	t.mu.Lock()
	t.ringtone.both = on
	t.mu.Unlock()
}

// ringTogether says whether ringer and speaker are one device for now.
func (t *tones) ringTogether(same bool) {
	t.mu.Lock()
	t.ringtone.same = same
	t.mu.Unlock()
}

// onSpeaker reports whether the speaker is needed.
func (t *tones) onSpeaker() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.progress != nil || t.pressed != nil || t.melody != nil || t.ringtone.wantsSpeaker()
}

// onRinger reports whether the ringer is needed.
func (t *tones) onRinger() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ringtone.wantsRinger()
}

// mixSpeaker adds the next block of all that the speaker plays.
func (t *tones) mixSpeaker(sum []float32) {
	t.mu.Lock()
	over := addTo(sum, &t.progress)
	over = addTo(sum, &t.pressed) || over
	over = addTo(sum, &t.melody) || over
	over = addTo(sum, &t.reminder) || over
	over = t.ringtone.mixSpeaker(sum) || over
	t.mu.Unlock()
	if over {
		t.ended()
	}
}

// mixRinger is the ringer pump's source.
func (t *tones) mixRinger(block []int16) {
	clear(t.ringSum[:])
	t.mu.Lock()
	over := t.ringtone.mixRinger(t.ringSum[:])
	t.mu.Unlock()
	if over {
		t.ended()
	}
	t.limit.apply(block, t.ringSum[:])
}

// addTo adds a player's block, forgets the player at its end and reports that.
func addTo(sum []float32, p *player) bool {
	if *p == nil || (*p).add(sum) {
		return false
	}
	*p = nil
	return true
}
