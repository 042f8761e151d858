package media

import (
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v2"
)

// parrotNet is a network on which somebody hears all media and says it again:
// twice at once, again much later, cut short and with a bit turned over.
type parrotNet struct{ transport.Net }

func (n parrotNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, local)
	return &parrot{UDPConn: c, random: rand.New(rand.NewPCG(1, 2))}, err
}

type parrot struct {
	transport.UDPConn

	mu             sync.Mutex // guards what follows: sound and reports are written at once
	sound, reports [][]byte   // heard
	random         *rand.Rand
}

func (c *parrot) WriteTo(p []byte, to net.Addr) (int, error) {
	n, err := c.UDPConn.WriteTo(p, to)
	if err != nil || len(p) < 2 || p[0] < 128 || p[0] > 191 { // STUN and DTLS
		return n, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	turned := append([]byte(nil), p...)
	turned[c.random.IntN(len(turned))] ^= 1 << c.random.IntN(8)
	again := [][]byte{p, p, turned, p[:c.random.IntN(len(p))]}
	if p[1] >= 192 && p[1] <= 223 { // RFC 5761 §4
		again = append(again, c.reports...)
		c.reports = append(c.reports, append([]byte(nil), p...))
	} else {
		c.sound = append(c.sound, append([]byte(nil), p...))
		again = append(again, c.sound[c.random.IntN(len(c.sound))], c.sound[max(0, len(c.sound)-100)])
	}
	for _, said := range again {
		_, _ = c.UDPConn.WriteTo(said, to)
	}
	return n, err
}

// What is said again on the way, or changed, counts for nothing: it reaches
// neither sound nor figures, and nothing grows.
func TestReplay(t *testing.T) {
	system, err := newSystemNet()
	if err != nil {
		t.Fatal(err)
	}
	caller, callee := openEnd(t, Options{Net: parrotNet{system}}), newEnd(t)
	call(t, caller, callee)
	caller.sendsTo(t, callee, "first")
	c, _, _ := caller.stream.state()
	theirs, _, _ := callee.stream.state()
	goroutines, memory := runtime.NumGoroutine(), heap()
	const packets = 1000
	came := make(map[uint16]int)
	for range packets {
		caller.seq++
		h := rtp.Header{Version: 2, PayloadType: c.PayloadType, SSRC: c.SSRC, SequenceNumber: caller.seq, Timestamp: uint32(caller.seq) * 960}
		if err := c.Write(&h, []byte("once")); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			select {
			case p := <-callee.stream.packets:
				came[p.SequenceNumber]++
			case <-time.After(200 * time.Microsecond):
				more = false
			}
		}
	}
	<-time.After(100 * time.Millisecond)
	s := callee.Stats()
	if want := uint64(caller.seq); s.PacketsReceived > want || s.PacketsReceived < want*9/10 || s.Lost != want-s.PacketsReceived {
		t.Errorf("%d packets came, %d lost, of %d", s.PacketsReceived, s.Lost, want)
	}
	for lost := uint32(1); lost <= 5; lost++ {
		_ = caller.conn.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: c.SSRC, Reports: []rtcp.ReceptionReport{
			{SSRC: theirs.SSRC, TotalLost: lost, LastSequenceNumber: lost},
		}}})
		<-time.After(20 * time.Millisecond)
		// The caller's own reports tell of none.
		if got := callee.Stats().PeerLost; got != uint64(lost) && got != 0 {
			t.Errorf("%d lost by the last report, an older one is believed: %d", lost, got)
		}
	}
	for number, n := range came {
		if n > 1 {
			t.Errorf("packet %d reached the sound %d times", number, n)
		}
	}
	if grown := runtime.NumGoroutine() - goroutines; grown > 6*sourcesAtOnce { // of which some have been turned over to
		t.Errorf("%d goroutines more", grown)
	}
	// What the parrot remembers is its own.
	if grown := heap() - memory; grown > 1<<20 {
		t.Errorf("%d kB more", grown>>10)
	}
}
