package phone

import (
	"log/slog"
	"testing"
	"time"

	"webphone/phone/sip"
	"webphone/phone/ua"
)

func TestRedirected_showsWhoIsCalledNow(t *testing.T) {
	for _, c := range []struct{ rule, target, remote string }{
		{"another person", "sip:carol@example.com;transport=ws", "sip:carol@example.com"},
		{"a phone behind the server is nobody's address", "sip:x8k2@q3.invalid;transport=ws", "sip:bob@example.com"},
		{"a host without a user", "sip:example.com", "sip:bob@example.com"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			target, err := sip.ParseURI(c.target)
			if err != nil {
				t.Fatal(err)
			}
			p := &Phone{log: slog.New(slog.DiscardHandler)}
			call := &call{state: CallRinging, remote: "sip:bob@example.com"}
			p.onRedirected(call, ua.Redirected{Target: target})
			if call.remote != c.remote || call.state != CallConnecting {
				t.Errorf("%s is called, %s; want %s", call.remote, call.state, c.remote)
			}
		})
	}
}

func TestReconnectingSince_isTheEarlierLoss(t *testing.T) {
	early, late := time.Unix(10, 0), time.Unix(20, 0)
	for _, c := range []struct {
		rule       string
		state      CallState
		conn, path time.Time
		want       time.Time
	}{
		{"all is well", CallConfirmed, time.Time{}, time.Time{}, time.Time{}},
		{"the connection is lost", CallConfirmed, late, time.Time{}, late},
		{"the sound is lost", CallConfirmed, time.Time{}, late, late},
		{"first the sound, then the connection", CallConfirmed, late, early, early},
		{"first the connection, then the sound", CallConfirmed, early, late, early},
		{"a call that rings here shows nothing of it", CallIncoming, early, time.Time{}, time.Time{}},
		{"an ended call is not brought back", CallEnded, early, early, time.Time{}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			call := &call{account: &account{lostAt: c.conn}, state: c.state, brokenAt: c.path}
			if got := call.reconnectingSince(); !got.Equal(c.want) {
				t.Errorf("since %v, want %v", got, c.want)
			}
		})
	}
}
