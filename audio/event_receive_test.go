package audio

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// heard is a tone reported by OnDTMF.
type heard struct {
	Tone     rune
	Duration time.Duration
}

func TestEventReceiver(t *testing.T) {
	packet := func(timestamp uint32, event uint8, duration uint16, end bool) *rtp.Packet {
		b := make([]byte, eventLength)
		telephoneEvent{event: event, end: end, duration: duration}.put(b)
		return &rtp.Packet{Header: rtp.Header{Timestamp: timestamp, PayloadType: typeEvents}, Payload: b}
	}
	for _, c := range []struct {
		rule    string
		packets []*rtp.Packet
		want    []heard
	}{
		{
			"the end comes three times and counts once",
			[]*rtp.Packet{
				packet(100, 7, 160, false), packet(100, 7, 320, false),
				packet(100, 7, 800, true), packet(100, 7, 800, true), packet(100, 7, 800, true),
			},
			[]heard{{'7', 100 * time.Millisecond}},
		},
		{
			"only an end arrives",
			[]*rtp.Packet{packet(100, 11, 800, true)},
			[]heard{{'#', 100 * time.Millisecond}},
		},
		{
			"the end is lost: the next tone ends it",
			[]*rtp.Packet{packet(100, 1, 400, false), packet(2000, 2, 800, true)},
			[]heard{{'1', 50 * time.Millisecond}, {'2', 100 * time.Millisecond}},
		},
		{
			"the end is lost: silence ends it",
			[]*rtp.Packet{packet(100, 3, 400, false), packet(100, 3, 560, false)},
			[]heard{{'3', 70 * time.Millisecond}},
		},
		{
			"the same digit twice has two timestamps",
			[]*rtp.Packet{packet(100, 4, 800, true), packet(3000, 4, 800, true)},
			[]heard{{'4', 100 * time.Millisecond}, {'4', 100 * time.Millisecond}},
		},
		{
			"packets in the wrong order",
			[]*rtp.Packet{packet(100, 5, 480, false), packet(100, 5, 320, false), packet(100, 5, 640, true)},
			[]heard{{'5', 80 * time.Millisecond}},
		},
		{
			"a late packet of the tone before",
			[]*rtp.Packet{packet(100, 5, 640, true), packet(3000, 6, 640, true), packet(100, 5, 640, true)},
			[]heard{{'5', 80 * time.Millisecond}, {'6', 80 * time.Millisecond}},
		},
		{
			"a tone in segments is one tone",
			[]*rtp.Packet{
				packet(100, 8, 60000, false), packet(100, 8, 65535, false),
				packet(65635, 8, 8000, false), packet(65635, 8, 14465, true),
			},
			[]heard{{'8', 10 * time.Second}},
		},
		{
			"timestamps wrap around",
			[]*rtp.Packet{packet(0xFFFFFF00, 1, 800, true), packet(0x200, 2, 800, true)},
			[]heard{{'1', 100 * time.Millisecond}, {'2', 100 * time.Millisecond}},
		},
		{
			"another time line with earlier timestamps",
			[]*rtp.Packet{packet(0x40000000, 1, 800, true), packet(100, 2, 800, true), packet(3000, 3, 800, true)},
			[]heard{{'1', 100 * time.Millisecond}, {'2', 100 * time.Millisecond}, {'3', 100 * time.Millisecond}},
		},
		{"hook flash is no tone", []*rtp.Packet{packet(100, 16, 800, true)}, nil},
		{"too short", []*rtp.Packet{{Header: rtp.Header{PayloadType: typeEvents}, Payload: []byte{1, 0x80}}}, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []heard
				var r eventReceiver
				r.configure(StreamConfig{
					EventPayloadType: typeEvents, EventClockRate: 8000,
					OnDTMF: func(tone rune, d time.Duration) { got = append(got, heard{tone, d}) },
				})
				for _, p := range c.packets {
					r.receive(p)
				}
				<-time.After(time.Second)
				r.close()
				if d := cmp.Diff(c.want, got); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// Chromium sends telephone-event/8000 beside Opus at 48 kHz, if both sides
// have named it.
func TestEventReceiver_hearsEveryTypeAgreedUpon(t *testing.T) {
	var got []heard
	var r eventReceiver
	r.configure(StreamConfig{
		EventPayloadType: 110, EventClockRate: 48000, EventReceive: map[uint8]int{110: 48000, 126: 8000},
		OnDTMF: func(tone rune, d time.Duration) { got = append(got, heard{tone, d}) },
	})
	for i, payloadType := range []uint8{110, 126, 101} {
		b := make([]byte, eventLength)
		telephoneEvent{event: 5, end: true, duration: 800}.put(b)
		p := &rtp.Packet{Header: rtp.Header{Timestamp: uint32(1 + 9000*i), PayloadType: payloadType}, Payload: b}
		if agreed := payloadType != 101; r.matches(payloadType) != agreed {
			t.Errorf("type %d is an event: %v, want %v", payloadType, !agreed, agreed)
		}
		r.receive(p)
	}
	r.close()
	if d := cmp.Diff([]heard{{'5', 16666 * time.Microsecond}, {'5', 100 * time.Millisecond}}, got); d != "" {
		t.Error(d)
	}
}

// Tones go from one stream to the other, also where packets are lost, doubled
// and out of order, and the sender hears them.
func TestDTMF_acrossBadLink(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		var got []rune
		from, to := a.NewStream(), b.NewStream()
		link := audiotest.NewLink(audiotest.Impairment{Loss: 0.1, Reorder: 0.1, Duplicate: 0.2, Seed: 4}, to.Receive)
		config := agreed(codec.Opus, link.Write)
		if err := from.Start(config); err != nil {
			t.Fatal(err)
		}
		config.Write = new(wire).write
		config.OnDTMF = func(tone rune, _ time.Duration) { got = append(got, tone) }
		if err := to.Start(config); err != nil {
			t.Fatal(err)
		}
		r.pass(100 * time.Millisecond)
		sent := make(chan error, 1)
		const digits = "0123456789*#ABCD"
		go func() {
			for _, tone := range digits {
				if err := from.SendDTMF(context.Background(), tone, 80*time.Millisecond, 0); err != nil {
					sent <- err
				}
			}
			close(sent)
		}()
		synctest.Wait()
		r.pass(5 * time.Second)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if string(got) != digits {
			t.Errorf("heard %q", string(got))
		}
		if keys := audiotest.Keys(a.devices.Heard("speaker"), sampleRate); keys != digits {
			t.Errorf("the sender's speaker played %q", keys)
		}
		if keys := audiotest.Keys(b.devices.Heard("speaker"), sampleRate); keys != "" {
			t.Errorf("the receiver's speaker played %q", keys)
		}
	})
}
