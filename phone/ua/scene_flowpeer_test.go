package ua

import (
	"context"
	"strings"
)

// flowPeer is a fakePeer that says the direction of its sound (RFC 3264 §6.1).
type flowPeer struct{ *fakePeer }

func (p *flowPeer) Offer(ctx context.Context, o OfferOptions) (string, error) {
	text, err := p.fakePeer.Offer(ctx, o)
	return text + "a=" + directionOf(!o.RemoteHold, !o.Hold) + "\r\n", err
}

func (p *flowPeer) Answer(ctx context.Context, offer string, o AnswerOptions) (string, error) {
	text, err := p.fakePeer.Answer(ctx, offer, o)
	offered := directionIn(offer)
	send := offered == "sendrecv" || offered == "recvonly"
	receive := (offered == "sendrecv" || offered == "sendonly") && !o.Hold
	return text + "a=" + directionOf(send, receive) + "\r\n", err
}

// directionOf names what is sent and received.
func directionOf(send, receive bool) string {
	switch {
	case send && receive:
		return "sendrecv"
	case send:
		return "sendonly"
	case receive:
		return "recvonly"
	}
	return "inactive"
}

// directionIn is the direction that a description says.
func directionIn(sdp string) string {
	for line := range strings.Lines(sdp) {
		switch line = strings.TrimSpace(line); line {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			return line[len("a="):]
		}
	}
	return "sendrecv"
}
