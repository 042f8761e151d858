package phone_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// listener is a peer that sends nothing.
type listener struct{ ua.Peer }

func (p listener) Answer(ctx context.Context, offer string, o ua.AnswerOptions) (string, error) {
	o.Audio = ua.AudioRecvOnly
	return p.Peer.Answer(ctx, offer, o)
}

// Bob's server promises early media and says that his phone rings: then it is
// heard ringing, by what comes or by our own tone.
func TestCall_earlyMediaOfAPhoneThatRings(t *testing.T) {
	const ringbackTone = 425.0
	for rule, c := range map[string]struct {
		wrap func(ua.Peer) ua.Peer
		tone float64
	}{
		"nothing comes": {func(p ua.Peer) ua.Peer { return listener{p} }, ringbackTone},
		"sound comes":   {func(p ua.Peer) ua.Peer { return p }, bobTone},
	} {
		t.Run(rule, func(t *testing.T) {
			alice := ringing(t, c.wrap)
			alice.call(phone.CallEarly)
			alice.hears(c.tone)
			alice.must(alice.HangupAll())
			alice.call(phone.CallEnded)
		})
	}
}

// ringing has alice call bob, whose phone answers 183 with a description and
// then 180.
func ringing(t *testing.T, wrap func(ua.Peer) ua.Peer) (alice *user) {
	t.Helper()
	s := server(t)
	alice = start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	microphone := filepath.Join(t.TempDir(), "in.wav")
	if err := audiotest.WriteWAV(microphone, 48000, audiotest.Sine(bobTone, 0.25, 48000, 48000)); err != nil {
		t.Fatal(err)
	}
	backend, err := device.NewFiles(microphone, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := audio.New(audio.Options{Backend: backend, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	bob := newAgent(t, s, "bob", "builder", nil, func(_ *agent, e ua.Event) {
		if e, ok := e.(ua.NewRTCSession); ok {
			for _, o := range []ua.ProgressOptions{{EarlyMedia: true}, {Status: 180}} {
				if err := e.Session.Progress(o); err != nil {
					t.Error(err)
				}
			}
		}
	})
	bob.do(func() {
		bob.newPeer = func(o ua.PeerOptions) (ua.Peer, error) {
			p, err := media.New(media.Options{Stream: engine.NewStream(), Loopback: true, Events: o.Events, Trickle: o.Trickle})
			if err != nil {
				return nil, err
			}
			return wrap(p), nil
		}
	})
	_, err = alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	return alice
}
