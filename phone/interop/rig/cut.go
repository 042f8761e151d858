package rig

import (
	"fmt"
	"io"
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

	mu    sync.Mutex // guards the fields below
	down  bool
	conns map[net.Conn]bool
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
		go c.copy(near, far)
		go c.copy(far, near)
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

func (c *Cable) copy(to, from net.Conn) {
	defer c.join.Done()
	_, _ = io.Copy(to, from)
	_, _ = to.Close(), from.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, to)
	delete(c.conns, from)
}

// Cut breaks every connection; new ones break at once until Mend.
func (c *Cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
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
