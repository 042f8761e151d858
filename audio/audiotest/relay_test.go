package audiotest

import (
	"net"
	"testing"
	"time"
)

// endpoint is a UDP socket on loopback.
func endpoint(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// collect reads packets until the last one comes.
func collect(t *testing.T, c *net.UDPConn, last byte) (packets [][]byte) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		b := make([]byte, 100)
		n, err := c.Read(b)
		if err != nil {
			t.Fatalf("%v after %d packets", err, len(packets))
		}
		packets = append(packets, b[:n])
		if b[0] == last {
			return packets
		}
	}
}

// RTP meets its fates in order, what is not RTP passes, and so does all that
// comes back.
func TestRelay(t *testing.T) {
	const stun, report = 0, 0x81 // first bytes
	impairment := Impairment{Loss: 0.2, Duplicate: 0.05, Seed: 9}
	first, second := endpoint(t), endpoint(t)
	r, err := NewRelay(impairment)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Connect(first.LocalAddr().(*net.UDPAddr), second.LocalAddr().(*net.UDPAddr))
	fates := NewFates(impairment)
	packet := make([]byte, 20)
	for i := range 200 {
		packet[0], packet[1] = 0x80, 111
		if _, err := first.WriteToUDP(packet, r.Near()); err != nil {
			t.Fatal(err)
		}
		// RTCP that shares the port is not RTP.
		packet[0], packet[1] = report, 201
		if _, err := first.WriteToUDP(packet, r.Near()); err != nil {
			t.Fatal(err)
		}
		want := len(fates.Next(0))
		if got := len(collect(t, second, report)) - 1; got != want {
			t.Fatalf("packet %d came %d times, want %d", i, got, want)
		}
	}
	if s := r.Stats(); s != fates.stats || s.Lost == 0 || s.Duplicated == 0 {
		t.Errorf("%+v, want %+v", s, fates.stats)
	}
	for i := range 10 {
		packet[0], packet[1] = 0x80, 111
		if i == 9 {
			packet[0] = stun
		}
		if _, err := second.WriteToUDP(packet, r.Far()); err != nil {
			t.Fatal(err)
		}
	}
	if back := collect(t, first, stun); len(back) != 10 {
		t.Errorf("%d packets came back, want 10", len(back))
	}
}
