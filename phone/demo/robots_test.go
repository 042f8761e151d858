package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/codec"
	"webphone/phone/loop"
	"webphone/phone/media"
	"webphone/phone/sip"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// virtual starts a server with robots inside a bubble.
func virtual(t *testing.T) *Server {
	t.Helper()
	m := newMemory()
	return start(t, Options{Listener: m, Dial: m.dial, Plain: true})
}

func TestRobots_refuse(t *testing.T) {
	for _, tt := range []struct {
		user   string
		status int
		rings  bool
		after  time.Duration
	}{
		{"busy", 486, true, 0},
		{"clash", 488, true, 0},
		{"declines", 603, true, 2 * time.Second},
		{"nobody", 480, false, 0},
		{"unknown", 404, false, 0},
	} {
		t.Run(tt.user, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := virtual(t)
				c := registered(t, s, "alice")
				begin := time.Now()
				invite := c.request(sip.INVITE, s.URI(tt.user))
				invite.Headers.Add("Content-Type", "application/sdp")
				invite.Body = []byte("v=0\r\n")
				c.send(invite)
				challenge := c.response(407)
				c.send(acknowledge(invite, challenge))
				c.send(c.authorized(invite, challenge))
				rings := false
				for {
					r, ok := c.next().(*sip.Response)
					if !ok {
						t.Fatal("a request")
					}
					rings = rings || r.StatusCode == 180
					if r.StatusCode >= 200 {
						if r.StatusCode != tt.status || rings != tt.rings || time.Since(begin) != tt.after {
							t.Errorf("%v after %v, rang: %v", r, time.Since(begin), rings)
						}
						return
					}
				}
			})
		})
	}
}

func TestRobots_chat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := virtual(t)
		c := registered(t, s, "alice")
		write := func(user, contentType, text string) *sip.Response {
			r := c.request(sip.MESSAGE, s.URI(user))
			r.Headers.Add("Content-Type", contentType)
			r.Body = []byte(text)
			return c.do(r)
		}
		if r := write("chatterbox", "text/plain;charset=utf-8", "Grüße"); r.StatusCode != 200 {
			t.Fatal(r)
		}
		begin := time.Now()
		answer := c.receive(sip.MESSAGE)
		if got := string(answer.Body); got != "You wrote “Grüße”: 5 characters." || time.Since(begin) != thinking || answer.From.DisplayName != "Chatterbox" {
			t.Errorf("%s after %v: %q", answer.From, time.Since(begin), got)
		}
		c.send(sip.NewResponse(answer, 200, "", ""))
		if r := write("chatterbox", "image/png", "x"); r.StatusCode != 415 {
			t.Error(r)
		}
		if r := write("echo", "text/plain", "x"); r.StatusCode != 405 {
			t.Error(r)
		}
		if r := write("nobody", "text/plain", "x"); r.StatusCode != 480 {
			t.Error(r)
		}
	})
}

func TestReply(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 34, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"":                       "nothing at all",
		" \n":                    "nothing at all",
		"Hello, robot":           "Hello!",
		"what time is it?":       "12:34",
		"BYE":                    "Goodbye",
		"help":                   "Echo",
		"why?":                   "question",
		"ñ":                      "“ñ”: one character",
		"this":                   "“this”: 4 characters",
		strings.Repeat("ж", 100): "“" + strings.Repeat("ж", 60) + "…”: 100 characters",
	} {
		if got := reply(in, noon); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", in, got, want)
		}
	}
}

func TestServer_Robots(t *testing.T) {
	s := &Server{options: Options{}.withDefaults()}
	if s.Robots() != nil {
		t.Error("without robots")
	}
	s.RingMe() // does nothing
	s.robots = &crew{}
	var names []string
	for _, r := range s.Robots() {
		names = append(names, r.Name+" "+strings.TrimSuffix(r.URI, "@"+Domain))
		if !strings.HasSuffix(r.Note, ".") {
			t.Errorf("%s: the note is no sentence", r.Name)
		}
	}
	want := []string{"Echo sip:echo", "Music sip:music", "Busy sip:busy", "Nobody sip:nobody", "Unknown sip:unknown", "Codec clash sip:clash", "Declines sip:declines", "Chatterbox sip:chatterbox"}
	if !slices.Equal(names, want) || s.Robots()[0].URI != EchoURI {
		t.Errorf("%q", names)
	}
}

// ear is a media stream that sends a sound and listens.
type ear struct {
	voice   *music
	mu      sync.Mutex // guards what follows
	decoder codec.Decoder
	first   time.Time
	heard   chan time.Duration // from the first packet sent to the first sound heard
}

func newEar() *ear { return &ear{voice: newMusic(), heard: make(chan time.Duration, 1)} }

func (e *ear) Start(c audio.StreamConfig) error {
	d, err := codec.NewDecoder(c.Codec)
	if err != nil {
		return err
	}
	e.mu.Lock()
	if e.decoder != nil {
		e.decoder.Close()
	}
	e.decoder, e.first = d, time.Now()
	e.mu.Unlock()
	return e.voice.Start(c)
}

func (e *ear) Receive(p *rtp.Packet, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.decoder == nil {
		return
	}
	pcm := make([]int16, codec.MaxFrame)
	n, err := e.decoder.Decode(pcm, p.Payload)
	if err != nil {
		return
	}
	loud := 0
	for _, v := range pcm[:n] {
		if v > 1000 || v < -1000 {
			loud++
		}
	}
	if loud > n/10 {
		select {
		case e.heard <- time.Since(e.first):
		default:
		}
	}
}

func (e *ear) SendDTMF(context.Context, rune, time.Duration, time.Duration) error { return nil }
func (e *ear) SetMuted(bool)                                                      {}
func (e *ear) SetActive(send, receive bool)                                       { e.voice.SetActive(send, receive) }
func (e *ear) SetLoss(int)                                                        {}
func (e *ear) SetBandwidth(int)                                                   {}

func (e *ear) Close() {
	e.voice.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.decoder != nil {
		e.decoder.Close()
		e.decoder = nil
	}
}

// caller is a phone of the real parts.
type caller struct {
	loop   *loop.Loop
	ua     *ua.UA
	ear    *ear
	events chan ua.Event
}

// newCaller registers the first account of the server.
func newCaller(t *testing.T, s *Server) *caller {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	c := &caller{loop: loop.New(loop.Options{SlowTurn: -1}), ear: newEar(), events: make(chan ua.Event, 1000)}
	quiet := slog.New(slog.DiscardHandler)
	tr, err := transport.New(transport.Config{Servers: []transport.Server{{URL: s.URL()}}, TLS: &tls.Config{RootCAs: roots}, Log: quiet}, nil)
	if err != nil {
		t.Fatal(err)
	}
	account := s.Accounts()[0]
	c.ua, err = ua.New(c.loop, ua.Config{
		URI: s.URI(account.User), Password: account.Password, Transport: tr, Log: quiet,
		NewPeer: func(o ua.PeerOptions) (ua.Peer, error) {
			return media.New(media.Options{Stream: c.ear, Loopback: true, Events: o.Events, Log: quiet})
		},
		OnEvent: func(e ua.Event) { c.events <- e },
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.SetHandler(c.ua.Receiver())
	c.do(c.ua.Start)
	t.Cleanup(func() {
		stopped := make(chan struct{})
		c.do(func() { c.ua.Stop(func() { close(stopped) }) })
		<-stopped
		tr.Wait()
		c.loop.Close()
	})
	await[ua.Registered](t, c)
	return c
}

func (c *caller) do(f func()) { _ = c.loop.Do(context.Background(), "test", f) }

// await skips events until one of that type.
func await[E ua.Event](t *testing.T, c *caller) E {
	t.Helper()
	for e := range c.events {
		if want, ok := e.(E); ok {
			return want
		}
		if ended, ok := e.(ua.Ended); ok {
			t.Fatalf("the call ended: %v", ended.Err)
		}
	}
	panic("the events never end")
}

// talking skips events until a call is confirmed and has its media, in either
// order.
func (c *caller) talking(t *testing.T) *ua.RTCSession {
	t.Helper()
	var session *ua.RTCSession
	for connected := false; session == nil || !connected; {
		switch e := (<-c.events).(type) {
		case ua.Confirmed:
			session = e.Session
		case ua.MediaConnected:
			connected = true
		case ua.Ended:
			t.Fatalf("the call ended: %v", e.Err)
		}
	}
	return session
}

func TestRobots_echoOverTheRealPath(t *testing.T) {
	s := start(t, Options{})
	c := newCaller(t, s)
	c.do(func() {
		if _, err := c.ua.Call("echo", ua.CallOptions{}); err != nil {
			t.Error(err)
		}
	})
	session := c.talking(t)
	if d := <-c.ear.heard; d < echoDelay || d > 5*time.Second {
		t.Errorf("heard after %v", d)
	}
	c.do(func() { _ = session.Terminate(ua.TerminateOptions{}) })
	await[ua.Ended](t, c)
}

func TestRobots_ringAndPlay(t *testing.T) {
	s := start(t, Options{})
	c := newCaller(t, s)
	s.RingMe()
	e := await[ua.NewRTCSession](t, c)
	if from := e.Session.RemoteIdentity(); from.DisplayName != "Ringer" || e.Originator != ua.Remote {
		t.Errorf("%s", from)
	}
	c.do(func() { _ = e.Session.Answer(ua.AnswerCallOptions{}) })
	await[ua.Confirmed](t, c)
	<-c.ear.heard
	if err := s.Close(); err != nil { // the robot says goodbye first
		t.Error(err)
	}
	for e := range c.events {
		if ended, ok := e.(ua.Ended); ok {
			if ended.Err.Cause != ua.CauseBye || ended.Err.Origin != ua.Remote {
				t.Errorf("%v", ended.Err)
			}
			return
		}
	}
}
