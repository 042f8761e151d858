package device

import (
	"os"
	"syscall"
)

// bell wakes the goroutine of a stream. It is an event of the kernel, so that
// code that is not Go's can ring it, and Go waits for it as for a socket. Nobody
// ever counts the strokes: each is news to Go's poller, and a system call for
// each would wake the watchdog of Go's scheduler too.
type bell struct {
	file *os.File
	conn syscall.RawConn
	fd   int64
}

// stroke is a count above zero in either order of bytes.
var stroke = []byte{1, 0, 0, 0, 0, 0, 0, 0}

func newBell() (*bell, error) {
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("eventfd2", errno)
	}
	file := os.NewFile(fd, "sound")
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &bell{file: file, conn: conn, fd: int64(fd)}, nil
}

// ring never waits.
func (b *bell) ring() {
	_, _ = syscall.Write(int(b.fd), stroke)
}

// wait returns true as soon as there is something to do, which ready tells
// before the first stroke and after each, and false after close.
func (b *bell) wait(ready func(uintptr) bool) bool {
	return b.conn.Read(ready) == nil
}

func (b *bell) close() { b.file.Close() }
