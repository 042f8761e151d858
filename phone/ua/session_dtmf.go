package ua

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// Times of DTMF, JsSIP's.
const (
	defaultToneDuration = 100 * time.Millisecond
	minToneDuration     = 70 * time.Millisecond
	maxToneDuration     = 6 * time.Second
	defaultToneGap      = 500 * time.Millisecond
	minToneGap          = 50 * time.Millisecond
	commaPause          = 2 * time.Second
)

// DTMFTransport says how tones travel.
type DTMFTransport int

// The transports.
const (
	DTMFAuto DTMFTransport = iota // RTP, or INFO if the peer has no telephone-event
	DTMFRTP                       // RFC 4733
	DTMFInfo                      // application/dtmf-relay
)

// String names the transport.
func (t DTMFTransport) String() string {
	switch t {
	case DTMFAuto:
		return "auto"
	case DTMFRTP:
		return "RTP"
	case DTMFInfo:
		return "INFO"
	}
	return fmt.Sprintf("DTMFTransport(%d)", int(t))
}

// DTMFOptions configures RTCSession.SendDTMF.
type DTMFOptions struct {
	Transport    DTMFTransport
	Duration     time.Duration // 0 means 100 ms; kept within 70 ms and 6 s
	InterToneGap time.Duration // 0 means 500 ms; at least 50 ms
	// Done, if not nil, is told as a turn when the last tone was sent, or
	// the error that dropped the tones left.
	Done func(error)
}

func (o DTMFOptions) withDefaults() DTMFOptions {
	if o.Duration == 0 {
		o.Duration = defaultToneDuration
	}
	if o.InterToneGap == 0 {
		o.InterToneGap = defaultToneGap
	}
	o.Duration = min(max(o.Duration, minToneDuration), maxToneDuration)
	o.InterToneGap = max(o.InterToneGap, minToneGap)
	if o.Done == nil {
		o.Done = func(error) {}
	}
	return o
}

// tones is the queue of DTMF to be sent: one tone after the other, whatever
// transport each takes.
type tones struct {
	queue   []toneRun
	playing bool
	pause   *loop.Timer
}

// toneRun is what one SendDTMF asked for and is left of it.
type toneRun struct {
	left    []rune
	options DTMFOptions
}

// SendDTMF sends tones, of 0–9, A–D, R, *, # and the comma, which is a pause of
// 2 s. Those of an earlier call go first. It returns an error for other
// characters and a *StateError if the call neither is answered nor rings at the
// other party, which may listen already.
func (s *RTCSession) SendDTMF(text string, o DTMFOptions) error {
	text = strings.ToUpper(text)
	if text == "" || strings.Trim(text, "0123456789ABCDR*#,") != "" {
		return fmt.Errorf("ua: invalid tones %q", text)
	}
	if s.infoDialog() == nil {
		return &StateError{Op: "send DTMF", State: s.status}
	}
	s.tones.queue = append(s.tones.queue, toneRun{left: []rune(text), options: o.withDefaults()})
	if !s.tones.playing {
		s.tones.playing = true
		s.nextTone()
	}
	return nil
}

func (s *RTCSession) nextTone() {
	t := &s.tones
	for len(t.queue) > 0 && len(t.queue[0].left) == 0 {
		done := t.queue[0].options.Done
		t.queue = t.queue[1:]
		s.env.loop.Post("DTMF done", func() { done(nil) })
	}
	if len(t.queue) == 0 {
		t.playing = false
		return
	}
	run := &t.queue[0]
	tone, o := run.left[0], run.options
	run.left = run.left[1:]
	switch {
	case tone == ',':
		s.pauseTones(commaPause)
	case o.Transport == DTMFInfo || tone == 'R': // there is no event for R
		s.infoTone(tone, o)
	default:
		s.rtpTone(tone, o)
	}
}

// pauseTones goes on after d.
func (s *RTCSession) pauseTones(d time.Duration) {
	s.tones.pause = s.env.loop.After(d, "DTMF pause", s.nextTone)
}

// afterTone goes on when tone and gap are over, counted from start.
func (s *RTCSession) afterTone(start time.Time, o DTMFOptions) {
	s.pauseTones(max(0, o.Duration+o.InterToneGap-time.Since(start)))
}

func (s *RTCSession) rtpTone(tone rune, o DTMFOptions) {
	start := time.Now()
	s.apply("DTMF", func(ctx context.Context, p Peer) error {
		return p.SendDTMF(ctx, tone, o.Duration, o.InterToneGap)
	}, func(err error) {
		switch {
		case errors.Is(err, ErrNoTelephoneEvent) && o.Transport == DTMFAuto:
			s.tones.queue[0].options.Transport = DTMFInfo
			s.infoTone(tone, o)
		case err != nil:
			s.dropTones(err)
		default:
			s.env.emit(NewDTMF{Session: s, Originator: Local, Tone: tone, Duration: o.Duration})
			if !s.IsEnded() {
				s.afterTone(start, o)
			}
		}
	})
}

func (s *RTCSession) infoTone(tone rune, o DTMFOptions) {
	d := s.infoDialog()
	if d == nil { // of a fork that has gone
		s.dropTones(&StateError{Op: "send DTMF", State: s.status})
		return
	}
	start := time.Now()
	body := fmt.Sprintf("Signal=%c\r\nDuration=%d\r\n", tone, o.Duration.Milliseconds())
	s.sendInfo(d, "application/dtmf-relay", []byte(body), InfoOptions{Done: func(_ *sip.Response, err *EndError) {
		switch {
		case s.IsEnded():
		case err != nil:
			s.dropTones(err)
		default:
			s.afterTone(start, o)
		}
	}})
	s.env.emit(NewDTMF{Session: s, Originator: Local, Tone: tone, Duration: o.Duration, Info: true})
}

// dropTones gives up everything that is queued.
func (s *RTCSession) dropTones(err error) {
	queue := s.tones.queue
	s.tones.queue, s.tones.playing = nil, false
	for _, run := range queue {
		s.env.loop.Post("DTMF done", func() { run.options.Done(err) })
	}
}

func (s *RTCSession) endTones(e *EndError) {
	s.tones.pause.Stop()
	s.dropTones(e)
}

// parseDTMF reads the body of a DTMF INFO.
func parseDTMF(kind, body string) (tone rune, duration time.Duration, ok bool) {
	duration = defaultToneDuration
	signal := strings.TrimSpace(body)
	if kind == "application/dtmf-relay" {
		if signal, ok = field(body, "Signal"); !ok {
			return 0, 0, false
		}
		if text, ok := field(body, "Duration"); ok {
			if n, err := strconv.ParseUint(text, 10, 16); err == nil {
				duration = time.Duration(n) * time.Millisecond
			}
		}
	}
	signal = strings.ToUpper(signal)
	// Gateways number the events as RFC 4733 §3.2 does.
	if n, err := strconv.ParseUint(signal, 10, 8); err == nil && n >= 10 && n <= 16 {
		signal = string("*#ABCDR"[n-10])
	}
	if len(signal) != 1 || !strings.Contains("0123456789ABCDR*#", signal) {
		return 0, 0, false
	}
	return rune(signal[0]), duration, true
}
