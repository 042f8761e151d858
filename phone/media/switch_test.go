package media

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/phone/ua"
)

// talker is a Peer with an engine of its own behind it.
type talker struct {
	*Peer
	stream    *audio.Stream
	devices   *audiotest.Devices
	connected chan struct{}
}

func newTalker(t *testing.T, o Options) *talker {
	t.Helper()
	k := &talker{devices: audiotest.NewDevices(), connected: make(chan struct{}, 4)}
	k.devices.Speak("mic", audiotest.Sine(440, 0.3, 48000, 48000))
	engine, err := audio.New(audio.Options{Backend: k.devices, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	k.stream = engine.NewStream()
	o.Stream, o.Loopback, o.Log = k.stream, true, slog.New(slog.DiscardHandler)
	o.Events.Connected = func() { k.connected <- struct{}{} }
	if k.Peer, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := engine.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return k
}

// heard is what came from the speaker since the last call, and the longest run
// without sound in it.
func (k *talker) heard() (length, silence time.Duration) {
	pcm := k.devices.Heard("speaker")
	return time.Duration(len(pcm)) * time.Second / 48000, audiotest.LongestQuiet(pcm, 48000, 300.0/32768)
}

// waitConnected waits for ICE and DTLS.
func (k *talker) waitConnected(t *testing.T) {
	t.Helper()
	select {
	case <-k.connected:
	case <-time.After(20 * time.Second):
		t.Fatal("no connection within 20 s")
	}
}

// beat has the devices of talkers run until stop is called, which may be more
// than once. As sound cards they lose no time while this machine is busy with
// something else, unless it is for long.
func beat(talkers ...*talker) (stop func()) {
	const most = 10 // periods at once
	done := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		period := time.NewTicker(10 * ms)
		defer period.Stop()
		begun, passed := time.Now().Add(-5*ms), 0
		for {
			select {
			case <-done:
				return
			case <-period.C:
			}
			due := int(time.Since(begun)/(10*ms)) - passed
			for range min(due, most) {
				for _, k := range talkers {
					k.devices.Step()
				}
			}
			passed += due
		}
	})
	return sync.OnceFunc(func() { close(done); beating.Wait() })
}

// With ICE, DTLS and the sound of both ends real, a new offer takes the call to
// another codec, and nobody hears a gap of 100 ms.
func TestSwitch_isHardlyHeard(t *testing.T) {
	caller, callee := newTalker(t, Options{}), newTalker(t, Options{PTime: 10 * ms})
	defer beat(caller, callee)()
	renegotiate := func(from, to *talker) {
		t.Helper()
		offer, err := from.Offer(t.Context(), ua.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := to.Answer(t.Context(), offer, ua.AnswerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(50 * ms) // the answer is under way
		if err := from.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
			t.Fatal(err)
		}
	}
	renegotiate(caller, callee)
	caller.waitConnected(t)
	callee.waitConnected(t)
	<-time.After(time.Second)
	for i, next := range []codec.Name{codec.PCMU, codec.G722, codec.Opus, codec.PCMA} {
		from, to := caller, callee
		if i%2 == 1 {
			from, to = callee, caller
		}
		from.heard()
		to.heard()
		from.SetCodecs(inFront(defaultCodecs, []codec.Name{next}))
		renegotiate(from, to)
		<-time.After(700 * ms)
		for who, k := range []*talker{from, to} {
			length, silence := k.heard()
			st := k.stream.Stats()
			if silence > 100*ms || length < 200*ms || st.Codec != next {
				t.Errorf("to %s: end %d hears %v, of which %v in a row are silent, in %s", next, who, length, silence, st.Codec)
			}
			t.Logf("to %s: end %d: %v of silence", next, who, silence)
		}
	}
}
