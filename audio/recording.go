package audio

import "time"

// Sink takes the two sides of a call's sound: mono, 48 kHz, in whole blocks of
// 10 ms. While a direction rests, as in a call on hold, nothing comes. Its
// methods are called where the sound is made, each by one goroutine at a time:
// they must not wait, allocate or keep the block.
type Sink interface {
	// Sent takes what the other side is sent: after processing and muting,
	// with the recording tone, and with silence where a key is sent, since
	// keys may be a secret.
	Sent(block []int16)
	// Received takes what is heard, before the volume.
	Received(block []int16)
}

// Recording says where a call's sound goes to besides.
type Recording struct {
	To Sink
	// Tone lets both sides hear a short soft tone at the beginning and every
	// 15 s. The other side hears it also while the user is muted.
	Tone bool
}

// Record copies the call's sound from now on, in place of a recording before;
// StopRecording ends it.
func (s *Stream) Record(r Recording) {
	c := &copier{to: r.To, tone: r.Tone}
	s.sender.copier.Store(c)
	s.receiver.copier.Store(c)
}

// StopRecording ends what Record began. Sound that is on its way may still
// come to the Sink.
func (s *Stream) StopRecording() {
	s.sender.copier.Store(nil)
	s.receiver.copier.Store(nil)
}

// remindEvery is the time from one recording tone to the next.
const remindEvery = 15 * time.Second

// recordingTone is that of telephone recorders.
var recordingTone = rhythm{once: true, steps: []step{{low: 1400, amplitude: 1600, length: 200 * time.Millisecond}}}

// copier hands a stream's sound to a Sink.
type copier struct {
	to   Sink
	tone bool

	// The sender's own.
	left    int // samples to the next tone
	sounds  bool
	cadence cadence
	sum     [blockSamples]float32
}

// remind adds the recording tone to a frame that is to be sent, and reports
// whether it sounds; ours is to begin the user's.
func (c *copier) remind(frame []int16, ours func()) bool {
	if c == nil || !c.tone {
		return false
	}
	if c.left <= 0 {
		c.left += int(remindEvery * sampleRate / time.Second)
		c.cadence, c.sounds = cadence{rhythm: recordingTone}, true
		ours()
	}
	c.left -= len(frame)
	if !c.sounds {
		return false
	}
	for ; len(frame) >= blockSamples; frame = frame[blockSamples:] {
		clear(c.sum[:])
		c.sounds = c.cadence.add(c.sum[:])
		for i, v := range c.sum {
			frame[i] = int16(min(max(float32(frame[i])+v, -32768), 32767))
		}
	}
	return true
}

func (c *copier) sent(frame []int16) {
	if c != nil {
		c.to.Sent(frame)
	}
}

func (c *copier) received(block []int16) {
	if c != nil {
		c.to.Received(block)
	}
}
