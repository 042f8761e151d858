package codec_test

import (
	"slices"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

const (
	second  = 48000 // samples
	frame20 = second / 50
)

// band is that of a packet (RFC 6716 §3.1): "NB", "MB", "WB", "SWB" or "FB".
func band(payload []byte) string {
	switch config := int(payload[0] >> 3); {
	case config < 12:
		return []string{"NB", "MB", "WB"}[config/4]
	case config < 16:
		return []string{"SWB", "FB"}[(config-12)/2]
	default:
		return []string{"NB", "WB", "SWB", "FB"}[(config-16)/4]
	}
}

// recorded is speech of a talker that was recorded at a rate, in Hz, and
// brought to 48 kHz.
func recorded(rate int, level float64, seconds int) []int16 {
	speech := audiotest.Speech(level, rate, seconds*rate, 1)
	r := codec.NewResampler(rate, second)
	pcm := make([]int16, r.Room(len(speech)))
	return pcm[:r.Process(pcm, speech)]
}

// coded are the bands of each packet.
func coded(t *testing.T, e codec.Encoder, pcm []int16, frame int) (bands []string) {
	t.Helper()
	payload := make([]byte, codec.MaxPayload)
	for ; len(pcm) >= frame; pcm = pcm[frame:] {
		n, err := e.Encode(payload, pcm[:frame])
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 0:
			bands = append(bands, "")
		default:
			bands = append(bands, band(payload))
		}
	}
	return bands
}

func encoder(t testing.TB, p codec.Parameters) codec.Encoder {
	t.Helper()
	p.Name = codec.Opus
	e, err := codec.NewEncoder(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// As much of the band is coded as the microphone fills, once that is certain.
func TestOpus_bandOfMicrophone(t *testing.T) {
	for _, c := range []struct {
		rate       int
		parameters codec.Parameters
		frame      int // samples
		want       string
	}{
		{14000, codec.Parameters{Bitrate: 64000}, frame20, "WB"},
		{14000, codec.Parameters{DTX: true}, frame20 / 2, "WB"},
		{14000, codec.Parameters{CBR: true, Bitrate: 96000}, frame20, "WB"},
		{22000, codec.Parameters{FEC: true}, frame20, "SWB"},
		{22000, codec.Parameters{Bitrate: 64000}, 2 * frame20, "SWB"},
		{48000, codec.Parameters{Bitrate: 64000}, frame20, "FB"},
	} {
		bands, last := coded(t, encoder(t, c.parameters), recorded(c.rate, 0.05, 8), c.frame), ""
		for i, b := range bands {
			switch {
			case b == "": // a pause
			case i*c.frame < 4*second && b != "FB":
				t.Fatalf("%d Hz, %+v: %s after %d ms", c.rate, c.parameters, b, i*c.frame/48)
			default:
				last = b
			}
		}
		if last != c.want {
			t.Errorf("%d Hz, %+v: %s in the end, want %s", c.rate, c.parameters, last, c.want)
		}
	}
}

// What comes above is coded from its first frame on, in the middle of a word.
func TestOpus_bandWidensAtOnce(t *testing.T) {
	pcm := recorded(14000, 0.05, 9)
	for _, c := range []struct {
		rule string
		hz   float64
		want string
	}{
		{"within what was left", 6000, "WB"},
		{"in the next", 10000, "SWB"},
		{"in the last", 16000, "FB"},
	} {
		for _, at := range []int{8 * second, 8*second + 9*frame20} {
			sound, tone := slices.Clone(pcm), audiotest.Sine(c.hz, 0.002, second, second)
			copy(sound[at:], audiotest.Mix(sound[at:], tone[:len(sound)-at]))
			bands := coded(t, encoder(t, codec.Parameters{Bitrate: 64000}), sound, frame20)
			first := at / frame20
			if bands[first-1] != "WB" {
				t.Fatalf("%s before %s", bands[first-1], c.rule)
			}
			for i, b := range bands[first:] {
				if b != c.want {
					t.Fatalf("%s: %s %d frames after it began, want %s", c.rule, b, i, c.want)
				}
			}
		}
	}
}

// What the far end takes and what FEC needs is never exceeded.
func TestOpus_bandWithinLimits(t *testing.T) {
	for _, c := range []struct {
		rule       string
		parameters codec.Parameters
		rate       int
		want       string
	}{
		{"FEC under 32 kbit/s", codec.Parameters{FEC: true, Bitrate: 24000}, 48000, "WB"},
		{"FEC", codec.Parameters{FEC: true}, 48000, "FB"},
		{"a peer of 24 kHz", codec.Parameters{MaxPlaybackRate: 24000}, 48000, "SWB"},
		{"a peer of 24 kHz, a headset", codec.Parameters{MaxPlaybackRate: 24000}, 14000, "WB"},
		{"a peer of 16 kHz", codec.Parameters{MaxPlaybackRate: 16000}, 22000, "WB"},
		{"a peer of 8 kHz", codec.Parameters{MaxPlaybackRate: 8000}, 14000, "NB"},
	} {
		bands := coded(t, encoder(t, c.parameters), recorded(c.rate, 0.05, 8), frame20)
		for i, b := range bands[380:] {
			if b != c.want {
				t.Fatalf("%s: frame %d is %s, want %s", c.rule, 380+i, b, c.want)
			}
		}
	}
}

// Setting the rest leaves what was found as it is.
func TestOpus_bandSurvivesSetting(t *testing.T) {
	e := encoder(t, codec.Parameters{FEC: true, Bitrate: 64000})
	pcm := recorded(22000, 0.05, 9)
	coded(t, e, pcm[:8*second], frame20)
	for i, set := range []func(){
		func() { e.SetLoss(3) }, func() { e.SetFEC(false) }, func() { e.SetBitrate(48000) }, func() { e.SetLoss(0) },
	} {
		set()
		for _, b := range coded(t, e, pcm[8*second:], frame20) {
			if b != "SWB" {
				t.Fatalf("setting %d: %s", i, b)
			}
		}
	}
}

// One that parts from the others of its microphone knows what they know.
func TestPool_bandParts(t *testing.T) {
	pool := new(codec.Pool)
	var encoders [2]codec.Encoder
	for i := range encoders {
		e, err := pool.NewEncoder(codec.Parameters{Name: codec.Opus, Bitrate: 64000})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		encoders[i] = e
	}
	pcm := recorded(14000, 0.05, 9)
	for i := 0; i < 8*second; i += frame20 {
		for _, e := range encoders {
			coded(t, e, pcm[i:i+frame20], frame20)
		}
	}
	encoders[1].SetBitrate(48000)
	rest := pcm[8*second:]
	sibilant := audiotest.Mix(rest, audiotest.Noise(0.01, len(rest), 1))
	for n, sound := range [][]int16{rest, sibilant} {
		for i, b := range coded(t, encoders[n], sound, frame20) {
			if want := []string{"WB", "FB"}[n]; b != want {
				t.Fatalf("encoder %d, frame %d: %s, want %s", n, i, b, want)
			}
		}
	}
}

// Nobody hears that the band changes: around it the voice is as good as ever.
func TestOpus_bandIsNotHeard(t *testing.T) {
	for _, rate := range []int{14000, 22000} {
		e, payload := encoder(t, codec.Parameters{Bitrate: 64000}), make([]byte, codec.MaxPayload)
		d, err := codec.NewDecoder(codec.Parameters{Name: codec.Opus})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		pcm, heard, out := recorded(rate, 0.05, 10), []int16(nil), make([]int16, codec.MaxFrame)
		again := 8 * second
		copy(pcm[again:], audiotest.Mix(pcm[again:], audiotest.Noise(0.001, len(pcm)-again, 1)))
		changes, last := []int(nil), "FB"
		for i := 0; i < len(pcm); i += frame20 {
			n, err := e.Encode(payload, pcm[i:i+frame20])
			if err != nil {
				t.Fatal(err)
			}
			if b := band(payload); b != last {
				changes, last = append(changes, i), b
			}
			if n, err = d.Decode(out, payload[:n]); err != nil {
				t.Fatal(err)
			}
			heard = append(heard, out[:n]...)
		}
		if len(changes) != 2 || changes[1] != again {
			t.Fatalf("%d Hz: changes at %v, want two, the second at %d", rate, changes, again)
		}
		straight := audiotest.Straighten(pcm, heard, second, audiotest.Timing(pcm, heard, second, 300*time.Millisecond))
		for _, at := range changes {
			from, to := at-3*second/2, at+3*second/2
			if got := audiotest.STOI(pcm[from:to], straight[from:to], second); got < 0.99 {
				t.Errorf("%d Hz: STOI %.4f around the change at %d", rate, got, at)
			}
		}
	}
}

// BenchmarkOpus_band is the cost of a frame of speech from microphones.
func BenchmarkOpus_band(b *testing.B) {
	for name, rate := range map[string]int{"7 kHz": 14000, "11 kHz": 22000, "all": 48000} {
		b.Run(name, func(b *testing.B) {
			e := encoder(b, codec.Parameters{FEC: true, Bitrate: 64000})
			e.SetFEC(false)
			pcm, payload := recorded(rate, 0.05, 20), make([]byte, codec.MaxPayload)
			i := 0
			next := func() {
				if _, err := e.Encode(payload, pcm[i:i+frame20]); err != nil {
					b.Fatal(err)
				}
				i = (i + frame20) % len(pcm)
			}
			for range 1000 {
				next()
			}
			b.ReportAllocs()
			for b.Loop() {
				next()
			}
		})
	}
}
