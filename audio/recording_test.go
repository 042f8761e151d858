package audio

import (
	"os"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/record"
)

// recorded is a call of two sites, of which the first is recorded.
type recorded struct {
	*room
	t        *testing.T
	mine     *Stream
	theirs   *Stream
	recorder *record.Recorder
}

const (
	mineHz     = 440.0
	theirsHz   = 800.0
	reminderHz = 1400.0
)

func enterRecorded(t *testing.T, name codec.Name, tone bool, then func(r *recorded)) {
	enter(t, 3, func(t *testing.T, room *room) {
		a, b := room.sites[0], room.sites[1]
		a.devices.Speak("mic", audiotest.Sine(mineHz, 0.2, sampleRate, sampleRate))
		b.devices.Speak("mic", audiotest.Sine(theirsHz, 0.2, sampleRate, sampleRate))
		r := &recorded{room: room, t: t}
		r.mine, r.theirs = room.call(a, b, name, audiotest.Impairment{})
		room.pass(time.Second)
		var err error
		r.recorder, err = record.New(record.Options{
			Folder: t.TempDir(), At: time.Now(), OnProblem: func(err error) { t.Error(err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		a.SetRecordings(Recording{To: r.recorder, Streams: []*Stream{r.mine}, Tone: tone})
		then(r)
	})
}

// end stops recording and reads the file.
func (r *recorded) end() (left, right []int16) {
	r.t.Helper()
	r.sites[0].SetRecordings()
	if err := r.recorder.Close(); err != nil {
		r.t.Fatal(err)
	}
	b, err := os.ReadFile(r.recorder.File())
	if err != nil {
		r.t.Fatal(err)
	}
	o, err := audiotest.ParseOggOpus(b)
	if err != nil {
		r.t.Fatal(err)
	}
	left, right, err = o.Decode()
	if err != nil {
		r.t.Fatal(err)
	}
	return left, right
}

// part is a stretch of a recording, without what is near its ends.
func part(pcm []int16, from, to time.Duration) []int16 {
	const edge = 100 * time.Millisecond
	return pcm[ticksOf(from+edge, sampleRate):ticksOf(to-edge, sampleRate)]
}

func (r *recorded) expect(rule string, pcm []int16, frequency, amplitude float64) {
	r.t.Helper()
	if got := audiotest.Tone(pcm, sampleRate, frequency); got < 0.8*amplitude || got > 1.2*amplitude+0.005 {
		r.t.Errorf("%s: %.0f Hz has amplitude %.3f, want %.3f", rule, frequency, got, amplitude)
	}
}

func TestStream_recordsBothSides(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.PCMU} {
		enterRecorded(t, name, false, func(r *recorded) {
			r.mine.SetVolume(0.1) // is of no concern to the recording
			r.pass(3 * time.Second)
			left, right := r.end()
			if n := len(left); n != 3*sampleRate || len(right) != n {
				r.t.Errorf("%d and %d samples, want 3 s", n, len(right))
			}
			left, right = part(left, 0, 3*time.Second), part(right, 0, 3*time.Second)
			r.expect("left is mine", left, mineHz, 0.2)
			r.expect("left is mine alone", left, theirsHz, 0)
			r.expect("right is theirs", right, theirsHz, 0.2)
			r.expect("right is theirs alone", right, mineHz, 0)
		})
	}
}

// Muting is silence on the left, a call on hold is silence where nothing
// flows, and another call beside it is not in the recording.
func TestStream_recordsWhatIsSentAndHeard(t *testing.T) {
	enterRecorded(t, codec.Opus, false, func(r *recorded) {
		r.call(r.sites[0], r.sites[2], codec.Opus, audiotest.Impairment{})
		r.sites[2].devices.Speak("mic", audiotest.Sine(600, 0.2, sampleRate, sampleRate))
		r.pass(time.Second)
		r.mine.SetMuted(true)
		r.pass(time.Second)
		r.mine.SetMuted(false)
		r.mine.SetActive(false, false)
		r.pass(2 * time.Second)
		r.mine.SetActive(true, true)
		r.pass(2 * time.Second)
		left, right := r.end()
		for _, c := range []struct {
			rule         string
			from, to     time.Duration
			mine, theirs float64
		}{
			{"talking", 0, time.Second, 0.2, 0.2},
			{"muted", time.Second, 2 * time.Second, 0, 0.2},
			{"on hold", 2 * time.Second, 4 * time.Second, 0, 0},
			{"resumed", 4500 * time.Millisecond, 6 * time.Second, 0.2, 0.2},
		} {
			r.expect(c.rule+", left", part(left, c.from, c.to), mineHz, c.mine)
			r.expect(c.rule+", right", part(right, c.from, c.to), theirsHz, c.theirs)
			r.expect(c.rule+", the other call", part(right, c.from, c.to), 600, 0)
		}
	})
}

// Keys may be a secret: where one is sent the recording is silent.
func TestStream_recordsNoKeys(t *testing.T) {
	enterRecorded(t, codec.Opus, false, func(r *recorded) {
		r.pass(500 * time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- r.mine.SendDTMF(r.t.Context(), '5', time.Second, 0) }()
		r.pass(2 * time.Second)
		if err := <-done; err != nil {
			r.t.Fatal(err)
		}
		left, _ := r.end()
		if keys := audiotest.Keys(left, sampleRate); keys != "" {
			r.t.Errorf("the keys %q are in the recording", keys)
		}
		if level := audiotest.RMS(part(left, 600*time.Millisecond, 1400*time.Millisecond)); level > 0.002 {
			r.t.Errorf("where the key is there is %.3f", level)
		}
	})
}

// The recording tone is heard by both at the beginning and every 15 s, by the
// other side also while we are muted; without the setting by nobody.
func TestStream_recordingTone(t *testing.T) {
	for _, c := range []struct {
		codec codec.Name
		tone  bool
		want  int // in each of the two stretches
	}{{codec.PCMU, true, 1}, {codec.Opus, false, 0}} {
		enterRecorded(t, c.codec, c.tone, func(r *recorded) {
			r.mine.SetMuted(true)
			heard := func() {
				r.t.Helper()
				for i, who := range []string{"we", "the other side"} {
					if n := beeps(r.sites[i].devices.Heard("speaker")); n != c.want {
						r.t.Errorf("%s heard %d tones, want %d", who, n, c.want)
					}
				}
			}
			r.pass(14 * time.Second)
			heard()
			r.pass(3 * time.Second)
			heard()
			left, right := r.end()
			if n := beeps(left); n != 2*c.want {
				r.t.Errorf("%d tones on the left, want %d", n, 2*c.want)
			}
			if n := beeps(right); n != 0 {
				r.t.Errorf("%d tones on the right", n)
			}
		})
	}
}

// beeps counts the recording tones in sound.
func beeps(pcm []int16) (n int) {
	const slot = sampleRate / 10
	was := false
	for ; len(pcm) >= slot; pcm = pcm[slot:] {
		is := audiotest.Tone(pcm[:slot], sampleRate, reminderHz) > 0.015
		if is && !was {
			n++
		}
		was = is
	}
	return n
}

// nowhere takes sound and forgets it.
type nowhere struct{ sent, received int }

func (n *nowhere) Sent(b []int16)     { n.sent += len(b) }
func (n *nowhere) Received(b []int16) { n.received += len(b) }

// record has a sink take the call, with the tone.
func (s *straight) record(to Sink) {
	t, p := &taping{to: to, tone: true}, &party{receiver: s.receiver}
	s.sender.remind(true)
	s.in.tapings.Store(&[]taped{{taping: t, senders: []*sender{s.sender}, remind: s.sender.engine.tones.remind}})
	s.mixer.route(hearing{parties: []*party{p}, tapings: []listened{{taping: t, parties: []*party{p}}}})
}

func TestPipeline_doesNotAllocateWhileRecording(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.PCMU} {
		s, to := newStraight(t, name), new(nowhere)
		s.record(to)
		voice := audiotest.Voice(0.3, sampleRate, blockSamples)
		step := func() { s.step(voice) }
		for range 300 {
			step()
		}
		// Long enough for the next recording tone.
		if n := testing.AllocsPerRun(1500, step); n != 0 {
			t.Errorf("%s: %.3f allocations in 10 ms", name, n)
		}
		if to.sent < 1700*blockSamples || to.received != 1801*blockSamples {
			t.Errorf("%s: %d samples sent, %d received", name, to.sent, to.received)
		}
	}
}
