package audio

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// The redundancy flag is read where libopus writes it: packets of speech have
// one while loss is reported, packets of an encoder without FEC have none.
func TestHasRedundancy_inPacketsOfLibopus(t *testing.T) {
	voice := audiotest.Voice(0.3, sampleRate, 4*sampleRate)
	for _, fec := range []bool{true, false} {
		coder, err := codec.NewEncoder(codec.Parameters{Name: codec.Opus, FEC: fec})
		if err != nil {
			t.Fatal(err)
		}
		coder.SetLoss(10)
		var n, redundant int
		payload := make([]byte, codec.MaxPayload)
		for at := 0; at+960 <= len(voice); at += 960 {
			l, err := coder.Encode(payload, voice[at:at+960])
			if err != nil {
				t.Fatal(err)
			}
			n++
			if hasRedundancy(payload[:l]) {
				redundant++
			}
		}
		coder.Close()
		if fec && redundant < n/3 || !fec && redundant > 0 {
			t.Errorf("FEC %v: %d of %d packets have redundancy", fec, redundant, n)
		}
	}
}

// Lost packets of speech are recovered from the packets after them, once loss
// has been seen; the buffer waits one packet longer for that, and no longer
// when the loss is over.
func TestStream_redundancyRepairsLoss(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.Speak("mic", audiotest.Voice(0.3, sampleRate, 6*sampleRate))
		from, to := a.NewStream(), b.NewStream()
		losing := true
		n := 0
		config := agreed(codec.Opus, func(h *rtp.Header, payload []byte) error {
			if n++; losing && n%12 == 0 {
				return nil
			}
			to.Receive(&rtp.Packet{Header: *h, Payload: payload}, time.Now())
			return nil
		})
		if err := from.Start(config); err != nil {
			t.Fatal(err)
		}
		from.SetLoss(8)
		if err := to.Start(agreed(codec.Opus, new(wire).write)); err != nil {
			t.Fatal(err)
		}
		r.pass(20 * time.Second)
		st := to.Stats()
		t.Logf("%+v", st)
		if st.Lost < 80 || st.Repaired < st.Lost/2 {
			t.Errorf("%d of %d repaired", st.Repaired, st.Lost)
		}
		if st.Buffer > 50*time.Millisecond {
			t.Errorf("delay %v", st.Buffer)
		}
		losing = false
		r.pass(30 * time.Second)
		if st := to.Stats(); st.Target > 10*time.Millisecond || st.Buffer > 20*time.Millisecond {
			t.Errorf("half a minute without loss: %+v", st)
		}
	})
}
