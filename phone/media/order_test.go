package media

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"webphone/audio/codec"
	"webphone/phone/ua"
)

// listed is the payload types of the audio section of a description.
func listed(sdp string) string {
	_, list, _ := strings.Cut(sdp, "SAVPF ")
	list, _, _ = strings.Cut(list, "\r\n")
	return list
}

// sends reports what an end sends now.
func (e *end) sends() string {
	c, _, _ := e.stream.state()
	return fmt.Sprintf("%s as %d", c.Codec.Name, c.PayloadType)
}

// Within a call either side goes over to another codec by a new offer, and
// what is not asked for stays as it is.
func TestSwitch_byANewOffer(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t, codec.PCMA, codec.Opus, codec.G722)
	offerAndAnswer := func(rule string, from, to *end, o ua.OfferOptions, offered, answered, both string) {
		t.Helper()
		offer, answer := negotiate(t, from, to, o, ua.AnswerOptions{})
		if listed(offer) != offered || listed(answer) != answered {
			t.Errorf("%s: offered %s, answered %s; want %s and %s", rule, listed(offer), listed(answer), offered, answered)
		}
		for _, e := range []*end{from, to} {
			if got := e.sends(); got != both {
				t.Errorf("%s: sends %s, want %s", rule, got, both)
			}
		}
		from.sendsTo(t, to, rule)
		to.sendsTo(t, from, rule)
	}
	offerAndAnswer("the callee's order counts", caller, callee, ua.OfferOptions{}, "111 63 9 0 8 13 110 126", "8 111 63 9 13 110 126", "PCMA as 8")
	offerAndAnswer("a hold changes nothing, whoever holds", caller, callee, ua.OfferOptions{}, "8 111 63 9 0 13 110 126", "8 111 63 9 13 110 126", "PCMA as 8")
	offerAndAnswer("nor does the other one", callee, caller, ua.OfferOptions{}, "8 111 63 9 13 110 126", "8 111 63 9 13 110 126", "PCMA as 8")
	caller.SetCodecs([]codec.Name{codec.G722, codec.Opus})
	offerAndAnswer("the caller would rather have G.722", caller, callee, ua.OfferOptions{}, "9 111 63 13 110 126", "9 111 63 13 110 126", "G722 as 9")
	offerAndAnswer("and it stays", callee, caller, ua.OfferOptions{}, "9 111 63 8 13 110 126", "9 111 63 13 110 126", "G722 as 9")
	callee.SetCodecs([]codec.Name{codec.PCMU, codec.Opus})
	offerAndAnswer("the callee would rather have Opus, and PCMU even more", callee, caller, ua.OfferOptions{}, "0 111 63 13 110 126", "111 63 110", "opus as 111")
	caller.SetCodecs(nil)
	offerAndAnswer("with a restart of ICE", caller, callee, ua.OfferOptions{ICERestart: true}, "111 63 9 0 8 13 110 126", "111 63 0 13 110 126", "opus as 111")
	callee.SetCodecs([]codec.Name{codec.PCMU})
	offerAndAnswer("a codec left out for a while comes back", callee, caller, ua.OfferOptions{}, "0 13 126", "0 13 126", "PCMU as 0")
}

// Who answers may keep to an order of its own, as Chromium does: what we send
// follows the user's.
func TestSwitch_whateverTheAnswerLikes(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	caller.SetCodecs([]codec.Name{codec.PCMU, codec.Opus, codec.PCMU})
	for range 2 { // the second offer asks for nothing
		offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := listed(offer); got != "0 111 63 13 110 126" {
			t.Errorf("offers %s", got)
		}
		answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		answer = strings.Replace(answer, "SAVPF 0 111 63", "SAVPF 111 63 0", 1)
		if err := caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
			t.Fatal(err)
		}
		if got := caller.sends(); got != "PCMU as 0" {
			t.Errorf("sends %s, want PCMU", got)
		}
	}
}

// What was agreed upon once is taken from then on: who answers an offer sends
// by it before the answer is here.
func TestSwitch_isReadyBeforeTheAnswer(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	caller.SetCodecs([]codec.Name{codec.PCMU})
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	for _, e := range []*end{caller, callee} {
		c, _, _ := e.stream.state()
		for pt, name := range map[uint8]codec.Name{0: codec.PCMU, 9: codec.G722, 111: codec.Opus} {
			if c.Codec.Name != codec.PCMU || c.Receive[pt].Name != name {
				t.Errorf("sends %s and takes %v", c.Codec.Name, c.Receive)
			}
		}
	}
}

// A payload type stays with its codec for the whole call (RFC 3264 §8.3.2).
func TestSwitch_keepsNumbers(t *testing.T) {
	caller, callee := newEnd(t, codec.Opus), newEnd(t)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	offer = strings.NewReplacer(
		"SAVPF 111 63 110", "SAVPF 126 111 96", "map:111 ", "map:126 ", "fmtp:111 ", "fmtp:126 ",
		"map:63 ", "map:111 ", "fmtp:63 111/111", "fmtp:111 126/126", "map:110 ", "map:96 ", "fmtp:110 ", "fmtp:96 ",
	).Replace(offer)
	if _, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{}); err != nil {
		t.Fatal(err)
	}
	again, err := callee.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := listed(again); got != "126 111 9 0 8 13 96 127" {
		t.Errorf("offers %s", got)
	}
	for _, want := range []string{"a=rtpmap:126 opus/48000/2", "a=fmtp:111 126/126", "a=rtpmap:96 telephone-event/48000", "a=rtpmap:127 telephone-event/8000"} {
		if !strings.Contains(again, want+"\r\n") {
			t.Errorf("%s is missing in\n%s", want, again)
		}
	}
}

const ms = time.Millisecond

// What can be sent of what is wanted: frames of Opus have no 30 ms, and a peer
// may not want them short.
func TestFormat_sendable(t *testing.T) {
	opus := func(minptime string) format {
		return format{name: "opus", parameters: map[string]string{"minptime": minptime}}
	}
	for _, c := range []struct {
		f            format
		wanted, want time.Duration
	}{
		{format{name: "PCMU"}, 0, 20 * ms},
		{format{name: "PCMU"}, 10 * ms, 10 * ms},
		{format{name: "PCMU"}, 30 * ms, 30 * ms},
		{format{name: "PCMU"}, 50 * ms, 40 * ms},
		{format{name: "G722"}, 120 * ms, 60 * ms},
		{format{name: "G722"}, 5 * ms, 10 * ms},
		{opus(""), 30 * ms, 20 * ms},
		{opus("10"), 10 * ms, 10 * ms},
		{opus("20"), 10 * ms, 20 * ms},
		{opus("30"), 0, 40 * ms},
		{opus("200"), 0, 60 * ms},
		{opus("-5"), 40 * ms, 40 * ms},
	} {
		if got := c.f.sendable(c.wanted); got != c.want {
			t.Errorf("%s, minptime %q, ptime %v: %v, want %v", c.f.name, c.f.parameters["minptime"], c.wanted, got, c.want)
		}
	}
}

func TestRenumbered_neverTwice(t *testing.T) {
	all := offeredFormats(defaultCodecs)
	had := []format{{payloadType: 110, name: "opus", clockRate: 48000}, {payloadType: 126, name: telephoneEvent, clockRate: 48000}, {payloadType: 127, name: "x"}}
	var numbers []uint8
	for _, f := range renumbered(all, had) {
		if slices.Contains(numbers, f.payloadType) {
			t.Errorf("%d stands for two", f.payloadType)
		}
		numbers = append(numbers, f.payloadType)
	}
	if want := []uint8{110, 63, 9, 0, 8, 13, 126, 125}; !slices.Equal(numbers, want) {
		t.Errorf("numbers %v, want %v", numbers, want)
	}
}
