package phone

import (
	"math"
	"testing"
	"time"

	"webphone/audio"
	"webphone/phone/media"
)

// script feeds a call's quality with one moment after the other.
type script struct {
	quality
	now time.Time
	figures
}

func newScript() *script {
	s := &script{now: time.Unix(1000, 0)}
	s.peer = media.Stats{
		Codec: "PCMA", ReceiveCodec: "PCMA", CandidatePair: "host – relay", Overhead: 56, Cipher: "AES-128-GCM",
		Local: media.Candidate{Type: "host", Protocol: "udp", Address: "192.0.2.1", Port: 5004},
	}
	return s
}

// second lets one pass in which so many packets of 160 bytes came and as many
// blocks of 10 ms were made up, in so many runs.
func (s *script) second(came, concealed, gaps uint64, hears bool) {
	s.now = s.now.Add(time.Second)
	s.peer.PacketsSent += 50
	s.peer.BytesSent += 50 * 160
	s.peer.PacketsReceived += came
	s.peer.BytesReceived += came * 160
	s.stream.Concealed += concealed
	s.stream.Gaps += gaps
	s.add(s.now, s.figures, hears)
}

func (s *script) seconds(n int, came, concealed, gaps uint64) {
	for range n {
		s.second(came, concealed, gaps, true)
	}
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s is %.3f, want %.3f", what, got, want)
	}
}

func TestQuality_rates(t *testing.T) {
	s := newScript()
	s.seconds(20, 50, 0, 0)
	near(t, "payload sent", s.stats.Sent.Payload, 64, 0.01)
	near(t, "sent on the wire", s.stats.Sent.Wire, 64+50*56*8/1000.0, 0.01)
	s.seconds(10, 25, 0, 0)
	near(t, "payload received, after it was halved", s.stats.Received.Payload, 32, 0.01)
}

func TestQuality_grade(t *testing.T) {
	for _, c := range []struct {
		rule string
		play func(*script)
		now  media.Conditions
	}{
		{"a good call", func(s *script) { s.seconds(10, 50, 0, 0) }, media.Conditions{Codec: "PCMA", Delay: 54 * time.Millisecond}},
		{
			"half of the round trip and the buffer delay", func(s *script) {
				s.peer.RTT, s.stream.Buffer = 300*time.Millisecond, 80*time.Millisecond
				s.seconds(10, 50, 0, 0)
			}, media.Conditions{Codec: "PCMA", Delay: 284 * time.Millisecond},
		},
		{
			"what was made up is lost, single packets", func(s *script) { s.seconds(12, 45, 10, 5) },
			media.Conditions{Codec: "PCMA", Loss: 10, Delay: 54 * time.Millisecond},
		},
		{
			"in runs of five", func(s *script) { s.seconds(12, 45, 10, 1) },
			media.Conditions{Codec: "PCMA", Loss: 10, Burst: 4.5, Delay: 54 * time.Millisecond},
		},
		{
			"an old loss is forgotten", func(s *script) { s.seconds(12, 25, 50, 10); s.seconds(12, 50, 0, 0) },
			media.Conditions{Codec: "PCMA", Delay: 54 * time.Millisecond},
		},
		{
			"nothing comes any more", func(s *script) { s.seconds(12, 50, 0, 0); s.seconds(10, 0, 0, 0) },
			media.Conditions{Codec: "PCMA", Loss: 100, Delay: 54 * time.Millisecond},
		},
		{
			"an outage after which nothing was made up", func(s *script) {
				s.seconds(12, 50, 0, 0)
				s.seconds(5, 0, 0, 0)
				s.peer.Lost += 250
				s.seconds(1, 50, 0, 0)
			}, media.Conditions{Codec: "PCMA", Loss: 62.5, Delay: 54 * time.Millisecond},
		},
		{
			"what was repaired is not lost", func(s *script) {
				for range 12 {
					s.peer.Lost += 5
					s.stream.Repaired += 5
					s.seconds(1, 45, 0, 0)
				}
			}, media.Conditions{Codec: "PCMA", Delay: 54 * time.Millisecond},
		},
		{
			"a jump of the peer's numbers is no loss", func(s *script) {
				s.seconds(12, 50, 0, 0)
				s.peer.Lost += 2000
				s.seconds(1, 50, 0, 0)
			}, media.Conditions{Codec: "PCMA", Delay: 44 * time.Millisecond},
		},
		{
			"what was lost came after all, in long packets", func(s *script) {
				s.peer.Lost = 3
				s.seconds(4, 16, 0, 0)
				s.peer.Lost = 0
				s.seconds(4, 17, 0, 0)
			}, media.Conditions{Codec: "PCMA", Delay: 94 * time.Millisecond},
		},
		{
			"a pause whose background was described is no loss", func(s *script) {
				s.seconds(12, 50, 0, 0)
				s.peer.Resting = true
				s.seconds(10, 0, 0, 0)
			}, media.Conditions{Codec: "PCMA", Delay: 54 * time.Millisecond},
		},
		{
			"hold is no loss", func(s *script) {
				s.seconds(12, 50, 0, 0)
				for range 20 {
					s.second(0, 0, 0, false)
				}
				s.seconds(2, 50, 0, 0)
			}, media.Conditions{Codec: "PCMA", Delay: 54 * time.Millisecond},
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := newScript()
			c.play(s)
			near(t, "MOS", s.stats.MOS, c.now.MOS(), 0.001)
		})
	}
}

func TestCall_hears(t *testing.T) {
	for _, c := range []struct {
		rule string
		call call
		peer media.Stats
		want bool
	}{
		{"a call", call{state: CallConfirmed}, media.Stats{Receives: true}, true},
		{"the other side only listens", call{state: CallConfirmed}, media.Stats{}, false},
		{"our hold", call{state: CallConfirmed, localHold: true}, media.Stats{Receives: true}, false},
		{"their hold", call{state: CallConfirmed, remoteHold: true}, media.Stats{Receives: true}, false},
		{"it still rings", call{state: CallRinging}, media.Stats{Receives: true}, false},
	} {
		if got := c.call.hears(c.peer); got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

func TestQuality_summary(t *testing.T) {
	s := newScript()
	s.peer.RTT, s.peer.Jitter = 20*time.Millisecond, 2*time.Millisecond
	s.seconds(20, 50, 0, 0)
	good := s.stats.MOS
	s.peer.RTT, s.peer.Jitter = 60*time.Millisecond, 6*time.Millisecond
	s.seconds(20, 25, 50, 10)
	bad := s.stats.MOS
	s.peer.LossPercent, s.peer.PeerLost = 25, 100
	s.peer.Since, s.stream.Late = s.now.Add(-40*time.Second), 9
	s.second(50, 0, 0, true)
	var h HistoryEntry
	s.summary(&h)
	if h.MOS <= bad || h.MOS >= good {
		t.Errorf("mean MOS %.2f, want it between %.2f and %.2f", h.MOS, bad, good)
	}
	if h.MOSWorst > bad || h.MOSWorst < 1 {
		t.Errorf("worst MOS %.2f, want at most %.2f", h.MOSWorst, bad)
	}
	near(t, "loss of ours", h.PeerLossPercent, 100*100/float64(41*50), 0.01)
	near(t, "round trip in ms", float64(h.RTT.Milliseconds()), 40, 1)
	near(t, "jitter in ms", float64(h.Jitter.Milliseconds()), 4, 1)
	near(t, "payload sent, in kbit/s", h.SendRate, 64, 0.01)
	near(t, "payload received", h.ReceiveRate, float64(20*50+20*25+50)*160*8/1000/41, 0.01)
	near(t, "seconds made up", h.Concealed.Seconds(), 10, 0.001)
	if h.ReceiveCodec != "PCMA" || h.Late != 9 {
		t.Errorf("received %s, %d late", h.ReceiveCodec, h.Late)
	}
	if h.LossPercent != 25 || h.Path != "host – relay" || h.Cipher != "AES-128-GCM" {
		t.Errorf("summary %+v", h)
	}
}

func TestQuality_ofACallWithoutSound(t *testing.T) {
	var q quality
	var h HistoryEntry
	q.summary(&h)
	q.add(time.Unix(1, 0), figures{stream: audio.StreamStats{}}, true)
	q.add(time.Unix(1, 0), figures{}, true)
	q.summary(&h)
	if h != (HistoryEntry{}) || q.stats.Local.String() != "" {
		t.Errorf("summary %+v, path %q", h, q.stats.Local)
	}
}
