package voice

import (
	"testing"

	"webphone/audio/audiotest"
)

// Noise 10 dB under the voice is turned down by 10 dB in pauses and what is
// heard has 12 dB of frequency-weighted segmental SNR.
func TestProcessor_turnsNoiseDown(t *testing.T) {
	const length, settled = 15, 3
	for _, c := range []struct {
		name  string
		noise []int16
	}{
		{"pink noise", audiotest.PinkNoise(0.05/3.16, length*wideRate, 1)},
		{"white noise", audiotest.Noise(0.05/3.16, length*wideRate, 1)},
	} {
		voice := audiotest.Speech(0.05, wideRate, length*wideRate, 3)
		mic := audiotest.Mix(voice, c.noise)
		out := run(t, Switches{Noise: true}, mic, nil)
		voice, mic, out = seconds(voice, settled, length), seconds(mic, settled, length), seconds(out, settled, length)
		before, after := audiotest.SegmentalSNR(voice, mic, wideRate), audiotest.SegmentalSNR(voice, out, wideRate)
		less := pauseLevel(voice, mic) - pauseLevel(voice, out)
		t.Logf("%s: pauses −%.1f dB, segmental SNR %.1f → %.1f dB", c.name, less, before, after)
		if less < 10 {
			t.Errorf("%s: %.1f dB less in pauses, want 10", c.name, less)
		}
		if after < 12 || after < before+3 {
			t.Errorf("%s: segmental SNR %.1f dB, was %.1f", c.name, after, before)
		}
	}
}

// pauseLevel is the level, in dBFS, of a signal while a voice rests for 60 ms
// at least.
func pauseLevel(voice, of []int16) float64 {
	active := audiotest.ActiveFrames(voice, wideRate)
	var rest []int16
	for i := 3; i+3 < len(active); i++ {
		quiet := true
		for _, a := range active[i-3 : i+4] {
			quiet = quiet && !a
		}
		if quiet {
			rest = append(rest, of[i*Frame:(i+1)*Frame]...)
		}
	}
	return audiotest.Decibels(audiotest.RMS(rest))
}

// A voice without noise is left alone.
func TestProcessor_leavesCleanVoice(t *testing.T) {
	voice := audiotest.Speech(0.05, wideRate, 8*wideRate, 5)
	out := run(t, Switches{Noise: true}, voice, nil)
	if got := audiotest.SegmentalSNR(seconds(voice, 1, 7.9), seconds(out, 1, 7.9), wideRate); got < 25 {
		t.Errorf("segmental SNR %.1f dB, want 25", got)
	}
}

// Above 8 kHz the microphone is not cut off.
func TestProcessor_keepsFullBand(t *testing.T) {
	tone := audiotest.Sine(12000, 0.1, wideRate, wideRate)
	out := run(t, Switches{Echo: true}, tone, nil)
	if a := audiotest.Tone(seconds(out, 0.2, 0.9), wideRate, 12000); a < 0.09 {
		t.Errorf("12 kHz has an amplitude of %.3f, want 0.1", a)
	}
	// What the bands take apart they put together again.
	noise := audiotest.Noise(0.1, wideRate, 4)
	out = run(t, Switches{Echo: true}, noise, nil)
	if r, level := audiotest.Likeness(seconds(noise, 0.1, 0.9), seconds(out, 0.1, 0.9)); r < 0.999 || level < 0.99 || level > 1.01 {
		t.Errorf("correlation %.4f, level %.3f", r, level)
	}
}
