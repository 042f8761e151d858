package audio

import (
	"io"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is a set of engines whose sound cards beat together in virtual time.
type room struct {
	t     *testing.T
	sites []*site
}

// site is one phone's sound.
type site struct {
	*Engine
	devices *audiotest.Devices
	changes int
}

// enter runs a test in virtual time with an engine for each site.
func enter(t *testing.T, sites int, run func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &room{t: t}
		for range sites {
			r.add(Options{})
		}
		t.Cleanup(func() {
			for _, s := range r.sites {
				s.Close()
				if open := s.devices.Open(); len(open) > 0 {
					t.Errorf("still open after Close: %v", open)
				}
			}
		})
		run(t, r)
	})
}

func (r *room) add(o Options) *site {
	s := &site{devices: audiotest.NewDevices()}
	if o.Backend == nil {
		o.Backend = s.devices
	}
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	o.OnChange = func() { s.changes++ }
	engine, err := New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	s.Engine = engine
	r.sites = append(r.sites, s)
	return s
}

// pass lets a time pass in periods of the devices.
func (r *room) pass(d time.Duration) {
	for range d / blockDuration {
		<-time.After(blockDuration)
		for _, s := range r.sites {
			s.devices.Step()
		}
		synctest.Wait()
	}
}

// Payload types of the tests.
const (
	typeOpus   = 111
	typeEvents = 101
)

// parameters are those of a codec with packets of 20 ms.
func parameters(name codec.Name) (codec.Parameters, uint8) {
	p := codec.Parameters{Name: name, Channels: 1}
	switch name {
	case codec.Opus:
		p.Channels, p.FEC = 2, true
		return p, typeOpus
	case codec.G722:
		return p, 9
	case codec.PCMA:
		return p, 8
	}
	return p, 0
}

// agreed is a stream's configuration for a codec; everything may be received.
func agreed(name codec.Name, write func(*rtp.Header, []byte) error) StreamConfig {
	p, payloadType := parameters(name)
	receive := make(map[uint8]codec.Parameters)
	for _, n := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		p, payloadType := parameters(n)
		receive[payloadType] = p
	}
	return StreamConfig{
		Codec: p, PayloadType: payloadType, Receive: receive,
		EventPayloadType: typeEvents, EventClockRate: 8000,
		SSRC: 0x5EED, Write: write,
	}
}

// call connects two sites by links of one impairment in each direction.
func (r *room) call(a, b *site, name codec.Name, i audiotest.Impairment) (from, to *Stream) {
	from, to = a.NewStream(), b.NewStream()
	there := audiotest.NewLink(i, to.Receive)
	i.Seed++
	back := audiotest.NewLink(i, from.Receive)
	if err := from.Start(agreed(name, there.Write)); err != nil {
		r.t.Fatal(err)
	}
	if err := to.Start(agreed(name, back.Write)); err != nil {
		r.t.Fatal(err)
	}
	return from, to
}

// wire notes the packets that a stream writes.
type wire struct {
	packets []rtp.Packet
}

func (w *wire) write(h *rtp.Header, payload []byte) error {
	w.packets = append(w.packets, rtp.Packet{Header: *h, Payload: slices.Clone(payload)})
	return nil
}

// first is the header of the first packet, which may be h itself.
func (w *wire) first(h *rtp.Header) *rtp.Header {
	if len(w.packets) == 0 {
		return h
	}
	return &w.packets[0].Header
}

// samples is the number of samples in a time at 48 kHz.
func samples(d time.Duration) int { return int(ticksOf(d, sampleRate)) }
