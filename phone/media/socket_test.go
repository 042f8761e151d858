package media

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

func socketOn(t *testing.T, address string) net.PacketConn {
	t.Helper()
	system, err := newSystemNet()
	if err != nil {
		t.Fatal(err)
	}
	c, err := system.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestSocket(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		near, far := socketOn(t, address), socketOn(t, address)
		b := make([]byte, 100)
		var before net.Addr
		for range 2 {
			if _, err := far.WriteTo([]byte("sound"), near.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			n, from, err := near.ReadFrom(b)
			if err != nil || string(b[:n]) != "sound" || from.String() != far.LocalAddr().String() {
				t.Fatalf("%s: %q from %v: %v, want that of %v", address, b[:n], from, err, far.LocalAddr())
			}
			if before != nil && from != before {
				t.Errorf("%s: a second address was made for the same sender", address)
			}
			before = from
		}
		other := socketOn(t, address)
		if _, err := other.WriteTo(make([]byte, 200), near.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if n, from, err := near.ReadFrom(b); n != len(b) || err != nil || from.String() != other.LocalAddr().String() {
			t.Errorf("%s: of a longer datagram %d octets from %v: %v, want its beginning", address, n, from, err)
		}
	}
}

func TestSocket_waiting(t *testing.T) {
	c := socketOn(t, "127.0.0.1:0")
	if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadFrom(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	failed := make(chan error)
	go func() {
		_, _, err := c.ReadFrom(make([]byte, 1))
		failed <- err
	}()
	_ = c.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestSocket_doesNotAllocate(t *testing.T) {
	near, far := socketOn(t, "127.0.0.1:0"), socketOn(t, "127.0.0.1:0")
	b, to := make([]byte, 100), near.LocalAddr()
	write := func() {
		if _, err := far.WriteTo(b, to); err != nil {
			t.Fatal(err)
		}
	}
	sending := testing.AllocsPerRun(100, write)
	// What was sent fits into the socket's buffer.
	reading := testing.AllocsPerRun(100, func() {
		if _, _, err := near.ReadFrom(b); err != nil {
			t.Fatal(err)
		}
	})
	if sending != 0 || reading != 0 {
		t.Errorf("%.0f allocations a datagram sent, %.0f a datagram read", sending, reading)
	}
}
