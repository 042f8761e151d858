package transport

import (
	"errors"
	"time"

	"github.com/gorilla/websocket"
)

// doubleCRLF is the keep-alive of RFC 5626 §3.5.1; a single CRLF answers it.
const doubleCRLF = "\r\n\r\n"

// crlfWait is how long the answer may take (RFC 5626 §4.4.1).
const crlfWait = 10 * time.Second

var errNoPong = errors.New("the server does not answer the keep-alive it has agreed to")

// crlfSettings are what other goroutines tell the one that writes.
type crlfSettings struct {
	interval chan time.Duration // one slot: the latest
	pongs    chan struct{}      // one slot
}

func newCRLFSettings() crlfSettings {
	return crlfSettings{interval: make(chan time.Duration, 1), pongs: make(chan struct{}, 1)}
}

func (s crlfSettings) pong() {
	select {
	case s.pongs <- struct{}{}:
	default:
	}
}

func (c *connection) keepAlive(interval time.Duration) {
	for {
		select {
		case c.crlf.interval <- interval:
			return
		default:
		}
		select { // the one before, if it was not taken meanwhile
		case <-c.crlf.interval:
		default:
		}
	}
}

// crlfKeepAlive sends double CRLFs and awaits their answers. It belongs to the
// goroutine that writes.
//
//	off ──every──▶ waiting ──due──▶ asked ──answered──▶ waiting
//	                                  └──due: the connection is dead
//
// A server that has answered none since it was connected does not know them,
// whatever a registrar behind it has agreed to: it goes on without answers.
type crlfKeepAlive struct {
	c        *connection
	interval time.Duration // 0 = off
	asked    bool
	answers  bool // there was one
	timer    *time.Timer
}

func newCRLFKeepAlive(c *connection) *crlfKeepAlive {
	k := &crlfKeepAlive{c: c, timer: time.NewTimer(time.Hour)}
	k.timer.Stop()
	return k
}

// every sets the interval; 0 is off. A question under way is still awaited.
func (k *crlfKeepAlive) every(interval time.Duration) {
	if interval == k.interval {
		return
	}
	k.interval = interval
	if !k.asked {
		k.arm()
	}
}

// arm waits for a random time of 80–100 % of the interval (RFC 5626 §4.4.1).
func (k *crlfKeepAlive) arm() {
	k.timer.Stop()
	if k.interval > 0 {
		k.timer.Reset(time.Duration((0.8 + 0.2*k.c.t.random()) * float64(k.interval)))
	}
}

func (k *crlfKeepAlive) due() {
	if k.asked && k.answers {
		k.c.fail(OpPing, errNoPong)
		return
	}
	if k.asked {
		k.asked = false
		k.arm()
		return
	}
	k.asked = true
	k.timer.Reset(crlfWait)
	k.c.put(frame{websocket.TextMessage, []byte(doubleCRLF)}, writeTimeout)
}

func (k *crlfKeepAlive) answered() {
	if k.asked {
		k.asked, k.answers = false, true
		k.arm()
	}
}

func (k *crlfKeepAlive) stop() { k.timer.Stop() }
