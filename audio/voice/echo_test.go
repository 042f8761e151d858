package voice

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"webphone/audio/audiotest"
)

// delay is that of the whole, in samples at 48 kHz.
const wholeDelay = 288

// run passes a microphone's signal through a Processor while far is played and
// returns what comes out, without the delay of the Processor.
func run(t testing.TB, s Switches, mic, far []int16) []int16 {
	t.Helper()
	p, err := New(Options{Switches: s})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := make([]int16, len(mic)+Frame)
	copy(out, mic)
	for at := 0; at+Frame <= len(out); at += Frame {
		if at+Frame <= len(far) {
			p.Far(far[at : at+Frame])
		}
		p.Near(out[at : at+Frame])
	}
	if s.Echo || s.Noise {
		out = out[wholeDelay:]
	}
	return out[:len(mic)]
}

// seconds cuts a part out.
func seconds(samples []int16, from, to float64) []int16 {
	return samples[int(from*wideRate):int(to*wideRate)]
}

// erle is by how many decibels the echo has become less, over the frames in
// which there is any.
func erle(echo, out []int16) float64 {
	var before, after float64
	for i, active := range audiotest.ActiveFrames(echo, wideRate) {
		if active {
			e, o := audiotest.RMS(echo[i*Frame:(i+1)*Frame]), audiotest.RMS(out[i*Frame:(i+1)*Frame])
			before, after = before+e*e, after+o*o
		}
	}
	return 10 * math.Log10(before/after)
}

// office is a room with a loudspeaker that distorts loud speech: its peaks by
// 2.5 dB.
func office(delay, reverberation time.Duration) audiotest.Acoustics {
	return audiotest.Acoustics{Reverberation: reverberation, Coupling: 0.5, Drive: 2, Delay: delay, Seed: uint64(delay)}
}

// farSpeech is what the far end says, of which nothing may be changed.
var farSpeech = sync.OnceValue(func() []int16 { return audiotest.Speech(0.1, wideRate, 24*wideRate, 1) })

// allOn is what is done by default.
var allOn = Switches{Echo: true, Noise: true, Gain: true}

// hiss is the noise of a microphone at −74 dBFS.
func hiss(n int) []int16 { return audiotest.Noise(0.0002, n, 9) }

// The far end's echo is 28 dB lower once the filter has found the room, at
// every delay, after a jump of it, and with clocks that differ, with all
// switches on as they are by default. In a usual room the canceller does it
// alone.
func TestProcessor_cancelsEcho(t *testing.T) {
	const length, settled = 14, 8
	jump := office(120*time.Millisecond, 200*time.Millisecond)
	jump.Jump, jump.JumpAt = 50*time.Millisecond, 4*time.Second
	back := office(120*time.Millisecond, 200*time.Millisecond)
	back.Jump, back.JumpAt = -50*time.Millisecond, 4*time.Second
	drift := office(120*time.Millisecond, 200*time.Millisecond)
	drift.Drift = 100
	linear := office(40*time.Millisecond, 200*time.Millisecond)
	linear.Drive = 0
	loud := office(60*time.Millisecond, 150*time.Millisecond)
	loud.Coupling = 1.5
	inverted := office(60*time.Millisecond, 150*time.Millisecond)
	inverted.Coupling = -0.5
	alone := Switches{Echo: true}
	for _, c := range []struct {
		name     string
		room     audiotest.Acoustics
		switches Switches
	}{
		{"40 ms", office(40*time.Millisecond, 200*time.Millisecond), allOn},
		{"120 ms", office(120*time.Millisecond, 150*time.Millisecond), allOn},
		{"250 ms, a room of 300 ms", office(250*time.Millisecond, 300*time.Millisecond), allOn},
		{"no delay", office(0, 200*time.Millisecond), allOn},
		{"the delay jumps from 120 to 170 ms", jump, allOn},
		{"the delay jumps from 120 to 70 ms", back, allOn},
		{"clocks differ by 100 ppm", drift, allOn},
		{"a linear loudspeaker", linear, allOn},
		{"louder than the voice", loud, allOn},
		{"a loudspeaker connected the other way round", inverted, allOn},
		{"40 ms, alone", office(40*time.Millisecond, 200*time.Millisecond), alone},
		{"120 ms, alone", office(120*time.Millisecond, 150*time.Millisecond), alone},
		{"250 ms, alone", office(250*time.Millisecond, 300*time.Millisecond), alone},
		{"a jump from 120 to 170 ms, alone", jump, alone},
		{"a jump from 120 to 70 ms, alone", back, alone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := farSpeech()[:length*wideRate]
			mic := audiotest.Mix(c.room.Echo(far, wideRate), hiss(len(far)))
			out := run(t, c.switches, mic, far)
			got := erle(seconds(mic, settled, length-0.1), seconds(out, settled, length-0.1))
			t.Logf("0–2 s %4.1f dB, 2–4 s %4.1f dB, 4–8 s %4.1f dB, 8–14 s %4.1f dB",
				erle(seconds(mic, 0, 2), seconds(out, 0, 2)), erle(seconds(mic, 2, 4), seconds(out, 2, 4)),
				erle(seconds(mic, 4, 8), seconds(out, 4, 8)), got)
			if got < 28 {
				t.Errorf("the echo is %.1f dB lower, want 28", got)
			}
			if first := erle(seconds(mic, 0, 2), seconds(out, 0, 2)); first < 15 {
				t.Errorf("in the first two seconds the echo is %.1f dB lower, want 15", first)
			}
		})
	}
}

// Of an echo whose delay jumps half a second is heard, on average.
func TestProcessor_followsAJumpSoon(t *testing.T) {
	const length, at, step, calls = 7, 4, 0.2, 9
	heard := 0
	for _, by := range []time.Duration{50 * time.Millisecond, -40 * time.Millisecond, 120 * time.Millisecond} {
		for seed := range uint64(calls / 3) {
			room := office(120*time.Millisecond, 200*time.Millisecond)
			room.Jump, room.JumpAt = by, at*time.Second
			far := audiotest.Speech(0.1, wideRate, length*wideRate, seed+1)
			mic := audiotest.Mix(room.Echo(far, wideRate), hiss(len(far)))
			out := run(t, allOn, mic, far)
			for s := float64(at); s < length-2*step; s += step {
				if erle(seconds(mic, s, s+step), seconds(out, s, s+step)) < 10 {
					heard++
				}
			}
		}
	}
	if got := step * float64(heard) / calls; got > 0.52 {
		t.Errorf("%.2f s are heard on average, want half a second", got)
	}
}

// While both ends speak the near one stays what it was. Its level does where
// the gain is not to change it.
func TestProcessor_keepsNearEndInDoubleTalk(t *testing.T) {
	const length, both = 17, 8
	for _, c := range []struct {
		name      string
		room      audiotest.Acoustics
		far, near uint64
		switches  Switches
	}{
		{"40 ms", office(40*time.Millisecond, 200*time.Millisecond), 1, 2, allOn},
		{"120 ms", office(120*time.Millisecond, 150*time.Millisecond), 3, 4, allOn},
		{"250 ms", office(250*time.Millisecond, 300*time.Millisecond), 5, 6, allOn},
		{"40 ms, no gain", office(40*time.Millisecond, 200*time.Millisecond), 1, 2, Switches{Echo: true, Noise: true}},
		{"250 ms, no gain", office(250*time.Millisecond, 300*time.Millisecond), 3, 4, Switches{Echo: true, Noise: true}},
		{"120 ms, alone", office(120*time.Millisecond, 150*time.Millisecond), 1, 2, Switches{Echo: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := audiotest.Speech(0.1, wideRate, length*wideRate, c.far)
			near := audiotest.Speech(0.065, wideRate, length*wideRate, c.near)
			clear(near[:both*wideRate])
			mic := audiotest.Mix(c.room.Echo(far, wideRate), near, hiss(len(far)))
			out := run(t, c.switches, mic, far)
			near, mic, out = seconds(near, both, length-0.1), seconds(mic, both, length-0.1), seconds(out, both, length-0.1)
			before, _ := audiotest.Likeness(near, mic)
			got, level := audiotest.Likeness(near, out)
			t.Logf("correlation %.3f (microphone %.3f), level %+.1f dB", got, before, audiotest.Decibels(level))
			if got < 0.95 {
				t.Errorf("correlation with the near end %.3f, want 0.95", got)
			}
			if l := audiotest.Decibels(level); !c.switches.Gain && (l < -1.5 || l > 1) {
				t.Errorf("level of the near end %+.1f dB", l)
			}
		})
	}
}

// Where no echo is heard the voice passes, and the canceller is left out.
func TestProcessor_headset(t *testing.T) {
	const length = 10
	far := farSpeech()[:length*wideRate]
	near := audiotest.Speech(0.06, wideRate, length*wideRate, 2)
	calls := new(countingCanceller)
	p, err := New(Options{
		Switches:  Switches{Echo: true},
		Canceller: func() (Canceller, error) { return calls, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := append([]int16(nil), near...)
	for at := 0; at+Frame <= len(out); at += Frame {
		p.Far(far[at : at+Frame])
		p.Near(out[at : at+Frame])
	}
	if calls.blocks > 0 {
		t.Errorf("the canceller worked on %d blocks of %d", calls.blocks, len(out)/Frame)
	}
	n := len(out) - wholeDelay
	if got := audiotest.SegmentalSNR(near[:n], out[wholeDelay:], wideRate); got < 30 {
		t.Errorf("the voice has a segmental SNR of %.1f dB, want 30", got)
	}
	if _, ok := p.EchoDelay(); ok {
		t.Error("a delay of an echo is told")
	}
}

type countingCanceller struct{ blocks int }

func (c *countingCanceller) Cancel(out, near, _ []int16) {
	c.blocks++
	copy(out, near)
}
func (c *countingCanceller) Reset() {}
func (c *countingCanceller) Close() {}

// The far end that rests, and is closed for a while, is found again.
func TestProcessor_farEndComesAndGoes(t *testing.T) {
	const length = 19
	far := slices.Clone(farSpeech()[:length*wideRate])
	clear(far[8*wideRate : 11*wideRate])
	room := office(80*time.Millisecond, 200*time.Millisecond)
	mic := audiotest.Mix(room.Echo(far, wideRate), hiss(len(far)))
	p, err := New(Options{Switches: Switches{Echo: true, Noise: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := append([]int16(nil), mic...)
	for at := 0; at+Frame <= len(out); at += Frame {
		if at < 8*wideRate || at >= 11*wideRate {
			p.Far(far[at : at+Frame])
		}
		p.Near(out[at : at+Frame])
	}
	out = append(out[wholeDelay:], make([]int16, wholeDelay)...)
	if got := erle(seconds(mic, 15, length-0.1), seconds(out, 15, length-0.1)); got < 28 {
		t.Errorf("the echo is %.1f dB lower, want 28", got)
	}
	if d, ok := p.EchoDelay(); !ok || d < 60*time.Millisecond || d > 100*time.Millisecond {
		t.Errorf("delay of the echo %v, %v; want 82 ms", d, ok)
	}
}

// Blocks that come in bursts, some of them late, do not disturb the canceller:
// only their number counts.
func TestProcessor_burstsOfBlocks(t *testing.T) {
	const length = 14
	far := farSpeech()[:length*wideRate]
	mic := audiotest.Mix(office(60*time.Millisecond, 200*time.Millisecond).Echo(far, wideRate), hiss(len(far)))
	p, err := New(Options{Switches: Switches{Echo: true, Noise: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	random := rand.New(rand.NewPCG(1, 2))
	out := slices.Clone(mic)
	played := 0
	for i := 0; (i+2)*Frame <= len(mic); i += 2 {
		// The far end is up to three blocks ahead, and up to one behind.
		for until := i + 1 + random.IntN(4); played <= until && (played+1)*Frame <= len(far); played++ {
			p.Far(far[played*Frame : (played+1)*Frame])
		}
		p.Near(out[i*Frame : (i+1)*Frame])
		p.Near(out[(i+1)*Frame : (i+2)*Frame])
	}
	out = append(out[wholeDelay:], make([]int16, wholeDelay)...)
	if got := erle(seconds(mic, 8, length-0.1), seconds(out, 8, length-0.1)); got < 28 {
		t.Errorf("the echo is %.1f dB lower, want 28", got)
	}
}
