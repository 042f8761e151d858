package media

import (
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"webphone/phone/ua"
)

// lite is a peer that is what gateways and conference servers often are: an
// ICE-lite agent (RFC 8445 §2.5).
type lite struct {
	pc        *webrtc.PeerConnection
	connected chan struct{}
}

func newLite(t *testing.T) *lite {
	t.Helper()
	s := webrtc.SettingEngine{}
	s.SetLite(true)
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	l := &lite{pc: pc, connected: make(chan struct{}, 1)}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			l.connected <- struct{}{}
		}
	})
	t.Cleanup(func() {
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	return l
}

// describe makes the offer or, after a remote one, the answer.
func (l *lite) describe(t *testing.T, answer bool) string {
	t.Helper()
	make := func() (webrtc.SessionDescription, error) { return l.pc.CreateOffer(nil) }
	if answer {
		make = func() (webrtc.SessionDescription, error) { return l.pc.CreateAnswer(nil) }
	}
	sdp, err := make()
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(l.pc)
	if err := l.pc.SetLocalDescription(sdp); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return l.pc.LocalDescription().SDP
}

func (l *lite) wait(t *testing.T) {
	t.Helper()
	select {
	case <-l.connected:
	case <-time.After(15 * time.Second):
		t.Fatal("the lite peer has no connection within 15 s")
	}
}

func TestICELite(t *testing.T) {
	for _, setup := range []string{"actpass", "active", "passive"} {
		t.Run("answer to an offer with setup "+setup, func(t *testing.T) {
			e, l := newEnd(t), newLite(t)
			offer := l.describe(t, false)
			if !strings.Contains(offer, "a=ice-lite") {
				t.Fatalf("not lite:\n%s", offer)
			}
			answer, err := e.Answer(t.Context(), strings.ReplaceAll(offer, "setup:actpass", "setup:"+setup), ua.AnswerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want := "a=setup:active" // RFC 5763 §5
			if setup == "active" {
				want = "a=setup:passive"
			}
			if !strings.Contains(answer, want) {
				t.Errorf("no %s in\n%s", want, answer)
			}
			if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
				t.Fatal(err)
			}
			e.waitConnected(t)
			l.wait(t)
		})
	}
	t.Run("their answer", func(t *testing.T) {
		e, l := newEnd(t), newLite(t)
		offer, err := e.Offer(t.Context(), ua.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
			t.Fatal(err)
		}
		if err := e.SetAnswer(t.Context(), l.describe(t, true), ua.AnswerFinal); err != nil {
			t.Fatal(err)
		}
		e.waitConnected(t)
		l.wait(t)
	})
}

var fingerprintLine = regexp.MustCompile(`a=fingerprint:sha-256 [0-9A-F:]+`)

// What pion refuses, and peers write all the same.
func TestCall_describedOddly(t *testing.T) {
	const sha1 = "a=fingerprint:sha-1 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64"
	insert := func(lines ...string) func(string) string {
		return func(s string) string {
			return strings.Replace(s, "a=setup:", strings.Join(lines, "\r\n")+"\r\na=setup:", 1)
		}
	}
	session := func(lines ...string) func(string) string {
		return func(s string) string {
			return strings.Replace(s, "m=audio", strings.Join(lines, "\r\n")+"\r\nm=audio", 1)
		}
	}
	cases := []struct {
		rule   string
		change func(string) string
	}{
		{"two fingerprints, the weaker last (RFC 8122 §5)", session(sha1)},
		{"a hash that nobody knows", session("a=fingerprint:sha3-256 00:11")},
		{"the fingerprint in the section, another's at the session", func(s string) string {
			line := fingerprintLine.FindString(s)
			return strings.NewReplacer(line, sha1, "a=setup:", line+"\r\na=setup:").Replace(s)
		}},
		{"other ICE credentials at the session", session("a=ice-ufrag:else", "a=ice-pwd:elsewhere-elsewhere-else")},
		{"another setup at the session", session("a=setup:passive")},
		{"spaces around the fingerprint", func(s string) string {
			return strings.Replace(s, "a=fingerprint:sha-256 ", "a=fingerprint:SHA-256  ", 1)
		}},
		{"a candidate with a host name (RFC 8839 §5.1)", insert("a=candidate:1 1 UDP 2113937151 pc.example.com 4000 typ host")},
		{"a candidate under mDNS", insert("a=candidate:1 1 UDP 2113937151 0aa4c9b2-8b5e-4b4e-8c62-0d2f6e0b4c11.local 4000 typ host")},
		{"a candidate without raddr", insert("a=candidate:1 1 UDP 1677729535 192.0.2.7 4000 typ srflx")},
		{"a candidate with an IPv6 zone", insert("a=candidate:1 1 UDP 2113937151 fe80::1%eth0 4000 typ host")},
		{"a candidate without port", insert("a=candidate:1 1 UDP 2113937151 192.0.2.7 none typ host")},
		{"a candidate with a huge priority", insert("a=candidate:1 1 UDP 99999999999 192.0.2.7 4000 typ host")},
		{"a candidate of unknown type", insert("a=candidate:1 1 UDP 1 192.0.2.7 4000 typ quantum")},
		{"a candidate cut short", insert("a=candidate:1 1 UDP")},
		{"static payload types without rtpmap", func(s string) string {
			return strings.NewReplacer("110 126\r\n", "110 126 3 4 18 13 96\r\n").Replace(s)
		}},
		{"what is no payload type", func(s string) string {
			return strings.NewReplacer("110 126\r\n", "110 126 300 *\r\n").Replace(s)
		}},
		{"end of candidates", insert("a=end-of-candidates")},
	}
	for _, c := range cases {
		t.Run("offer with "+c.rule, func(t *testing.T) {
			caller, callee := newEnd(t), newEnd(t)
			offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := callee.Answer(t.Context(), c.change(offer), ua.AnswerOptions{})
			if err != nil {
				t.Fatalf("Answer: %v", err)
			}
			if err := caller.SetAnswer(t.Context(), c.change(answer), ua.AnswerFinal); err != nil {
				t.Fatalf("SetAnswer: %v", err)
			}
			caller.waitConnected(t)
			callee.waitConnected(t)
		})
	}
}

// RFC 8839 §4.2.1: old peers take c=0.0.0.0 for a hold.
func TestDescription_namesADefaultCandidate(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	offer, answer := negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	for name, text := range map[string]string{"offer": offer, "answer": answer} {
		_, media := split(text)
		c, _ := media[0].value("c=")
		port := strings.Fields(media[0][0])[1]
		named := false
		for _, line := range media[0] {
			f := strings.Fields(line)
			if strings.HasPrefix(line, "a=candidate:") && port == f[5] && c == "IN IP4 "+f[4] {
				named = !net.ParseIP(f[4]).IsUnspecified()
			}
		}
		if !named {
			t.Errorf("the %s has m= port %s and c=%s, which is no candidate:\n%s", name, port, c, text)
		}
	}
}

// RFC 8829 §5.3.1.
func TestAnswer_repeatsWhatItRefuses(t *testing.T) {
	e := newEnd(t)
	offer := strings.Replace(chromiumOffer, "a=group:BUNDLE 0", "a=group:BUNDLE 0 1 2", 1) +
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=mid:1\na=rtpmap:96 VP8/90000\n" +
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\na=sctp-port:5000\n"
	answer, err := e.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	session, media := split(answer)
	if len(media) != 3 {
		t.Fatalf("%d sections, want 3:\n%s", len(media), answer)
	}
	for i, want := range map[int]string{1: "m=video 0 UDP/TLS/RTP/SAVPF 96 97", 2: "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"} {
		mid, _ := media[i].value("a=mid:")
		if media[i][0] != want || mid != string(rune('0'+i)) {
			t.Errorf("section %d is %q with mid %q, want %q with mid %d", i, media[i][0], mid, want, i)
		}
	}
	if group, _ := session.value("a=group:"); group != "BUNDLE 0" {
		t.Errorf("group %q, want only what is accepted", group)
	}
}

func TestAnswer_keepsTheProtocol(t *testing.T) {
	e := newEnd(t)
	answer, err := e.Answer(t.Context(), strings.Replace(chromiumOffer, "UDP/TLS/RTP/SAVPF", "RTP/SAVPF", 1), ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, media := split(answer)
	if f := strings.Fields(media[0][0]); f[2] != "RTP/SAVPF" {
		t.Errorf("%q, want the offer's protocol", media[0][0])
	}
}

// RFC 3264 §8: but for the version the o= line stays, whoever is behind the
// dialog.
func TestOrigin_stays(t *testing.T) {
	first, second, callee := newEnd(t), newEnd(t), newEnd(t)
	origin := func(caller *end) string {
		t.Helper()
		_, answer := negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
		session, _ := split(answer)
		o, _ := session.value("o=")
		return strings.Fields(o)[1]
	}
	if a, b := origin(first), origin(second); a != b {
		t.Errorf("session id %s, then %s", a, b)
	}
}

// RFC 3264 §6.1: each side may number the formats as it likes.
func TestAnswer_numbersTheFormatsAnew(t *testing.T) {
	renumber := strings.NewReplacer(
		"SAVPF 111 63 9 0 8 13 110 126", "SAVPF 96 98 9 0 8 13 97 101",
		"rtpmap:111 ", "rtpmap:96 ", "fmtp:111 ", "fmtp:96 ", "rtpmap:63 ", "rtpmap:98 ", "fmtp:63 111/111", "fmtp:98 96/96", "rtpmap:110 ", "rtpmap:97 ", "fmtp:110 ", "fmtp:97 ",
		"rtpmap:126 ", "rtpmap:101 ", "fmtp:126 ", "fmtp:101 ")
	for _, number := range []uint8{111, 96} { // ours, as it should be, and its own
		caller, callee := newEnd(t), newEnd(t)
		offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := caller.SetAnswer(t.Context(), renumber.Replace(answer), ua.AnswerFinal); err != nil {
			t.Fatal(err)
		}
		c, _, _ := caller.stream.state()
		if c.PayloadType != 96 || c.EventSendPayloadType != 97 {
			t.Errorf("we send %d and events as %d, want 96 and 97", c.PayloadType, c.EventSendPayloadType)
		}
		if c.Receive[111] != c.Receive[96] || c.Receive[96].ClockRate != 48000 || c.EventReceive[101] != 8000 || c.EventReceive[126] != 8000 {
			t.Errorf("we take %v and events %v", c.Receive, c.EventReceive)
		}
		caller.waitConnected(t)
		callee.waitConnected(t)
		callee.stream.mu.Lock()
		callee.stream.config.PayloadType = number
		callee.stream.mu.Unlock()
		callee.sendsTo(t, caller, "hello")
	}
}

func TestParse_packetTime(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  time.Duration
	}{
		{"", 0},
		{"a=ptime:40", 40 * time.Millisecond},
		{"a=maxptime:10", 10 * time.Millisecond},
		{"a=ptime:60\na=maxptime:40", 40 * time.Millisecond},
		{"a=ptime:40\na=maxptime:120", 40 * time.Millisecond},
		{"a=maxptime:60", 0},
		{"a=maxptime:30\na=ptime:40", 30 * time.Millisecond},
		{"a=maxptime:0", 0},
	} {
		d, err := parse(chromiumOffer + c.lines + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if d.ptime != c.want {
			t.Errorf("%q: %v, want %v", c.lines, d.ptime, c.want)
		}
	}
}

func TestSection_withDefault(t *testing.T) {
	for _, c := range []struct {
		rule       string
		candidates []string
		port, want string
	}{
		{"a relay before all others", []string{"192.0.2.1 1 typ host", "192.0.2.2 2 typ srflx", "192.0.2.3 3 typ relay"}, "3", "IN IP4 192.0.2.3"},
		{"the public address before our own", []string{"192.0.2.1 1 typ host", "192.0.2.2 2 typ srflx"}, "2", "IN IP4 192.0.2.2"},
		{"IPv4 before IPv6", []string{"2001:db8::1 1 typ host", "192.0.2.1 2 typ host"}, "2", "IN IP4 192.0.2.1"},
		{"loopback last", []string{"127.0.0.1 1 typ host", "2001:db8::1 2 typ host"}, "2", "IN IP6 2001:db8::1"},
		{"nothing to choose from", nil, "9", "IN IP4 0.0.0.0"},
	} {
		s := section{"m=audio 9 UDP/TLS/RTP/SAVPF 0", "c=IN IP4 0.0.0.0"}
		for _, one := range c.candidates {
			s = append(s, "a=candidate:1 1 udp 1 "+one)
		}
		got := s.withDefault()
		if got[0] != "m=audio "+c.port+" UDP/TLS/RTP/SAVPF 0" || got[1] != "c="+c.want {
			t.Errorf("%s: %q", c.rule, got[:2])
		}
		if s[1] != "c=IN IP4 0.0.0.0" {
			t.Errorf("%s: the original was changed", c.rule)
		}
	}
}
