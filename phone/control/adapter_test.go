package control

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"webphone/audio/device"
	"webphone/phone"
	"webphone/phone/ua"
)

// fake is a Facade over one snapshot.
type fake struct {
	s    *phone.Snapshot
	err  error
	told []string
	set  []phone.Account
	// onSet is the snapshot after SetAccount.
	onSet *phone.Snapshot
}

func (f *fake) did(format string, args ...any) error {
	f.told = append(f.told, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fake) Snapshot() *phone.Snapshot { return f.s }

func (f *fake) Changed(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	context.AfterFunc(ctx, func() { close(c) })
	return c
}

func (f *fake) Dial(target string, o phone.DialOptions) (phone.CallID, error) {
	return "3", f.did("dial %s %v", target, o)
}
func (f *fake) Answer(id phone.CallID) error            { return f.did("answer %s", id) }
func (f *fake) Decline(id phone.CallID) error           { return f.did("decline %s", id) }
func (f *fake) Hangup(id phone.CallID) error            { return f.did("hangup %s", id) }
func (f *fake) HangupAll() error                        { return f.did("hangup all") }
func (f *fake) Hold(id phone.CallID) error              { return f.did("hold %s", id) }
func (f *fake) Resume(id phone.CallID) error            { return f.did("resume %s", id) }
func (f *fake) SetMuted(id phone.CallID, on bool) error { return f.did("mute %s %v", id, on) }

func (f *fake) SetMemberMuted(id phone.CallID, on bool) error {
	return f.did("mute member %s %v", id, on)
}

func (f *fake) SetRecording(id phone.CallID, on bool) error { return f.did("record %s %v", id, on) }
func (f *fake) ToggleRecording(id phone.CallID) error       { return f.did("toggle recording %s", id) }

func (f *fake) SendDTMF(id phone.CallID, t string) error {
	return f.did("dtmf %s %s", id, t)
}

func (f *fake) Transfer(id phone.CallID, target string) error {
	return f.did("transfer %s %s", id, target)
}

func (f *fake) TransferTo(id, other phone.CallID) error { return f.did("transfer %s to %s", id, other) }

func (f *fake) Merge(ids ...phone.CallID) error   { return f.did("merge %v", ids) }
func (f *fake) RestartPath(id phone.CallID) error { return f.did("restart path %s", id) }

func (f *fake) Split(id phone.CallID) error { return f.did("split %s", id) }

func (f *fake) SendWait(_ context.Context, peer, text string, o phone.SendOptions) error {
	return f.did("message %s %s %v", peer, text, o)
}
func (f *fake) StartDemo() error { return f.did("demo") }

func (f *fake) SetAccount(a phone.Account, password string) error {
	f.set = append(f.set, a)
	if f.err == nil && f.onSet != nil {
		f.s = f.onSet
	}
	return f.did("account %s %s", a.URI, password)
}

func TestAdapter_commandsReachThePhone(t *testing.T) {
	f := &fake{s: &phone.Snapshot{}}
	p := Adapt(f, Hooks{})
	id, err := p.Dial("bob", "")
	if id != "3" || err != nil {
		t.Errorf("%s, %v", id, err)
	}
	for _, err := range []error{
		p.Answer("1"), p.Decline("2"), p.Hangup("3"), p.HangupAll(), p.Hold(""), p.Resume("5"),
		p.SetMuted("6", true), p.SetMemberMuted("6", false), p.SetRecording("6", true), p.ToggleRecording("7"), p.SendDTMF("7", "1#"), p.Transfer("8", "carol"), p.TransferTo("8", "9"), p.Merge(), p.Split("4"), p.Reconnect("5"), p.SendMessage(t.Context(), "bob", "hi", ""), p.Demo(),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	want := "dial bob {}; answer 1; decline 2; hangup 3; hangup all; hold ; resume 5; mute 6 true; mute member 6 false; record 6 true; toggle recording 7; dtmf 7 1#; transfer 8 carol; transfer 8 to 9; merge []; split 4; restart path 5; message bob hi {}; demo"
	if got := strings.Join(f.told, "; "); got != want {
		t.Errorf("told  %s\nwant %s", got, want)
	}
}

func TestAdapter_anAccountIsFoundByItsAddress(t *testing.T) {
	f := &fake{s: &phone.Snapshot{Accounts: []phone.AccountState{
		{ID: "id1", URI: "sip:alice@work.example"}, {ID: "id2", URI: "sip:alice@home.example"},
	}}}
	p := Adapt(f, Hooks{})
	for _, address := range []string{"alice@home.example", "sip:Alice@Home.example"} {
		f.told = nil
		if _, err := p.Dial("bob", address); err != nil {
			t.Error(err)
		}
		if err := p.SendMessage(t.Context(), "bob", "hi", address); err != nil {
			t.Error(err)
		}
		if got := strings.Join(f.told, "; "); got != "dial bob {id2}; message bob hi {id2}" {
			t.Errorf("%s: told %s", address, got)
		}
	}
	f.told = nil
	_, dialled := p.Dial("bob", "alice")
	for _, err := range []error{dialled, p.SendMessage(t.Context(), "bob", "hi", "alice")} {
		var r *Refusal
		if !errors.As(err, &r) || r.Code != ExitRefused || r.Reason != `there is no account "alice", only alice@work.example, alice@home.example` {
			t.Errorf("%#v", err)
		}
	}
	if len(f.told) != 0 {
		t.Errorf("told %v", f.told)
	}
}

func TestAdapter_refusals(t *testing.T) {
	for _, tt := range []struct {
		name    string
		err     error
		explain func(error) string
		code    int
		reason  string
	}{
		{"not registered", phone.ErrNotRegistered, nil, ExitNotRegistered, "not registered"},
		{"no account", phone.ErrNoAccount, nil, ExitNotRegistered, "no account"},
		{"no call", phone.ErrNoCall, nil, ExitRefused, "no such call"},
		{"in the words of the window", fmt.Errorf("x: %w", phone.ErrNotRegistered), func(error) string { return "Not signed in." }, ExitNotRegistered, "Not signed in."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Adapt(&fake{s: &phone.Snapshot{}, err: tt.err}, Hooks{Explain: tt.explain})
			_, dialled := p.Dial("bob", "")
			_, added := p.AddAccount(t.Context(), Account{})
			for _, err := range []error{dialled, added, p.Answer(""), p.HangupAll(), p.SendMessage(t.Context(), "b", "t", ""), p.Demo()} {
				var r *Refusal
				if !errors.As(err, &r) || r.Code != tt.code || r.Reason != tt.reason || !errors.Is(err, tt.err) {
					t.Errorf("%#v", err)
				}
			}
		})
	}
}

func TestAdapter_hooks(t *testing.T) {
	f := &fake{s: &phone.Snapshot{}}
	bare := Adapt(f, Hooks{})
	for name, err := range map[string]error{"show": bare.Show(), "open": bare.Open("sip:x")} {
		if err != error(errNoWindow) {
			t.Errorf("%s without a window: %v", name, err)
		}
	}
	bare.Quit()
	var told []string
	p := Adapt(f, Hooks{
		Show: func() error { told = append(told, "show"); return nil },
		Open: func(target string) error { told = append(told, "open "+target); return nil },
		Quit: func() { told = append(told, "quit") },
	})
	f.err = phone.ErrDemoRunning // is as good as starting it
	for _, err := range []error{p.Show(), p.Open("sip:x"), p.Demo()} {
		if err != nil {
			t.Error(err)
		}
	}
	p.Quit()
	if got := strings.Join(told, "; "); got != "show; open sip:x; show; quit" {
		t.Errorf("told %s", got)
	}
}

func TestAdapter_AddAccount_changesTheOneWithTheSameAddress(t *testing.T) {
	old := phone.Account{ID: "id1", URI: "sip:alice@example.com", Servers: []string{"ws://old"}, Instance: "i", CAFile: "/ca", Disabled: true}
	f := &fake{s: &phone.Snapshot{Settings: phone.Settings{Accounts: []phone.Account{{ID: "id0", URI: "sip:bob@example.com"}, old}}}}
	f.onSet = &phone.Snapshot{}
	p := Adapt(f, Hooks{})
	for _, uri := range []string{"SIP:alice@Example.com", "alice@example.com", "sip:carol@example.com"} {
		f.s = &phone.Snapshot{Settings: phone.Settings{Accounts: []phone.Account{{ID: "id0", URI: "sip:bob@example.com"}, old}}}
		note, err := p.AddAccount(t.Context(), Account{URI: uri, Server: "wss://new", AuthUser: "u", DisplayName: "n", CAPEM: "pem", Password: "pw"})
		if note != "" || err != nil {
			t.Errorf("%q, %v", note, err)
		}
		want := phone.Account{URI: uri, Servers: []string{"wss://new"}, AuthUser: "u", DisplayName: "n", CAPEM: "pem"}
		if !strings.Contains(uri, "carol") {
			want.ID, want.Instance = "id1", "i"
		}
		if got := f.set[len(f.set)-1]; !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	if f.told[0] != "account SIP:alice@Example.com pw" {
		t.Errorf("told %s", f.told[0])
	}
}

func TestAdapter_AddAccount_tellsWhereThePasswordIs(t *testing.T) {
	old := phone.Notice{ID: 4, Err: &phone.PasswordFileNotice{File: "/old"}}
	for name, tt := range map[string]struct {
		notices []phone.Notice
		want    string
	}{
		"in the keyring":               {nil, ""},
		"an old notice is not news":    {[]phone.Notice{old}, ""},
		"another notice":               {[]phone.Notice{old, {ID: 5, Err: phone.ErrClosed}}, ""},
		"in a file, said for this one": {[]phone.Notice{old, {ID: 5, Err: &phone.PasswordFileNotice{File: "/new"}}}, "no keyring, passwords are in /new"},
	} {
		f := &fake{s: &phone.Snapshot{Notices: []phone.Notice{old}}, onSet: &phone.Snapshot{Notices: tt.notices}}
		if note, err := Adapt(f, Hooks{}).AddAccount(t.Context(), Account{URI: "sip:a@x"}); note != tt.want || err != nil {
			t.Errorf("%s: %q, %v", name, note, err)
		}
	}
}

func TestAdapter_Status(t *testing.T) {
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.UTC)
	s := &phone.Snapshot{
		Accounts: []phone.AccountState{{ID: "a1", URI: "sip:a@x", Server: "ws://x", State: phone.Failed, Problem: phone.ErrNoAccount, RetryAt: at}},
		Calls: []phone.Call{
			{
				ID: "1", Account: "a1", Direction: phone.Incoming, Peer: "sip:b@x", DisplayName: "B", State: phone.CallConfirmed,
				LocalHold: true, RemoteHold: true, Muted: true, CreatedAt: at, StartedAt: at, Codec: "opus", Encrypted: true,
				DTMFReceived: "12", MediaLost: true, RecordingSince: at, Recordings: "/a\n/b",
				Stats: phone.CallStats{RTT: 1500 * time.Microsecond, Jitter: 2 * time.Millisecond, LossPercent: 0.5, PacketsSent: 7, PacketsReceived: 8, MOS: 4.4},
			},
			{ID: "2", State: phone.CallEnded, CreatedAt: at, EndedAt: at, End: &ua.EndError{Cause: ua.CauseBusy, Status: 486}},
			{ID: "3", State: phone.CallEnded, CreatedAt: at, End: errors.New("other")},
		},
		MissedCalls: 1, UnreadMessages: 2,
		Devices: phone.Devices{Microphone: device.Info{Name: "Mic"}, Problem: phone.ErrClosed},
	}
	got := Adapt(&fake{s: s}, Hooks{Explain: func(err error) string { return "because " + err.Error() }}).Status()
	want := Status{
		Accounts: []AccountStatus{{URI: "sip:a@x", Server: "ws://x", State: "failed", Reason: "because phone: no account", RetryAt: &at}},
		Calls: []CallStatus{
			{
				ID: "1", Account: "sip:a@x", Direction: "incoming", Peer: "sip:b@x", DisplayName: "B", State: "confirmed",
				LocalHold: true, RemoteHold: true, Muted: true, CreatedAt: at, StartedAt: &at, Codec: "opus", Encrypted: true,
				DTMFReceived: "12", MediaLost: true, RecordingSince: &at, Recordings: []string{"/a", "/b"},
				Stats: CallStats{RTT: 1.5, Jitter: 2, LossPercent: 0.5, PacketsSent: 7, PacketsReceived: 8, MOS: 4.4},
			},
			{ID: "2", State: "ended", CreatedAt: at, EndedAt: &at, EndCause: "Busy", EndStatus: 486, Recordings: []string{}},
			{ID: "3", State: "ended", CreatedAt: at, EndCause: "other", Recordings: []string{}},
		},
		MissedCalls: 1, UnreadMessages: 2,
		Devices: DeviceStatus{Microphone: "Mic", Problem: "because phone: closed"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	empty := Adapt(&fake{s: &phone.Snapshot{}}, Hooks{}).Status()
	if empty.Accounts == nil || empty.Calls == nil {
		t.Error("an empty list is null")
	}
}

func TestAdapter_Messages_findsThePeerHoweverWritten(t *testing.T) {
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.UTC)
	bob := phone.Thread{Peer: "sip:bob@example.com", DisplayName: "Bob Meyer", Messages: []phone.Message{
		{ID: 1, Peer: "sip:bob@example.com", Incoming: true, Body: "one", At: at, State: phone.MessageReceived},
		{ID: 3, Peer: "sip:bob@example.com", Body: "three", At: at.Add(2), State: phone.MessageFailed, Cause: "Not Found", Status: 404, Read: true},
	}}
	carol := phone.Thread{Peer: "sip:carol@example.com", Messages: []phone.Message{{ID: 2, Peer: "sip:carol@example.com", Body: "two", At: at.Add(1)}}}
	p := Adapt(&fake{s: &phone.Snapshot{Threads: []phone.Thread{bob, carol}}}, Hooks{})
	for peer, want := range map[string]string{
		"": "one two three", "sip:bob@example.com": "one three", "BOB@example.com": "one three", "bob": "one three",
		"bob meyer": "one three", "sip:carol@example.com": "two", "sip:bob@elsewhere.com": "", "bo": "",
	} {
		list, err := p.Messages(peer)
		var texts []string
		for _, m := range list {
			texts = append(texts, m.Text)
		}
		if got := strings.Join(texts, " "); got != want || err != nil || list == nil {
			t.Errorf("%q: %q, %v; want %q", peer, got, err, want)
		}
	}
	list, _ := p.Messages("bob")
	want := []Message{
		{ID: 1, Peer: "sip:bob@example.com", DisplayName: "Bob Meyer", Direction: "incoming", Text: "one", At: at, State: "received"},
		{ID: 3, Peer: "sip:bob@example.com", DisplayName: "Bob Meyer", Direction: "outgoing", Text: "three", At: at.Add(2), State: "failed", Cause: "Not Found", Status: 404, Read: true},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got  %+v\nwant %+v", list, want)
	}
}

func TestAdapter_History(t *testing.T) {
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.UTC)
	s := &phone.Snapshot{History: []phone.HistoryEntry{{
		ID: 1, Account: "a", Peer: "sip:b@x", DisplayName: "B", Direction: phone.Outgoing, Outcome: phone.OutcomeBusy,
		Cause: "Busy", Status: 486, At: at, Duration: 1500 * time.Millisecond, Codec: "opus", MOS: 4, LossPercent: 1, Seen: true,
		Recordings: "/a/b.opus",
	}}}
	got, err := Adapt(&fake{s: s}, Hooks{}).History()
	want := []HistoryEntry{{
		ID: 1, Peer: "sip:b@x", DisplayName: "B", Direction: "outgoing", Outcome: "busy", Cause: "Busy", Status: 486,
		At: at, Seconds: 1.5, Codec: "opus", MOS: 4, LossPercent: 1, Seen: true,
		Recordings: []string{"/a/b.opus"},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}
