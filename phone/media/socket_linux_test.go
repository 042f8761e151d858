//go:build amd64 || arm64

package media

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// mailboxOf is a socket with a mailbox and another that writes to it.
func mailboxOf(t *testing.T) (box mailbox, far net.PacketConn) {
	t.Helper()
	box, ok := socketOn(t, "127.0.0.1:0").(mailbox)
	if !ok {
		t.Fatal("the system's sockets cannot be looked into")
	}
	return box, socketOn(t, "127.0.0.1:0")
}

func write(t *testing.T, from, to net.PacketConn, what string) {
	t.Helper()
	if _, err := from.WriteTo([]byte(what), to.LocalAddr()); err != nil {
		t.Fatal(err)
	}
}

// A flood is left to the reader.
func TestIntake_flood(t *testing.T) {
	box, far := mailboxOf(t)
	in, sound, _ := intakeWith(t)
	s := &source{mailbox: box}
	if in.take(sound, time.Now(), s); in.from.Load() != s {
		t.Fatal("the sound comes from elsewhere")
	}
	const flood = fetchMost + 10
	sound[len(sound)-1] ^= 1
	for range flood {
		write(t, far, box, string(sound))
	}
	in.fetch()
	in.fetch()
	b := make([]byte, receiveMTU)
	for n := range flood - fetchMost {
		if err := box.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := box.ReadFrom(b); err != nil {
			t.Fatalf("%d of %d were left for the reader: %v", n, flood-fetchMost, err)
		}
	}
}

// To fetch packets of sound allocates nothing but what decrypts them.
func TestIntake_fetchAllocations(t *testing.T) {
	const runs, each = 20, 10
	box, far := mailboxOf(t)
	in, _, heard := intakeWith(t)
	in.from.Store(&source{mailbox: box})
	in.streams[7].shown = time.Now().Add(time.Hour) // pion need not see any
	var sound [(runs + 1) * each][]byte
	for i := range sound {
		sound[i] = encrypted(t, &rtp.Header{SequenceNumber: uint16(i + 1)})
	}
	to, deadline := box.LocalAddr(), time.Now().Add(time.Minute)
	all := testing.AllocsPerRun(runs, func() {
		for range each {
			n := *heard
			if _, err := far.WriteTo(sound[n], to); err != nil {
				t.Fatal(err)
			}
			for *heard == n {
				if in.fetch(); time.Now().After(deadline) {
					t.Fatalf("%d packets of %d were found within a minute", n, len(sound))
				}
			}
		}
	})
	if all > decryptionAllocations*each {
		t.Errorf("%.0f allocations for %d packets, want %d each, which decrypt them", all, each, decryptionAllocations)
	}
}

// looks returns what comes within ten seconds of looking.
func looks(t *testing.T, box mailbox) (what string, from net.Addr, at time.Time) {
	t.Helper()
	b := make([]byte, 100)
	for begun := time.Now(); time.Since(begun) < 10*time.Second; {
		if n, from, at, ok := box.look(b); ok {
			return string(b[:n]), from, at
		}
	}
	t.Fatal("nothing came within 10 s")
	return "", nil, at
}

// news reports whether what has come would wake the reader.
func (s *socket) hasNews(t *testing.T) bool {
	t.Helper()
	n, err := syscall.EpollWait(s.epoll, make([]syscall.EpollEvent, 1), 0)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestSocket_looking(t *testing.T) {
	box, far := mailboxOf(t)
	s := box.(*socket)
	if _, _, _, ok := box.look(make([]byte, 1)); ok {
		t.Error("something was there before anything was sent")
	}
	write(t, far, box, "sound")
	sent := time.Now()
	if s.hasNews(t) {
		t.Error("what comes wakes the reader though it is looked for")
	}
	what, from, at := looks(t, box)
	if what != "sound" || from.String() != far.LocalAddr().String() {
		t.Errorf("%q from %v", what, from)
	}
	if at.After(sent) {
		t.Errorf("it came %v after it was sent", at.Sub(sent))
	}
}

func TestSocket_leaving(t *testing.T) {
	box, far := mailboxOf(t)
	type datagram struct {
		what string
		from net.Addr
	}
	read := make(chan datagram)
	go func() {
		defer close(read)
		for b := make([]byte, 100); ; {
			n, from, err := box.ReadFrom(b)
			if err != nil {
				return
			}
			read <- datagram{string(b[:n]), from}
		}
	}()
	box.look(nil) // what follows is looked for
	for left := 0; left < 2; {
		what := fmt.Sprint("left ", left)
		write(t, far, box, what)
		b := make([]byte, 100)
		// Unless the reader has only now begun to read, and has it already.
		if n, from, _, ok := box.look(b); ok {
			box.leave(b[:n], from)
			left++
		}
		got := <-read
		if got.what != what || got.from.String() != far.LocalAddr().String() {
			t.Errorf("the reader was left %q from %v, want %q", got.what, got.from, what)
		}
	}
	write(t, far, box, "nobody looks any more")
	if got := <-read; got.what != "nobody looks any more" {
		t.Errorf("the reader got %q", got.what)
	}
	box.look(nil)
	box.rest(time.Hour)
	write(t, far, box, "resting")
	if got := <-read; got.what != "resting" {
		t.Errorf("the reader got %q", got.what)
	}
	if _, _, _, ok := box.look(nil); ok {
		t.Error("something was found in spite of the rest")
	}
	if err := box.Close(); err != nil {
		t.Error(err)
	}
	if _, more := <-read; more {
		t.Error("the reader goes on after Close")
	}
	if _, _, _, ok := box.look(nil); ok {
		t.Error("something was found after Close")
	}
}

// What is left goes first, and the reader's deadline holds beside that of
// looking.
func TestSocket_deadlineWhileLooking(t *testing.T) {
	box, far := mailboxOf(t)
	box.look(nil)
	write(t, far, box, "left")
	b := make([]byte, 100)
	n, from, _, ok := box.look(b)
	if !ok {
		t.Fatal("nothing was found")
	}
	box.leave(b[:n], from)
	if _, _, _, ok := box.look(b); ok {
		t.Error("something was found before the reader had what is left for it")
	}
	if n, _, err := box.ReadFrom(b); err != nil || string(b[:n]) != "left" {
		t.Errorf("the reader got %q: %v", b[:n], err)
	}
	if err := box.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := box.ReadFrom(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
}

// Everything at once, for the race detector; Close ends it.
func TestSocket_everythingAtOnce(t *testing.T) {
	box, far := mailboxOf(t)
	var all sync.WaitGroup
	done := make(chan struct{})
	again := func(f func()) {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f()
				}
			}
		})
	}
	all.Go(func() {
		for b := make([]byte, 100); ; {
			if _, _, err := box.ReadFrom(b); errors.Is(err, net.ErrClosed) {
				return
			}
		}
	})
	again(func() {
		b := make([]byte, 100)
		if n, from, _, ok := box.look(b); ok && b[0] == 'l' {
			box.leave(b[:n], from)
		}
	})
	again(func() { _ = box.SetReadDeadline(time.Now().Add(time.Millisecond)) })
	again(func() { box.rest(time.Microsecond) })
	for i := range 3000 {
		write(t, far, box, []string{"left", "taken"}[i%2])
		_, _ = box.WriteTo([]byte("back"), far.LocalAddr())
	}
	if err := box.Close(); err != nil {
		t.Error(err)
	}
	close(done)
	all.Wait()
	if _, err := box.WriteTo([]byte("late"), far.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
}

// A socket that was dropped without being closed does not stay open.
func TestSocket_dropped(t *testing.T) {
	fd := func() int {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := newSocket(c)
		if err != nil {
			t.Fatal(err)
		}
		return s.fd
	}()
	for begun := time.Now(); ; runtime.GC() {
		if _, err := syscall.Getsockname(fd); errors.Is(err, syscall.EBADF) {
			return
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("it is still open after 10 s")
		}
	}
}
