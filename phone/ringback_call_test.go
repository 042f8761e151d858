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
	"webphone/phone/demo"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// listener is a peer that sends nothing.
type listener struct{ ua.Peer }

func (p listener) Answer(ctx context.Context, offer string, o ua.AnswerOptions) (string, error) {
	o.Audio = ua.AudioRecvOnly
	return p.Peer.Answer(ctx, offer, o)
}

// silent makes a peer one, sounding leaves it as it is.
func silent(p ua.Peer) ua.Peer   { return listener{p} }
func sounding(p ua.Peer) ua.Peer { return p }

// Bob's server promises early media and says that his phone rings: then it is
// heard ringing, by what comes or by our own tone.
func TestCall_earlyMediaOfAPhoneThatRings(t *testing.T) {
	const ringbackTone = 425.0
	for rule, c := range map[string]struct {
		wrap func(ua.Peer) ua.Peer
		tone float64
	}{
		"nothing comes": {silent, ringbackTone},
		"sound comes":   {sounding, bobTone},
	} {
		t.Run(rule, func(t *testing.T) {
			s, alice := caller(t)
			rings(t, s, c.wrap, func(session *ua.RTCSession) {
				early(t, session, ua.ProgressOptions{EarlyMedia: true})
				early(t, session, ua.ProgressOptions{Status: 180})
			})
			_, err := alice.Dial("bob", phone.DialOptions{})
			alice.must(err)
			alice.call(phone.CallEarly)
			alice.hears(c.tone)
			alice.must(alice.HangupAll())
			alice.call(phone.CallEnded)
		})
	}
}

// Bob is looked for at one phone, which gives no sound, and then at another.
func TestCall_earlyMediaOfTheNextPhone(t *testing.T) {
	s, alice := caller(t)
	rings(t, s, silent, func(session *ua.RTCSession) { early(t, session, ua.ProgressOptions{EarlyMedia: true}) })
	second := make(chan *ua.RTCSession, 1)
	next := rings(t, s, sounding, func(session *ua.RTCSession) { second <- session })
	_, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	alice.call(phone.CallEarly)
	session := <-second
	next.do(func() { early(t, session, ua.ProgressOptions{EarlyMedia: true}) })
	alice.hears(bobTone)
	alice.must(alice.HangupAll())
	alice.call(phone.CallEnded)
}

func caller(t *testing.T) (s *demo.Server, alice *user) {
	t.Helper()
	s = server(t)
	alice = start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	return s, alice
}

func early(t *testing.T, session *ua.RTCSession, o ua.ProgressOptions) {
	t.Helper()
	if err := session.Progress(o); err != nil {
		t.Error(err)
	}
}

// rings is a phone of bob's; on gets the call that rings.
func rings(t *testing.T, s *demo.Server, wrap func(ua.Peer) ua.Peer, on func(*ua.RTCSession)) *agent {
	t.Helper()
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
			on(e.Session)
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
	return bob
}
