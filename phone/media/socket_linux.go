//go:build amd64 || arm64

package media

import (
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	// lookedMost is how long a socket stays one that is looked into after the
	// last look.
	lookedMost = 400 * time.Millisecond
	// Looks come with every period of the speaker or every other one. What
	// waited longer than waitedMost waited because we stood still, and counts
	// as come when we went on.
	periodMost = 60 * time.Millisecond
	waitedMost = 10 * time.Millisecond

	timestamps = 35 // SO_TIMESTAMPNS and SCM_TIMESTAMPNS
)

// socket is a UDP socket, and a mailbox. One goroutine reads from it.
//
// Go's poller knows it only through an epoll of its own, in which it is while
// somebody waits: taken out, nothing that comes wakes anybody. The kernel is
// asked for datagrams, and given them, without telling Go's scheduler, which is
// right as the socket never waits: told, the scheduler wakes its watchdog for
// some hundred microseconds, and that costs more than the datagram.
type socket struct {
	*net.UDPConn // closed; it stands for what nobody asks of this one
	local        *net.UDPAddr
	news         *os.File // the epoll
	wait         syscall.RawConn
	epoll        int

	// Of the reading goroutine: what receive is asked and answers.
	reader struct {
		b    []byte
		n    int
		from net.Addr
		err  error
		left bool // what ReadFrom returned had been left
	}
	read func(uintptr) bool // receive

	sending sync.RWMutex // held while fd is in use; guards it
	fd      int          // -1 = closed
	dropped runtime.Cleanup

	mu       sync.Mutex // guards what follows; held while the kernel is asked
	deadline time.Time  // of the reader; zero = none
	apart    bool       // it is not in the epoll
	looked   time.Time  // when look found nothing last
	resting  time.Time  // until when look finds nothing
	left     []byte     // what look has left for the reader; empty = nothing
	sender   net.Addr
	inbox    inbox

	target atomic.Pointer[target] // of the last datagram sent; nil = none yet
}

// inbox is what recvmsg is asked and answers.
type inbox struct {
	header  syscall.Msghdr
	vector  syscall.Iovec
	from    syscall.RawSockaddrAny
	control [8]uint64
	origin  origin
}

// timestamp is how the kernel tells when a datagram came.
type timestamp struct {
	syscall.Cmsghdr
	syscall.Timespec
}

// newSocket takes over a socket.
func newSocket(c *net.UDPConn) (*socket, error) {
	s := &socket{UDPConn: c, local: c.LocalAddr().(*net.UDPAddr), fd: -1, epoll: -1}
	s.read = s.receive
	err := s.adopt(c)
	if err == nil {
		err = s.open()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	// pion drops some that it does not use in the end.
	s.dropped = runtime.AddCleanup(s, func(fd int) { _ = syscall.Close(fd) }, s.fd)
	return s, nil
}

// adopt takes the socket out of a connection, which is closed.
func (s *socket) adopt(c *net.UDPConn) error {
	defer c.Close()
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { s.fd, failed = duplicate(fd) }); err != nil {
		return err
	}
	return failed
}

func duplicate(fd uintptr) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(n), nil
}

// open makes the epoll, and has the kernel tell when datagrams came, where it
// can.
func (s *socket) open() error {
	_ = syscall.SetsockoptInt(s.fd, syscall.SOL_SOCKET, timestamps, 1)
	var err error
	if s.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	nonblock := syscall.SetNonblock(s.epoll, true)
	s.news = os.NewFile(uintptr(s.epoll), "datagrams")
	if nonblock != nil {
		return os.NewSyscallError("fcntl", nonblock)
	}
	if s.wait, err = s.news.SyscallConn(); err != nil {
		return err
	}
	if err := s.news.SetReadDeadline(time.Time{}); err != nil { // Go's poller does not have it
		return err
	}
	return s.join()
}

// join has what comes wake the reader. s.mu is held.
func (s *socket) join() error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(s.fd)}
	if err := syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_ADD, s.fd, &event); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	s.apart = false
	return nil
}

// ReadFrom implements net.PacketConn.
func (s *socket) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	for {
		n, from, ok := s.takeLeft(b)
		if s.reader.left = ok; ok {
			return n, from, nil
		}
		s.reader.b = b
		err := s.wait.Read(s.read)
		switch r := &s.reader; {
		case err == nil && r.err == nil:
			return r.n, r.from, nil
		case err == nil:
			return 0, nil, s.failure("read", r.err)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, nil, s.failure("read", net.ErrClosed)
		}
		if err := s.expired(); err != nil {
			return 0, nil, s.failure("read", err)
		}
	}
}

func (s *socket) failure(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: s.local, Err: err}
}

// takeLeft returns what look has left.
func (s *socket) takeLeft(b []byte) (n int, from net.Addr, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) == 0 {
		return 0, nil, false
	}
	n = copy(b, s.left)
	s.left = s.left[:0]
	s.rearm()
	return n, s.sender, true
}

// receive asks for what the reader wants, and reports false where nothing has
// come.
func (s *socket) receive(uintptr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.reader
	r.n, r.from, _, r.err = s.ask(r.b)
	return r.err != syscall.EAGAIN
}

// wasLeft implements mailbox.
func (s *socket) wasLeft() bool { return s.reader.left }

// expired returns an error where the reader's deadline is over. Else it was
// another reason to wake it, and it is to wait on.
func (s *socket) expired() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if !s.deadline.IsZero() && !now.Before(s.deadline) {
		return os.ErrDeadlineExceeded
	}
	if s.fd < 0 {
		return net.ErrClosed
	}
	if s.apart && now.Sub(s.looked) >= lookedMost && s.join() != nil {
		s.looked = now // the kernel lacks memory; next time
	}
	s.rearm()
	return nil
}

// rearm sets how long the reader waits. s.mu is held.
func (s *socket) rearm() {
	until := s.deadline
	if end := s.looked.Add(lookedMost); s.apart && (until.IsZero() || end.Before(until)) {
		until = end
	}
	if len(s.left) > 0 {
		until = time.Unix(0, 1) // at once
	}
	_ = s.news.SetReadDeadline(until)
}

// look implements mailbox.
func (s *socket) look(b []byte) (n int, from net.Addr, at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 || len(s.left) > 0 || !s.resting.IsZero() && time.Now().Before(s.resting) {
		return 0, nil, time.Time{}, false
	}
	if !s.apart {
		if syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_DEL, s.fd, nil) != nil {
			return 0, nil, time.Time{}, false
		}
		s.apart, s.looked = true, time.Now()
		s.rearm()
	}
	n, from, at, err := s.ask(b)
	if err != nil {
		s.looked = time.Now()
		return 0, nil, time.Time{}, false
	}
	return n, from, at, true
}

// leave implements mailbox.
func (s *socket) leave(b []byte, from net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.sender = append(s.left[:0], b...), from
	s.rearm()
}

// rest implements mailbox.
func (s *socket) rest(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resting, s.looked = time.Now().Add(d), time.Time{}
	s.rearm() // the reader joins the epoll again
}

// ask asks the kernel for a datagram; EAGAIN means that there is none. s.mu is
// held.
func (s *socket) ask(b []byte) (n int, from net.Addr, at time.Time, err error) {
	s.sending.RLock()
	defer s.sending.RUnlock()
	if s.fd < 0 {
		return 0, nil, at, net.ErrClosed
	}
	in := &s.inbox
	for {
		in.vector = syscall.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
		in.header = syscall.Msghdr{
			Name: (*byte)(unsafe.Pointer(&in.from)), Namelen: uint32(unsafe.Sizeof(in.from)),
			Iov: &in.vector, Iovlen: 1,
			Control: (*byte)(unsafe.Pointer(&in.control)), Controllen: uint64(unsafe.Sizeof(in.control)),
		}
		n, _, errno := syscall.RawSyscall(syscall.SYS_RECVMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&in.header)), syscall.MSG_DONTWAIT)
		in.vector.Base = nil
		runtime.KeepAlive(b)
		switch errno {
		case 0:
			return int(n), in.origin.at(addressOf(&in.from)), s.arrived(), nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil, at, syscall.EAGAIN
		}
		return 0, nil, at, os.NewSyscallError("recvmsg", errno)
	}
}

// arrived is when a datagram came. The kernel tells it by the clock on the
// wall, which somebody may set.
func (s *socket) arrived() time.Time {
	now := time.Now()
	stamp := (*timestamp)(unsafe.Pointer(&s.inbox.control))
	if s.inbox.header.Controllen < uint64(unsafe.Sizeof(*stamp)) ||
		stamp.Level != syscall.SOL_SOCKET || stamp.Type != timestamps {
		return now
	}
	age := now.Sub(time.Unix(stamp.Sec, stamp.Nsec))
	most := waitedMost
	if since := now.Sub(s.looked); s.apart && since < periodMost {
		most = since
	}
	return now.Add(-min(max(age, 0), most))
}

// WriteTo implements net.PacketConn.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, s.failure("write", syscall.EINVAL)
	}
	t := s.target.Load()
	if address := udp.AddrPort(); t == nil || t.address != address {
		var err error
		if t, err = targetOf(address, s.local.IP); err != nil {
			return 0, s.failure("write", err)
		}
		s.target.Store(t)
	}
	s.sending.RLock()
	defer s.sending.RUnlock()
	if s.fd < 0 {
		return 0, s.failure("write", net.ErrClosed)
	}
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(s.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_DONTWAIT,
			uintptr(unsafe.Pointer(&t.raw)), uintptr(t.length))
		runtime.KeepAlive(t)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, s.failure("write", os.NewSyscallError("sendto", errno))
	}
}

// Close implements net.PacketConn.
func (s *socket) Close() error {
	s.mu.Lock()
	s.sending.Lock()
	fd := s.fd
	s.fd = -1
	s.sending.Unlock()
	s.mu.Unlock()
	var err error // closing the epoll waits for the reader
	if s.news != nil {
		err = s.news.Close()
	}
	if fd < 0 {
		return net.ErrClosed
	}
	s.dropped.Stop()
	return errors.Join(err, syscall.Close(fd))
}

// LocalAddr implements net.PacketConn.
func (s *socket) LocalAddr() net.Addr { return s.local }

// SetReadDeadline implements net.PacketConn.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	s.rearm()
	return nil
}

// SetWriteDeadline implements net.PacketConn. Writing never waits.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.PacketConn.
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }
