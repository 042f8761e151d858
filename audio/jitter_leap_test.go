package audio

import (
	"fmt"
	"testing"
	"time"
)

// A talker who is put into a stream with timestamps of their own is heard at
// once, and nothing of what they say is thrown away.
func TestJitterBuffer_timestampLeaps(t *testing.T) {
	for _, leap := range []time.Duration{
		-10 * time.Second, -2500 * ms, -time.Second, -200 * ms, 300 * ms, time.Second, 2500 * ms, 5 * time.Second,
	} {
		t.Run(fmt.Sprint(leap), func(t *testing.T) {
			packets := trace(20*time.Second, func(i int) time.Duration { return 30*ms + time.Duration(i%3)*4*ms })
			for i := range packets[500:] {
				packets[500+i].Timestamp += uint32(int32(leap / ms * 8))
			}
			o := replay(t, packets)
			if o.Late > 3 || o.Concealed > 6 {
				t.Errorf("%d late, %d blocks made up", o.Late, o.Concealed)
			}
			for _, at := range []time.Duration{10300 * ms, 19 * time.Second} {
				if got := o.at(at); got == 0 || got > 50*ms {
					t.Errorf("delay %v at %v", got, at)
				}
			}
		})
	}
}

// What a network does to packets is no leap: one that comes by another way
// before the many on a longer one, and many that are lost.
func TestJitterBuffer_noLeap(t *testing.T) {
	for _, c := range []struct {
		rule  string
		delay func(i int) time.Duration
		most  uint64 // blocks made up
	}{
		{"a shorter way from one packet on", func(i int) time.Duration {
			if i < 500 {
				return 400 * ms
			}
			return 100 * ms
		}, 2},
		{"a second of packets lost", func(i int) time.Duration {
			if i >= 500 && i < 550 {
				return -1
			}
			return 30 * ms
		}, 102},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if o := replay(t, trace(20*time.Second, c.delay)); o.Late > 16 || o.Concealed > c.most {
				t.Errorf("%d late, %d blocks made up", o.Late, o.Concealed)
			}
		})
	}
}
