package media

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"

	"webphone/audio/codec"
)

// Who sends Opus numbers its packets across the transport in an extension of
// their header, and is told when each came
// (draft-holmer-rmcat-transport-wide-cc-extensions-01): so it sees a queue grow
// on the path before anything is lost.
const (
	transportNumbers  = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	transportFeedback = "transport-cc"
	// ownNumbering is the extension's id in our offers, that of Chromium's.
	ownNumbering = 3
	mostNumber   = 14 // of an id in the one-byte form, RFC 8285 §4.2
)

const (
	// feedbackInterval is the least time between two feedbacks of ours. The
	// next packet brings the feedback about it and those before: no timer runs
	// and nothing is told in a pause.
	feedbackInterval = 200 * time.Millisecond
	// A packet so long after the last one begins anew.
	feedbackPause = time.Second
	feedbackMost  = 64  // packets in one feedback
	feedbackReach = 256 // greatest distance of their numbers

	tick          = 250 * time.Microsecond // unit of arrival times
	referenceTick = 64 * time.Millisecond / tick
)

// numberingOf reads under which id a section lets Opus be numbered across the
// transport; 0 = not.
func numberingOf(m *sdp.MediaDescription, formats []format) uint8 {
	told := slices.ContainsFunc(m.Attributes, func(a sdp.Attribute) bool {
		pt, what, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		return a.Key == "rtcp-fb" && strings.TrimSpace(what) == transportFeedback && (pt == "*" || isOpus(formats, pt))
	})
	if !told {
		return 0
	}
	for _, a := range m.Attributes {
		if a.Key != "extmap" {
			continue
		}
		id, uri, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		number, direction, _ := strings.Cut(id, "/")
		n, err := strconv.Atoi(number)
		if err == nil && n >= 1 && n <= mostNumber && strings.TrimSpace(uri) == transportNumbers && (direction == "" || direction == "sendrecv") {
			return uint8(n)
		}
	}
	return 0
}

// numbering is the extension's id for our next offer: what was agreed upon
// stays (RFC 8285 §6).
func (p *Peer) numbering() uint8 {
	if p.stable != nil && p.stable.agreement.numbering != 0 {
		return p.stable.agreement.numbering
	}
	return ownNumbering
}

// number puts into effect what was agreed upon. G.711 and G.722 have one rate,
// so that nothing is to be learned of their packets. The path to the peer may be
// another one than before, of which nothing is known. p.receptionMu is held.
func (p *Peer) number(c *connection, a agreement, other bool) {
	c.own.Store(p.sending)
	c.numbering.Store(uint32(a.numbering))
	id := a.numbering
	if a.send.name != string(codec.Opus) {
		id = 0
	}
	if other {
		p.reports.path.told = 0
	}
	p.reports.path.found = p.own.track.path.extend(id, other)
}

// isOpus reports whether a payload type is that of Opus.
func isOpus(formats []format, pt string) bool {
	return slices.ContainsFunc(formats, func(f format) bool {
		return f.name == "opus" && pt == strconv.Itoa(int(f.payloadType))
	})
}

// numberingLines offer or accept it for the Opus among formats.
func numberingLines(id uint8, formats []format) (lines section) {
	if id == 0 {
		return nil
	}
	for _, f := range formats {
		if f.name == "opus" {
			lines = append(lines, "a=rtcp-fb:"+strconv.Itoa(int(f.payloadType))+" "+transportFeedback)
		}
	}
	if lines == nil {
		return nil
	}
	return append(lines, "a=extmap:"+strconv.Itoa(int(id))+" "+transportNumbers)
}

// arrivals remembers when the peer's numbered packets came, to tell it. It
// belongs to who takes them; the zero value is ready.
type arrivals struct {
	origin time.Time // of ticks
	ssrc   uint32    // of the last packet
	next   uint16    // number after the last one told
	told   time.Time // when feedback was given last
	last   time.Time
	count  uint8 // of feedbacks

	n       int // packets to be told of, in the order of their numbers
	numbers [feedbackMost]uint16
	ticks   [feedbackMost]int64
	packet  []byte
}

// add takes a packet and returns the feedback that is due with it, nil for
// most. What is returned is valid until the next call.
func (a *arrivals) add(h *rtp.Header, id uint8, own uint32, now time.Time) []byte {
	b := h.GetExtension(id)
	if len(b) < 2 {
		return nil
	}
	number := binary.BigEndian.Uint16(b)
	ahead := int16(number - a.next)
	if a.last.IsZero() || now.Sub(a.last) > feedbackPause || ahead > feedbackReach || ahead < -feedbackReach {
		if a.last.IsZero() {
			a.origin = now
		}
		a.n, a.next = 0, number
		a.told = now
	}
	a.last, a.ssrc = now, h.SSRC
	a.keep(number, int64(now.Sub(a.origin)/tick))
	if a.n < feedbackMost && now.Sub(a.told) < feedbackInterval {
		return nil
	}
	a.told = now
	a.write(own)
	a.n = 0
	return a.packet
}

// acknowledge takes note of a packet and returns the feedback that is due, nil
// for most packets.
func (c *connection) acknowledge(a *arrivals, h *rtp.Header, at time.Time) []byte {
	id := uint8(c.numbering.Load())
	if id == 0 {
		return nil
	}
	return a.add(h, id, c.own.Load(), at)
}

// writeFeedback tells the peer when its packets came.
func (c *connection) writeFeedback() {
	for {
		select {
		case <-c.done:
			return
		case b := <-c.intake.feedback:
			if c.up.Load() {
				_ = c.pc.WriteRTCP(compound(c.own.Load(), c.track.streamID, b)) // the next one tells no less
			}
		}
	}
}

// compound puts feedback behind a report, though an empty one, and our name:
// alone it may go only where both sides have agreed upon that, which we do not
// offer (RFC 3550 §6.1).
func compound(own uint32, name string, feedback []byte) []rtcp.Packet {
	return []rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: own},
		rtcp.NewCNAMESourceDescription(own, name),
		(*rtcp.RawPacket)(&feedback),
	}
}

// keep puts a number into its place; one that is there already is left out.
func (a *arrivals) keep(number uint16, at int64) {
	i := a.n
	for i > 0 && int16(number-a.numbers[i-1]) < 0 {
		i--
	}
	if i > 0 && a.numbers[i-1] == number {
		return
	}
	copy(a.numbers[i+1:], a.numbers[i:a.n])
	copy(a.ticks[i+1:], a.ticks[i:a.n])
	a.numbers[i], a.ticks[i] = number, at
	a.n++
}

// The symbols of a packet's status.
const (
	statusMissing = iota
	statusSmall   // came; one byte tells how long after the one before
	statusLarge   // came; two bytes tell
)

// statusesInChunk is how many statuses of two bits a chunk has.
const statusesInChunk = 7

// write makes the feedback.
func (a *arrivals) write(own uint32) {
	base := a.next
	if int16(a.numbers[0]-base) < 0 { // it was told as missing
		base = a.numbers[0]
	}
	total := int(a.numbers[a.n-1]-base) + 1
	reference := a.ticks[0] / int64(referenceTick)
	b := append(a.packet[:0], 0x80|rtcp.FormatTCC, byte(rtcp.TypeTransportSpecificFeedback), 0, 0)
	b = binary.BigEndian.AppendUint32(b, own)
	b = binary.BigEndian.AppendUint32(b, a.ssrc)
	b = binary.BigEndian.AppendUint16(b, base)
	b = binary.BigEndian.AppendUint16(b, uint16(total))
	b = append(b, byte(reference>>16), byte(reference>>8), byte(reference), a.count)
	for i, from := 0, 0; from < total; from += statusesInChunk {
		chunk := uint16(0xC000)
		for k := range min(statusesInChunk, total-from) {
			if i < a.n && int(a.numbers[i]-base) == from+k {
				chunk |= a.status(i, reference) << (2 * (statusesInChunk - 1 - k))
				i++
			}
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	for i := range a.n {
		if d := a.delta(i, reference); a.status(i, reference) == statusSmall {
			b = append(b, byte(d))
		} else {
			b = binary.BigEndian.AppendUint16(b, uint16(int16(d)))
		}
	}
	if rest := len(b) % 4; rest > 0 {
		b[0] |= 0x20 // padding, whose last byte tells its length (RFC 3550 §6.4.1)
		b = append(b, make([]byte, 4-rest)...)
		b[len(b)-1] = byte(4 - rest)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	a.packet = b
	a.count++
	if last := a.numbers[a.n-1]; int16(last-a.next) >= 0 {
		a.next = last + 1
	}
}

// delta is how long after the one before, or the reference time, a packet
// came, in ticks.
func (a *arrivals) delta(i int, reference int64) int64 {
	before := reference * int64(referenceTick)
	if i > 0 {
		before = a.ticks[i-1]
	}
	return a.ticks[i] - before
}

func (a *arrivals) status(i int, reference int64) uint16 {
	if d := a.delta(i, reference); d >= 0 && d <= 255 {
		return statusSmall
	}
	return statusLarge
}
