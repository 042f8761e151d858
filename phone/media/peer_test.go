package media

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"webphone/audio"
	"webphone/audio/codec"
	"webphone/phone/ua"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeStream records what a Peer does with it.
type fakeStream struct {
	mu            sync.Mutex
	config        audio.StreamConfig
	starts        int
	send, receive bool
	closed        bool
	packets       chan *rtp.Packet

	loss, bandwidth atomic.Int32
}

func newFakeStream() *fakeStream {
	return &fakeStream{packets: make(chan *rtp.Packet, 100)}
}

func (s *fakeStream) Start(c audio.StreamConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config = c
	s.starts++
	return nil
}

func (s *fakeStream) Receive(p *rtp.Packet, at time.Time) {
	select {
	case s.packets <- p.Clone():
	default:
	}
}

func (s *fakeStream) SendDTMF(context.Context, rune, time.Duration, time.Duration) error { return nil }
func (s *fakeStream) SetMuted(bool)                                                      {}
func (s *fakeStream) SetLoss(percent int)                                                { s.loss.Store(int32(percent)) }

func (s *fakeStream) SetBandwidth(bits int) { s.bandwidth.Store(int32(bits)) }

func (s *fakeStream) SetActive(send, receive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send, s.receive = send, receive
}

func (s *fakeStream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *fakeStream) state() (c audio.StreamConfig, send, receive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config, s.send, s.receive
}

// end is one Peer of a test with its stream and what it reported.
type end struct {
	*Peer
	stream      *fakeStream
	connected   chan struct{}
	failed      chan error
	interrupted chan struct{}
	seq         uint16 // of the last packet sent: SRTP refuses a repeated one
}

func newEnd(t *testing.T, codecs ...codec.Name) *end {
	t.Helper()
	return openEnd(t, Options{Codecs: codecs})
}

// openEnd completes o by what every end has and opens its Peer.
func openEnd(t *testing.T, o Options) *end {
	t.Helper()
	e := &end{
		stream: newFakeStream(), connected: make(chan struct{}, 4), failed: make(chan error, 4),
		interrupted: make(chan struct{}, 16),
	}
	o.Stream, o.Loopback, o.Log = e.stream, true, slog.New(slog.DiscardHandler)
	o.Events = ua.PeerEvents{
		Connected:   func() { e.connected <- struct{}{} },
		Interrupted: func() { e.interrupted <- struct{}{} },
		Failed:      func(err error) { e.failed <- err },
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	e.Peer = p
	return e
}

func (e *end) waitConnected(t *testing.T) {
	t.Helper()
	select {
	case <-e.connected:
	case err := <-e.failed:
		t.Fatalf("media failed: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("no connection within 20 s")
	}
}

// sendsTo sends packets until one with the payload arrives at the other end.
func (e *end) sendsTo(t *testing.T, other *end, payload string) {
	t.Helper()
	c, _, _ := e.stream.state()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case <-ticker.C:
			e.seq++
			h := rtp.Header{
				Version: 2, PayloadType: c.PayloadType, SSRC: c.SSRC,
				SequenceNumber: e.seq, Timestamp: uint32(e.seq) * 160,
			}
			_ = c.Write(&h, []byte(payload)) // not bound yet at first
		case p := <-other.stream.packets:
			if string(p.Payload) == payload {
				if p.PayloadType != c.PayloadType || p.SSRC != c.SSRC {
					t.Fatalf("packet arrived with payload type %d and SSRC %d, was sent with %d and %d",
						p.PayloadType, p.SSRC, c.PayloadType, c.SSRC)
				}
				return
			}
		case <-deadline:
			t.Fatalf("nothing arrived within 10 s")
		}
	}
}

func negotiate(t *testing.T, caller, callee *end, o ua.OfferOptions, a ua.AnswerOptions) (offer, answer string) {
	t.Helper()
	offer, err := caller.Offer(t.Context(), o)
	if err != nil {
		t.Fatalf("Offer: %v", err)
	}
	answer, err = callee.Answer(t.Context(), offer, a)
	if err != nil {
		t.Fatalf("Answer: %v", err)
	}
	if err := caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
		t.Fatalf("SetAnswer: %v\n%s", err, answer)
	}
	return offer, answer
}

func call(t *testing.T, caller, callee *end) {
	t.Helper()
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	caller.waitConnected(t)
	callee.waitConnected(t)
	caller.sendsTo(t, callee, "from caller")
	callee.sendsTo(t, caller, "from callee")
}

func TestCall_audioBothWays(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	for name, e := range map[string]*end{"caller": caller, "callee": callee} {
		c, send, receive := e.stream.state()
		if c.Codec.Name != codec.Opus || c.PayloadType != 111 || !c.Codec.FEC {
			t.Errorf("%s sends %+v as %d, want Opus with FEC as 111", name, c.Codec, c.PayloadType)
		}
		if c.EventClockRate != 48000 || c.EventPayloadType != 110 {
			t.Errorf("%s has events %d/%d, want 110/48000", name, c.EventPayloadType, c.EventClockRate)
		}
		if c.EventReceive[110] != 48000 || c.EventReceive[126] != 8000 {
			t.Errorf("%s hears events %v, want both that it has named", name, c.EventReceive)
		}
		if !send || !receive {
			t.Errorf("%s: send %v receive %v", name, send, receive)
		}
		s := e.Stats()
		if !s.Encrypted || s.PacketsSent == 0 || s.PacketsReceived == 0 || s.CandidatePair == "" {
			t.Errorf("%s: stats %+v", name, s)
		}
	}
}

func TestAnswer_prefersOurOrder(t *testing.T) {
	caller, callee := newEnd(t, codec.Opus, codec.PCMU, codec.PCMA), newEnd(t, codec.PCMA, codec.PCMU)
	_, answer := negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	if !strings.Contains(answer, "RTP/SAVPF 8 0 13 126\r\n") {
		t.Errorf("answer does not prefer PCMA, then PCMU, with events of 8 kHz:\n%s", answer)
	}
	if c, _, _ := caller.stream.state(); c.Codec.Name != codec.PCMA || c.EventClockRate != 8000 {
		t.Errorf("the caller sends %v with events of %d", c.Codec.Name, c.EventClockRate)
	}
}

func TestHold_keepsTheConnection(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	steps := []struct {
		name                   string
		by, other              *end
		offer                  ua.OfferOptions
		answer                 ua.AnswerOptions
		offered, answered      string
		bySends, byReceives    bool
		otherSends, otherHears bool
	}{
		{"the caller holds", caller, callee, ua.OfferOptions{Hold: true}, ua.AnswerOptions{}, "sendonly", "recvonly", false, false, false, true},
		{"the callee holds too", callee, caller, ua.OfferOptions{Hold: true, RemoteHold: true}, ua.AnswerOptions{Hold: true}, "inactive", "inactive", false, false, false, false},
		{"the caller resumes", caller, callee, ua.OfferOptions{RemoteHold: true}, ua.AnswerOptions{Hold: true}, "recvonly", "sendonly", false, true, false, false},
		{"the callee resumes", callee, caller, ua.OfferOptions{}, ua.AnswerOptions{}, "sendrecv", "sendrecv", true, true, true, true},
	}
	for _, s := range steps {
		offer, answer := negotiate(t, s.by, s.other, s.offer, s.answer)
		if !strings.Contains(offer, "a="+s.offered+"\r\n") || !strings.Contains(offer, "a=setup:actpass\r\n") {
			t.Errorf("%s: offer is not %s and actpass:\n%s", s.name, s.offered, offer)
		}
		if !strings.Contains(answer, "a="+s.answered+"\r\n") || strings.Contains(answer, "actpass") {
			t.Errorf("%s: answer is not %s:\n%s", s.name, s.answered, answer)
		}
		if _, send, receive := s.by.stream.state(); send != s.bySends || receive != s.byReceives {
			t.Errorf("%s: they send %v receive %v, want %v %v", s.name, send, receive, s.bySends, s.byReceives)
		}
		if _, send, receive := s.other.stream.state(); send != s.otherSends || receive != s.otherHears {
			t.Errorf("%s: the others send %v receive %v, want %v %v", s.name, send, receive, s.otherSends, s.otherHears)
		}
	}
	caller.sendsTo(t, callee, "after the hold")
	callee.sendsTo(t, caller, "after the hold too")
}

func TestVersion_risesWithEachDescription(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	first, _ := negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	second, _ := negotiate(t, caller, callee, ua.OfferOptions{Hold: true}, ua.AnswerOptions{})
	if versionOf(second) != versionOf(first)+1 {
		t.Errorf("versions %d and %d, want one more", versionOf(first), versionOf(second))
	}
	for _, key := range []string{"a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"} {
		_, media1 := split(first)
		_, media2 := split(second)
		session1, _ := split(first)
		session2, _ := split(second)
		v1, _ := append(session1, media1[0]...).value(key)
		v2, _ := append(session2, media2[0]...).value(key)
		if v1 == "" || v1 != v2 {
			t.Errorf("%s changed from %q to %q", key, v1, v2)
		}
	}
}

func TestRollback_leavesTheCallAsItWas(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	if _, err := caller.Offer(t.Context(), ua.OfferOptions{Hold: true}); err != nil {
		t.Fatal(err)
	}
	if err := caller.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, send, receive := caller.stream.state(); !send || !receive {
		t.Errorf("send %v receive %v after a refused hold", send, receive)
	}
	caller.sendsTo(t, callee, "still here")
	// The other side may hold now.
	negotiate(t, callee, caller, ua.OfferOptions{Hold: true}, ua.AnswerOptions{})
	if _, send, receive := caller.stream.state(); send || !receive {
		if send {
			t.Error("sends to a side that does not listen")
		}
	}
}

func TestEarlyMedia_thenAnotherForkAnswers(t *testing.T) {
	caller, early, final := newEnd(t), newEnd(t), newEnd(t)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer1, err := early.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.SetAnswer(t.Context(), answer1, ua.AnswerProvisional); err != nil {
		t.Fatal(err)
	}
	caller.waitConnected(t)
	early.sendsTo(t, caller, "ringback")
	answer2, err := final.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.SetAnswer(t.Context(), answer2, ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	caller.waitConnected(t)
	final.waitConnected(t)
	final.sendsTo(t, caller, "hello")
	caller.sendsTo(t, final, "hello yourself")
}

func TestEarlyMedia_thenTheSameForkAnswers(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []ua.AnswerKind{ua.AnswerProvisional, ua.AnswerFinal} {
		if err := caller.SetAnswer(t.Context(), answer, kind); err != nil {
			t.Fatalf("%v answer: %v", kind, err)
		}
	}
	caller.waitConnected(t)
	callee.sendsTo(t, caller, "hello")
	if len(caller.connected) != 0 {
		t.Error("connected twice")
	}
}

func TestICERestart_soundGoesOn(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	before, _ := caller.stableUfrag(), 0
	negotiate(t, caller, callee, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
	if after := caller.stableUfrag(); after == before {
		t.Error("the far end's ICE credentials did not change")
	}
	caller.sendsTo(t, callee, "after the restart")
	callee.sendsTo(t, caller, "after the restart too")
}

func (e *end) stableUfrag() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stable.ufrag
}

func TestAnswer_refuses(t *testing.T) {
	chromium := chromiumOffer
	cases := []struct {
		name  string
		offer string
		want  error
	}{
		{"what is no description", "hello", ErrMalformed},
		{"nothing", "", ErrNoAudio},
		{"video alone", strings.Replace(chromium, "m=audio", "m=video", 1), ErrNoAudio},
		{"audio switched off", strings.Replace(chromium, "m=audio 52428", "m=audio 0", 1), ErrNoAudio},
		{"plain RTP", strings.NewReplacer("UDP/TLS/RTP/SAVPF", "RTP/AVP", "a=fingerprint", "a=x-none").Replace(chromium), ErrNotEncrypted},
		{"no ICE", strings.Replace(chromium, "a=ice-ufrag", "a=x-none", 1), ErrNoICE},
		{"codecs nobody has", strings.NewReplacer("opus/", "speex/", "G722/", "GSM/", "PCMU/", "L16/", "PCMA/", "L8/").Replace(chromium), ErrNoCodec},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := newEnd(t)
			_, err := e.Answer(t.Context(), c.offer, ua.AnswerOptions{})
			if !errors.Is(err, c.want) || !errors.Is(err, ua.ErrIncompatibleSDP) {
				t.Errorf("Answer returned %v, want %v", err, c.want)
			}
		})
	}
}

func TestClose_endsEverything(t *testing.T) {
	e := newEnd(t)
	if _, err := e.Offer(t.Context(), ua.OfferOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if !e.stream.closed {
		t.Error("the stream is open still")
	}
	if _, err := e.Offer(t.Context(), ua.OfferOptions{}); !errors.Is(err, errPeerClosed) {
		t.Errorf("Offer after Close returned %v", err)
	}
}
