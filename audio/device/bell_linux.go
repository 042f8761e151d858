package device

import (
	"os"
	"syscall"
)

// bell wakes the goroutine of a stream. It is an event of the kernel, so that
// code that is not Go's can ring it, and Go waits for it as for a socket.
type bell struct {
	file  *os.File
	fd    int64
	count [8]byte
}

// stroke is a count above zero in either order of bytes.
var stroke = []byte{1, 0, 0, 0, 0, 0, 0, 0}

func newBell() (*bell, error) {
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("eventfd2", errno)
	}
	return &bell{file: os.NewFile(fd, "sound"), fd: int64(fd)}, nil
}

// ring never waits.
func (b *bell) ring() {
	_, _ = syscall.Write(int(b.fd), stroke)
}

// wait returns false after close.
func (b *bell) wait() bool {
	_, err := b.file.Read(b.count[:])
	return err == nil
}

func (b *bell) close() { b.file.Close() }
