package media

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"webphone/audio"
	"webphone/phone/ua"
)

// quietStream only counts.
type quietStream struct{ came chan struct{} }

func (s *quietStream) Start(audio.StreamConfig) error { return nil }
func (s *quietStream) Receive(*rtp.Packet, time.Time) {
	select {
	case s.came <- struct{}{}:
	default:
	}
}

func (s *quietStream) SendDTMF(context.Context, rune, time.Duration, time.Duration) error { return nil }
func (s *quietStream) SetMuted(bool)                                                      {}
func (s *quietStream) SetActive(_, _ bool)                                                {}
func (s *quietStream) SetLoss(int)                                                        {}
func (s *quietStream) SetBandwidth(int)                                                   {}
func (s *quietStream) Close()                                                             {}

// costless is a connection that costs nothing.
type costless struct{ webrtc.TrackLocalWriter }

func (costless) WriteRTP(*rtp.Header, []byte) (int, error) { return 0, nil }

// Our part of a packet's way out and of its way in allocates nothing.
func TestPacket_doesNotAllocate(t *testing.T) {
	out := &track{writer: costless{}}
	out.path.extend(ownNumbering, true)
	var came arrivals
	numbered, at := packetNumbered(1), time.Now()
	in := &Peer{o: Options{Stream: &quietStream{}}, own: identity{track: out}, clocks: map[uint8]int{111: 48000}}
	h, payload := &rtp.Header{Version: 2, PayloadType: 111}, make([]byte, 80)
	packet := &rtp.Packet{Header: *h, Payload: payload}
	for way, step := range map[string]func(){
		"out": func() { _ = out.write(h, payload) },
		"in":  func() { packet.SequenceNumber++; in.received(packet, at) },
		"acknowledged": func() {
			at = at.Add(20 * time.Millisecond)
			n := came.next + uint16(came.n)
			_ = numbered.SetExtension(ownNumbering, append(numbered.GetExtension(ownNumbering)[:0], byte(n>>8), byte(n)))
			came.add(numbered, ownNumbering, 1, at)
		},
	} {
		if n := testing.AllocsPerRun(500, step); n != 0 {
			t.Errorf("%s: %.1f allocations a packet", way, n)
		}
	}
}

// pionAllocations is what pion allocates for one packet from one end to the
// other: headers, futures and attributes of its layers on the way out, and what
// decrypts on the way in, 10 in the version in use. More would be ours.
const pionAllocations = 12

// The whole way, through pion and the system's sockets.
func TestPacket_allocationsWithPion(t *testing.T) {
	came := make(chan struct{}, 1)
	var ends [2]*Peer
	up := make(chan struct{}, 2)
	for i := range ends {
		p, err := New(Options{
			Stream: &quietStream{came: came}, Loopback: true, Log: slog.New(slog.DiscardHandler),
			Events: ua.PeerEvents{Connected: func() { up <- struct{}{} }},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		ends[i] = p
	}
	offer, err := ends[0].Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ends[1].Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ends[0].SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	for range ends {
		select {
		case <-up:
		case <-time.After(20 * time.Second):
			t.Fatal("no connection")
		}
	}
	h, payload := &rtp.Header{Version: 2, PayloadType: 111, SSRC: ends[0].sending}, make([]byte, 80)
	send := func(n int) {
		for range n {
			for arrived := false; !arrived; {
				h.SequenceNumber++
				h.Timestamp += 960
				_ = ends[0].own.track.write(h, payload)
				select {
				case <-came:
					arrived = true
				case <-time.After(time.Second):
				}
			}
		}
	}
	send(200)
	const n = 2000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	send(n)
	runtime.ReadMemStats(&after)
	timer := 3.0 // of the test's own waiting
	each := float64(after.Mallocs-before.Mallocs)/n - timer
	t.Logf("%.1f allocations a packet", each)
	if each > pionAllocations {
		t.Errorf("%.1f allocations a packet, pion's own are %d", each, pionAllocations)
	}
}

// decryptionAllocations is what pion's SRTP allocates to decrypt a packet: the
// nonce, which it hands to an interface, and the function by which its replay
// detector is told that the packet was genuine.
const decryptionAllocations = 2

// What the intake does with a packet of sound besides decrypting it allocates
// nothing. Only feedback that is due is copied, for who writes it.
func TestIntake_allocations(t *testing.T) {
	const runs, each = 50, int(feedbackInterval / (20 * ms))
	var sound [(runs + 1) * each][]byte
	for i := range sound {
		h := packetNumbered(uint16(i))
		h.SequenceNumber, h.Timestamp = uint16(i), uint32(i)*960
		sound[i] = encrypted(t, h)
	}
	p := &Peer{o: Options{Stream: &quietStream{}}, own: identity{track: &track{}}, clocks: map[uint8]int{111: 48000}}
	c := &connection{deliver: p.received}
	c.numbering.Store(ownNumbering)
	in, _, _ := intakeWith(t)
	in.deliver = c.take
	in.streams[7].next = 0
	at, from, key := time.Now(), &source{}, srtpKey(t, 1)
	var header rtp.Header
	var plain []byte
	next := 0
	batch := func(take func([]byte)) func() {
		next = 0
		return func() {
			for range each {
				take(sound[next])
				next++
			}
		}
	}
	alone := testing.AllocsPerRun(runs, batch(func(b []byte) {
		header = rtp.Header{Extensions: header.Extensions[:0]}
		var err error
		if plain, err = key.DecryptRTP(plain[:0], b, &header); err != nil {
			t.Fatal(err)
		}
	}))
	all := testing.AllocsPerRun(runs, batch(func(b []byte) {
		in.take(b, at, from)
		at = at.Add(20 * ms)
	}))
	if taken := in.streams[7].taken; taken != len(sound) || len(in.feedback) == 0 {
		t.Fatalf("%d of %d packets were taken, %d feedbacks wait", taken, len(sound), len(in.feedback))
	}
	if alone > decryptionAllocations*float64(each) {
		t.Errorf("%.0f allocations to decrypt %d packets, want %d each", alone, each, decryptionAllocations)
	}
	if all != alone+1 {
		t.Errorf("%.0f allocations for %d packets and a feedback, of which %.0f decrypt", all, each, alone)
	}
}
