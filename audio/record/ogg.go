package record

import "encoding/binary"

// Flags of a page (RFC 3533 §6).
const (
	flagFirst = 2
	flagLast  = 4
)

const (
	pageHeader  = 27  // bytes before the segment table
	mostSegment = 255 // bytes of a segment, and segments of a page
)

// pager makes the pages of one logical stream (RFC 3533 §6). No packet of it
// goes over the end of a page.
type pager struct {
	serial   uint32
	sequence uint32
	granule  uint64 // of the page being made: its last sample
	packets  int    // in it
	segments []byte
	body     []byte
}

// fits reports whether a packet finds room in the page being made.
func (p *pager) fits(packet []byte) bool {
	return len(p.segments)+len(packet)/mostSegment+1 <= mostSegment
}

// add puts a packet into the page; granule is the position of its end.
func (p *pager) add(packet []byte, granule uint64) {
	for n := len(packet); ; n -= mostSegment {
		p.segments = append(p.segments, byte(min(n, mostSegment)))
		if n < mostSegment {
			break
		}
	}
	p.body = append(p.body, packet...)
	p.granule = granule
	p.packets++
}

// page finishes the page being made and begins the next.
func (p *pager) page(flags byte) []byte {
	b := make([]byte, 0, pageHeader+len(p.segments)+len(p.body))
	b = append(b, "OggS\x00"...) // version 0
	b = append(b, flags)
	b = binary.LittleEndian.AppendUint64(b, p.granule)
	b = binary.LittleEndian.AppendUint32(b, p.serial)
	b = binary.LittleEndian.AppendUint32(b, p.sequence)
	b = append(b, 0, 0, 0, 0) // the checksum's place
	b = append(b, byte(len(p.segments)))
	b = append(b, p.segments...)
	b = append(b, p.body...)
	binary.LittleEndian.PutUint32(b[22:], checksum(b))
	p.sequence++
	p.packets, p.segments, p.body = 0, p.segments[:0], p.body[:0]
	return b
}

var checksums = func() (table [256]uint32) {
	for i := range table {
		c := uint32(i) << 24
		for range 8 {
			if c&(1<<31) != 0 {
				c = c<<1 ^ 0x04C11DB7
			} else {
				c <<= 1
			}
		}
		table[i] = c
	}
	return table
}()

// checksum is the CRC of RFC 3533 §6, field 7.
func checksum(page []byte) (c uint32) {
	for _, b := range page {
		c = c<<8 ^ checksums[byte(c>>24)^b]
	}
	return c
}

// opusHead is the first packet (RFC 7845 §5.1): two channels as they are.
func opusHead(preSkip int) []byte {
	b := append([]byte("OpusHead"), 1, 2)
	b = binary.LittleEndian.AppendUint16(b, uint16(preSkip))
	b = binary.LittleEndian.AppendUint32(b, sampleRate)
	return append(b, 0, 0, 0) // no gain, mapping family 0
}

// opusTags is the second packet (RFC 7845 §5.2).
func opusTags(vendor string, comments ...string) []byte {
	text := func(b []byte, s string) []byte {
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	b := text([]byte("OpusTags"), vendor)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(comments)))
	for _, c := range comments {
		b = text(b, c)
	}
	return b
}
