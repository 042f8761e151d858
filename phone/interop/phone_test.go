//go:build interop

package interop

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// newPhone prepares a phone for the user; nothing runs yet.
func newPhone(t *testing.T, k *rig.Kamailio, user string, o rig.PhoneOptions) *rig.Phone {
	t.Helper()
	o.Address, o.LogDir = k.URI(user), rig.Artefacts(t)
	if o.Server == "" {
		o.Server = k.WS
	}
	if o.Password == "" {
		o.Password = k.Users[user]
	}
	if o.Frequency == 0 {
		o.Frequency = phoneTone
	}
	p, err := rig.NewPhone(o)
	check(t, err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("the phone does not end: %v", err)
		}
	})
	tellOnFailure(t, p)
	return p
}

// registered returns a phone that is registered.
func registered(t *testing.T, k *rig.Kamailio, user string, o rig.PhoneOptions) *rig.Phone {
	t.Helper()
	p := newPhone(t, k, user, o)
	check(t, p.Register())
	return p
}

func registeredJsSIP(t *testing.T, user, url string) *rig.JsSIP {
	t.Helper()
	j := newJsSIP(t, user, url)
	check(t, j.Register())
	tellOnFailure(t, j)
	return j
}

// TestPhone_pairs has the whole program play the basics with both libraries,
// over ws and wss.
func TestPhone_pairs(t *testing.T) {
	k := kamailio(t)
	jssip := func(t *testing.T, user string) rig.Party { return registeredJsSIP(t, user, k.WSS) }
	sipjs := func(t *testing.T, user string) rig.Party {
		s, err := rig.OpenSIPjs(chromium(t), pages(t), jssipTone, rig.Artefacts(t))
		check(t, err)
		t.Cleanup(s.Close)
		s.Server, s.Address, s.Password = k.WS, k.URI(user), k.Users[user]
		check(t, s.Register())
		return s
	}
	for _, c := range []struct {
		rule       string
		us, they   string
		peer       func(t *testing.T, user string) rig.Party
		url, ca    string
		phoneCalls bool
	}{
		{"the phone calls JsSIP over wss", "alice", "bob", jssip, k.WSS, k.Authority.File, true},
		{"JsSIP calls the phone over wss", "carol", "dave", jssip, k.WSS, k.Authority.File, false},
		{"the phone calls SIP.js over ws", "erin", "frank", sipjs, k.WS, "", true},
		{"SIP.js calls the phone over ws", "grace", "heidi", sipjs, k.WS, "", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			other := c.peer(t, c.they)
			p := registered(t, k, c.us, rig.PhoneOptions{Server: c.url, CA: c.ca})
			if c.phoneCalls {
				pair(t, p, other)
			} else {
				pair(t, other, p)
			}
		})
	}
}

func TestPhone_phonePair(t *testing.T) {
	k := kamailio(t)
	a := registered(t, k, "alice", rig.PhoneOptions{})
	b := registered(t, k, "bob", rig.PhoneOptions{Name: "other", Frequency: otherTone, Server: k.WSS, CA: k.Authority.File})
	pair(t, a, b)
}

func TestPhone_showsTheCall(t *testing.T) {
	k := kamailio(t)
	j := newJsSIP(t, "bob", k.WS)
	j.DisplayName = "Bob Ünterwegs"
	check(t, j.Register())
	p := registered(t, k, "alice", rig.PhoneOptions{})
	connect(t, j, p)
	var c rig.StatusCall
	check(t, p.WaitStatus("statistics of the call", 3*rig.Limit, func(rig.Status) bool {
		c, _ = p.StatusCall()
		return c.Stats.PacketsReceived > 50 && c.Stats.PacketsSent > 50 && c.Stats.MOS > 4
	}))
	if !strings.EqualFold(c.Codec, "opus") || !c.Encrypted || c.Stats.Loss > 5 {
		t.Errorf("codec %q, encrypted %v, loss %v %%: want Opus, encrypted, hardly any loss", c.Codec, c.Encrypted, c.Stats.Loss)
	}
	if c.DisplayName != j.DisplayName || c.Direction != "incoming" {
		t.Errorf("an %s call from %q, want an incoming one from %q", c.Direction, c.DisplayName, j.DisplayName)
	}
	check(t, p.Hangup())
	ended(t, j)
}

func TestPhone_rejectedWithAStatus(t *testing.T) {
	k := kamailio(t)
	j := registeredJsSIP(t, "bob", k.WS)
	p := registered(t, k, "alice", rig.PhoneOptions{})
	for status, cause := range map[int]string{
		403: "Rejected", 404: "Not Found", 480: "Unavailable", 484: "Address Incomplete", 486: "Busy", 488: "Incompatible SDP",
		500: "SIP Failure Code", 600: "Busy", 603: "Rejected",
	} {
		check(t, p.Forget())
		check(t, j.Forget())
		ring(t, p, j)
		check(t, j.Reject(status))
		if c := ended(t, p); c.Status != status || c.Cause != cause {
			t.Errorf("rejected with %d: ends with status %d, cause %q, want %q", status, c.Status, c.Cause, cause)
		}
	}
}

func TestPhone_dtmfByInfo(t *testing.T) {
	k := kamailio(t)
	j := registeredJsSIP(t, "bob", k.WS)
	p := registered(t, k, "alice", rig.PhoneOptions{})
	j.CallOptions.DropPayloads = []string{"telephone-event"}
	connect(t, j, p)
	check(t, j.SendInfoDTMF(keys))
	_, err := rig.WaitCall(p, "receive the keys "+keys, func(c rig.Call) bool { return c.DTMF == keys })
	check(t, err)
	check(t, p.SendDTMF(keys))
	_, err = rig.WaitCall(j, "receive INFO with the keys", func(c rig.Call) bool { return c.DTMF == keys })
	check(t, err)
}

func TestPhone_mute(t *testing.T) {
	k := kamailio(t)
	j := registeredJsSIP(t, "bob", k.WS)
	p := registered(t, k, "alice", rig.PhoneOptions{})
	connect(t, p, j)
	run(t, p, "mute", "on")
	check(t, rig.WaitNoTone(j, phoneTone))
	check(t, rig.WaitTone(p, jssipTone))
	run(t, p, "mute", "off")
	hearEachOther(t, p, j)
}

func TestPhone_codecs(t *testing.T) {
	k := kamailio(t)
	j := registeredJsSIP(t, "bob", k.WS)
	p := registered(t, k, "alice", rig.PhoneOptions{})
	for _, c := range []struct {
		codec string
		drop  []string
	}{
		{"opus", nil},
		{"g722", []string{"opus", "red"}},
		{"pcmu", []string{"opus", "red", "g722"}},
		{"pcma", []string{"opus", "red", "g722", "pcmu"}},
	} {
		for _, phoneCalls := range []bool{true, false} {
			check(t, p.Forget())
			check(t, j.Forget())
			j.CallOptions.DropPayloads = c.drop
			if phoneCalls {
				connect(t, p, j)
			} else {
				connect(t, j, p)
			}
			_, err := rig.WaitCall(p, "speak "+c.codec, func(got rig.Call) bool { return strings.EqualFold(got.Codec, c.codec) })
			check(t, err)
		}
	}
}

func TestPhone_wrongPassword(t *testing.T) {
	k := kamailio(t)
	p := newPhone(t, k, "alice", rig.PhoneOptions{Password: "rabbit hole"})
	check(t, p.AddAccount())
	check(t, p.Start())
	check(t, p.WaitAccount("failed"))
	s, err := p.Status()
	check(t, err)
	if s.Accounts[0].Reason == "" {
		t.Error("the failed account has no reason")
	}
	wantExit(t, p, rig.ExitNotRegistered, "dial", "bob")
	if log := p.Story(); strings.Contains(log, "rabbit hole") {
		t.Error("the password is in the log")
	}
}

func TestPhone_unknownAuthority(t *testing.T) {
	k := kamailio(t)
	p := newPhone(t, k, "alice", rig.PhoneOptions{Server: k.WSS})
	check(t, p.AddAccount())
	check(t, p.Start())
	check(t, p.WaitStatus("say that the certificate is not trusted", 2*rig.Limit, func(s rig.Status) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].State != "registered" &&
			strings.Contains(strings.ToLower(s.Accounts[0].Reason), "certificate")
	}))
}

func TestPhone_registersAgainAfterACut(t *testing.T) {
	k := kamailio(t)
	cable, err := rig.NewCable(k.WS)
	check(t, err)
	defer cable.Close()
	j := registeredJsSIP(t, "bob", k.WS)
	p := registered(t, k, "alice", rig.PhoneOptions{Server: cable.URL})
	cable.Cut()
	check(t, p.WaitStatus("notice the cut", rig.Limit, func(s rig.Status) bool { return s.Accounts[0].State != "registered" }))
	cable.Mend()
	check(t, p.WaitAccount("registered"))
	connect(t, j, p)
}

func TestPhone_answersPings(t *testing.T) {
	k, err := rig.StartKamailio(rig.KamailioOptions{PingSeconds: 1, LogDir: rig.Artefacts(t)})
	check(t, err)
	defer k.Stop()
	p := registered(t, k, "alice", rig.PhoneOptions{})
	lost := p.WaitStatus("lose its registration", 5*time.Second, func(s rig.Status) bool { return s.Accounts[0].State != "registered" })
	if lost == nil {
		t.Errorf("the connection broke although only Pings came\n%s", k.Trace().Tail(4000))
	}
}

func TestPhone_sha256Registrar(t *testing.T) {
	k, err := rig.StartKamailio(rig.KamailioOptions{Algorithm: "SHA-256", LogDir: rig.Artefacts(t)})
	check(t, err)
	defer k.Stop()
	showTrace(t, k)
	registered(t, k, "alice", rig.PhoneOptions{})
}

func TestPhone_registrarWantsLongerInterval(t *testing.T) {
	k, err := rig.StartKamailio(rig.KamailioOptions{MinExpires: 1800, LogDir: rig.Artefacts(t)})
	check(t, err)
	defer k.Stop()
	showTrace(t, k)
	p := registered(t, k, "alice", rig.PhoneOptions{})
	if !strings.Contains(p.Log(), "423 Interval Too Brief") {
		t.Error("the registrar had nothing against the interval: this test proves nothing")
	}
}

func TestPhone_exitCodes(t *testing.T) {
	k := kamailio(t)
	p := newPhone(t, k, "alice", rig.PhoneOptions{})
	wantExit(t, p, rig.ExitNotRunning, "status")
	wantExit(t, p, rig.ExitNotRunning, "dial", "bob")
	wantExit(t, p, rig.ExitUsage, "dial")
	wantExit(t, p, rig.ExitUsage, "juggle")
	check(t, p.Register())
	wantExit(t, p, rig.ExitRefused, "hangup")
	wantExit(t, p, rig.ExitRefused, "answer")
	wantExit(t, p, rig.ExitRefused, "message", "sip:nobody@lab.test", "lost")
	wantExit(t, p, rig.ExitRefused, "dial", "sip:not an address")
	wantExit(t, p, rig.ExitRefused, "hangup", "--call", "none")
}

func run(t *testing.T, p *rig.Phone, args ...string) {
	t.Helper()
	if _, err := p.Run(args...); err != nil {
		t.Fatal(err)
	}
}

func wantExit(t *testing.T, p *rig.Phone, code int, args ...string) {
	t.Helper()
	_, err := p.Run(args...)
	exit := (*rig.ExitError)(nil)
	if !errors.As(err, &exit) || exit.Code != code {
		t.Errorf("webphone %s: %v, want exit code %d", strings.Join(args, " "), err, code)
		return
	}
	if strings.TrimSpace(exit.Stderr) == "" {
		t.Errorf("webphone %s: exit code %d without a word", strings.Join(args, " "), code)
	}
}
