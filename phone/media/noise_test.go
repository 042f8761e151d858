package media

import (
	"slices"
	"strings"
	"testing"

	"webphone/audio/codec"
	"webphone/phone/ua"
)

// Comfort noise goes with the codecs of its clock (RFC 3389 §5), under the
// numbers of whoever takes it.
func TestComfortNoise_isAgreedUpon(t *testing.T) {
	for _, c := range []struct {
		rule   string
		codecs []codec.Name // the caller's
		offer  func(string) string
		answer func(string) string
		callee []uint8
		caller []uint8
	}{
		{"offered and taken", nil, nil, nil, []uint8{13}, []uint8{13}},
		{"not with Opus alone", []codec.Name{codec.Opus}, nil, nil, nil, nil},
		{"not where it is not offered", nil, func(s string) string { return strings.Replace(s, " 13 110", " 110", 1) }, nil, nil, []uint8{13}},
		{"static: without an rtpmap", nil, func(s string) string { return strings.Replace(s, "a=rtpmap:13 CN/8000\r\n", "", 1) }, nil, []uint8{13}, []uint8{13}},
		{"of another clock", nil, func(s string) string { return strings.Replace(s, "CN/8000", "CN/16000", 1) }, nil, nil, []uint8{13}},
		{"answered with another number", nil, nil, strings.NewReplacer(" 13 110", " 118 110", "map:13 ", "map:118 ").Replace, []uint8{13}, []uint8{13, 118}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			caller, callee := newEnd(t, c.codecs...), newEnd(t)
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
			if c.answer != nil {
				answer = c.answer(answer)
			}
			if err := caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
				t.Fatal(err)
			}
			for _, e := range []struct {
				*end
				want []uint8
			}{{callee, c.callee}, {caller, c.caller}} {
				if config, _, _ := e.stream.state(); config.NoisePayloadType != 0 || config.Codec.DTX {
					t.Error("pauses are left out, though nobody wants it")
				} else if !slices.Equal(config.NoiseReceive, e.want) || config.Codec.Name != codec.Opus {
					t.Errorf("sends %s, takes noise as %v, want %v", config.Codec.Name, config.NoiseReceive, e.want)
				}
			}
		})
	}
}

// Pauses are left out where we or the peer want it: with G.711 if it takes
// comfort noise, under its number.
func TestComfortNoise_isSent(t *testing.T) {
	replaced := func(old, by string) func(string) string {
		return func(s string) string { return strings.ReplaceAll(s, old, by) }
	}
	for _, c := range []struct {
		rule   string
		codecs []codec.Name // the caller's
		wanted bool         // by the callee
		offer  func(string) string
		noise  uint8
		dtx    bool
	}{
		{"G.711", []codec.Name{codec.PCMA}, true, nil, 13, false},
		{"under the peer's number", []codec.Name{codec.PCMU}, true, strings.NewReplacer(" 0 13", " 0 118", "map:13 ", "map:118 ").Replace, 118, false},
		{"the peer takes none", []codec.Name{codec.PCMU}, true, replaced(" 0 13", " 0"), 0, false},
		{"Opus has its own", nil, true, nil, 0, true},
		{"the peer asks for it", nil, false, replaced("useinbandfec=1", "useinbandfec=1;usedtx=1"), 0, true},
		{"nobody does", []codec.Name{codec.PCMU}, false, nil, 0, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			caller, callee := newEnd(t, c.codecs...), openEnd(t, Options{SkipPauses: c.wanted})
			offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if c.offer != nil {
				offer = c.offer(offer)
			}
			if _, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{}); err != nil {
				t.Fatal(err)
			}
			if config, _, _ := callee.stream.state(); config.NoisePayloadType != c.noise || config.Codec.DTX != c.dtx {
				t.Errorf("noise under %d, DTX %v; want %d and %v\n%s", config.NoisePayloadType, config.Codec.DTX, c.noise, c.dtx, offer)
			}
		})
	}
}
