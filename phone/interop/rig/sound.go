package rig

import (
	"encoding/binary"
	"fmt"
	"time"

	"webphone/audio/audiotest"
)

// SampleRate is that of every sound in the rig, in samples a second.
const SampleRate = 48000

// block is the stretch over which a tone is looked for: 50 ms.
const block = SampleRate / 20

// Samples returns how many samples d has.
func Samples(d time.Duration) int { return int(d * SampleRate / time.Second) }

// Sine returns d of a tone of the given frequency in hertz at a quarter of full scale.
func Sine(frequency float64, d time.Duration) []int16 {
	return audiotest.Sine(frequency, 0.25, SampleRate, Samples(d))
}

// WriteWAV writes mono samples.
func WriteWAV(name string, pcm []int16) error { return audiotest.WriteWAV(name, SampleRate, pcm) }

// PCM decodes little-endian 16-bit samples.
func PCM(b []byte) []int16 {
	out := make([]int16, len(b)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return out
}

// hasTone reports whether most of an audible stretch lies at the frequency.
func hasTone(pcm []int16, frequency float64) bool {
	const audible = 0.003 // -50 dB of full scale
	return audiotest.RMS(pcm) > audible && audiotest.Purity(pcm, SampleRate, frequency) > 0.85
}

// LongestTone returns the longest stretch of pcm that is the tone, in steps
// of 50 ms.
func LongestTone(pcm []int16, frequency float64) time.Duration {
	var longest, run time.Duration
	for ; len(pcm) >= block; pcm = pcm[block:] {
		if !hasTone(pcm[:block], frequency) {
			run = 0
			continue
		}
		run += 50 * time.Millisecond
		longest = max(longest, run)
	}
	return longest
}

// FirstTone returns the position at which the tone begins, to 5 ms, to last
// for 100 ms at least; -1 when it does not.
func FirstTone(pcm []int16, frequency float64) int {
	const window, hop, long = SampleRate / 50, SampleRate / 200, SampleRate / 10
	for at := 0; at+long <= len(pcm); at += hop {
		if hasTone(pcm[at:at+window], frequency) && hasTone(pcm[at+window:at+long], frequency) {
			return at
		}
	}
	return -1
}

// Keys returns the DTMF keys that sound in pcm for 30 ms at least, each once
// however long it sounds. Chromium plays them so close to each other that a
// shorter look would find a third key between two, and tears them where its
// audio thread is late: a tone that is away for 20 ms is still the same
// (ITU-T Q.24).
func Keys(pcm []int16) string {
	const window, hop, torn = SampleRate / 50, SampleRate / 100, 4
	var keys []byte
	last, run := "", 0      // what sounds, and in how many windows
	heard, away := "", torn // the key that sounded last, and windows since
	for ; len(pcm) >= window; pcm = pcm[hop:] {
		key := keyAt(pcm[:window])
		if key != last {
			last, run = key, 0
		}
		if run++; key == "" || run < 2 {
			away++
			continue
		}
		if key != heard || away > torn {
			keys = append(keys, key...)
		}
		heard, away = key, 0
	}
	return string(keys)
}

// keyAt returns the key that sounds in the window, or "".
func keyAt(window []int16) string {
	row, low := strongest(window, [4]float64{697, 770, 852, 941})
	column, high := strongest(window, [4]float64{1209, 1336, 1477, 1633})
	// Both tones together make up nearly all that sounds.
	both := low*low/2 + high*high/2
	rms := audiotest.RMS(window)
	if rms < 0.003 || both < 0.75*rms*rms || low < high/3 || high < low/3 {
		return ""
	}
	return "123A456B789C*0#D"[4*row+column:][:1]
}

func strongest(window []int16, frequencies [4]float64) (index int, amplitude float64) {
	for i, f := range frequencies {
		if a := audiotest.Tone(window, SampleRate, f); a > amplitude {
			index, amplitude = i, a
		}
	}
	return index, amplitude
}

// Describe says in words what pcm contains, for the message of a failed test.
func Describe(pcm []int16) string {
	if len(pcm) == 0 {
		return "nothing was played at all"
	}
	tail := pcm[max(0, len(pcm)-4*block):]
	frequency := audiotest.Dominant(tail, SampleRate)
	return fmt.Sprintf("%.2f s were played; of the last 200 ms, at %.4f of full scale, %.0f %% lie at %.0f Hz",
		float64(len(pcm))/SampleRate, audiotest.RMS(tail), 100*audiotest.Purity(tail, SampleRate, frequency), frequency)
}
