package media

import (
	"time"

	"github.com/pion/sdp/v3"

	"webphone/audio/codec"
)

// ceiling is what a description's b= lines allow to be sent, in bit/s; 0 = they
// say nothing.
type ceiling struct {
	session   int // b=AS, RFC 8866 §5.8: with IP, UDP and RTP
	transport int // b=TIAS, RFC 3890: with RTP alone
}

// ceilingOf reads the lines of a section, or where it has none the session's.
func ceilingOf(session, media []sdp.Bandwidth) ceiling {
	const most = 1_000_000_000
	read := func(lines []sdp.Bandwidth) (c ceiling) {
		for _, b := range lines {
			switch n := int(min(b.Bandwidth, most)); b.Type {
			case "AS":
				c.session = min(n, most/1000) * 1000
			case "TIAS":
				c.transport = n
			}
		}
		return c
	}
	if c := read(media); c != (ceiling{}) {
		return c
	}
	return read(session)
}

// leastCeiling is the least that Opus can be limited to (RFC 7587 §6.1).
const leastCeiling = 6000

// limit keeps Opus below the ceiling.
func (c ceiling) limit(p *codec.Parameters) {
	if p.Name != codec.Opus {
		return
	}
	ptime := p.PTime
	if ptime == 0 {
		ptime = codec.DefaultPTime
	}
	below := func(all, besides int) {
		if all == 0 {
			return
		}
		most := max(all-int(8*time.Duration(besides)*time.Second/ptime), leastCeiling)
		if p.MaxBitrate == 0 || most < p.MaxBitrate {
			p.MaxBitrate = most
			p.Bitrate = min(max(p.Bitrate, codec.DefaultBitrate), most)
		}
	}
	below(c.session, 20+8+12)
	below(c.transport, 12)
}
