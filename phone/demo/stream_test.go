package demo

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/codec"
)

// sent is a packet that a stream has written.
type sent struct {
	at      time.Time
	header  rtp.Header
	payload []byte
}

// config returns a configuration whose packets go to the channel.
func config(out chan sent, name codec.Name) audio.StreamConfig {
	return audio.StreamConfig{
		Codec: codec.Parameters{Name: name}, PayloadType: 96, SSRC: 7,
		Receive:          map[uint8]codec.Parameters{97: {Name: name}, 8: {Name: codec.PCMA}},
		EventPayloadType: 110, EventClockRate: 48000, EventSendPayloadType: 111,
		Write: func(h *rtp.Header, payload []byte) error {
			out <- sent{time.Now(), *h, append([]byte(nil), payload...)}
			return nil
		},
	}
}

func packet(payloadType uint8, sequence uint16, stamp uint32, ssrc uint32) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: sequence, Timestamp: stamp, SSRC: ssrc},
		Payload: []byte{byte(sequence)},
	}
}

func TestEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan sent, 100)
		e := newEcho()
		defer e.Close()
		if err := e.Start(config(out, codec.PCMU)); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		e.Receive(packet(97, 65535, 1000, 1), time.Now())
		e.Receive(packet(97, 1, 1320, 1), time.Now()) // 0 was lost
		e.Receive(packet(110, 2, 1320, 1), time.Now())
		e.Receive(packet(8, 3, 1480, 1), time.Now()) // another codec than that we send
		e.Receive(packet(97, 4, 1640, 1), time.Now())
		e.Receive(packet(97, 900, 5, 2), time.Now()) // another source
		var got [5]sent
		for i := range got {
			got[i] = <-out
		}
		if d := got[0].at.Sub(begin); d != echoDelay {
			t.Errorf("heard after %v", d)
		}
		first := got[0].header
		for i, want := range []struct {
			payloadType uint8
			sequence    uint16
			stamp       uint32
			payload     byte
		}{{96, 0, 0, 255}, {96, 2, 320, 1}, {111, 3, 320, 2}, {96, 4, 480, 4}, {96, 5, 640, 132}} {
			h := got[i].header
			if h.PayloadType != want.payloadType || h.SequenceNumber-first.SequenceNumber != want.sequence ||
				h.Timestamp-first.Timestamp != want.stamp || h.SSRC != 7 || got[i].payload[0] != want.payload {
				t.Errorf("%d: %+v %v, want %+v", i, h, got[i].payload, want)
			}
		}
	})
}

func TestEcho_hold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan sent, 100)
		e := newEcho()
		defer e.Close()
		e.Receive(packet(97, 1, 0, 1), time.Now()) // before Start: lost
		time.Sleep(time.Second)
		_ = e.Start(config(out, codec.PCMU))
		e.Receive(packet(97, 2, 160, 1), time.Now())
		time.Sleep(time.Second)
		e.SetActive(false, true)
		e.Receive(packet(97, 3, 320, 1), time.Now())
		time.Sleep(time.Second)
		e.SetActive(true, true)
		e.Receive(packet(97, 60, 9000, 1), time.Now())
		time.Sleep(time.Second)
		e.SetMuted(true)
		e.SetLoss(5)
		if len(out) != 2 {
			t.Fatalf("%d packets", len(out))
		}
		a, b := <-out, <-out
		if b.header.SequenceNumber != a.header.SequenceNumber+1 || b.payload[0] != 60 {
			t.Errorf("%+v %+v", a.header, b.header)
		}
		if err := e.SendDTMF(t.Context(), '1', 0, 0); err == nil {
			t.Error("DTMF")
		}
	})
}

func TestEcho_fullAndClosedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEcho()
		for i := range uint16(3 * echoQueue) {
			e.Receive(packet(97, i, 0, 1), time.Now())
		}
		e.Close()
		e.Close()
	})
}

func TestMusic(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		t.Run(string(name), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := make(chan sent, 1000)
				m := newMusic()
				defer m.Close()
				time.Sleep(time.Second)
				c := config(out, name)
				begin := time.Now()
				if err := m.Start(c); err != nil {
					t.Fatal(err)
				}
				time.Sleep(3*time.Second - time.Millisecond)
				m.Receive(packet(97, 1, 1, 1), time.Now())
				if len(out) != 150 {
					t.Fatalf("%d packets in 3 s", len(out))
				}
				decoder, err := codec.NewDecoder(c.Codec)
				if err != nil {
					t.Fatal(err)
				}
				defer decoder.Close()
				var energy float64
				var samples int
				pcm := make([]int16, codec.MaxFrame)
				first := <-out
				if !first.header.Marker || !first.at.Equal(begin) {
					t.Errorf("%+v", first.header)
				}
				for i := range 149 {
					p := <-out
					step := uint32(i + 1)
					if p.header.SequenceNumber-first.header.SequenceNumber != uint16(step) || p.header.Marker ||
						p.header.Timestamp-first.header.Timestamp != step*uint32(name.ClockRate()/50) || p.at.Sub(begin) != time.Duration(step)*20*time.Millisecond {
						t.Fatalf("packet %d: %+v at %v", step, p.header, p.at.Sub(begin))
					}
					n, err := decoder.Decode(pcm, p.payload)
					if err != nil {
						t.Fatal(err)
					}
					for _, v := range pcm[:n] {
						energy += float64(v) * float64(v)
					}
					samples += n
				}
				if loudness := math.Sqrt(energy / float64(samples)); loudness < 1000 || loudness > 6000 {
					t.Errorf("loudness %.0f", loudness)
				}
			})
		})
	}
}

func TestMusic_renegotiates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan sent, 1000)
		m := newMusic()
		defer m.Close()
		if err := m.Start(config(out, "unknown")); err == nil {
			t.Error("an unknown codec")
		}
		_ = m.Start(config(out, codec.Opus))
		time.Sleep(time.Second - time.Millisecond)
		m.SetActive(false, false)
		time.Sleep(time.Second)
		m.SetActive(true, true)
		if err := m.Start(config(out, codec.PCMU)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		var all []sent
		for len(out) > 0 {
			all = append(all, <-out)
		}
		if len(all) != 100 {
			t.Fatalf("%d packets: nothing is sent on hold", len(all))
		}
		if h := all[50].header; !h.Marker || h.SequenceNumber != all[49].header.SequenceNumber+1 || len(all[50].payload) != 160 {
			t.Errorf("%+v, %d bytes", h, len(all[50].payload))
		}
	})
}

func TestMusic_closedBeforeItBegins(t *testing.T) {
	m := newMusic()
	m.Close()
	m.Close()
}

func TestPlayer_goesRound(t *testing.T) {
	var p player
	pcm := make([]int16, 8000)
	for range 60 {
		p.play(pcm, 8000)
	}
	if p.at < 0 || p.at > beat*float64(len(tune)) {
		t.Errorf("at %v s", p.at)
	}
}
