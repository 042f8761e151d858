package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRun_everyCommandReachesThePhone(t *testing.T) {
	r := newRecorder()
	_, dir := serve(t, r)
	for _, tt := range []struct {
		args   string
		told   string
		stdout string
	}{
		{"dial sip:bob@x", `dial ["sip:bob@x"]`, "7\n"},
		{"answer", `answer ""`, ""},
		{"answer --call 3", `answer "3"`, ""},
		{"decline", `decline ""`, ""},
		{"hangup --call 3", `hangup "3"`, ""},
		{"hangup --all", `hangup all`, ""},
		{"hold", `hold ""`, ""},
		{"resume --call=3", `resume "3"`, ""},
		{"mute on", `mute "" true`, ""},
		{"mute off --call 3", `mute "3" false`, ""},
		{"mute on --member --call 3", `mute member "3" true`, ""},
		{"mute off --call 3 --member", `mute member "3" false`, ""},
		{"record", `toggle recording ""`, ""},
		{"record toggle --call 3", `toggle recording "3"`, ""},
		{"record on", `record "" true`, ""},
		{"record off", `record "" false`, ""},
		{"dtmf 12#", `dtmf "" "12#"`, ""},
		{"transfer carol --call 7", `transfer "7" "carol"`, ""},
		{"transfer --attended 8", `transfer "" to "8"`, ""},
		{"merge", `merge`, ""},
		{"split", `split ""`, ""},
		{"reconnect --call 8", `reconnect "8"`, ""},
		{"split --call 8", `split "8"`, ""},
		{"message bob hi", `message ["bob" "hi"]`, ""},
		{"dial --account home@x bob", `dial ["bob" "home@x"]`, "7\n"},
		{"message --account home@x bob hi", `message ["bob" "hi" "home@x"]`, ""},
		{"messages bob", `messages "bob"`, "2026-11-21 04:15:00  from Bob <sip:bob@x>: hi\n    there \uFFFD[31m\n" +
			"2026-11-21 04:15:00  to   sip:bob@x: lost  [failed: Not Found, 404]\n"},
		{"history", `history`, "2026-11-21 04:15:00  outgoing  answered   Bob <sip:bob@x>  1m2s\n" +
			"2026-11-21 04:15:00  outgoing  failed     sip:c@x  (Request Timeout, 408)\n"},
		{"status", "", "no account\nmissed calls: 0\nunread messages: 0\nmicrophone: none\nspeaker: none\n"},
		{"show", `show`, ""},
		{"demo", `demo`, ""},
		{"", `show`, ""},
		{"sip:bob@x", `open "sip:bob@x"`, ""},
		{"tel:123", `open "tel:123"`, ""},
	} {
		code, stdout, stderr := run(dir, "", strings.Fields(tt.args)...)
		if code != ExitDone || stderr != "" || stdout != tt.stdout || r.took() != tt.told {
			t.Errorf("%s: code %d, %q, %q", tt.args, code, stdout, stderr)
		}
	}
}

func TestRun_refusals(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"any error is 1", errTest, ExitRefused, "webphone: no such call.\n"},
		{"not registered is 4", &Refusal{Code: ExitNotRegistered, Reason: "Not registered."}, ExitNotRegistered, "webphone: Not registered.\n"},
		{"wrapped", errors.Join(&Refusal{Code: ExitNotRegistered, Reason: "x"}), ExitNotRegistered, "webphone: x.\n"},
		{"a refusal is never 0", &Refusal{Reason: "x"}, ExitRefused, "webphone: x.\n"},
		{"nothing that acts on the terminal", errors.New("a\x1b]0;b"), ExitRefused, "webphone: a\uFFFD]0;b.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRecorder()
			r.err = tt.err
			_, dir := serve(t, r)
			for _, args := range []string{"dial bob", "answer", "hangup", "hangup --all", "hold", "resume", "mute on", "dtmf 1", "transfer bob", "message bob hi", "messages", "history", "show", "demo", "sip:x"} {
				if code, stdout, stderr := run(dir, "", strings.Fields(args)...); code != tt.code || stdout != "" || stderr != tt.text {
					t.Errorf("%s: code %d, %q, %q", args, code, stdout, stderr)
				}
			}
		})
	}
}

func TestRun_notRunning(t *testing.T) {
	dir := profile(t)
	for _, args := range []string{"dial bob", "answer", "hangup --all", "message bob hi", "messages", "history", "status", "status --json --follow", "show", "quit"} {
		if code, stdout, stderr := run(dir, "", strings.Fields(args)...); code != ExitNotRunning || stdout != "" || stderr == "" {
			t.Errorf("%s: code %d, %q, %q", args, code, stdout, stderr)
		}
	}
	for _, args := range []string{"", "demo", "sip:bob@x", "--headless"} { // these become the phone
		if code, stdout, stderr := run(dir, "", strings.Fields(args)...); code != ExitNotRunning || stdout != "" || stderr != "" {
			t.Errorf("%s: code %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

func TestRun_headlessBesideARunningPhone_isRefused(t *testing.T) {
	r := newRecorder()
	_, dir := serve(t, r)
	if code, _, stderr := run(dir, "", "--headless"); code != ExitRefused || !strings.Contains(stderr, "running already") {
		t.Errorf("code %d, %s", code, stderr)
	}
	if told := r.took(); told != "" {
		t.Errorf("phone was told %s", told)
	}
}

func TestStatusJSON_hasExactlyTheKeysPromised(t *testing.T) {
	r := newRecorder()
	_, dir := serve(t, r)
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.UTC)
	r.set(func(s *Status) {
		s.Accounts = append(s.Accounts, AccountStatus{URI: "sip:a@x", State: "registered"})
		s.Calls = append(s.Calls, CallStatus{ID: "1", StartedAt: &at})
		s.Devices = DeviceStatus{Microphone: "Mic", Speaker: "Loud"}
	})
	_, stdout, _ := run(dir, "", "status", "--json")
	if strings.Count(stdout, "\n") != 1 {
		t.Errorf("not one line: %q", stdout)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	has := func(v any, keys string) map[string]any {
		t.Helper()
		if list, ok := v.([]any); ok {
			v = list[0]
		}
		m, ok := v.(map[string]any)
		for key := range strings.FieldsSeq(keys) {
			if _, there := m[key]; !ok || !there {
				t.Errorf("no %q in %v", key, v)
			}
		}
		return m
	}
	has(got, "accounts calls missed_calls unread_messages devices")
	has(got["accounts"], "uri state reason")
	call := has(got["calls"], "id direction peer display_name state local_hold remote_hold muted member_muted recording_since recordings started_at codec encrypted dtmf_received end_cause end_status stats")
	has(call["stats"], "rtt_ms jitter_ms loss_percent packets_sent packets_received mos")
	has(got["devices"], "microphone speaker")
	if call["started_at"] != "2026-11-21T04:15:00Z" {
		t.Errorf("started at %v", call["started_at"])
	}
}

func TestJSON_emptyListsAreLists(t *testing.T) {
	var b bytes.Buffer
	for _, name := range []string{"messages", "history"} {
		c := &Command{json: true, request: request{Command: name}}
		if err := c.print(&b, response{}); err != nil {
			t.Fatal(err)
		}
	}
	if b.String() != "[]\n[]\n" {
		t.Errorf("%q", b.String())
	}
	r := newRecorder()
	_, dir := serve(t, r)
	_, stdout, _ := run(dir, "", "messages", "--json")
	var list []Message
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || len(list) != 2 || list[0].Text != "hi\nthere \x1b[31m" {
		t.Errorf("%q, %v", stdout, err)
	}
	_, stdout, _ = run(dir, "", "history", "--json")
	var calls []HistoryEntry
	if err := json.Unmarshal([]byte(stdout), &calls); err != nil || len(calls) != 2 || calls[0].Seconds != 62.5 {
		t.Errorf("%q, %v", stdout, err)
	}
}

func TestStatusText(t *testing.T) {
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.Local)
	got := statusText(Status{
		Accounts: []AccountStatus{{URI: "sip:a@x", State: "registered"}, {URI: "sip:b@x", State: "failed", Reason: "Wrong password."}},
		Calls: []CallStatus{
			{ID: "1", Direction: "outgoing", Peer: "sip:c@x", DisplayName: "C", State: "confirmed", StartedAt: &at, Codec: "opus", Encrypted: true, LocalHold: true, RemoteHold: true, Muted: true, RecordingSince: &at},
			{ID: "2", Direction: "incoming", Peer: "sip:d@x", State: "ended", StartedAt: &at, EndCause: "Busy", EndStatus: 486},
			{
				ID: "3", Direction: "incoming", Peer: "sip:e@x", State: "confirmed", HearingIn: "blocked", HearingOut: "no answer", PathRestart: "asked",
				Stats: CallStats{
					MOS: 4.36, MOSMean: 4.2, MOSWorst: 3.1, SendRate: 32, ReceiveRate: 31.4, PeerLossPercent: 0.5, LossPercent: 1.25,
					PeerJitter: 2, Jitter: 3, RTT: 24, Buffer: 41, Local: "host udp 192.0.2.1:5004", Remote: "relay udp 198.51.100.7:4000", Cipher: "AES-128-GCM",
				},
			},
		},
		MissedCalls: 1, UnreadMessages: 2, Devices: DeviceStatus{Speaker: "Loud", Problem: "No microphone found."},
	})
	want := `account sip:a@x: registered
account sip:b@x: failed – Wrong password.
call 1: outgoing C <sip:c@x>, confirmed, since 04:15:00, opus, encrypted, on hold, held by the other side, muted, recorded since 04:15:00
call 2: incoming sip:d@x, ended, Busy, 486
call 3: incoming sip:e@x, confirmed, they are not heard: blocked, they may not hear us: no answer, new path asked
    MOS 4.4, mean 4.2, worst 3.1; ↑ 32 ↓ 31 kbit/s; loss ↑ 0.5 ↓ 1.2 %; jitter ↑ 2 ↓ 3 ms; round trip 24 ms; buffer 41 ms; host udp 192.0.2.1:5004 – relay udp 198.51.100.7:4000; AES-128-GCM
missed calls: 1
unread messages: 2
microphone: none
speaker: Loud
No microphone found.
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const add = "account add --uri sip:a@x.example --server wss://x.example/ws --password-stdin"

func TestAccountAdd_toARunningPhone(t *testing.T) {
	r := newRecorder()
	r.note = "There is no keyring, the password is in a file."
	_, dir := serve(t, r)
	code, stdout, stderr := run(dir, "p ss\r\n", append(strings.Fields(add), "--auth-user", "u", "--display-name", "A B")...)
	if code != ExitDone || stdout != "" || stderr != "webphone: "+r.note+"\n" {
		t.Errorf("code %d, %q, %q", code, stdout, stderr)
	}
	want := Account{URI: "sip:a@x.example", Server: "wss://x.example/ws", AuthUser: "u", DisplayName: "A B", Password: "p ss"}
	if len(r.accounts) != 1 || r.accounts[0] != want {
		t.Errorf("accounts %+v", r.accounts)
	}
}

func TestAccountAdd_withoutAPhone(t *testing.T) {
	dir := profile(t)
	var out, errs bytes.Buffer
	var got Account
	env := Environment{
		Stdin: strings.NewReader("secret"), Stdout: &out, Stderr: &errs,
		AddAccount: func(_ context.Context, profile string, a Account) (string, error) {
			if profile != dir {
				t.Errorf("profile %s", profile)
			}
			got = a
			return "set aside\nkept in a file", nil
		},
	}
	args := append([]string{"--profile", dir}, strings.Fields(add)...)
	if code := Run(t.Context(), args, env); code != ExitDone || got.Password != "secret" || errs.String() != "webphone: set aside.\nwebphone: kept in a file.\n" {
		t.Errorf("code %d, %+v, %s", code, got, errs.String())
	}
	errs.Reset()
	env.Stdin = strings.NewReader("secret\n")
	env.AddAccount = func(context.Context, string, Account) (string, error) { return "", errTest }
	if code := Run(t.Context(), args, env); code != ExitRefused || errs.String() != "webphone: no such call.\n" {
		t.Errorf("code %d, %s", code, errs.String())
	}
}

func TestAccountAdd_badInput_isRefused(t *testing.T) {
	dir := profile(t)
	noCertificate := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(noCertificate, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ stdin, ca, want string }{
		"no password":         {"", "", "there is no password on standard input"},
		"only a line end":     {"\n", "", "there is no password on standard input"},
		"several lines":       {"a\nb\n", "", "more than a password"},
		"endless":             {strings.Repeat("x", 5000), "", "more than a password"},
		"no such certificate": {"a", filepath.Join(dir, "none.pem"), "the certificates cannot be read"},
		"no certificate":      {"a", noCertificate, "holds no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(add)
			if tt.ca != "" {
				args = append(args, "--ca", tt.ca)
			}
			if code, _, stderr := run(dir, tt.stdin, args...); code != ExitRefused || !strings.Contains(stderr, tt.want) {
				t.Errorf("code %d, %s", code, stderr)
			}
		})
	}
}

func TestAccount_doesNotShowItsPassword(t *testing.T) {
	a := Account{URI: "sip:a@x", Server: "ws://x", Password: "hunter2"}
	for _, s := range []string{a.String(), a.GoString(), a.LogValue().String()} {
		if strings.Contains(s, "hunter2") {
			t.Error(s)
		}
	}
}
