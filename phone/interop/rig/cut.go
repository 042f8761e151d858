package rig

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
)

// Cable lies between a phone and its server and can be cut. Safe for use from
// several goroutines.
type Cable struct {
	URL string // the server's, with the cable's own address

	target   string
	listener net.Listener
	join     sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	moved   *sync.Cond // paused or down has changed
	down    bool
	paused  bool
	waiting [2]int // bytes that wait for Resume: of the phone, of the server
	conns   map[net.Conn]bool
}

// NewCable leads to the server at the given WebSocket URL.
func NewCable(server string) (*Cable, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Cable{target: u.Host, listener: l, conns: map[net.Conn]bool{}}
	c.moved = sync.NewCond(&c.mu)
	u.Host = l.Addr().String()
	c.URL = u.String()
	c.join.Add(1)
	go c.accept()
	return c, nil
}

func (c *Cable) accept() {
	defer c.join.Done()
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", c.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !c.keep(near, far) {
			continue
		}
		c.join.Add(2)
		go c.copy(far, near, 0)
		go c.copy(near, far, 1)
	}
}

// keep remembers the two ends, unless the cable is cut.
func (c *Cable) keep(near, far net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		_, _ = near.Close(), far.Close()
		return false
	}
	c.conns[near], c.conns[far] = true, true
	return true
}

// copy carries one way: 0 is the phone's, 1 the server's.
func (c *Cable) copy(to, from net.Conn, way int) {
	defer c.join.Done()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && c.pass(way, n) {
			_, e := to.Write(buffer[:n])
			err = errors.Join(err, e)
		}
		if err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, to)
	delete(c.conns, from)
}

// pass waits while the cable is paused; it reports whether n bytes may go on.
func (c *Cable) pass(way, n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[way] += n
	for c.paused && !c.down {
		c.moved.Wait()
	}
	c.waiting[way] -= n
	return !c.down
}

// Pause keeps what is sent either way until Resume.
func (c *Cable) Pause() { c.setPaused(true) }

// Resume carries what has waited.
func (c *Cable) Resume() { c.setPaused(false) }

func (c *Cable) setPaused(paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = paused
	c.moved.Broadcast()
}

// Waiting returns how many bytes of the phone and of the server wait for
// Resume.
func (c *Cable) Waiting() (phone, server int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting[0], c.waiting[1]
}

// Cut breaks every connection; new ones break at once until Mend.
func (c *Cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	c.moved.Broadcast()
	for conn := range c.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// Mend lets connections through again.
func (c *Cable) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = false
}

// Close ends the cable for good.
func (c *Cable) Close() {
	c.Cut()
	_ = c.listener.Close()
	c.join.Wait()
}

// String implements fmt.Stringer.
func (c *Cable) String() string { return fmt.Sprintf("cable %s → %s", c.listener.Addr(), c.target) }
