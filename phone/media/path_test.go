package media

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v2"

	"webphone/phone/ua"
)

// movingNet is the system's loopback with addresses of the test's choice. What
// is sent from or to an address that is gone is lost.
type movingNet struct {
	transport.Net
	mu        sync.Mutex
	addresses []string
}

func newMovingNet(t *testing.T, addresses ...string) *movingNet {
	t.Helper()
	n, err := newSystemNet()
	if err != nil {
		t.Fatal(err)
	}
	return &movingNet{Net: n, addresses: addresses}
}

func (n *movingNet) move(addresses ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses = addresses
}

func (n *movingNet) has(a net.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, address := range n.addresses {
		if udp, ok := a.(*net.UDPAddr); ok && udp.IP.Equal(net.ParseIP(address)) {
			return true
		}
	}
	return false
}

func (n *movingNet) Interfaces() ([]*transport.Interface, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lo := transport.NewInterface(net.Interface{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagLoopback})
	for _, address := range n.addresses {
		lo.AddAddress(&net.IPNet{IP: net.ParseIP(address), Mask: net.CIDRMask(8, 32)})
	}
	return []*transport.Interface{lo}, nil
}

func (n *movingNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, local)
	return movingConn{c, n}, err
}

type movingConn struct {
	transport.UDPConn
	net *movingNet
}

func (c movingConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if !c.net.has(c.LocalAddr()) {
		return 0, errors.New("network is unreachable")
	}
	return c.UDPConn.WriteTo(p, to)
}

func (c movingConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		size, from, err := c.UDPConn.ReadFrom(p)
		if err != nil || c.net.has(c.LocalAddr()) {
			return size, from, err
		}
	}
}

// soon gives paths up long before usualPatience does.
var soon = patience{disconnected: 300 * time.Millisecond, failed: 2 * time.Second, keepalive: 50 * time.Millisecond}

// newMovingEnd is an end on a network of its own.
func newMovingEnd(t *testing.T, n *movingNet, patience patience) *end {
	t.Helper()
	return openEnd(t, Options{Net: n, patience: patience})
}

func (e *end) waitInterrupted(t *testing.T) {
	t.Helper()
	select {
	case <-e.interrupted:
	case <-time.After(10 * time.Second):
		t.Fatal("the loss was not noticed")
	}
}

func (e *end) waitFailed(t *testing.T) {
	t.Helper()
	select {
	case err := <-e.failed:
		if !errors.Is(err, ua.ErrPathLost) {
			t.Fatalf("failed with %v, want a lost path", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("ICE has not given up")
	}
}

func TestPath_anotherAddress(t *testing.T) {
	network := newMovingNet(t, "127.0.0.1")
	caller, callee := newMovingEnd(t, network, usualPatience), newEnd(t)
	call(t, caller, callee)
	if err := caller.CheckPath(t.Context()); err != nil {
		t.Fatalf("a good path: %v", err)
	}

	network.move("127.0.0.2")
	if err := caller.CheckPath(t.Context()); !errors.Is(err, ua.ErrPathLost) {
		t.Errorf("the address is gone, but %v", err)
	}
	start := time.Now()
	offer, _ := negotiate(t, caller, callee, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
	if !strings.Contains(offer, "a=group:BUNDLE 0\r\n") {
		t.Errorf("sections that are not there are bundled:\n%s", offer)
	}
	if !strings.Contains(offer, " 127.0.0.2 ") || strings.Contains(offer, " 127.0.0.1 ") {
		t.Errorf("candidates are not of the new network:\n%s", offer)
	}
	caller.waitConnected(t)
	callee.sendsTo(t, caller, "on the new path")
	caller.sendsTo(t, callee, "on the new path too")
	t.Logf("sound again after %v", time.Since(start))
	if err := caller.CheckPath(t.Context()); err != nil {
		t.Errorf("the new path: %v", err)
	}
}

func TestPath_lossAndReturn(t *testing.T) {
	t.Run("soon: by itself", func(t *testing.T) {
		network := newMovingNet(t, "127.0.0.1")
		caller, callee := newMovingEnd(t, network, soon), newEnd(t)
		call(t, caller, callee)
		network.move()
		caller.waitInterrupted(t)
		if err := caller.CheckPath(t.Context()); !errors.Is(err, ua.ErrPathLost) {
			t.Errorf("interrupted, but %v", err)
		}
		network.move("127.0.0.1")
		caller.waitConnected(t)
		callee.sendsTo(t, caller, "back")
	})
	t.Run("late: by an offer", func(t *testing.T) {
		network := newMovingNet(t, "127.0.0.1")
		caller, callee := newMovingEnd(t, network, soon), newEnd(t)
		call(t, caller, callee)
		network.move()
		caller.waitInterrupted(t)
		caller.waitFailed(t)
		network.move("127.0.0.1")
		negotiate(t, caller, callee, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
		caller.waitConnected(t)
		callee.sendsTo(t, caller, "back")
		caller.sendsTo(t, callee, "back too")
	})
	t.Run("late: by their offer", func(t *testing.T) {
		network := newMovingNet(t, "127.0.0.1")
		caller, callee := newMovingEnd(t, network, soon), newEnd(t)
		call(t, caller, callee)
		network.move()
		caller.waitFailed(t)
		network.move("127.0.0.2")
		negotiate(t, callee, caller, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
		caller.waitConnected(t)
		callee.sendsTo(t, caller, "back")
		caller.sendsTo(t, callee, "back too")
	})
}

// Who is silent is doubted only if sound is expected of it, and if nothing
// answers on the path.
func TestCheckPath_silence(t *testing.T) {
	network := newMutedNet(t)
	caller, callee := openEnd(t, Options{Net: network}), newEnd(t)
	if err := caller.CheckPath(t.Context()); err != nil {
		t.Errorf("before the call: %v", err)
	}
	call(t, caller, callee)
	for _, c := range []struct {
		name string
		hold bool
		ago  time.Duration
		cut  bool
		lost bool
	}{
		{"just heard", false, 0, false, false},
		{"silent, but there", false, silenceAllowed + time.Second, false, false},
		{"silent, and nothing answers", false, silenceAllowed + time.Second, true, true},
		{"silent on hold", true, silenceAllowed + time.Second, true, false},
	} {
		network.cut.Store(false)
		negotiate(t, caller, callee, ua.OfferOptions{Hold: c.hold}, ua.AnswerOptions{})
		caller.receptionMu.Lock()
		caller.heard = time.Now().Add(-c.ago)
		caller.receptionMu.Unlock()
		network.cut.Store(c.cut)
		if err := caller.CheckPath(t.Context()); errors.Is(err, ua.ErrPathLost) != c.lost {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A connection that took another fork's place cannot restart ICE by pion, but
// is replaced; a refusal then takes nothing away.
func TestRestart_afterAnotherFork(t *testing.T) {
	caller, early, callee := newEnd(t), newEnd(t), newEnd(t)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answerOf(t, caller, early, offer, ua.AnswerProvisional)
	caller.waitConnected(t)
	answerOf(t, caller, callee, offer, ua.AnswerFinal)
	caller.waitConnected(t)
	callee.waitConnected(t)
	caller.sendsTo(t, callee, "the other fork")
	for range 2 {
		if _, err := caller.Offer(t.Context(), ua.OfferOptions{ICERestart: true}); err != nil {
			t.Fatal(err)
		}
		caller.sendsTo(t, callee, "while the offer waits")
		if err := caller.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		caller.sendsTo(t, callee, "after the refusal")
		callee.sendsTo(t, caller, "after the refusal too")
	}
	first, _ := negotiate(t, caller, callee, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
	if first == offer {
		t.Error("nothing is new")
	}
	caller.waitConnected(t)
	caller.sendsTo(t, callee, "restarted")
	callee.sendsTo(t, caller, "restarted too")
	if _, err := caller.Offer(t.Context(), ua.OfferOptions{ICERestart: true}); err != nil {
		t.Fatal(err) // its answer never comes: it is closed with the call
	}
}
