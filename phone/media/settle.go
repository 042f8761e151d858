package media

import (
	"time"

	"github.com/pion/webrtc/v3"
)

// How long a closing waits for pion: until what has come before has had its
// effect, and at most.
const (
	settleLeast = 10 * time.Millisecond
	settleMost  = time.Second
	settleStep  = time.Millisecond
)

// settle keeps pion from finding a path, and where it has just found one, waits
// until it has begun with it. Its ICETransport reads what it begins with without
// a lock when it stops, and closed in between would close what is not there.
func (c *connection) settle() {
	if c.up.Load() {
		return
	}
	c.gate.shut.Store(true)
	dtls := c.sender.Transport()
	path := dtls.ICETransport()
	for since := time.Now(); time.Since(since) < settleMost; time.Sleep(settleStep) {
		switch path.State() {
		case webrtc.ICETransportStateChecking:
			if time.Since(since) >= settleLeast {
				return
			}
		case webrtc.ICETransportStateConnected, webrtc.ICETransportStateCompleted:
			if dtls.State() != webrtc.DTLSTransportStateNew {
				return
			}
		default:
			return
		}
	}
}
