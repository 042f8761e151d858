package media

import (
	"context"
	"slices"

	"github.com/pion/webrtc/v3"

	"webphone/audio"
	"webphone/audio/codec"
	"webphone/phone/ua"
)

// Offer implements ua.Peer. The first one opens the sockets and gathers
// candidates; a later one repeats our ICE and DTLS parameters, unless
// o.ICERestart asks for new ones.
func (p *Peer) Offer(ctx context.Context, o ua.OfferOptions) (string, error) {
	c, err := p.current()
	if err != nil {
		return "", err
	}
	restart := o.ICERestart || p.astray
	formats, order := p.offered()
	offer := &proposal{
		direction: wanted(o.Hold, o.RemoteHold).and(allowed(o.Audio)), hold: o.Hold,
		formats: formats, order: order, restart: restart, certificate: p.own.certificate,
	}
	if err := p.dropNext(); err != nil {
		return "", err
	}
	if err := p.describe(ctx, c, offer); err != nil {
		return "", err
	}
	p.pending = offer
	if p.stable == nil {
		p.initial = offer
	}
	// Each offer leaves the DTLS role open (RFC 5763 §5, RFC 8842 §5.5).
	return ours{
		ptime: p.o.PTime, numbering: p.numbering(),
		base: offer.local, session: p.session, version: p.nextVersion(), direction: offer.direction,
		formats: offer.formats, setup: "actpass",
	}.text(), nil
}

// describe has pion make what offer needs: a description, or the one that
// stands.
func (p *Peer) describe(ctx context.Context, c *connection, offer *proposal) (err error) {
	stable := p.stable != nil
	switch {
	case c == nil || !stable && p.pending == nil:
		if c, err = p.connect("", ""); err == nil {
			offer.local, err = c.offer(ctx, false, p.o.GatherCap)
		}
	case stable && offer.restart && c.ufrag != "":
		offer.local, err = p.offerRenewal(ctx)
	case stable && offer.restart:
		offer.local, err = c.offer(ctx, true, p.o.GatherCap)
	case stable:
		offer.local = p.stable.local
	default: // an offer that came to nothing is made again as it was
		offer.local = p.pending.local
	}
	return err
}

// SetAnswer implements ua.Peer. Answers to the first offer may come from
// several forks, and the one that is spoken with may change from each to the
// next.
func (p *Peer) SetAnswer(_ context.Context, text string, kind ua.AnswerKind) error {
	c, err := p.current()
	if err != nil {
		return err
	}
	offer := p.pending
	if offer == nil || kind == ua.AnswerProvisional {
		offer = p.initial
	}
	if text == "" && kind == ua.AnswerFinal && p.stable != nil {
		p.initial = nil
		return nil
	}
	if offer == nil || c == nil {
		return &DescriptionError{Reason: ErrMalformed, Err: errNoOffer}
	}
	d, err := parse(text)
	if err != nil {
		return err
	}
	agreed, err := accept(d, offer.formats, p.deciding(offer, d))
	if err != nil {
		return err
	}
	// pion takes nothing but what an answer names, and one may have numbers of
	// its own: ours are those that should come (RFC 3264 §6.1).
	remote := forPion(text, d, append(slices.Clone(offer.formats), strangers(offer.formats, d.formats)...))
	switch {
	case p.next != nil && offer == p.pending:
		err = p.takeOver(remote)
		p.astray = err != nil && p.astray
	case p.stable == nil || offer.restart && p.stable.local != offer.local:
		err = c.setRemote(webrtc.SDPTypeAnswer, remote)
		p.astray = err != nil && p.astray
	case d.fingerprint != p.stable.fingerprint || d.ufrag != p.stable.ufrag:
		err = p.otherFork(offer, remote)
	}
	if err != nil {
		return err
	}
	direction := offer.direction.and(d.direction.reversed())
	if kind == ua.AnswerFinal && offer == p.initial {
		p.initial = nil
	}
	if kind == ua.AnswerFinal || p.pending == p.initial {
		p.pending = nil
	}
	role := "active" // the answerer's choice is the other end
	if d.setup == "active" {
		role = "passive"
	}
	err = p.settle(&settled{
		local: offer.local, remote: remote, formats: offer.formats, setup: role,
		fingerprint: d.fingerprint, ufrag: d.ufrag, agreement: agreed, direction: direction, hold: offer.hold,
		first: d.first(), order: offer.order,
	})
	if err != nil {
		return err
	}
	p.useTold()
	return nil
}

// otherFork goes over to the callee that answered last, when a different one
// has sent early media. pion cannot exchange the far end of a connection,
// so a new one takes over our side of offer: the same ICE credentials and
// certificate. The callee learns its new port by our first check
// (RFC 8445 §7.3.1.3).
func (p *Peer) otherFork(offer *proposal, remote string) error {
	promised, err := parse(offer.local)
	if err != nil {
		return err
	}
	p.own.certificate = offer.certificate
	c, err := p.connect(promised.ufrag, promised.pwd)
	if err != nil {
		return err
	}
	if _, err := c.offer(context.Background(), false, p.o.GatherCap); err != nil {
		return err
	}
	return c.setRemote(webrtc.SDPTypeAnswer, remote)
}

// Answer implements ua.Peer.
func (p *Peer) Answer(ctx context.Context, text string, o ua.AnswerOptions) (string, error) {
	c, err := p.current()
	if err != nil {
		return "", err
	}
	d, err := parse(text)
	if err != nil {
		return "", err
	}
	codecs, order := p.answering(d)
	formats, agreed, err := answerTo(d, codecs)
	if err != nil {
		return "", err
	}
	now := &settled{
		remote: forPion(text, d, d.formats), formats: formats, fingerprint: d.fingerprint, ufrag: d.ufrag, agreement: agreed,
		first: d.first(), order: order,
		direction: d.direction.reversed().and(wanted(o.Hold, false)).and(allowed(o.Audio)), hold: o.Hold,
	}
	switch {
	case p.stable != nil && p.stable.fingerprint == d.fingerprint && p.stable.ufrag == d.ufrag:
		now.local, now.setup = p.stable.local, p.stable.setup
	case p.stable != nil && p.stable.fingerprint == d.fingerprint && c.ufrag == "": // ICE restart
		now.local, err = c.answer(ctx, now.remote, p.o.GatherCap)
		now.setup = p.stable.setup
		p.astray = err != nil && p.astray
	default:
		if p.stable != nil {
			// Another peer stands behind the dialog now: everything is new.
			own, err := newIdentity()
			if err != nil {
				return "", err
			}
			p.own.certificate = own.certificate // the track stays: Stats reads it
		}
		if c, err = p.connect("", ""); err != nil {
			return "", err
		}
		now.local, err = c.answer(ctx, now.remote, p.o.GatherCap)
		now.setup = "active" // RFC 5763 §5
		if d.setup == "active" {
			now.setup = "passive"
		}
	}
	if err != nil {
		return "", err
	}
	if err := p.settle(now); err != nil {
		return "", err
	}
	p.useTold()
	return ours{
		ptime: p.o.PTime, numbering: agreed.numbering,
		base: now.local, session: p.session, version: p.nextVersion(), direction: now.direction,
		formats: now.formats, setup: now.setup, remote: d,
	}.text(), nil
}

// Rollback implements ua.Peer: nothing of a refused offer had taken effect,
// except for a restart of ICE. There is no way back from that: the call is
// without sound until the next offer, which restarts ICE whatever it is for.
// pion knows no rollback; with what the far end said before for an answer it
// is ready for new offers.
func (p *Peer) Rollback(context.Context) error {
	offer := p.pending
	p.pending = nil
	if offer == nil || !offer.restart || p.stable == nil || p.stable.local == offer.local {
		return nil
	}
	if p.next != nil {
		return p.dropNext()
	}
	c, err := p.current()
	if err != nil {
		return err
	}
	p.astray = true
	return c.setRemote(webrtc.SDPTypeAnswer, p.stable.remote)
}

func (p *Peer) nextVersion() uint64 {
	p.version++
	return p.version
}

// ssrc is that of the first connection for ever: our offer declares it.
func (p *Peer) ssrc(c *connection) uint32 {
	p.receptionMu.Lock()
	defer p.receptionMu.Unlock()
	if p.sending == 0 {
		p.sending = c.ssrc()
	}
	return p.sending
}

// settle puts an agreement into effect.
func (p *Peer) settle(s *settled) error {
	c, err := p.current()
	if err != nil {
		return err
	}
	a := s.agreement
	a.keep(p.stable)
	// Without a restart of ICE our own description is the same text.
	before := p.stable
	other := before == nil || before.fingerprint != s.fingerprint || before.ufrag != s.ufrag || before.local != s.local
	if a.ptime == 0 {
		a.ptime = p.o.PTime
		if a.maxptime > 0 {
			a.ptime = min(a.ptime, a.maxptime)
		}
	}
	config := audio.StreamConfig{
		Codec: a.send.codecParameters(a.ptime), PayloadType: a.send.payloadType, Receive: a.receive,
		RedundancyPayloadType: a.redundancy, RedundancyReceive: a.redundancyReceive,
		NoiseReceive: a.noiseReceive,
		SSRC:         p.ssrc(c), Write: p.own.track.write, Fetch: c.intake.fetch, OnDTMF: p.o.Events.DTMF, NewPath: other,
	}
	a.most.limit(&config.Codec)
	if p.o.SkipPauses || a.rests {
		config.Codec.DTX, config.NoisePayloadType = a.send.name == string(codec.Opus), a.noise
	}
	if a.event.clockRate != 0 {
		config.EventPayloadType, config.EventSendPayloadType = a.eventReceive, a.event.payloadType
		config.EventClockRate, config.EventReceive = a.event.clockRate, a.events
	}
	// Who waits on hold must not hear us, though the direction is "sendonly".
	// Before Start, so that no microphone opens for nothing.
	p.o.Stream.SetActive(s.direction.send && !s.hold, s.direction.receive)
	if err := p.o.Stream.Start(config); err != nil {
		return err
	}
	p.remember(s.formats)
	p.mu.Lock()
	p.stable = s
	p.mu.Unlock()
	p.receptionMu.Lock()
	p.sendCodec = codec.Name(a.send.name)
	p.number(c, a, other)
	p.own.track.settle(a.send.clockRate, a.event.payloadType)
	p.clocks, p.names = map[uint8]int{}, map[uint8]codec.Name{}
	for pt, c := range a.receive {
		p.clocks[pt], p.names[pt] = c.ClockRate, c.Name
	}
	for _, pt := range a.redundancyReceive { // of Opus alone
		p.clocks[pt], p.names[pt] = codec.Opus.ClockRate(), codec.Opus
	}
	for _, pt := range a.noiseReceive {
		p.clocks[pt], p.names[pt] = codec.ComfortNoise.ClockRate(), codec.ComfortNoise
	}
	carries := p.reports.path.carries()
	p.receptionMu.Unlock()
	p.o.Stream.SetBandwidth(carries) // what was found out may not count any more
	return nil
}
