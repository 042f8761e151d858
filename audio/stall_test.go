package audio

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// said is a packet of encoded speech and when it is sent.
type said struct {
	at time.Duration
	rtp.Packet
}

// say encodes sound in packets of 20 ms, told that loss percent are lost.
func say(t testing.TB, name codec.Name, pcm []int16, loss int) []said {
	t.Helper()
	p, payloadType := parameters(name)
	coder, err := codec.NewEncoder(p)
	if err != nil {
		t.Fatal(err)
	}
	defer coder.Close()
	coder.SetLoss(loss)
	down := codec.NewResampler(sampleRate, coder.SampleRate())
	frame := make([]int16, codec.MaxFrame)
	payload := make([]byte, codec.MaxPayload)
	var packets []said
	for i := 0; len(pcm) >= 960; i, pcm = i+1, pcm[960:] {
		part := pcm[:960]
		if coder.SampleRate() != sampleRate {
			part = frame[:down.Process(frame, part)]
		}
		n, err := coder.Encode(payload, part)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, said{
			at: time.Duration(i+1) * 20 * ms, // when its sound is complete
			Packet: rtp.Packet{
				Header: rtp.Header{
					PayloadType: payloadType, SequenceNumber: uint16(65500 + i), SSRC: 1,
					Timestamp: 0xFFFFF000 + uint32(i*name.ClockRate()/50),
				},
				Payload: append([]byte(nil), payload[:n]...),
			},
		})
	}
	return packets
}

// standing is what a machine that stood still has heard.
type standing struct {
	back        time.Duration // after which time the delay was back at 45 ms
	before, end StreamStats   // when it stopped, and after the last packet
}

// caughtUp is how much later the sound was than it is in the end, and what of
// that was heard in a shorter time. The rest was skipped.
func caughtUp(before, after StreamStats, stall time.Duration) (all, compressed time.Duration) {
	faster, slower := after.Faster-before.Faster, after.Slower-before.Slower
	return stall + before.Buffer - after.Buffer, faster - slower
}

// standStill plays packets on a machine that stands still from begin on:
// nothing is played, and what came meanwhile is there at once.
func standStill(t *testing.T, name codec.Name, packets []said, begin, stall time.Duration) standing {
	t.Helper()
	r := newReceiver()
	if err := r.configure(agreed(name, nil)); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	var s standing
	block := make([]int16, blockSamples)
	for now := 3 * ms; len(packets) > 0; now += blockDuration {
		if now > begin && now < begin+stall {
			continue
		}
		for len(packets) > 0 && packets[0].at <= now {
			at := packets[0].at
			if at > begin && at < begin+stall {
				at = now // the socket was not read
			}
			r.receive(&packets[0].Packet, at)
			packets = packets[1:]
		}
		r.pull(block, now, false)
		s.end = r.snapshot(time.Time{})
		if now <= begin {
			s.before = s.end
		}
		if now > begin+stall && s.end.Buffer > 45*ms {
			s.back = now - begin - stall
		}
	}
	return s
}

// Two seconds after a stall of the machine in the middle of speech the delay
// is what it was. Time is compressed for it; only where more than half a second
// is to be caught up, packets are skipped until little is left.
func TestReceiver_afterAStall(t *testing.T) {
	speech := audiotest.Speech(0.1, sampleRate, 15*sampleRate, 4)
	for _, name := range []codec.Name{codec.Opus, codec.PCMU} {
		packets := say(t, name, speech, 0)
		for _, stall := range []time.Duration{100 * ms, 250 * ms, 450 * ms, 1500 * ms} {
			for _, begin := range []time.Duration{6 * time.Second, 8300 * ms} {
				s := standStill(t, name, packets, begin, stall)
				if s.back == 0 || s.back > 2*time.Second || s.end.Buffer > 30*ms {
					t.Errorf("%s, %v at %v: the delay came back after %v, to %v", name, stall, begin, s.back, s.end.Buffer)
				}
				all, compressed := caughtUp(s.before, s.end, stall)
				skipped := time.Duration(s.end.Late-s.before.Late) * 20 * ms
				if skipped > 0 != (stall > 500*ms) || (all-compressed-skipped).Abs() > 20*ms {
					t.Errorf("%s, %v at %v: of %v are %v compressed and %v skipped", name, stall, begin, all, compressed, skipped)
				}
			}
		}
	}
}

// After the speaker stood still for a time, the delay comes back to its target
// within two seconds: all that came meanwhile is heard, in a shorter time.
func TestStream_stallIsCaughtUp(t *testing.T) {
	for _, stall := range []time.Duration{100 * time.Millisecond, 300 * time.Millisecond} {
		t.Run(stall.String(), func(t *testing.T) {
			enter(t, 2, func(t *testing.T, r *room) {
				a, b := r.sites[0], r.sites[1]
				a.devices.Speak("mic", audiotest.Voice(0.3, sampleRate, 6*sampleRate))
				_, to := r.call(a, b, codec.Opus, audiotest.Impairment{})
				r.pass(3 * time.Second)
				before := to.Stats()
				for range stall / blockDuration { // the receiver's speaker stands still
					<-time.After(blockDuration)
					a.devices.Step()
					synctest.Wait()
				}
				r.pass(40 * time.Millisecond)
				high := to.Stats().Buffer
				if high < before.Buffer+stall/2 {
					t.Fatalf("the stall does not show: %v after %v", high, before.Buffer)
				}
				r.pass(2 * time.Second)
				after := to.Stats()
				t.Logf("before %+v\nhigh %v\nafter %+v", before, high, after)
				if after.Buffer > before.Buffer+20*time.Millisecond {
					t.Errorf("delay %v two seconds later, was %v", after.Buffer, before.Buffer)
				}
				if all, compressed := caughtUp(before, after, stall); (all - compressed).Abs() > 20*time.Millisecond {
					t.Errorf("of %v caught up are %v compressed", all, compressed)
				}
				if after.Late > before.Late || after.Concealed > before.Concealed {
					t.Errorf("%d packets were skipped, %d blocks made up", after.Late-before.Late, after.Concealed-before.Concealed)
				}
			})
		})
	}
}
