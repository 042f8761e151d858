package media

import (
	"slices"
	"time"

	"webphone/audio/codec"
)

// agreement is what offer and answer have settled for the sound.
type agreement struct {
	send    format // with the peer's payload type
	event   format // telephone-event, of send's clock if there is such; clockRate 0 = none
	receive map[uint8]codec.Parameters
	// eventReceive is our own payload type of event.
	eventReceive uint8
	// events are the clocks of every telephone-event that we have named, by
	// our payload types: the peer may send any of them.
	events map[uint8]int
	// redundancy is the peer's payload type of redundant audio of send, 0 =
	// it takes none; redundancyReceive are those under which it may come.
	redundancy        uint8
	redundancyReceive []uint8
	// noiseReceive are the payload types of comfort noise that may come.
	noiseReceive []uint8
	// noise is the peer's payload type of comfort noise for our pauses, 0 = it
	// takes none; rests says that it asks for pauses, be it with Opus.
	noise     uint8
	rests     bool
	numbering uint8         // extension that numbers packets across the transport; 0 = none
	most      ceiling       // on what we send
	ptime     time.Duration // that the peer asks for; 0 = it does not
	maxptime  time.Duration // 0 = any
}

// defaultCodecs is the order of preference when none is given.
var defaultCodecs = []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA}

// offeredFormats lists what we offer, with the payload types Chromium uses
// for the same.
func offeredFormats(codecs []codec.Name) []format {
	known := map[codec.Name]format{
		codec.Opus: {payloadType: 111, name: "opus", clockRate: 48000, channels: 2},
		codec.G722: {payloadType: 9, name: "G722", clockRate: 8000, channels: 1},
		codec.PCMU: {payloadType: 0, name: "PCMU", clockRate: 8000, channels: 1},
		codec.PCMA: {payloadType: 8, name: "PCMA", clockRate: 8000, channels: 1},
	}
	var formats []format
	clocks := map[int]bool{}
	for _, c := range codecs {
		if f, ok := known[c]; ok {
			formats = append(formats, f)
			clocks[f.clockRate] = true
			if c == codec.Opus {
				formats = append(formats, format{
					payloadType: 63, name: redundantAudio, clockRate: 48000, channels: 2,
					repeats: []uint8{f.payloadType, f.payloadType},
				})
			}
		}
	}
	for _, e := range []format{
		{payloadType: 13, name: comfortNoise, clockRate: 8000, channels: 1},
		{payloadType: 110, name: telephoneEvent, clockRate: 48000, channels: 1},
		{payloadType: 126, name: telephoneEvent, clockRate: 8000, channels: 1},
	} {
		if clocks[e.clockRate] { // RFC 4733 §2.5.1.1: events use the audio's clock
			formats = append(formats, e)
		}
	}
	return formats
}

// answerTo chooses from an offer: the formats of our answer, the one that we
// will send first, in our order of preference, with the offer's numbers.
func answerTo(offer *description, codecs []codec.Name) ([]format, agreement, error) {
	var chosen []format
	for _, c := range codecs {
		for _, f := range offer.formats {
			if f.name == string(c) {
				chosen = append(chosen, f)
				break
			}
		}
	}
	if len(chosen) == 0 {
		return nil, agreement{}, &DescriptionError{Reason: ErrNoCodec}
	}
	chosen = withRedundancy(chosen, offer.formats)
	audio := len(chosen)
	for _, f := range offer.formats {
		if (f.name == telephoneEvent || f.name == comfortNoise) && hasClock(chosen[:audio], f.clockRate) {
			chosen = append(chosen, f)
		}
	}
	if f, ok := eventOf(offer.formats, 0); ok && !slices.ContainsFunc(chosen, isEvent) {
		chosen = append(chosen, f)
	}
	return chosen, settle(chosen[0], chosen, chosen, offer), nil
}

func isEvent(f format) bool { return f.name == telephoneEvent }

// eventOf finds the telephone-event of a clock in a list, or that of the lowest
// where there is none: gateways take 8000 beside Opus too, and digits that go
// another way may not reach who is behind them.
func eventOf(list []format, clock int) (event format, ok bool) {
	for _, f := range list {
		switch {
		case !isEvent(f):
		case f.clockRate == clock:
			return f, true
		case !ok || f.clockRate < event.clockRate:
			event, ok = f, true
		}
	}
	return event, ok
}

func hasClock(formats []format, rate int) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.clockRate == rate })
}

// withRedundancy puts what is offered of redundant audio behind its codec, so
// that it is not what the peer likes to send.
func withRedundancy(chosen, offered []format) []format {
	for _, f := range offered {
		if i := slices.IndexFunc(chosen, f.repeatsOnly); i >= 0 {
			return slices.Insert(slices.Clone(chosen), i+1, f)
		}
	}
	return chosen
}

// repeatsOnly reports whether f is redundant audio of c and of nothing else.
func (f format) repeatsOnly(c format) bool {
	return f.name == redundantAudio && len(f.repeats) > 1 && f.clockRate == c.clockRate &&
		!slices.ContainsFunc(f.repeats, func(pt uint8) bool { return pt != c.payloadType })
}

// accept reads the answer to our offer. What we send is the first of order that
// both have.
func accept(answer *description, offered, order []format) (agreement, error) {
	for _, f := range order {
		same := func(o format) bool { return o.name == f.name }
		if i := slices.IndexFunc(answer.formats, same); i >= 0 && !f.beside() && slices.ContainsFunc(offered, same) {
			return settle(answer.formats[i], answer.formats, offered, answer), nil
		}
	}
	return agreement{}, &DescriptionError{Reason: ErrNoCodec}
}

func settle(send format, theirs, mine []format, d *description) agreement {
	a := agreement{
		send: send, ptime: d.ptime, maxptime: d.maxptime, most: d.most,
		receive: map[uint8]codec.Parameters{}, events: map[uint8]int{},
	}
	for _, f := range mine {
		a.take(f, f)
		if f.name == string(codec.Opus) {
			a.numbering = d.numbering
		}
	}
	// Some peers send with the numbers of their own answer.
	for _, f := range strangers(mine, theirs) {
		if i := slices.IndexFunc(mine, func(m format) bool { return m.name == f.name }); i >= 0 {
			a.take(f, mine[i])
		}
	}
	for _, f := range theirs {
		if f.repeatsOnly(send) {
			a.redundancy = f.payloadType
		}
		if f.name == comfortNoise && f.clockRate == send.clockRate {
			a.noise = f.payloadType
		}
		a.rests = a.rests || f.name == string(codec.Opus) && f.parameters["usedtx"] == "1"
	}
	shared := slices.DeleteFunc(slices.Clone(theirs), func(f format) bool {
		own, ok := eventOf(mine, f.clockRate)
		return !ok || own.clockRate != f.clockRate
	})
	if sent, ok := eventOf(shared, send.clockRate); ok {
		received, _ := eventOf(mine, sent.clockRate)
		a.event, a.eventReceive = sent, received.payloadType
	}
	return a
}

// take lets the peer send under the payload type of f what own describes.
func (a *agreement) take(f, own format) {
	switch f.name {
	case telephoneEvent:
		a.events[f.payloadType] = f.clockRate
	case comfortNoise:
		a.noiseReceive = append(a.noiseReceive, f.payloadType)
	case redundantAudio:
		a.redundancyReceive = append(a.redundancyReceive, f.payloadType)
	default:
		a.receive[f.payloadType] = own.codecParameters(0)
	}
}

// strangers lists those of theirs whose payload type means nothing among mine.
func strangers(mine, theirs []format) []format {
	return slices.DeleteFunc(slices.Clone(theirs), func(f format) bool {
		return slices.ContainsFunc(mine, func(m format) bool { return m.payloadType == f.payloadType })
	})
}
