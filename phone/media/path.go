package media

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"
	"github.com/pion/webrtc/v3"

	"webphone/phone/ua"
)

// silenceAllowed is how long a peer that has been sending may be silent before
// its path is doubted: longer than the pauses of those who send no silence.
const silenceAllowed = 1500 * time.Millisecond

// systemNet is the system's network as it is at each look; pion's own keeps
// what it saw first.
type systemNet struct{ *stdnet.Net }

func newSystemNet() (transport.Net, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	return systemNet{n}, nil
}

// Interfaces implements transport.Net.
func (systemNet) Interfaces() ([]*transport.Interface, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return n.Interfaces()
}

// hasAddress reports whether an interface that is up has the address.
func hasAddress(n transport.Net, address string) (bool, error) {
	want := net.ParseIP(address)
	interfaces, err := n.Interfaces()
	if err != nil || want == nil {
		return true, err // nothing is known
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it is just going away
		}
		if slices.ContainsFunc(addresses, func(a net.Addr) bool {
			ip, ok := a.(*net.IPNet)
			return ok && ip.IP.Equal(want)
		}) {
			return true, nil
		}
	}
	return false, nil
}

// base is the address of this machine that the candidate stands for, or "".
func base(c *webrtc.ICECandidate) string {
	switch c.Typ {
	case webrtc.ICECandidateTypeHost:
		return c.Address
	case webrtc.ICECandidateTypeSrflx, webrtc.ICECandidateTypePrflx:
		if ip := net.ParseIP(c.RelatedAddress); ip != nil && !ip.IsUnspecified() {
			return c.RelatedAddress
		}
	}
	return ""
}

// CheckPath implements ua.Peer.
func (p *Peer) CheckPath(ctx context.Context) error {
	c, err := p.current()
	if err != nil {
		return err
	}
	if c == nil || !c.ready.Load() {
		return nil // nothing that could be lost
	}
	lost := func(why string) error { return fmt.Errorf("%w: %s", ua.ErrPathLost, why) }
	if !c.up.Load() {
		return lost("interrupted")
	}
	pair, err := c.selected()
	if err != nil || pair == nil {
		return lost("no pair of candidates is in use")
	}
	if local := base(pair.Local); local != "" {
		if has, err := hasAddress(c.net, local); err == nil && !has {
			return lost("its address is gone")
		}
	}
	p.mu.Lock()
	hears := p.stable != nil && p.stable.direction.receive
	p.mu.Unlock()
	p.receptionMu.Lock()
	silent := !p.heard.IsZero() && time.Since(p.heard) > silenceAllowed
	p.receptionMu.Unlock()
	// Who sends no silence may be quiet for long: the path itself knows.
	if hears && silent && !c.answers(ctx, pair) {
		return lost("silence")
	}
	return nil
}

// answerAwaited is how long a question about the path may take.
const answerAwaited = 400 * time.Millisecond

// answers asks whether the pair works, twice, as either way can lose a packet.
func (c *connection) answers(ctx context.Context, pair *webrtc.ICECandidatePair) bool {
	on, ok := pairFor(pair)
	if !ok {
		return false
	}
	for range 2 {
		answer := c.wire.ask(on)
		if answer == nil {
			return false
		}
		select {
		case <-answer:
			return true
		case <-ctx.Done():
			return false
		case <-time.After(answerAwaited / 2):
		}
	}
	return false
}

// checkPath asks again and again whether the path works, while nothing else
// tells.
func (c *connection) checkPath() {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
		}
		if !c.up.Load() || !c.unproven() {
			continue
		}
		if pair, err := c.selected(); err == nil && pair != nil {
			if on, ok := pairFor(pair); ok {
				c.wire.ask(on)
			}
		}
	}
}

// selected is the pair of candidates in use.
func (c *connection) selected() (*webrtc.ICECandidatePair, error) {
	t := c.sender.Transport()
	if t == nil {
		return nil, ice.ErrNoCandidatePairs
	}
	return t.ICETransport().GetSelectedCandidatePair()
}

// offerRenewal describes a new connection, for an offer that restarts ICE where
// pion cannot: it has been told its credentials, as another fork's successor,
// and would use them again. The old connection goes on until the answer. The
// certificate is new, as another DTLS association begins (RFC 8842 §4).
func (p *Peer) offerRenewal(ctx context.Context) (string, error) {
	own, err := newIdentity()
	if err != nil {
		return "", err
	}
	own.track = p.own.track
	next, err := p.newConnection(own)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	ended := p.ended
	if !ended {
		p.next = next
	}
	p.mu.Unlock()
	if ended {
		return "", errors.Join(errPeerClosed, next.close())
	}
	return next.offer(ctx, false, p.o.GatherCap)
}

// takeOver puts the new connection, which the answer is for, in the place of
// the old one.
func (p *Peer) takeOver(answer string) error {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return errPeerClosed
	}
	old, next := p.conn, p.next
	p.conn, p.next = next, nil
	p.mu.Unlock()
	if err := next.setRemote(webrtc.SDPTypeAnswer, answer); err != nil {
		p.mu.Lock()
		p.conn, p.next = old, next
		p.mu.Unlock()
		return err
	}
	p.own.certificate = next.certificate
	return old.close()
}

// dropNext closes a new connection that came to nothing; there may be none.
func (p *Peer) dropNext() error {
	p.mu.Lock()
	next := p.next
	p.next = nil
	p.mu.Unlock()
	if next == nil {
		return nil
	}
	return next.close()
}
