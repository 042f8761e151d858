package voice

import (
	"testing"
	"time"

	"webphone/audio/audiotest"
)

// BenchmarkFigures measures what the canceller and the suppressor reach on half
// a minute of sound; its figures are not of time.
func BenchmarkFigures(b *testing.B) {
	const length = 30
	all := Switches{Echo: true, Noise: true}
	far := audiotest.Speech(0.1, wideRate, length*wideRate, 1)
	jump, drift := office(120*time.Millisecond, 200*time.Millisecond), office(120*time.Millisecond, 200*time.Millisecond)
	jump.Jump, jump.JumpAt = 50*time.Millisecond, 10*time.Second
	drift.Drift = 100
	for _, c := range []struct {
		name string
		room audiotest.Acoustics
	}{
		{"echo-40ms", office(40*time.Millisecond, 200*time.Millisecond)},
		{"echo-120ms", office(120*time.Millisecond, 150*time.Millisecond)},
		{"echo-250ms", office(250*time.Millisecond, 300*time.Millisecond)},
		{"echo-jump-at-10s", jump},
		{"echo-drift-100ppm", drift},
	} {
		b.Run(c.name, func(b *testing.B) {
			mic := audiotest.Mix(c.room.Echo(far, wideRate), hiss(len(far)))
			var out []int16
			for b.Loop() {
				out = run(b, all, mic, far)
			}
			b.ReportMetric(erle(seconds(mic, 0, 5), seconds(out, 0, 5)), "dB-0-5s")
			b.ReportMetric(erle(seconds(mic, 5, 10), seconds(out, 5, 10)), "dB-5-10s")
			b.ReportMetric(erle(seconds(mic, 10, 13), seconds(out, 10, 13)), "dB-10-13s")
			b.ReportMetric(erle(seconds(mic, 13, 29.9), seconds(out, 13, 29.9)), "dB-13-30s")
		})
	}
	b.Run("double-talk", func(b *testing.B) {
		near := audiotest.Speech(0.065, wideRate, length*wideRate, 2)
		clear(near[:10*wideRate])
		mic := audiotest.Mix(office(40*time.Millisecond, 200*time.Millisecond).Echo(far, wideRate), near, hiss(len(far)))
		var out []int16
		for b.Loop() {
			out = run(b, all, mic, far)
		}
		before, _ := audiotest.Likeness(seconds(near, 10, 29.9), seconds(mic, 10, 29.9))
		after, level := audiotest.Likeness(seconds(near, 10, 29.9), seconds(out, 10, 29.9))
		b.ReportMetric(before, "correlation-before")
		b.ReportMetric(after, "correlation")
		b.ReportMetric(audiotest.Decibels(level), "dB-level")
	})
	b.Run("noise-10dB", func(b *testing.B) {
		voice := audiotest.Speech(0.05, wideRate, length*wideRate, 3)
		mic := audiotest.Mix(voice, audiotest.PinkNoise(0.05/3.16, len(voice), 1))
		var out []int16
		for b.Loop() {
			out = run(b, Switches{Noise: true}, mic, nil)
		}
		voice, mic, out = seconds(voice, 3, length), seconds(mic, 3, length), seconds(out, 3, length)
		b.ReportMetric(pauseLevel(voice, out)-pauseLevel(voice, mic), "dB-pauses")
		b.ReportMetric(audiotest.SegmentalSNR(voice, mic, wideRate), "dB-SNR-before")
		b.ReportMetric(audiotest.SegmentalSNR(voice, out, wideRate), "dB-SNR")
	})
}
