package rig

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"time"
)

// SampleRate is that of every sound in the rig, in samples a second.
const SampleRate = 48000

// block is the stretch over which a tone is looked for: 50 ms.
const block = SampleRate / 20

// Samples returns how many samples d has.
func Samples(d time.Duration) int { return int(d * SampleRate / time.Second) }

// Sine returns d of a tone of the given frequency in hertz at a quarter of full scale.
func Sine(frequency float64, d time.Duration) []int16 {
	out := make([]int16, Samples(d))
	for i := range out {
		out[i] = int16(8192 * math.Sin(2*math.Pi*frequency*float64(i)/SampleRate))
	}
	return out
}

// WriteWAV writes mono 16-bit samples at 48 kHz.
func WriteWAV(name string, pcm []int16) error {
	b := make([]byte, 44, 44+2*len(pcm))
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*len(pcm)))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], SampleRate)
	binary.LittleEndian.PutUint32(b[28:], 2*SampleRate)
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(2*len(pcm)))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return os.WriteFile(name, b, 0o644)
}

// PCM decodes little-endian 16-bit samples.
func PCM(b []byte) []int16 {
	out := make([]int16, len(b)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return out
}

// Share returns which part of the power of pcm lies at the frequency: 1 for a
// pure tone, 0 for silence or anything else.
func Share(pcm []int16, frequency float64) float64 {
	var re, im, power float64
	for i, v := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / SampleRate)
		re += float64(v) * cos
		im += float64(v) * sin
		power += float64(v) * float64(v)
	}
	if power == 0 {
		return 0
	}
	return min(1, 2*(re*re+im*im)/(float64(len(pcm))*power))
}

// Level returns the root mean square of pcm in dB of full scale; -120 for
// digital silence.
func Level(pcm []int16) float64 {
	var power float64
	for _, v := range pcm {
		power += float64(v) * float64(v)
	}
	if power == 0 {
		return -120
	}
	return max(-120, 10*math.Log10(power/float64(len(pcm))/(32768*32768)))
}

// audible is the level from which a tone counts as heard.
const audible = -50

// hasTone reports whether most of an audible block lies at the frequencies.
func hasTone(pcm []int16, frequencies ...float64) bool {
	var share float64
	for _, f := range frequencies {
		share += Share(pcm, f)
	}
	return share > 0.7 && Level(pcm) > audible
}

// LongestTone returns the longest stretch of pcm that is the tone, or the
// mixture of the tones, in steps of 50 ms.
func LongestTone(pcm []int16, frequencies ...float64) time.Duration {
	var longest, run time.Duration
	for ; len(pcm) >= block; pcm = pcm[block:] {
		if !hasTone(pcm[:block], frequencies...) {
			run = 0
			continue
		}
		run += 50 * time.Millisecond
		longest = max(longest, run)
	}
	return longest
}

// FirstTone returns the position at which the tone begins, to 5 ms; -1 when
// it does not.
func FirstTone(pcm []int16, frequency float64) int {
	const window, hop = SampleRate / 50, SampleRate / 200
	for at := 0; at+window <= len(pcm); at += hop {
		if hasTone(pcm[at:at+window], frequency) {
			return at
		}
	}
	return -1
}

// Describe says in words what pcm contains, for the message of a failed test.
func Describe(pcm []int16) string {
	if len(pcm) == 0 {
		return "nothing was played at all"
	}
	var best, share float64
	tail := pcm[max(0, len(pcm)-4*block):]
	for f := 100.0; f < 4000; f += 10 {
		if s := Share(tail, f); s > share {
			best, share = f, s
		}
	}
	return fmt.Sprintf("%.2f s were played; the last 200 ms at %.0f dB, strongest %.0f Hz with %.0f %% of the power",
		float64(len(pcm))/SampleRate, Level(tail), best, 100*share)
}

// dtmfRows and dtmfColumns are the tone pairs of ITU-T Q.23.
var dtmfRows, dtmfColumns = [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}

// Keys returns the DTMF keys that sound in pcm, each for 30 ms at least.
func Keys(pcm []int16) string {
	const window, hop = SampleRate / 50, SampleRate / 100
	var keys []byte
	var last byte
	run := 0
	for ; len(pcm) >= window; pcm = pcm[hop:] {
		key := keyAt(pcm[:window])
		if key != last {
			last, run = key, 0
		}
		if run++; run == 2 && key != 0 {
			keys = append(keys, key)
		}
	}
	return string(keys)
}

// keyAt returns the key that sounds in the window, or 0.
func keyAt(window []int16) byte {
	if Level(window) < audible {
		return 0
	}
	row, low := strongest(window, dtmfRows)
	column, high := strongest(window, dtmfColumns)
	if low+high < 0.8 || low < 0.1 || high < 0.1 {
		return 0
	}
	return "123A456B789C*0#D"[4*row+column]
}

func strongest(window []int16, frequencies [4]float64) (index int, share float64) {
	for i, f := range frequencies {
		if s := Share(window, f); s > share {
			index, share = i, s
		}
	}
	return index, share
}
