package audio

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// A delay that is a little too long is shortened in the pauses of speech, not
// in its syllables, and what is much too long at once.
func TestReceiver_shortensInPauses(t *testing.T) {
	const pause = 400 * ms
	voice, breath := audiotest.Voice(0.3, sampleRate, 3*sampleRate), audiotest.Noise(0.1, 3*sampleRate, 5)
	for i := range voice {
		voice[i] += breath[i] // joints are not bad, but heard
		if at := durationOf(int64(i), sampleRate) % time.Second; at >= time.Second-pause {
			voice[i] /= 50
		}
	}
	r := newReceiver()
	if err := r.configure(agreed(codec.PCMU, nil)); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	packets := say(t, codec.PCMU, voice, 0)
	block := make([]int16, blockSamples)
	var faster time.Duration
	for now := 3 * ms; len(packets) > 0; now += blockDuration {
		for len(packets) > 0 && packets[0].at <= now {
			r.receive(&packets[0].Packet, packets[0].at)
			packets = packets[1:]
		}
		r.pull(block, now, false)
		if f := r.snapshot(time.Time{}).Faster; f != faster {
			if level := audiotest.RMS(block); level > 0.01 {
				t.Errorf("at %v, %v of sound of level %.3f are taken out", now, f-faster, level)
			}
			faster = f
		}
	}
	if st := r.snapshot(time.Time{}); faster < 10*ms || st.Buffer > 15*ms {
		t.Errorf("%v taken out, %v of delay left", faster, st.Buffer)
	}
}

// Packets that overtake each other are not lost: the buffer does not begin to
// wait for their redundancy, and speech is not stretched to and fro.
func TestReceiver_reorderingIsNoLoss(t *testing.T) {
	speech := audiotest.Speech(0.1, sampleRate, 12*sampleRate, 8)
	packets := say(t, codec.Opus, speech, 10)
	for seed := range uint64(3) {
		_, stats := hear(t, codec.Opus, packets, audiotest.Impairment{Jitter: 20 * ms, Seed: seed})
		if stats.LossPercent != 0 || stats.Target > 50*ms || stats.Faster+stats.Slower > 70*ms {
			t.Errorf("seed %d: loss %.1f %%, target %v, %v faster, %v slower",
				seed, stats.LossPercent, stats.Target, stats.Faster, stats.Slower)
		}
	}
}

// Where packets are lost again and again the buffer goes on to wait for their
// redundancy, however long none was lost; after twenty seconds it is over.
func TestSourceTracker_loses(t *testing.T) {
	for _, c := range []struct {
		rule        string
		lost        func(i int) bool
		when, until int // packets, between which it loses
	}{
		{"never", func(int) bool { return false }, -1, -1},
		{"one of a thousand from the thousandth on", func(i int) bool { return i%1000 == 999 }, -1, -1},
		{"one of a hundred for 20 s", func(i int) bool { return i < 1000 && i%100 == 50 }, 50, 950 + lossOver},
		{"three in a row after 40 s", func(i int) bool { return i >= 2000 && i < 2003 }, 2002, 2002 + lossOver},
	} {
		s := sourceTracker{}
		when, until := -1, -1
		for i := range 4000 {
			if c.lost(i) {
				continue
			}
			s.accept(&rtp.Header{SequenceNumber: uint16(i)})
			switch {
			case s.losing && when < 0:
				when = i - settleAfter
			case !s.losing && when >= 0 && until < 0:
				until = i - settleAfter
			}
		}
		if when != c.when || until != c.until {
			t.Errorf("%s: loses from %d to %d, want %d to %d", c.rule, when, until, c.when, c.until)
		}
	}
}

// A late packet is not lost, and the mean run of lost ones is measured over
// those that are.
func TestSourceTracker_settles(t *testing.T) {
	s := sourceTracker{}
	at := func(sequences ...uint16) {
		for _, n := range sequences {
			s.accept(&rtp.Header{SequenceNumber: n})
		}
	}
	for n := uint16(0); n < 200; n += 5 {
		at(n, n+4, n+1, n+3, n+2)
	}
	if s.lossPercent() != 0 || s.run != 1 || s.losing {
		t.Errorf("in wrong order: %.1f %% lost, in runs of %.1f", s.lossPercent(), s.run)
	}
	for n := uint16(200); n < 800; n += 10 {
		at(n, n+1, n+2, n+3, n+4, n+5, n+6)
	}
	if p := s.lossPercent(); p < 20 || p > 30 || s.run < 2.8 || s.run > 3 {
		t.Errorf("three of ten: %.1f %% lost, in runs of %.1f", p, s.run)
	}
}
