package media

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"webphone/audio/codec"
	"webphone/phone/ua"
)

// chromiumOffer is what JsSIP in Chromium 156 offers.
const chromiumOffer = `v=0
o=- 1198417863129991243 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS stream-1
m=audio 52428 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 127.0.0.1
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1539493469 1 udp 2122260223 127.0.0.1 52428 typ host generation 0 network-id 1 network-cost 50
a=candidate:621620421 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active generation 0 network-id 1 network-cost 50
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdefghijklmn
a=ice-options:trickle
a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:stream-1 track-1
a=rtcp-mux
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:12345 cname:abcdefghijklmnop
a=ssrc:12345 msid:stream-1 track-1
`

// rtpengineOffer is what rtpengine 10.5 offers a WebSocket phone for a caller
// with plain PCMU: no BUNDLE, mid 1, candidates of two components, upper-case
// transport, no rtpmap for the static type.
const rtpengineOffer = `v=0
o=- 3904219133 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 30030 UDP/TLS/RTP/SAVPF 0 101
a=mid:1
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=sendrecv
a=rtcp:30031
a=rtcp-mux
a=setup:actpass
a=fingerprint:sha-1 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64
a=ice-ufrag:AbCdEfGh
a=ice-pwd:01234567890123456789012345
a=candidate:Zyxwvuts 1 UDP 2130706431 127.0.0.1 30030 typ host
a=candidate:Zyxwvuts 2 UDP 2130706430 127.0.0.1 30031 typ host
`

// videoOffer offers video first and has no mid at all.
const videoOffer = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08
a=setup:actpass
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdefghijklmn
m=video 40000 UDP/TLS/RTP/SAVPF 96
a=rtpmap:96 VP8/90000
m=audio 40002 UDP/TLS/RTP/SAVPF 8 96
a=rtpmap:96 OPUS/48000/2
a=fmtp:96 maxaveragebitrate=20000; usedtx=1; useinbandfec=1;maxplaybackrate=16000
a=ptime:40
a=rtcp-mux
a=sendonly
`

func TestAnswer_toOffersFromTheWild(t *testing.T) {
	cases := []struct {
		name    string
		offer   string
		codec   codec.Name
		pt      uint8
		event   int
		wants   []string
		refuses []string
	}{
		{
			"Chromium", chromiumOffer, codec.Opus, 111, 48000,
			[]string{" UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n", "a=group:BUNDLE 0\r\n", "a=mid:0\r\n", "a=setup:active\r\n", "a=sendrecv\r\n", "a=rtcp-mux\r\n"},
			[]string{"transport-cc", " tcp "}, // it has no extension for that
		},
		{
			"rtpengine", rtpengineOffer, codec.PCMU, 0, 8000,
			[]string{"SAVPF 0 101\r\n", "a=mid:1\r\n", "a=setup:active\r\n"},
			[]string{"BUNDLE"},
		},
		{
			"video first, no mid, one-way", videoOffer, codec.Opus, 96, 0,
			[]string{"m=video 0 ", "SAVPF 96 8\r\n", "a=recvonly\r\n"},
			[]string{"BUNDLE", "a=mid"},
		},
		{
			"Opus, and digits of 8 kHz alone",
			strings.NewReplacer("SAVPF 0 101", "SAVPF 107 101", "a=rtpmap:101", "a=rtpmap:107 opus/48000/2\r\na=rtpmap:101").Replace(rtpengineOffer),
			codec.Opus, 107, 8000,
			[]string{"SAVPF 107 101\r\n", "a=rtpmap:101 telephone-event/8000\r\n"},
			nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := newEnd(t)
			answer, err := e.Answer(t.Context(), c.offer, ua.AnswerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.wants {
				if !strings.Contains(answer, want) {
					t.Errorf("%q is missing in\n%s", want, answer)
				}
			}
			for _, no := range c.refuses {
				if strings.Contains(answer, no) {
					t.Errorf("%q is in\n%s", no, answer)
				}
			}
			if config, _, _ := e.stream.state(); config.Codec.Name != c.codec || config.PayloadType != c.pt || config.EventClockRate != c.event {
				t.Errorf("sends %s as %d, events of %d Hz", config.Codec.Name, config.PayloadType, config.EventClockRate)
			}
		})
	}
}

func TestParse_honoursOpusParameters(t *testing.T) {
	d, err := parse(videoOffer)
	if err != nil {
		t.Fatal(err)
	}
	got := d.formats[1].codecParameters(d.ptime)
	want := codec.Parameters{
		Name: codec.Opus, ClockRate: 48000, Channels: 2, PTime: 40 * time.Millisecond,
		Bitrate: 20000, MaxBitrate: 20000, FEC: true, DTX: true, MaxPlaybackRate: 16000,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if d.direction != sendOnly || d.audio != 1 || len(d.sections) != 2 {
		t.Errorf("direction %v, audio section %d of %d", d.direction, d.audio, len(d.sections))
	}
}

func TestForPion_hidesWhatConfusesIt(t *testing.T) {
	for name, offer := range map[string]string{"Chromium": chromiumOffer, "rtpengine": rtpengineOffer, "video": videoOffer} {
		t.Run(name, func(t *testing.T) {
			d, err := parse(offer)
			if err != nil {
				t.Fatal(err)
			}
			text := forPion(offer, d, d.formats)
			if n := strings.Count(text, "m="); n != 1 {
				t.Errorf("%d sections", n)
			}
			for _, no := range []string{"a=ssrc", " tcp ", " 2 UDP", "a=extmap:", "a=sendonly"} {
				if strings.Contains(text, no) {
					t.Errorf("%q is left in\n%s", no, text)
				}
			}
			again, err := parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if again.ufrag != d.ufrag || again.fingerprint != d.fingerprint || len(again.formats) != len(d.formats) {
				t.Errorf("credentials or formats were lost:\n%s", text)
			}
		})
	}
}

func TestReception(t *testing.T) {
	start := time.Unix(1000, 0)
	cases := []struct {
		name     string
		seqs     []uint16
		received uint64
		loss     float64
	}{
		{"in order", []uint16{1, 2, 3, 4}, 4, 0},
		{"one lost of five", []uint16{1, 2, 4, 5}, 4, 20},
		{"out of order is not lost", []uint16{1, 3, 2, 4}, 4, 0},
		{"across the wrap", []uint16{65534, 65535, 0, 1}, 4, 0},
		{"duplicates do not make up for losses twice", []uint16{1, 2, 2, 3}, 4, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var r reception
			for i, seq := range c.seqs {
				r.packet(7, seq, uint32(i)*160, 100, 8000, start.Add(time.Duration(i)*20*time.Millisecond))
			}
			total := r.total()
			if total.received != c.received || total.lossPercent() != c.loss {
				t.Errorf("received %d, loss %v %%; want %d, %v %%", total.received, total.lossPercent(), c.received, c.loss)
			}
			if j := r.jitterTime(); j > time.Millisecond {
				t.Errorf("jitter %v of packets on time", j)
			}
		})
	}
	t.Run("another SSRC goes on counting", func(t *testing.T) {
		var r reception
		r.packet(7, 10, 0, 100, 8000, start)
		r.packet(7, 12, 320, 100, 8000, start)
		r.packet(8, 500, 0, 100, 8000, start)
		if total := r.total(); total.received != 3 || total.expected != 4 {
			t.Errorf("total %+v", total)
		}
	})
}

func TestParse_lineEnds(t *testing.T) {
	want, err := parse(chromiumOffer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		text string
	}{
		{"CR LF", strings.ReplaceAll(chromiumOffer, "\n", "\r\n")},
		{"CR", strings.ReplaceAll(chromiumOffer, "\n", "\r")},
		{"CR CR LF", strings.ReplaceAll(chromiumOffer, "\n", "\r\r\n")},
		{"none after the last line", strings.TrimSpace(chromiumOffer)},
		{"blank lines at the end", chromiumOffer + "\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	t.Run("a CR in the middle of a value is none of it", func(t *testing.T) {
		_, err := parse(strings.Replace(chromiumOffer, "a=ice-pwd:01", "a=ice-pwd:0\r1", 1))
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("error %v, want %v", err, ErrMalformed)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{chromiumOffer, rtpengineOffer, videoOffer, "", "v=0\r\nm=audio 1 a 0", strings.Replace(chromiumOffer, "a=ice-pwd:01", "a=ice-pwd:0\r1", 1)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parse(text)
		if err != nil {
			return
		}
		again, err := parse(forPion(text, d, d.formats))
		if err != nil {
			t.Fatalf("what pion is to see cannot be parsed: %v", err)
		}
		if again.ufrag != d.ufrag || again.pwd != d.pwd || again.fingerprint != d.fingerprint {
			t.Fatalf("credentials changed from %+v to %+v", d, again)
		}
	})
}

// What a peer does not ask for it does not get (RFC 7587 §6.1).
func TestParse_opusParametersByDefault(t *testing.T) {
	f := format{payloadType: 111, name: "opus", clockRate: 48000, channels: 2}
	want := codec.Parameters{Name: codec.Opus, ClockRate: 48000, Channels: 2, PTime: 20 * time.Millisecond}
	if got := f.codecParameters(0); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
