package media

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"webphone/audio/codec"
	"webphone/phone/ua"
)

// Redundant audio of Opus is agreed upon where both sides name it, with the
// numbers of the offer (RFC 2198 §5).
func TestRedundancy_isAgreedUpon(t *testing.T) {
	for _, c := range []struct {
		rule  string
		offer func(string) string
		send  uint8   // of the answerer; 0 = none
		take  []uint8 // by the answerer
		lists string  // payload types of its answer
	}{
		{"as Chromium offers it", nil, 63, []uint8{63}, " 111 63 9 0 8 13 110 126"},
		{"the offerer would rather have it", func(s string) string {
			return strings.Replace(s, "SAVPF 111 63", "SAVPF 63 111", 1)
		}, 63, []uint8{63}, " 111 63 9 0 8 13 110 126"},
		{"with numbers of its own", strings.NewReplacer(
			"SAVPF 111 63 ", "SAVPF 96 97 ", "map:111 ", "map:96 ", "fmtp:111 ", "fmtp:96 ", "map:63 ", "map:97 ", "fmtp:63 111/111", "fmtp:97 96/96",
		).Replace, 97, []uint8{97}, " 96 97 9 0 8 13 110 126"},
		{"deeper", func(s string) string {
			return strings.Replace(s, "fmtp:63 111/111", "fmtp:63 111/111/111", 1)
		}, 63, []uint8{63}, " 111 63 9 0 8 13 110 126"},
		{"of other codecs too", func(s string) string { return strings.Replace(s, "fmtp:63 111/111", "fmtp:63 111/0", 1) }, 0, nil, " 111 9 0 8 13 110 126"},
		{"of nobody knows what", func(s string) string { return strings.Replace(s, "a=fmtp:63 111/111\r\n", "", 1) }, 0, nil, " 111 9 0 8 13 110 126"},
		{"of nonsense", func(s string) string {
			return strings.Replace(s, "fmtp:63 111/111", "fmtp:63 "+strings.Repeat("111/", 300), 1)
		}, 0, nil, " 111 9 0 8 13 110 126"},
		{"without Opus", func(s string) string { return strings.Replace(s, "SAVPF 111 63", "SAVPF 63", 1) }, 0, nil, " 9 0 8 13 126"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			caller, callee := newEnd(t), newEnd(t)
			offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if c.offer != nil {
				offer = c.offer(offer)
			}
			answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, list, _ := strings.Cut(answer, "SAVPF"); !strings.HasPrefix(list, c.lists+"\r\n") {
				t.Errorf("the answer lists%.40s, want%s", list, c.lists)
			}
			config, _, _ := callee.stream.state()
			if config.RedundancyPayloadType != c.send || !slices.Equal(config.RedundancyReceive, c.take) {
				t.Errorf("sends as %d, takes %v; want %d and %v", config.RedundancyPayloadType, config.RedundancyReceive, c.send, c.take)
			}
		})
	}
}

// The answer says what of our offer is used.
func TestRedundancy_isAnswered(t *testing.T) {
	for _, c := range []struct {
		rule   string
		answer func(string) string
		send   uint8
		take   []uint8
		codec  codec.Name
	}{
		{"taken", func(s string) string { return s }, 63, []uint8{63}, codec.Opus},
		{"preferred: what we send first stays Opus", func(s string) string {
			return strings.Replace(s, "SAVPF 111 63", "SAVPF 63 111", 1)
		}, 63, []uint8{63}, codec.Opus},
		{"with a number of its own, under which it may come too", strings.NewReplacer(
			"SAVPF 111 63", "SAVPF 111 100", "rtpmap:63", "rtpmap:100", "fmtp:63", "fmtp:100",
		).Replace, 100, []uint8{63, 100}, codec.Opus},
		{"left out", func(s string) string { return strings.Replace(s, "SAVPF 111 63", "SAVPF 111", 1) }, 0, []uint8{63}, codec.Opus},
		{"another codec first", func(s string) string { return strings.Replace(s, "SAVPF 111 63 9", "SAVPF 9 111 63", 1) }, 0, []uint8{63}, codec.G722},
	} {
		t.Run(c.rule, func(t *testing.T) {
			caller, callee := newEnd(t), newEnd(t)
			offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := caller.SetAnswer(t.Context(), c.answer(answer), ua.AnswerFinal); err != nil {
				t.Fatal(err)
			}
			config, _, _ := caller.stream.state()
			if config.RedundancyPayloadType != c.send || !slices.Equal(config.RedundancyReceive, c.take) || config.Codec.Name != c.codec {
				t.Errorf("sends %s, repeated as %d, takes %v; want %s, %d and %v", config.Codec.Name, config.RedundancyPayloadType, config.RedundancyReceive, c.codec, c.send, c.take)
			}
			// Either payload type gets through pion.
			caller.waitConnected(t)
			callee.waitConnected(t)
			for _, number := range []uint8{111, 63} {
				callee.stream.mu.Lock()
				callee.stream.config.PayloadType = number
				callee.stream.mu.Unlock()
				callee.sendsTo(t, caller, fmt.Sprint("hello ", number))
			}
		})
	}
}
