package media

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"webphone/audio/codec"
	"webphone/phone/ua"
)

// arrived is what a feedback tells: the number and the time of each packet
// that came.
func arrived(t *testing.T, b []byte) (numbers []uint16, at []time.Duration, f *rtcp.TransportLayerCC) {
	t.Helper()
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		t.Fatalf("% x: %v", b, err)
	}
	f = packets[0].(*rtcp.TransportLayerCC)
	now := time.Duration(f.ReferenceTime) * 64 * time.Millisecond
	number, deltas := f.BaseSequenceNumber, f.RecvDeltas
	for _, c := range f.PacketChunks {
		for _, s := range c.(*rtcp.StatusVectorChunk).SymbolList {
			if s != statusMissing {
				now += time.Duration(deltas[0].Delta) * time.Microsecond
				deltas = deltas[1:]
				numbers, at = append(numbers, number), append(at, now)
			}
			number++
		}
	}
	if len(deltas) > 0 {
		t.Errorf("%d times too many", len(deltas))
	}
	return numbers, at, f
}

// packetNumbered has a number in the extension with id 3.
func packetNumbered(n uint16) *rtp.Header {
	h := &rtp.Header{Version: 2, SSRC: 7}
	_ = h.SetExtension(3, []byte{byte(n >> 8), byte(n)})
	return h
}

func TestArrivals(t *testing.T) {
	type arrival struct {
		after  time.Duration // the one before
		number uint16
	}
	const ms = time.Millisecond
	steady := func(from uint16, n int) (list []arrival) {
		for i := range n {
			list = append(list, arrival{20 * ms, from + uint16(i)})
		}
		return list
	}
	var burst []arrival
	for _, n := range upTo(feedbackMost + 6) {
		burst = append(burst, arrival{number: n})
	}
	for _, c := range []struct {
		rule  string
		come  []arrival
		tells [][]uint16 // in each feedback
	}{
		{"every 200 ms", steady(65530, 22), [][]uint16{
			{65530, 65531, 65532, 65533, 65534, 65535, 0, 1, 2, 3, 4}, {5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
		}},
		{"what is missing is told", append(append(steady(1, 3), steady(7, 2)...), arrival{200 * ms, 30}), [][]uint16{{1, 2, 3, 7, 8, 30}}},
		{"reordered, and twice", []arrival{{0, 5}, {ms, 7}, {ms, 6}, {ms, 7}, {300 * ms, 8}}, [][]uint16{{5, 6, 7, 8}}},
		{"one that was told as missing", []arrival{{0, 5}, {250 * ms, 7}, {ms, 6}, {250 * ms, 8}}, [][]uint16{{5, 7}, {6, 8}}},
		{"nothing over a pause", []arrival{{0, 5}, {ms, 6}, {2000 * ms, 7}, {250 * ms, 8}}, [][]uint16{{7, 8}}},
		{"another transport's numbers", []arrival{{0, 5}, {ms, 6}, {ms, 40000}, {250 * ms, 40001}}, [][]uint16{{40000, 40001}}},
		{"at most so many", burst, [][]uint16{upTo(feedbackMost)}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var a arrivals
			now := time.Now()
			came := map[uint16]time.Time{}
			var told [][]uint16
			for _, p := range c.come {
				now = now.Add(p.after)
				if _, twice := came[p.number]; !twice {
					came[p.number] = now
				}
				b := a.add(packetNumbered(p.number), 3, 0xCAFE, now)
				if b == nil {
					continue
				}
				numbers, at, f := arrived(t, b)
				told = append(told, numbers)
				if f.SenderSSRC != 0xCAFE || f.MediaSSRC != 7 || int(f.FbPktCount) != len(told)-1 {
					t.Errorf("feedback %d is %d of %x about %d", len(told)-1, f.FbPktCount, f.SenderSSRC, f.MediaSSRC)
				}
				for i, n := range numbers {
					want := came[n].Sub(a.origin)
					if at[i] > want || at[i] <= want-tick {
						t.Errorf("%d came at %v, was told to at %v", n, want, at[i])
					}
				}
			}
			if !slices.EqualFunc(told, c.tells, slices.Equal) {
				t.Errorf("told %v, want %v", told, c.tells)
			}
		})
	}
}

func upTo(n int) (list []uint16) {
	for i := range n {
		list = append(list, uint16(i))
	}
	return list
}

// Packets are numbered where both sides name the extension for Opus, under the
// offer's id, and the id stays.
func TestNumbering_isNegotiated(t *testing.T) {
	const feedback = "a=rtcp-fb:111 transport-cc\r\n"
	const extension = "a=extmap:3 " + transportNumbers + "\r\n"
	without := func(text, what string) string { return strings.ReplaceAll(text, what, "") }
	for _, c := range []struct {
		rule         string
		codecs       []codec.Name
		offer        func(string) string
		answer       func(string) string
		offers, want bool
		numbered     uint8
	}{
		{rule: "both know it", offers: true, want: true, numbered: 3},
		{rule: "under the offer's id", offer: func(s string) string { return strings.ReplaceAll(s, "a=extmap:3 ", "a=extmap:5/sendrecv ") }, offers: true, want: true, numbered: 5},
		{rule: "an id too great", offer: func(s string) string { return strings.ReplaceAll(s, "a=extmap:3 ", "a=extmap:15 ") }, offers: true},
		{rule: "one way", offer: func(s string) string { return strings.ReplaceAll(s, "a=extmap:3 ", "a=extmap:3/sendonly ") }, offers: true},
		{rule: "without the extension", offer: func(s string) string { return without(s, extension) }, offers: true},
		{rule: "without the feedback", offer: func(s string) string { return without(s, feedback) }, offers: true},
		{rule: "feedback for all", offer: func(s string) string { return strings.ReplaceAll(s, "rtcp-fb:111", "rtcp-fb:*") }, offers: true, want: true, numbered: 3},
		{rule: "feedback for another", offer: func(s string) string { return strings.ReplaceAll(s, "rtcp-fb:111", "rtcp-fb:63") }, offers: true},
		{rule: "an answer without", answer: func(s string) string { return without(s, extension) }, offers: true, want: true},
		{rule: "no Opus", codecs: []codec.Name{codec.G722, codec.PCMA}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a, b := newEnd(t, c.codecs...), newEnd(t, c.codecs...)
			has := func(text string) bool {
				return strings.Contains(text, transportNumbers) && strings.Contains(text, transportFeedback)
			}
			offer, err := a.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if has(offer) != c.offers {
				t.Errorf("the offer has it: %v", has(offer))
			}
			if c.offer != nil {
				offer = c.offer(offer)
			}
			answer, err := b.Answer(t.Context(), offer, ua.AnswerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if has(answer) != c.want {
				t.Errorf("the answer has it: %v\n%s", has(answer), answer)
			}
			if c.answer != nil {
				answer = c.answer(answer)
			}
			if err := a.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
				t.Fatal(err)
			}
			if got := a.own.track.path.id; got != c.numbered {
				t.Errorf("the offerer numbers under %d, want %d", got, c.numbered)
			}
			if c.numbered > 0 {
				again, err := a.Offer(t.Context(), ua.OfferOptions{})
				if err != nil || numberingOfText(t, again) != c.numbered {
					t.Errorf("the next offer has id %d (%v)", numberingOfText(t, again), err)
				}
			}
		})
	}
}

func numberingOfText(t *testing.T, text string) uint8 {
	t.Helper()
	d, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d.numbering
}

// The whole way: numbered packets over pion, feedback back, and the sender
// learns what comes through.
func TestNumbering_overPion(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	c, _, _ := caller.stream.state()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	path := &caller.own.track.path
	for deadline := time.After(10 * time.Second); ; {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal("no feedback within 10 s")
		}
		caller.seq++
		h := rtp.Header{Version: 2, PayloadType: c.PayloadType, SSRC: c.SSRC, SequenceNumber: caller.seq, Timestamp: uint32(caller.seq) * 480}
		_ = c.Write(&h, make([]byte, 60))
		path.mu.Lock()
		n := path.n
		path.mu.Unlock()
		if n >= 2*queuePackets {
			return
		}
	}
}

// Feedback comes in a compound packet, as nothing else is agreed upon (RFC 3550
// §6.1).
func TestFeedback_isCompound(t *testing.T) {
	var a arrivals
	now := time.Now()
	a.add(packetNumbered(1), 3, 0xCAFE, now)
	b, err := rtcp.Marshal(compound(0xCAFE, "name", a.add(packetNumbered(2), 3, 0xCAFE, now.Add(feedbackInterval))))
	if err != nil {
		t.Fatal(err)
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := rtcp.CompoundPacket(packets).Validate(); err != nil {
		t.Error(err)
	}
	if f, ok := packets[len(packets)-1].(*rtcp.TransportLayerCC); !ok || f.SenderSSRC != 0xCAFE || f.MediaSSRC != 7 {
		t.Errorf("the last is %v", packets[len(packets)-1])
	}
}

func TestCeiling(t *testing.T) {
	offer := func(session, media string) string {
		s := strings.Replace(chromiumOffer, "t=0 0\n", session+"t=0 0\n", 1)
		i := strings.Index(s, "m=audio")
		line := i + strings.Index(s[i:], "\n") + 1
		return s[:line] + media + s[line:]
	}
	for _, c := range []struct {
		rule           string
		session, media string
		fmtp           string
		bitrate, most  int
	}{
		{rule: "nothing is said"},
		{rule: "b=AS counts headers", media: "b=AS:40\n", bitrate: 24000, most: 24000},
		{rule: "b=TIAS counts RTP's", media: "b=TIAS:44800\n", bitrate: 32000, most: 40000},
		{rule: "the smaller one", media: "b=AS:100\nb=TIAS:44800\n", bitrate: 32000, most: 40000},
		{rule: "the session's", session: "b=AS:40\n", bitrate: 24000, most: 24000},
		{rule: "not where the section has its own", session: "b=AS:20\n", media: "b=AS:40\n", bitrate: 24000, most: 24000},
		{rule: "none is no limit", media: "b=AS:0\n"},
		{rule: "not less than Opus can", media: "b=AS:9\n", bitrate: 6000, most: 6000},
		{rule: "not more than fmtp says", media: "b=AS:56\n", fmtp: ";maxaveragebitrate=20000", bitrate: 20000, most: 20000},
		{rule: "beyond all measure", media: "b=AS:99999999999\n", bitrate: 32000, most: 1e9 - 16000},
	} {
		t.Run(c.rule, func(t *testing.T) {
			e := newEnd(t)
			text := strings.Replace(offer(c.session, c.media), "useinbandfec=1", "useinbandfec=1"+c.fmtp, 1)
			if _, err := e.Answer(t.Context(), text, ua.AnswerOptions{}); err != nil {
				t.Fatal(err)
			}
			config, _, _ := e.stream.state()
			if got := config.Codec; got.Bitrate != c.bitrate || got.MaxBitrate != c.most {
				t.Errorf("%d, at most %d bit/s; want %d and %d", got.Bitrate, got.MaxBitrate, c.bitrate, c.most)
			}
		})
	}
}
