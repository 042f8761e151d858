package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Whenever which numbers come, what is told of them is a valid packet, and of
// those alone.
func FuzzArrivals(f *testing.F) {
	f.Add([]byte("\x00\x01\x14\x00\x03\x14\x00\x02\xff\xff\xfe\x00\x00\x00\xff"))
	f.Add([]byte("\x80\x00\x01\x80\x80\x01\x00\x00\x01\x80\x01\xf0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var a arrivals
		now := time.Now()
		came := map[uint16]bool{}
		for ; len(b) >= 3; b = b[3:] {
			number := uint16(b[0])<<8 | uint16(b[1])
			now = now.Add(time.Duration(b[2]) * 5 * time.Millisecond)
			came[number] = true
			feedback := a.add(packetNumbered(number), ownNumbering, 1, now)
			if feedback == nil {
				continue
			}
			numbers, _, _ := arrived(t, feedback)
			if len(numbers) == 0 || len(numbers) > feedbackMost {
				t.Errorf("%d packets in one feedback", len(numbers))
			}
			for _, n := range numbers {
				if !came[n] {
					t.Errorf("%d never came", n)
				}
			}
		}
	})
}

// Whatever is said of our packets, the rate is one that can be kept to.
func FuzzCongestion(f *testing.F) {
	var a arrivals
	now := time.Now()
	for n := range uint16(12) {
		now = now.Add(20 * time.Millisecond)
		if b := a.add(packetNumbered(n), ownNumbering, 1, now); b != nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, err := rtcp.Unmarshal(b)
		if err != nil {
			return
		}
		var c congestion
		c.extend(ownNumbering, true)
		at := time.Now()
		for range 30 {
			for range 10 {
				at = at.Add(20 * time.Millisecond)
				c.stamp(&rtp.Header{Version: 2}, 80, at)
			}
			for _, p := range packets {
				feedback, ok := p.(*rtcp.TransportLayerCC)
				if !ok {
					continue
				}
				if rate := c.feedback(feedback, at); rate != 0 && (rate < rateLeast || rate >= rateEnough) {
					t.Fatalf("%d bit/s", rate)
				}
				feedback.BaseSequenceNumber += 10
				feedback.ReferenceTime += 5
			}
		}
	})
}
