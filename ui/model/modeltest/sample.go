package modeltest

import (
	"testing"
	"testing/synctest"
	"time"

	"webphone/audio/device"
	"webphone/phone"
)

// Now is the moment that the sample shows: a Thursday, 10:30 UTC.
var Now = time.Date(2000, time.January, 6, 10, 30, 0, 0, time.UTC)

// Bubble runs f in a synctest bubble in which it is Now.
func Bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(Now))
		f(t)
	})
}

// Addresses of the people in the sample.
const (
	Bob     = "sip:bob@example.com"
	Carol   = "sip:carol@example.com"
	Dana    = "sip:dana@example.com"
	Erik    = "sip:erik@example.com"
	Echo    = "sip:echo@example.com"
	Support = "sip:support@example.com"
	Unknown = "sip:+15550104477@example.com"
)

// Sample is a phone in use: one account, a history, chats and contacts, no
// call.
func Sample() *phone.Snapshot {
	jabraMic := device.Info{ID: "jabra-in", Name: "Jabra Evolve2 40 Mono", Default: true}
	jabraOut := device.Info{ID: "jabra-out", Name: "Jabra Evolve2 40 Stereo", Default: true}
	return &phone.Snapshot{
		Accounts: []phone.AccountState{{
			ID: "a1", URI: "sip:alice@example.com", DisplayName: "Alice Dahl",
			Server: "wss://example.com:8089/ws", State: phone.Registered,
		}},
		History:  sampleHistory(),
		Threads:  sampleThreads(),
		Contacts: sampleContacts(),
		Devices: phone.Devices{
			Microphones: []device.Info{jabraMic, {ID: "builtin-in", Name: "Built-in microphone"}},
			Speakers:    []device.Info{jabraOut, {ID: "builtin-out", Name: "Built-in speakers"}},
			Microphone:  jabraMic, Speaker: jabraOut,
		},
		Settings: phone.Settings{Accounts: []phone.Account{{
			ID: "a1", URI: "sip:alice@example.com", DisplayName: "Alice Dahl",
			Servers: []string{"wss://example.com:8089/ws"},
		}}},
		RecordingFolder: "/music/Webphone",
		MissedCalls:     2,
		UnreadMessages:  3,
	}
}

// Empty is a phone at its first start: no account, nothing in it.
func Empty() *phone.Snapshot {
	s := Sample()
	return &phone.Snapshot{Devices: s.Devices}
}

// Talking is the sample during a call with Bob, muted, and Carol on hold.
func Talking() *phone.Snapshot {
	s := Sample()
	s.Calls = []phone.Call{
		{
			ID: "c1", Account: "a1", Direction: phone.Incoming, Peer: Carol, DisplayName: "Carol Ruiz",
			State: phone.CallConfirmed, LocalHold: true, Volume: 1,
			CreatedAt: Now.Add(-9 * time.Minute), StartedAt: Now.Add(-9*time.Minute + 8*time.Second),
			Codec: "opus", Encrypted: true,
		},
		{
			ID: "c2", Account: "a1", Direction: phone.Outgoing, Peer: Bob, DisplayName: "Bob Meyer",
			State: phone.CallConfirmed, Muted: true, Volume: 1.36,
			CreatedAt: Now.Add(-4*time.Minute - 20*time.Second), StartedAt: Now.Add(-4*time.Minute - 12*time.Second),
			Codec: "opus", Encrypted: true,
			Stats: phone.CallStats{
				Codec: "opus", ReceiveCodec: "opus",
				Sent: phone.Rate{Payload: 32, Wire: 54.4}, Received: phone.Rate{Payload: 31, Wire: 53.4},
				RTT: 24 * time.Millisecond, Jitter: 3 * time.Millisecond, PeerJitter: 2 * time.Millisecond,
				Buffer: 41 * time.Millisecond, LossPercent: 0.2, Lost: 25, Late: 2, Concealed: 320 * time.Millisecond,
				PacketsSent: 12600, PacketsReceived: 12580, MOS: 4.4, MOSMean: 4.3, MOSWorst: 3.9,
				CandidatePair: "host – srflx", Cipher: "AES-128-GCM",
				Local:  phone.PathEnd{Type: "host", Protocol: "udp", Address: "192.168.1.20", Port: 51200},
				Remote: phone.PathEnd{Type: "srflx", Protocol: "udp", Address: "203.0.113.7", Port: 40112},
			},
		},
	}
	return s
}

// Ringing is the sample while Carol calls.
func Ringing() *phone.Snapshot {
	s := Sample()
	s.Calls = []phone.Call{{
		ID: "c3", Account: "a1", Direction: phone.Incoming, Peer: Carol, DisplayName: "Carol Ruiz",
		State: phone.CallIncoming, Volume: 1, CreatedAt: Now.Add(-3 * time.Second),
	}}
	return s
}

func sampleContacts() []phone.Contact {
	return []phone.Contact{
		{ID: 1, Name: "Bob Meyer", Addresses: []string{Bob, "030 4477 120"}, Favourite: true, Note: "office"},
		{ID: 2, Name: "Carol Ruiz", Addresses: []string{Carol}},
		{ID: 3, Name: "Dana Petrov", Addresses: []string{Dana, "+49 30 555 0199"}},
		{ID: 4, Name: "Echo test", Addresses: []string{Echo}, Note: "you hear yourself"},
		{ID: 5, Name: "Erik Lund", Addresses: []string{Erik}},
		{ID: 6, Name: "Support queue", Addresses: []string{Support}, Favourite: true},
	}
}

// at is the wall time of a day before (or on) the sample's own.
func at(daysAgo, hour, minute int) time.Time {
	return time.Date(Now.Year(), Now.Month(), Now.Day()-daysAgo, hour, minute, 0, 0, Now.Location())
}

func talked(id int64, peer, name string, d phone.Direction, when time.Time, length time.Duration, mos, loss float64) phone.HistoryEntry {
	return phone.HistoryEntry{
		ID: id, Account: "a1", Peer: peer, DisplayName: name, Direction: d, Outcome: phone.OutcomeAnswered,
		Cause: "Terminated", At: when, Duration: length, Codec: "opus", MOS: mos, LossPercent: loss, Seen: true,
	}
}

func unanswered(id int64, peer, name string, o phone.Outcome, cause string, status int, when time.Time) phone.HistoryEntry {
	h := phone.HistoryEntry{
		ID: id, Account: "a1", Peer: peer, DisplayName: name, Direction: phone.Outgoing, Outcome: o,
		Cause: cause, Status: status, At: when, Seen: true,
	}
	if o == phone.OutcomeMissed {
		h.Direction = phone.Incoming
	}
	return h
}

func sampleHistory() []phone.HistoryEntry {
	const in, out = phone.Incoming, phone.Outgoing
	h := []phone.HistoryEntry{
		talked(20, Bob, "Bob Meyer", out, at(0, 10, 24), 4*time.Minute+12*time.Second, 4.4, 0.2),
		unanswered(19, Carol, "Carol Ruiz", phone.OutcomeMissed, "Canceled", 487, at(0, 9, 58)),
		unanswered(18, Carol, "Carol Ruiz", phone.OutcomeMissed, "Canceled", 487, at(0, 9, 41)),
		unanswered(17, Carol, "Carol Ruiz", phone.OutcomeMissed, "Canceled", 487, at(0, 9, 40)),
		talked(16, Echo, "Echo test", out, at(1, 17, 40), 31*time.Second, 4.4, 0),
		talked(15, Dana, "Dana Petrov", in, at(1, 15, 2), 12*time.Minute+40*time.Second, 4.1, 0.8),
		talked(14, Bob, "Bob Meyer", in, at(2, 16, 5), time.Minute+58*time.Second, 4.3, 0),
		unanswered(13, Bob, "Bob Meyer", phone.OutcomeMissed, "Canceled", 487, at(2, 9, 12)),
		talked(12, Unknown, "", in, at(3, 11, 11), time.Minute+2*time.Second, 3.9, 1.4),
		unanswered(11, Erik, "Erik Lund", phone.OutcomeNoAnswer, "Unavailable", 480, at(3, 9, 30)),
		talked(10, Support, "Support queue", out, at(4, 14, 0), 22*time.Minute+9*time.Second, 4.2, 0.3),
	}
	h[1].Seen, h[2].Seen = false, false
	h[0].Recordings = "/music/Webphone/2000-01-06 10-25-31 Bob Meyer.opus"
	return h
}

func sampleThreads() []phone.Thread {
	received := func(id int64, peer, body string, when time.Time, read bool) phone.Message {
		return phone.Message{ID: id, Peer: peer, Incoming: true, Body: body, At: when, State: phone.MessageReceived, Read: read}
	}
	sent := func(id int64, peer, body string, when time.Time) phone.Message {
		return phone.Message{ID: id, Peer: peer, Body: body, At: when, State: phone.MessageAccepted, Read: true}
	}
	delivered := sent(32, Bob, "Yes, since 9. Call me on 4477 when you have a minute.", at(0, 10, 3))
	delivered.State = phone.MessageDelivered
	failed := sent(33, Bob, "The docs are at https://example.com/trunk", at(0, 10, 4))
	failed.State, failed.Cause, failed.Status = phone.MessageFailed, "Unavailable", 480
	return []phone.Thread{
		{Peer: Bob, DisplayName: "Bob Meyer", Messages: []phone.Message{
			received(31, Bob, "Morning! Is the new trunk up?", at(0, 10, 2), true),
			delivered,
			failed,
			received(34, Bob, "Great, calling in five.", at(0, 10, 21), true),
		}},
		{Peer: Carol, DisplayName: "Carol Ruiz", Unread: 2, Messages: []phone.Message{
			sent(40, Carol, "I will be in the office after lunch.", at(1, 18, 12)),
			received(41, Carol, "Are you there?", at(0, 9, 57), false),
			received(42, Carol, "Can you send me the number?", at(0, 9, 59), false),
		}},
		{Peer: Dana, DisplayName: "Dana Petrov", Messages: []phone.Message{
			received(50, Dana, "Shall we meet at the station?", at(1, 13, 0), true),
			sent(51, Dana, "see you there", at(1, 13, 4)),
		}},
		{Peer: Erik, DisplayName: "Erik Lund", Unread: 1, Messages: []phone.Message{
			received(60, Erik, "ok, thanks", at(3, 9, 50), false),
		}},
	}
}
