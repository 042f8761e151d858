package audio

import (
	"fmt"
	"math"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// hear plays packets after an impaired path by a virtual clock, and returns
// what is heard in time with the speech: its first sample is heard when the
// first of the speech is said.
func hear(t *testing.T, name codec.Name, packets []said, i audiotest.Impairment) ([]int16, StreamStats) {
	t.Helper()
	r := newReceiver()
	if err := r.configure(agreed(name, nil)); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	fates := audiotest.NewFates(i)
	var arrivals []arrival
	for _, p := range packets {
		for _, at := range fates.Next(p.at) {
			arrivals = append(arrivals, arrival{at: at, Packet: p.Packet})
		}
	}
	arrivals = inOrder(arrivals)
	// The speaker's periods lie three milliseconds after the packets' grid.
	const first = 3 * ms
	out := make([]int16, ticksOf(first, sampleRate))
	block := make([]int16, blockSamples)
	for now := first; now < packets[len(packets)-1].at+200*ms; now += blockDuration {
		for len(arrivals) > 0 && arrivals[0].at <= now {
			r.receive(&arrivals[0].Packet, arrivals[0].at)
			arrivals = arrivals[1:]
		}
		r.pull(block, now, false)
		out = append(out, block...)
	}
	return out, r.snapshot(time.Time{})
}

// Speech survives what networks do to it, at a delay that is worth it. The
// delay is that behind the packets' grid: their own 20 ms, the codec's and the
// buffer's.
func TestReceiver_speech(t *testing.T) {
	lost := func(share float64) audiotest.Impairment { return audiotest.Impairment{Loss: share, Seed: 3} }
	jitter := func(by time.Duration, loss float64) audiotest.Impairment {
		return audiotest.Impairment{Jitter: by, Loss: loss, Seed: 3}
	}
	speech := audiotest.Speech(0.1, sampleRate, 8*sampleRate, 8)
	for _, c := range []struct {
		path       string
		impairment audiotest.Impairment
		delay      time.Duration
		opus, g711 float64 // least STOI
	}{
		{"clean", audiotest.Impairment{}, 45 * ms, 0.96, 0.98},
		{"5 % lost", lost(0.05), 60 * ms, 0.95, 0.93},
		{"20 % lost", lost(0.2), 60 * ms, 0.92, 0.83},
		{"10 % lost in runs of 3", audiotest.Impairment{Loss: 0.1, Burst: 3, Seed: 3}, 60 * ms, 0.91, 0.87},
		{"±20 ms", jitter(20*ms, 0), 90 * ms, 0.96, 0.97},
		{"±40 ms", jitter(40*ms, 0), 125 * ms, 0.96, 0.97},
		{"5 % lost, ±20 ms", jitter(20*ms, 0.05), 105 * ms, 0.95, 0.93},
		{"order and number wrong", audiotest.Impairment{Reorder: 0.1, Duplicate: 0.1, Seed: 3}, 75 * ms, 0.96, 0.97},
	} {
		least := map[codec.Name]float64{codec.Opus: c.opus, codec.PCMA: c.g711}
		if c.impairment.Loss > 0 {
			least[codec.G722] = c.g711
		}
		for name, least := range least {
			t.Run(fmt.Sprintf("%s/%s", c.path, name), func(t *testing.T) {
				packets := say(t, name, speech, int(100*c.impairment.Loss))
				heard, stats := hear(t, name, packets, c.impairment)
				delays := audiotest.Timing(speech, heard, sampleRate, 300*ms)
				straight := audiotest.Straighten(speech, heard, sampleRate, delays)
				stoi, delay := audiotest.STOI(speech, straight, sampleRate), audiotest.MeanDelay(delays)
				t.Logf("STOI %.3f, delay %v, silence %v, %d made up",
					stoi, delay, audiotest.LongestSilence(speech, heard, sampleRate, delays), stats.Concealed)
				if stoi < least {
					t.Errorf("STOI %.3f, want at least %.2f", stoi, least)
				}
				if delay > c.delay {
					t.Errorf("delay %v, want at most %v", delay, c.delay)
				}
			})
		}
	}
}

// Where sound is made up, leads back into what came, or is stretched, no step
// is heard: none is much steeper than the tone itself.
func TestReceiver_jointsAreSmooth(t *testing.T) {
	const frequency, amplitude = 220, 0.3
	tone := audiotest.Sine(frequency, amplitude, sampleRate, 8*sampleRate)
	steepest := 2 * math.Pi * frequency / sampleRate * amplitude * 32768
	for _, c := range []struct {
		path       string
		impairment audiotest.Impairment
	}{
		{"lost", audiotest.Impairment{Loss: 0.1, Seed: 3}},
		{"late", audiotest.Impairment{Jitter: 30 * ms, Reorder: 0.05, Seed: 4}},
		{"lost in runs and late", audiotest.Impairment{Loss: 0.1, Burst: 3, Jitter: 20 * ms, Seed: 5}},
	} {
		for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU} {
			heard, stats := hear(t, name, say(t, name, tone, 10), c.impairment)
			if stats.Concealed == 0 {
				t.Fatalf("%s, %s: nothing made up: %+v", c.path, name, stats)
			}
			var most float64
			for i, s := range heard[sampleRate/5:] { // the tone begins with a step
				most = max(most, math.Abs(float64(s)-float64(heard[sampleRate/5+i-1])))
			}
			t.Logf("%s, %s: step of %.0f, the tone's is %.0f, %d made up", c.path, name, most, steepest, stats.Concealed)
			// Opus makes up and joins by itself.
			limit := 1.5 * steepest
			if name == codec.Opus {
				limit = 2.5 * steepest
			}
			if most > limit {
				t.Errorf("%s, %s: step of %.0f, the tone's is %.0f", c.path, name, most, steepest)
			}
		}
	}
}
