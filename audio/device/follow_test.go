package device

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webphone/audio/pulse"
)

// fakeServer is a sound server whose devices a test changes.
type fakeServer struct {
	sinks, sources []pulse.Device
	changes, done  chan struct{}
	closed         bool
}

func newFakeServer() *fakeServer {
	return &fakeServer{changes: make(chan struct{}, 1), done: make(chan struct{})}
}

func (s *fakeServer) Devices() (sinks, sources []pulse.Device, err error) {
	return s.sinks, s.sources, nil
}
func (s *fakeServer) Changes() <-chan struct{} { return s.changes }
func (s *fakeServer) Done() <-chan struct{}    { return s.done }
func (s *fakeServer) Close()                   { s.closed = true }

// part is a device on a card.
func part(name string, card uint32, properties ...string) pulse.Device {
	d := pulse.Device{Name: name, Card: card, Properties: make(map[string]string)}
	for i := 0; i < len(properties); i += 2 {
		d.Properties[properties[i]] = properties[i+1]
	}
	return d
}

func TestFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Pointer[fakeServer]
		f := follow(func() (server, error) {
			if s := up.Load(); s != nil {
				return s, nil
			}
			return nil, errors.New("nobody there")
		})
		defer f.close()
		told := func() bool {
			synctest.Wait()
			select {
			case <-f.changes:
				return true
			default:
				return false
			}
		}
		headset := func(d pulse.Device) string {
			infos := []Info{{ID: idOf(d)}}
			f.mark(infos)
			return infos[0].Headset
		}
		sink, source := part("out", 3, "device.bus", "usb"), part("in", 3, "device.bus", "usb")
		if told() || f.refusal() == nil {
			t.Error("without a server: told of something, or no reason")
		}
		first := newFakeServer()
		up.Store(first)
		<-time.After(followRetry)
		if !told() || f.refusal() != nil || headset(sink) != "" {
			t.Errorf("a server has come up: refusal %v, headset %q", f.refusal(), headset(sink))
		}
		first.sinks, first.sources = []pulse.Device{sink}, []pulse.Device{source}
		first.changes <- struct{}{}
		if !told() || headset(sink) == "" || headset(sink) != headset(source) {
			t.Errorf("a headset was plugged in: %q and %q", headset(sink), headset(source))
		}
		close(first.done)
		up.Store(newFakeServer())
		if !told() || f.refusal() == nil || headset(sink) != "" || !first.closed {
			t.Errorf("the server has gone: refusal %v, headset %q, closed %v", f.refusal(), headset(sink), first.closed)
		}
		<-time.After(followRetry)
		if !told() || f.refusal() != nil {
			t.Errorf("the next server: refusal %v", f.refusal())
		}
	})
}

func TestHeadsetsOf(t *testing.T) {
	const form, bus, product = "device.form_factor", "device.bus", "device.product.name"
	for _, c := range []struct {
		rule           string
		sinks, sources []pulse.Device
		want           map[string]string
	}{
		{
			"what says that it is one, by its card",
			[]pulse.Device{part("out", 3, form, "headset")},
			[]pulse.Device{part("in", 3, form, "headset")},
			map[string]string{"6f7574": "card 3", "696e": "card 3"},
		},
		{
			"Bluetooth hands-free and headphones are one card",
			[]pulse.Device{part("out", 3, form, "headphone", bus, "bluetooth")},
			[]pulse.Device{part("in", 3, form, "hands-free", bus, "bluetooth")},
			map[string]string{"6f7574": "card 3", "696e": "card 3"},
		},
		{
			"USB without a word about its form",
			[]pulse.Device{part("out", 0, bus, "usb")},
			[]pulse.Device{part("in", 0, bus, "usb")},
			map[string]string{"6f7574": "card 0", "696e": "card 0"},
		},
		{
			"without a card, by the name of the product",
			[]pulse.Device{part("out", pulse.NoCard, form, "headset", product, "Ear")},
			[]pulse.Device{part("in", pulse.NoCard, form, "headset", product, "Ear")},
			map[string]string{"6f7574": "Ear", "696e": "Ear"},
		},
		{
			"two of them are not one",
			[]pulse.Device{part("out", 3, form, "headset")},
			[]pulse.Device{part("in", 4, form, "headset")},
			map[string]string{},
		},
		{
			"headphones have no microphone but their monitor",
			[]pulse.Device{part("out", 3, form, "headphone")},
			[]pulse.Device{{Name: "in", Card: 3, Monitor: true, Properties: map[string]string{form: "headphone"}}},
			map[string]string{},
		},
		{
			"the computer's own sound is not worn",
			[]pulse.Device{part("out", 3, form, "internal", bus, "pci")},
			[]pulse.Device{part("in", 3, form, "internal", bus, "pci")},
			map[string]string{},
		},
		{
			"nor is a camera on USB",
			[]pulse.Device{part("out", 3, form, "webcam", bus, "usb")},
			[]pulse.Device{part("in", 3, form, "webcam", bus, "usb")},
			map[string]string{},
		},
		{
			"nor what says nothing",
			[]pulse.Device{part("out", pulse.NoCard)},
			[]pulse.Device{part("in", pulse.NoCard)},
			map[string]string{},
		},
	} {
		if d := cmp.Diff(c.want, headsetsOf(c.sinks, c.sources)); d != "" {
			t.Errorf("%s: %s", c.rule, d)
		}
	}
}
