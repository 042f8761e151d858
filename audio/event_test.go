package audio

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"

	"webphone/audio/codec"
)

func TestTelephoneEvent_payload(t *testing.T) {
	for _, c := range []struct {
		rule string
		b    []byte
		want telephoneEvent
	}{
		{"digit", []byte{1, 10, 0, 160}, telephoneEvent{event: 1, volume: 10, duration: 160}},
		{"end bit", []byte{11, 0x8A, 3, 32}, telephoneEvent{event: 11, end: true, volume: 10, duration: 800}},
		{"longest", []byte{15, 0xBF, 255, 255}, telephoneEvent{event: 15, end: true, volume: 63, duration: 65535}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got, ok := parseEvent(c.b)
			if !ok || got != c.want {
				t.Errorf("parse: %+v, %v, want %+v", got, ok, c.want)
			}
			b := make([]byte, eventLength)
			c.want.put(b)
			if !slices.Equal(b, c.b) {
				t.Errorf("put: % x, want % x", b, c.b)
			}
		})
	}
	if _, ok := parseEvent([]byte{1, 2, 3}); ok {
		t.Error("three bytes are no event")
	}
}

func TestEventOf(t *testing.T) {
	for i, tone := range "0123456789*#ABCD" {
		if event, ok := eventOf(tone); !ok || int(event) != i {
			t.Errorf("%c is event %d, %v", tone, event, ok)
		}
		if toneOf(uint8(i)) != tone {
			t.Errorf("event %d is %c", i, toneOf(uint8(i)))
		}
	}
	if event, ok := eventOf('b'); !ok || event != 13 {
		t.Error("b is B")
	}
	for _, tone := range "eE x٣" {
		if _, ok := eventOf(tone); ok {
			t.Errorf("%q is no tone", tone)
		}
	}
}

// RFC 4733 §2.5: one timestamp, growing duration, the E bit three times, the
// marker on the first packet; same SSRC and one sequence with the voice, which
// is silent meanwhile and has the time of its samples afterwards.
func TestSendDTMF_packets(t *testing.T) {
	for _, c := range []struct {
		codec     codec.Name
		clock     int
		audioTick uint32
		durations []uint16
	}{
		{codec.PCMU, 8000, 160, []uint16{160, 320, 480, 640, 800, 800, 800}},
		{codec.Opus, 48000, 960, []uint16{960, 1920, 2880, 3840, 4800, 4800, 4800}},
		{codec.Opus, 8000, 960, []uint16{160, 320, 480, 640, 800, 800, 800}},
	} {
		t.Run(string(c.codec), func(t *testing.T) {
			enter(t, 1, func(t *testing.T, r *room) {
				a, w := r.sites[0], new(wire)
				s := a.NewStream()
				config := agreed(c.codec, w.write)
				config.EventClockRate = c.clock
				if err := s.Start(config); err != nil {
					t.Fatal(err)
				}
				r.pass(100 * time.Millisecond)
				sent := make(chan error, 1)
				go func() { sent <- s.SendDTMF(context.Background(), '5', 100*time.Millisecond, 0) }()
				synctest.Wait()
				r.pass(300 * time.Millisecond)
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
				checkEvent(t, w.packets, c.durations, c.audioTick)
			})
		})
	}
}

func checkEvent(t *testing.T, packets []rtp.Packet, durations []uint16, tick uint32) {
	t.Helper()
	first := slices.IndexFunc(packets, func(p rtp.Packet) bool { return p.PayloadType == typeEvents })
	if first < 1 {
		t.Fatalf("first event packet at %d", first)
	}
	for i, p := range packets[1:] {
		if p.SequenceNumber != packets[i].SequenceNumber+1 || p.SSRC != packets[i].SSRC {
			t.Errorf("packet %d: sequence %d after %d", i+1, p.SequenceNumber, packets[i].SequenceNumber)
		}
	}
	var got []uint16
	begin := packets[first].Timestamp
	for i, p := range packets[first:] {
		if p.PayloadType != typeEvents {
			if !p.Marker {
				t.Error("the voice after the tone has no marker")
			}
			if want := begin + uint32(i)*tick; p.Timestamp != want {
				t.Errorf("the voice goes on at %d, want %d", p.Timestamp, want)
			}
			break
		}
		e, _ := parseEvent(p.Payload)
		got = append(got, e.duration)
		if e.event != 5 || p.Timestamp != begin || p.Marker != (i == 0) {
			t.Errorf("packet %d: %+v, marker %v", i, e, p.Marker)
		}
		if end := i >= len(durations)-3; e.end != end {
			t.Errorf("packet %d: end %v, want %v", i, e.end, end)
		}
	}
	if d := cmp.Diff(durations, got); d != "" {
		t.Errorf("durations: %s", d)
	}
	if begin != packets[first-1].Timestamp+tick {
		t.Error("the tone does not begin where the voice ended")
	}
}

// RFC 4733 §2.5.1.3: a tone longer than the duration field can say goes on in
// segments.
func TestSendDTMF_longToneInSegments(t *testing.T) {
	var e eventSender
	job := newEventJob('1', 1, 3*time.Second, 0)
	e.queue = append(e.queue, job)
	type segment struct {
		timestamp uint32
		duration  uint16
		end       bool
	}
	var got []segment
	for at := uint32(0); ; at += 960 {
		p, _, ok := e.next(at, 20*time.Millisecond, 48000, 48000)
		if !ok {
			break
		}
		s := segment{e.timestamp, p.duration, p.end}
		if n := len(got); n > 0 && got[n-1].timestamp == s.timestamp {
			if p.duration < got[n-1].duration {
				t.Errorf("duration falls from %d to %d", got[n-1].duration, p.duration)
			}
			got[n-1] = s
		} else {
			got = append(got, s)
		}
	}
	want := []segment{{0, 65535, false}, {65535, 65535, false}, {131070, 12930, true}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(segment{})); d != "" {
		t.Error(d)
	}
}

// A change of the codec in the middle of a tone changes its clock and not its
// length.
func TestSendDTMF_otherClockMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int
	}{{"Opus to PCMU", 48000, 8000}, {"PCMU to Opus", 8000, 48000}} {
		t.Run(c.name, func(t *testing.T) {
			var e eventSender
			e.queue = append(e.queue, newEventJob('1', 1, 200*time.Millisecond, 0))
			clock, last, n := c.from, telephoneEvent{}, 0
			for {
				p, _, ok := e.next(0, 20*time.Millisecond, clock, clock)
				if !ok {
					break
				}
				if last = p; n == 4 {
					clock = c.to
				}
				n++
			}
			if got := durationOf(int64(last.duration), c.to); got != 200*time.Millisecond || n != 9+eventEnds {
				t.Errorf("%d packets, the last says %v; want %d and 200 ms", n, got, 9+eventEnds)
			}
		})
	}
}

func TestSendDTMF_refusals(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s, w := r.sites[0].NewStream(), new(wire)
		ctx := context.Background()
		expect := func(rule string, tone rune, want error) {
			t.Helper()
			if err := s.SendDTMF(ctx, tone, 0, 0); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", rule, err, want)
			}
		}
		expect("not started", '1', ErrNotStarted)
		config := agreed(codec.PCMU, w.write)
		config.EventClockRate = 0
		if err := s.Start(config); err != nil {
			t.Fatal(err)
		}
		expect("no tone", 'x', ErrTone)
		expect("not agreed upon", '1', ErrNoTelephoneEvent)
		config.EventClockRate = 8000
		if err := s.Start(config); err != nil {
			t.Fatal(err)
		}
		s.SetActive(false, true)
		expect("on hold", '1', ErrNotSending)
		s.SetActive(true, true)

		sent := make(chan error, 2)
		for range 2 {
			go func() { sent <- s.SendDTMF(ctx, '1', time.Second, 0) }()
		}
		synctest.Wait()
		r.pass(100 * time.Millisecond)
		s.SetActive(false, true)
		for range 2 {
			if err := <-sent; !errors.Is(err, ErrNotSending) {
				t.Errorf("put on hold: %v", err)
			}
		}
		s.SetActive(true, true)
		go func() { sent <- s.SendDTMF(ctx, '1', time.Second, 0) }()
		synctest.Wait()
		s.Close()
		if err := <-sent; !errors.Is(err, ErrClosed) {
			t.Errorf("closed meanwhile: %v", err)
		}
		expect("closed", '1', ErrClosed)
	})
}

// A context that ends while its tone sounds ends the tone properly.
func TestSendDTMF_cancelledToneEnds(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s, w := r.sites[0].NewStream(), new(wire)
		if err := s.Start(agreed(codec.PCMU, w.write)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		sent := make(chan error, 1)
		go func() { sent <- s.SendDTMF(ctx, '9', 5*time.Second, 0) }()
		synctest.Wait()
		r.pass(200 * time.Millisecond)
		cancel()
		if err := <-sent; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		r.pass(200 * time.Millisecond)
		var ends int
		for _, p := range w.packets {
			if e, ok := parseEvent(p.Payload); ok && p.PayloadType == typeEvents && e.end {
				ends++
			}
		}
		if last := w.packets[len(w.packets)-1]; ends != 3 || last.PayloadType == typeEvents {
			t.Errorf("%d packets with the E bit, last packet's type %d", ends, last.PayloadType)
		}
	})
}
