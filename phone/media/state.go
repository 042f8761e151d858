package media

import "github.com/pion/webrtc/v3"

// onICEState notes that ICE begins, and has it told how the connection is: pion
// leaves out a change of the connection that it takes for none. It calls in
// order and waits for us.
func (c *connection) onICEState(s webrtc.ICEConnectionState) {
	if s == webrtc.ICEConnectionStateChecking {
		c.began.Store(true)
	}
	go c.tell()
}

// onState takes a change of the connection for news only: pion tells each on a
// goroutine of its own, so in any order, and may tell one last that was over
// before.
func (c *connection) onState(s webrtc.PeerConnectionState) {
	if s != webrtc.PeerConnectionStateClosed {
		c.tell()
	}
}

// tell tells how the connection is, unless that is known.
func (c *connection) tell() {
	c.telling.Lock()
	defer c.telling.Unlock()
	if c.isClosed() {
		return
	}
	path := c.pc.ICEConnectionState()
	state, again := together(path, c.sender.Transport().State()), c.began.Swap(false)
	if state == c.state && !(again && state == webrtc.PeerConnectionStateConnected) {
		return
	}
	c.state = state
	c.up.Store(state == webrtc.PeerConnectionStateConnected)
	switch state {
	case webrtc.PeerConnectionStateConnected:
		c.ready.Store(true)
		c.intake.known(c.sender.Transport())
		c.events.connected()
	case webrtc.PeerConnectionStateDisconnected:
		c.events.interrupted()
	case webrtc.PeerConnectionStateFailed:
		if path == webrtc.ICEConnectionStateFailed {
			c.events.failed(ErrICE)
		} else {
			c.events.failed(ErrDTLS)
		}
	}
}

// together is the state of a connection whose ICE and DTLS have these.
func together(path webrtc.ICEConnectionState, keys webrtc.DTLSTransportState) webrtc.PeerConnectionState {
	switch {
	case path == webrtc.ICEConnectionStateFailed || keys == webrtc.DTLSTransportStateFailed:
		return webrtc.PeerConnectionStateFailed
	case path == webrtc.ICEConnectionStateDisconnected:
		return webrtc.PeerConnectionStateDisconnected
	case keys == webrtc.DTLSTransportStateConnected &&
		(path == webrtc.ICEConnectionStateConnected || path == webrtc.ICEConnectionStateCompleted):
		return webrtc.PeerConnectionStateConnected
	}
	return webrtc.PeerConnectionStateConnecting
}
