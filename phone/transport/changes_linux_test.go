package transport

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The kernel answers a question over the same socket; that needs no rights.
func TestNetlink(t *testing.T) {
	c, err := systemChanges()
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() {
		defer close(waited)
		for {
			err := c.wait()
			waited <- err
			if err != nil {
				return
			}
		}
	}()
	raw, err := c.(netlink).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		question := binary.NativeEndian.AppendUint32(nil, syscall.NLMSG_HDRLEN+syscall.SizeofRtGenmsg)
		question = binary.NativeEndian.AppendUint16(question, syscall.RTM_GETLINK)
		question = binary.NativeEndian.AppendUint16(question, syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
		question = append(question, make([]byte, 8+syscall.SizeofRtGenmsg)...)
		if err := syscall.Sendto(int(fd), question, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("after an answer: %v", err)
	}
	c.Close()
	for err = range waited {
	}
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
}

const inNamespace = "WEBPHONE_TEST_NAMESPACE"

// The test runs once more in a network of its own, where the loopback
// interface is down at first. A system that lets this user have none leaves it
// at TestNetlink.
func TestNetlink_network(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		if err := switchLoopback(false); errors.Is(err, os.ErrPermission) {
			t.Log("no rights in one's own network:", err)
			return
		}
		t.Run("a change is noticed", noticed)
		t.Run("an overrun is a change", overrun)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNetlink_network$", "-test.v")
	child.Env = append(os.Environ(), inNamespace+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		child.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		child.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
	}
	out, err := child.CombinedOutput()
	if errors.Is(err, os.ErrPermission) {
		t.Log("no network of one's own:", err)
	} else if err != nil {
		t.Errorf("in a network of its own: %v\n%s", err, out)
	}
}

func noticed(t *testing.T) {
	j := newJournal()
	tr, err := New(Config{
		Servers: []Server{{URL: "ws://a.test"}},
		Dial:    dialForEver,
	}, j)
	if err != nil {
		t.Fatal(err)
	}
	looked := make(chan struct{}, 100)
	tr.around.changes = systemChanges
	tr.around.addresses = func() ([]netip.Addr, error) {
		defer func() { looked <- struct{}{} }()
		return systemAddresses()
	}
	tr.Start()
	defer tr.Wait()
	defer tr.Close()
	<-looked
	select {
	case <-looked:
		t.Error("looked again though nothing had changed")
	case <-time.After(3 * watchInterval):
	}
	loopbackUp(t, true)
	j.await(t, "network changed")
	loopbackUp(t, false)
	j.await(t, "network changed")
}

func overrun(t *testing.T) {
	c, err := systemChanges()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := c.(netlink)
	raw, err := n.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	flood := func() {
		for range 10 {
			loopbackUp(t, true)
			loopbackUp(t, false)
		}
	}
	flood()
	if _, err := n.Read(make([]byte, 1)); !errors.Is(err, syscall.ENOBUFS) {
		t.Errorf("no overrun: %v", err)
	}
	drain := func() {
		if err := n.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for err = nil; err == nil; {
			err = n.wait()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
	}
	drain()
	flood()
	if err := n.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := n.wait(); err != nil {
		t.Errorf("after an overrun: %v", err)
	}
	drain()
}

// loopbackUp switches the loopback interface on or off.
func loopbackUp(t *testing.T, up bool) {
	t.Helper()
	if err := switchLoopback(up); err != nil {
		t.Fatal(err)
	}
}

func switchLoopback(up bool) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var request struct { // struct ifreq
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], "lo")
	if up {
		request.flags = syscall.IFF_UP
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return errno
	}
	return nil
}
