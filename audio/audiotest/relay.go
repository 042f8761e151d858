package audiotest

import (
	"net"
	"sync"
	"time"
)

// Relay carries UDP packets between two parties on loopback and treats the RTP
// of the first as an impaired network does. What is not RTP (RFC 7983 §7), and
// all that the second sends, passes as it is. Safe for use from several
// goroutines.
type Relay struct {
	near, far *net.UDPConn // face the first party and the second
	fates     *Fates
	begun     time.Time
	join      sync.WaitGroup

	mu            sync.Mutex // guards what follows
	first, second *net.UDPAddr
	stats         LinkStats
	closed        bool
}

// NewRelay opens the two ends; end it with Close.
func NewRelay(i Impairment) (*Relay, error) {
	r := &Relay{fates: NewFates(i), begun: time.Now()}
	var err error
	loopback := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	if r.near, err = net.ListenUDP("udp4", loopback); err != nil {
		return nil, err
	}
	if r.far, err = net.ListenUDP("udp4", loopback); err != nil {
		_ = r.near.Close()
		return nil, err
	}
	r.join.Add(2)
	go r.forth()
	go r.back()
	return r, nil
}

// Near is where the first party is to send, Far where the second is.
func (r *Relay) Near() *net.UDPAddr { return r.near.LocalAddr().(*net.UDPAddr) }

// Far is where the second party is to send.
func (r *Relay) Far() *net.UDPAddr { return r.far.LocalAddr().(*net.UDPAddr) }

// Connect tells where the parties are; until then nothing passes.
func (r *Relay) Connect(first, second *net.UDPAddr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.first, r.second = first, second
}

// Stats returns what has happened so far to RTP.
func (r *Relay) Stats() LinkStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// forth carries from the first party to the second.
func (r *Relay) forth() {
	defer r.join.Done()
	var buffer [2048]byte
	for {
		n, err := r.near.Read(buffer[:])
		if err != nil {
			return
		}
		if !isRTP(buffer[:n]) {
			r.deliver(buffer[:n])
			continue
		}
		sent := time.Since(r.begun)
		arrivals := r.fates.Next(sent)
		r.mu.Lock()
		r.stats = r.fates.stats
		r.mu.Unlock()
		for _, at := range arrivals {
			if at <= sent {
				r.deliver(buffer[:n])
				continue
			}
			packet := append([]byte(nil), buffer[:n]...)
			r.join.Add(1)
			time.AfterFunc(at-sent, func() {
				defer r.join.Done()
				r.deliver(packet)
			})
		}
	}
}

// isRTP tells RTP from STUN and DTLS, and from the RTCP that shares its port
// (RFC 5761 §4).
func isRTP(packet []byte) bool {
	return len(packet) >= 12 && packet[0]>>6 == 2 && (packet[1]&0x7F < 64 || packet[1]&0x7F > 95)
}

func (r *Relay) deliver(packet []byte) {
	r.mu.Lock()
	to := r.second
	if r.closed {
		to = nil
	}
	r.mu.Unlock()
	if to != nil {
		// A packet that cannot be delivered is lost, as everywhere.
		_, _ = r.far.WriteToUDP(packet, to)
	}
}

// back carries from the second party to the first.
func (r *Relay) back() {
	defer r.join.Done()
	var buffer [2048]byte
	for {
		n, err := r.far.Read(buffer[:])
		if err != nil {
			return
		}
		r.mu.Lock()
		to := r.first
		r.mu.Unlock()
		if to != nil {
			_, _ = r.near.WriteToUDP(buffer[:n], to)
		}
	}
}

// Close ends the relay and waits for what is under way, which is dropped.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	_ = r.near.Close()
	_ = r.far.Close()
	r.join.Wait()
}
