package phone

import (
	"testing"
	"time"
)

func TestRingback_soundsWhileNothingComesFromAPhoneThatRings(t *testing.T) {
	begun := time.Unix(1000, 0)
	at := func(seconds float64) time.Time { return begun.Add(time.Duration(seconds * float64(time.Second))) }
	for _, c := range []struct {
		rule            string
		alerted, sounds bool // before
		now             float64
		heard           time.Time
		resting         bool
		want            bool
	}{
		{rule: "183 alone makes no ringback", now: 30},
		{rule: "180, and nothing comes", alerted: true, now: 1, want: true},
		{rule: "180 comes early", alerted: true, now: 0.9},
		{rule: "180, and sound comes", alerted: true, now: 30, heard: at(29.9)},
		{rule: "the first sound stops it", alerted: true, sounds: true, now: 0.2, heard: at(0.1)},
		{rule: "late sound stops it", alerted: true, sounds: true, now: 9, heard: at(8.9)},
		{rule: "what rang before goes on until sound comes", alerted: true, sounds: true, now: 0.2, want: true},
		{rule: "sound of a fork before does not count", alerted: true, sounds: true, now: 0.2, heard: at(-0.1), want: true},
		{rule: "an announcement has ended", alerted: true, now: 31, heard: at(30), want: true},
		{rule: "a pause that is told is none", alerted: true, now: 31, heard: at(20), resting: true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			r := ringback{alerted: c.alerted, sounds: c.sounds, since: begun}
			r.take(at(c.now), c.heard, c.resting)
			if r.sounds != c.want {
				t.Errorf("sounds: %v", r.sounds)
			}
		})
	}
}
