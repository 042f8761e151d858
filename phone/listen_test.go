package phone_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"webphone/audio/audiotest"
)

// listens waits for half a second of sound at the speaker, all of it from after
// this moment, of which wrong has nothing to say. A machine with other work
// puts holes into single ones.
func (u *user) listens(rule string, wrong func(heard []int16, rate int) string) {
	u.t.Helper()
	begun, seen, said := -1, 0, "nothing new"
	u.eachFile(rule, &said, func(samples []int16, rate int) bool {
		if begun < 0 {
			begun, seen = len(samples), len(samples)
		}
		if len(samples) == seen || len(samples)-begun < rate/2 {
			return false
		}
		seen = len(samples)
		said = wrong(samples[seen-rate/2:], rate)
		return said == ""
	})
}

// sounds waits until the speaker has played for so long from now on.
func (u *user) sounds(d time.Duration) {
	u.t.Helper()
	begun, said := -1, "too little sound"
	u.eachFile("more sound", &said, func(samples []int16, rate int) bool {
		if begun < 0 {
			begun = len(samples)
		}
		return time.Duration(len(samples)-begun)*time.Second/time.Duration(rate) >= d
	})
}

// eachFile looks at the speaker's file until done is content, or patience ends.
func (u *user) eachFile(what string, said *string, done func(samples []int16, rate int) bool) {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		samples, rate, err := audiotest.ReadWAV(u.speaker)
		u.must(err)
		if done(samples, rate) {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			u.t.Errorf("%s, %s: within %v %s", u.name, what, patience, *said)
			return
		}
	}
}

// hears checks that a tone comes to the speaker.
func (u *user) hears(frequency float64) {
	u.t.Helper()
	u.listens("a tone", func(heard []int16, rate int) string {
		if got := audiotest.Dominant(heard, rate); got < frequency-15 || got > frequency+15 {
			return fmt.Sprintf("heard %.0f Hz, want %.0f", got, frequency)
		}
		return ""
	})
}

// hearsOnly checks that these of the tones come to the speaker and no others.
func (u *user) hearsOnly(rule string, tones ...float64) {
	u.t.Helper()
	u.listens(rule, func(heard []int16, rate int) string {
		var wrong []string
		for _, tone := range []float64{aliceTone, bobTone, carolTone, daveTone} {
			level := audiotest.Decibels(audiotest.Tone(heard, rate, tone) / 0.25)
			if audible := slices.Contains(tones, tone); audible && level < -15 || !audible && level > -34 {
				wrong = append(wrong, fmt.Sprintf("%.0f Hz at %.0f dB", tone, level))
			}
		}
		return strings.Join(wrong, ", ")
	})
}
