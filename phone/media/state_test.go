package media

import (
	"testing"

	"github.com/pion/webrtc/v3"
)

// pion tells a change of state on a goroutine that may come too late.
func TestState_toldTooLate(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	for _, late := range []webrtc.PeerConnectionState{
		webrtc.PeerConnectionStateConnecting, webrtc.PeerConnectionStateConnected,
		webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed,
	} {
		callee.conn.onState(late)
		if !callee.conn.up.Load() {
			t.Errorf("%v, told while it is up, takes it down", late)
		}
		if err := callee.CheckPath(t.Context()); err != nil {
			t.Errorf("%v, told while it is up: %v", late, err)
		}
	}
	if len(callee.connected)+len(callee.interrupted)+len(callee.failed) != 0 {
		t.Error("what is over already was told as an event")
	}
	caller.waitStats(t, "a report of the one who was told", func(s Stats) bool { return !s.Reports.Last.IsZero() })
}

// A restart of ICE may be over when its beginning is told.
func TestState_restartIsTold(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	callee.conn.onICEState(webrtc.ICEConnectionStateChecking)
	callee.conn.onState(webrtc.PeerConnectionStateConnecting)
	callee.conn.onState(webrtc.PeerConnectionStateConnected)
	if n := len(callee.connected); n != 1 {
		t.Errorf("it is up again: told %d times", n)
	}
}

// pion may take the last change for none and say nothing of it.
func TestState_neverTold(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	c := callee.conn
	c.telling.Lock()
	c.state = webrtc.PeerConnectionStateConnecting
	c.up.Store(false)
	c.telling.Unlock()
	c.onICEState(webrtc.ICEConnectionStateConnected)
	callee.waitConnected(t)
	if !c.up.Load() {
		t.Error("not up")
	}
}
