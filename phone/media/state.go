package media

import "github.com/pion/webrtc/v3"

// onICEState notes that ICE begins. pion tells it in order.
func (c *connection) onICEState(s webrtc.ICEConnectionState) {
	if s == webrtc.ICEConnectionStateChecking {
		c.began.Store(true)
	}
}

// onState tells how the connection is. pion tells each change on a goroutine of
// its own, so in any order, and may tell one last that was over before: it
// counts as news only, and what holds now is looked up.
func (c *connection) onState(webrtc.PeerConnectionState) {
	c.telling.Lock()
	defer c.telling.Unlock()
	if c.isClosed() {
		return
	}
	state, again := c.state(), c.began.Swap(false)
	if state == c.toldState && !(again && state == webrtc.PeerConnectionStateConnected) {
		return
	}
	c.toldState = state
	c.up.Store(state == webrtc.PeerConnectionStateConnected)
	switch state {
	case webrtc.PeerConnectionStateConnected:
		c.ready.Store(true)
		c.intake.known(c.sender.Transport())
		c.events.connected()
	case webrtc.PeerConnectionStateDisconnected:
		c.events.interrupted()
	case webrtc.PeerConnectionStateFailed:
		if c.pc.ICEConnectionState() == webrtc.ICEConnectionStateFailed {
			c.events.failed(ErrICE)
		} else {
			c.events.failed(ErrDTLS)
		}
	}
}

// state is that of ICE and DTLS together.
func (c *connection) state() webrtc.PeerConnectionState {
	path, keys := c.pc.ICEConnectionState(), c.sender.Transport().State()
	switch {
	case path == webrtc.ICEConnectionStateFailed || keys == webrtc.DTLSTransportStateFailed:
		return webrtc.PeerConnectionStateFailed
	case path == webrtc.ICEConnectionStateDisconnected:
		return webrtc.PeerConnectionStateDisconnected
	case keys != webrtc.DTLSTransportStateConnected:
		return webrtc.PeerConnectionStateConnecting
	case path == webrtc.ICEConnectionStateConnected || path == webrtc.ICEConnectionStateCompleted:
		return webrtc.PeerConnectionStateConnected
	}
	return webrtc.PeerConnectionStateConnecting
}
