package media

import (
	"slices"

	"webphone/audio/codec"
)

// SetCodecs changes the order of preference; nil means the usual one. It takes
// effect with the next offer or answer. It is safe from any goroutine.
func (p *Peer) SetCodecs(codecs []codec.Name) {
	if len(codecs) == 0 {
		codecs = defaultCodecs
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codecs = once(codecs)
	p.orders++
}

// once leaves out what is named again.
func once(codecs []codec.Name) []codec.Name {
	var all []codec.Name
	for _, c := range codecs {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// order returns the codecs, the preferred one first, and which order this is
// of those that there were.
func (p *Peer) order() (codecs []codec.Name, number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.codecs, p.orders
}

// offered lists what an offer of ours has: everything we can, so that a
// codec that was left out once may come back. Unless the user has another
// order since, what is agreed upon comes first: a hold must not change it. The
// number is that of the order.
func (p *Peer) offered() (formats []format, number int) {
	codecs, number := p.order()
	if p.stable != nil && p.stable.order == number {
		codecs = inFront(codecs, p.stable.inUse())
	}
	return renumbered(offeredFormats(codecs), p.numbers), number
}

// inUse lists what is agreed upon, what we send first.
func (s *settled) inUse() []codec.Name {
	codecs := []codec.Name{codec.Name(s.agreement.send.name)}
	for _, f := range s.formats {
		if !f.beside() && f.name != s.agreement.send.name {
			codecs = append(codecs, codec.Name(f.name))
		}
	}
	return codecs
}

// inFront puts those of the codecs that are among first before the others.
func inFront(codecs, first []codec.Name) []codec.Name {
	front := slices.DeleteFunc(slices.Clone(first), func(c codec.Name) bool { return !slices.Contains(codecs, c) })
	return append(front, slices.DeleteFunc(slices.Clone(codecs), func(c codec.Name) bool { return slices.Contains(front, c) })...)
}

// answering is the order for an answer. Ours counts, but within a call a peer
// that puts another codec first than it did before asks for that one.
func (p *Peer) answering(offer *description) (codecs []codec.Name, number int) {
	codecs, number = p.order()
	if p.stable == nil || p.stable.order != number {
		return codecs, number
	}
	if first := offer.first(); first != p.stable.first && slices.Contains(codecs, first) {
		return inFront(codecs, []codec.Name{first}), number
	}
	return inFront(codecs, p.stable.inUse()), number
}

// deciding is the order that decides what we send after an answer: the peer's
// own, but within a call ours, unless the peer likes another codec best than
// before and our user has not just asked for one. A browser's answers have
// always the same order, and a hold must not change the codec.
func (p *Peer) deciding(offer *proposal, answer *description) []format {
	if p.stable == nil || offer == p.initial || offer.order == p.stable.order && answer.first() != p.stable.first {
		return answer.formats
	}
	return offer.formats
}

// keep goes on taking what could come before. The numbers still mean the same,
// and who answers an offer sends by it before the answer is here
// (RFC 3264 §8.3): a codec that was left out may be on its way back.
func (a *agreement) keep(before *settled) {
	if before == nil {
		return
	}
	for pt, c := range before.agreement.receive {
		if _, ok := a.receive[pt]; !ok {
			a.receive[pt] = c
		}
	}
}

// first is the codec that the peer likes best of those we know.
func (d *description) first() codec.Name {
	for _, f := range d.formats {
		if !f.beside() {
			return codec.Name(f.name)
		}
	}
	return ""
}

// renumbered gives formats the payload types that they have had in the call,
// and to others such as nothing else has had: a number stays with its codec
// (RFC 3264 §8.3.2).
func renumbered(formats, had []format) []format {
	formats = slices.Clone(formats)
	same := func(f format) func(format) bool {
		return func(o format) bool { return o.name == f.name && o.clockRate == f.clockRate }
	}
	taken := map[uint8]bool{}
	for _, f := range had {
		taken[f.payloadType] = true
	}
	for i, f := range formats {
		switch j := slices.IndexFunc(had, same(f)); {
		case j >= 0:
			formats[i].payloadType = had[j].payloadType
		case taken[f.payloadType] && f.payloadType >= 35: // not one of the static ones
			formats[i].payloadType = freeNumber(taken)
		}
		taken[formats[i].payloadType] = true
	}
	opus := slices.IndexFunc(formats, func(f format) bool { return f.name == string(codec.Opus) })
	for i := range formats {
		if formats[i].name == redundantAudio && opus >= 0 {
			number := formats[opus].payloadType
			formats[i].repeats = []uint8{number, number}
		}
	}
	return formats
}

// freeNumber is a dynamic payload type that is not taken (RFC 3551 §3).
func freeNumber(taken map[uint8]bool) uint8 {
	for n := uint8(127); n >= 96; n-- {
		if !taken[n] {
			return n
		}
	}
	return 127
}

// remember keeps the numbers that formats have.
func (p *Peer) remember(formats []format) {
	for _, f := range formats {
		known := func(o format) bool { return o.name == f.name && o.clockRate == f.clockRate }
		if i := slices.IndexFunc(p.numbers, known); i >= 0 {
			p.numbers[i] = f // the peer has numbered anew: it has the last word
		} else {
			p.numbers = append(p.numbers, f)
		}
	}
}
