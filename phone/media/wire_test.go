package media

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v2"
)

// mutedNet is the system's network; what is sent while it is cut is lost.
type mutedNet struct {
	transport.Net
	cut atomic.Bool
}

func newMutedNet(t *testing.T) *mutedNet {
	t.Helper()
	n, err := newSystemNet()
	if err != nil {
		t.Fatal(err)
	}
	return &mutedNet{Net: n}
}

func (n *mutedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, local)
	return mutedConn{c, n}, err
}

type mutedConn struct {
	transport.UDPConn
	net *mutedNet
}

func (c mutedConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if c.net.cut.Load() {
		return len(p), nil
	}
	return c.UDPConn.WriteTo(p, to)
}

// waitStats waits until the end's figures show something.
func (e *end) waitStats(t *testing.T, what string, there func(Stats) bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !there(e.Stats()) {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s: %+v", what, e.Stats())
		case <-ticker.C:
		}
	}
}

// A path that works in one direction alone is known not to answer, and known
// to answer again.
func TestWire_knowsWhetherThePathAnswers(t *testing.T) {
	network := newMutedNet(t)
	caller, callee := openEnd(t, Options{Net: network}), newEnd(t)
	call(t, caller, callee)
	caller.waitStats(t, "it answers", func(s Stats) bool { return !s.Answered.IsZero() && s.Unanswered.IsZero() })
	network.cut.Store(true)
	caller.waitStats(t, "it does not", func(s Stats) bool { return !s.Unanswered.IsZero() && time.Since(s.Unanswered) > 2*checkInterval })
	network.cut.Store(false)
	caller.waitStats(t, "it does again", func(s Stats) bool { return s.Unanswered.IsZero() })
	for _, s := range []Stats{caller.Stats(), callee.Stats()} {
		if s.Cipher == "" || s.Local.Type != "host" || s.Local.Protocol != "udp" || s.Local.Port == 0 || s.Remote.Address == "" {
			t.Errorf("stats %+v", s)
		}
	}
}

func TestKindOf(t *testing.T) {
	message := func(kind uint16, cookie uint32) []byte {
		b := make([]byte, 24)
		binary.BigEndian.PutUint16(b, kind)
		binary.BigEndian.PutUint32(b[4:], cookie)
		return b
	}
	for _, c := range []struct {
		rule string
		in   []byte
		want wireKind
	}{
		{"nothing", nil, kindOther},
		{"a check", message(1, 0x2112A442), kindCheck},
		{"an answer", message(0x101, 0x2112A442), kindAnswer},
		{"an error", message(0x111, 0x2112A442), kindOther},
		{"no STUN", message(1, 7), kindOther},
		{"RTP", message(0x8060, 0x2112A442), kindOther},
		{"DTLS", message(22<<8|254, 0), kindHandshake},
		{"cut short", message(1, 0x2112A442)[:8], kindOther},
	} {
		if got := kindOf(c.in); got != c.want {
			t.Errorf("%s is of kind %v, want %v", c.rule, got, c.want)
		}
	}
}

// serverHello is a datagram with a ServerHello that chooses the profile.
func serverHello(profile uint16, before ...byte) []byte {
	extension := binary.BigEndian.AppendUint16([]byte{0, 14, 0, 5, 0, 2}, profile)
	extension = append(extension, 0)
	other := []byte{0xFF, 1, 0, 1, 0} // renegotiation_info
	hello := append(make([]byte, 34), 2, 9, 9, 0xC0, 0x2B, 0)
	hello = binary.BigEndian.AppendUint16(hello, uint16(len(other)+len(extension)))
	hello = append(append(hello, other...), extension...)
	record := append([]byte{2, 0, 0, byte(len(hello)), 0, 1, 0, 0, 0, 0, 0, byte(len(hello))}, hello...)
	b := append(before, 22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(record))), record...)
}

func TestSRTPProfile(t *testing.T) {
	certificate := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 11}, make([]byte, 12)...)
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 3}, make([]byte, 12)...) // HelloVerifyRequest
	for _, c := range []struct {
		rule string
		in   []byte
		want uint16
	}{
		{"chosen", serverHello(7), 7},
		{"behind another record", serverHello(8, hello...), 8},
		{"in no ServerHello", certificate, 0},
		{"nothing", nil, 0},
	} {
		if got := srtpProfile(c.in); got != c.want {
			t.Errorf("%s: %d, want %d", c.rule, got, c.want)
		}
	}
	whole := serverHello(7)
	for n := range whole {
		if got := srtpProfile(whole[:n]); got != 0 {
			t.Errorf("the first %d bytes of %d choose %d", n, len(whole), got)
		}
	}
}

func FuzzSRTPProfile(f *testing.F) {
	f.Add(serverHello(7))
	f.Add(serverHello(0xFFFF))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, again := srtpProfile(b), srtpProfile(append(b[:len(b):len(b)], 0)); got != 0 && got != again {
			t.Errorf("%d, and %d with a byte more", got, again)
		}
	})
}
