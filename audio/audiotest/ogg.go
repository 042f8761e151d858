package audiotest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"webphone/audio/codec"
)

// OggOpus is what is in a file of RFC 7845.
type OggOpus struct {
	Channels, PreSkip int
	Vendor            string
	Comments          []string
	Packets           [][]byte // of sound
	Granule           uint64   // of the last page
	Ended             bool     // the last page says that it is the last
}

// oggPage is one page of RFC 3533 §6.
type oggPage struct {
	flags            byte
	granule          uint64
	serial, sequence uint32
	packets          [][]byte
}

// ParseOggOpus reads a file strictly: one stream, every checksum right, no page
// missing, no packet over the end of a page, positions that agree with the
// packets' durations of 20 ms. A last page that is cut off is left out: the
// writer may have died.
func ParseOggOpus(b []byte) (*OggOpus, error) {
	o := new(OggOpus)
	var serial uint32
	for n := uint32(0); len(b) > 0; n++ {
		page, rest, err := parseOggPage(b)
		if errors.Is(err, errShortPage) && n >= 2 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", n, err)
		}
		if n == 0 {
			serial = page.serial
		}
		switch {
		case page.sequence != n || page.serial != serial:
			return nil, fmt.Errorf("page %d: sequence %d of stream %d", n, page.sequence, page.serial)
		case (page.flags&2 != 0) != (n == 0) || page.flags&^6 != 0:
			return nil, fmt.Errorf("page %d: flags %#x", n, page.flags)
		case o.Ended:
			return nil, fmt.Errorf("page %d after the last", n)
		}
		if err := o.take(n, page); err != nil {
			return nil, fmt.Errorf("page %d: %w", n, err)
		}
		b = rest
	}
	if o.Channels == 0 {
		return nil, errors.New("no Opus in it")
	}
	return o, nil
}

func (o *OggOpus) take(n uint32, page oggPage) error {
	switch {
	case n < 2 && (len(page.packets) != 1 || page.granule != 0):
		return fmt.Errorf("%d packets, position %d", len(page.packets), page.granule)
	case n == 0:
		return o.head(page.packets[0])
	case n == 1:
		return o.tags(page.packets[0])
	}
	const frame = 960
	if len(page.packets) == 0 {
		return errors.New("without packets")
	}
	before := uint64(len(o.Packets)) * frame
	o.Packets = append(o.Packets, page.packets...)
	end := uint64(len(o.Packets)) * frame
	o.Granule, o.Ended = page.granule, page.flags&4 != 0
	if page.granule > end || !o.Ended && page.granule != end || page.granule <= before {
		return fmt.Errorf("position %d, samples %d to %d", page.granule, before, end)
	}
	return nil
}

func (o *OggOpus) head(p []byte) error {
	if len(p) != 19 || !bytes.HasPrefix(p, []byte("OpusHead\x01")) || p[18] != 0 {
		return fmt.Errorf("head % x", p)
	}
	o.Channels, o.PreSkip = int(p[9]), int(binary.LittleEndian.Uint16(p[10:]))
	if o.Channels != 2 {
		return fmt.Errorf("%d channels", o.Channels)
	}
	return nil
}

func (o *OggOpus) tags(p []byte) error {
	rest, ok := bytes.CutPrefix(p, []byte("OpusTags"))
	number := func() (n uint32) {
		if ok = ok && len(rest) >= 4; ok {
			n, rest = binary.LittleEndian.Uint32(rest), rest[4:]
		}
		return n
	}
	text := func() (s string) {
		n := number()
		if ok = ok && uint64(len(rest)) >= uint64(n); ok {
			s, rest = string(rest[:n]), rest[n:]
		}
		return s
	}
	o.Vendor = text()
	for range number() {
		if !ok {
			break
		}
		o.Comments = append(o.Comments, text())
	}
	if !ok {
		return errors.New("tags are cut off")
	}
	return nil
}

var errShortPage = errors.New("cut off")

func parseOggPage(b []byte) (p oggPage, rest []byte, err error) {
	if len(b) < 27 || len(b) < 27+int(b[26]) {
		return p, nil, errShortPage
	}
	if !bytes.HasPrefix(b, []byte("OggS\x00")) {
		return p, nil, errors.New("does not begin like one")
	}
	table := b[27 : 27+int(b[26])]
	body, size := b[27+len(table):], 0
	for _, n := range table {
		size += int(n)
	}
	if len(body) < size {
		return p, nil, errShortPage
	}
	whole := b[:27+len(table)+size]
	if got, want := oggChecksum(whole), binary.LittleEndian.Uint32(b[22:]); got != want {
		return p, nil, fmt.Errorf("checksum %08x, says %08x", got, want)
	}
	p.flags, p.granule = b[5], binary.LittleEndian.Uint64(b[6:])
	p.serial, p.sequence = binary.LittleEndian.Uint32(b[14:]), binary.LittleEndian.Uint32(b[18:])
	length := 0
	for _, n := range table {
		if length += int(n); n < 255 {
			p.packets = append(p.packets, body[:length:length])
			body, length = body[length:], 0
		}
	}
	if length > 0 {
		return p, nil, errors.New("a packet goes over its end")
	}
	return p, b[len(whole):], nil
}

// oggChecksum is the CRC of a page, bit by bit, without its own field.
func oggChecksum(page []byte) (c uint32) {
	for i, b := range page {
		if i >= 22 && i < 26 {
			b = 0
		}
		c ^= uint32(b) << 24
		for range 8 {
			carry := c >> 31
			c = c<<1 ^ carry*0x04C11DB7
		}
	}
	return c
}

// Decode is the sound of the two channels at 48 kHz, without what a player
// leaves out.
func (o *OggOpus) Decode() (left, right []int16, err error) {
	d, err := codec.NewStereoDecoder()
	if err != nil {
		return nil, nil, err
	}
	defer d.Close()
	pcm := make([]int16, 2*codec.MaxFrame)
	for i, p := range o.Packets {
		n, err := d.Decode(pcm, p)
		if err != nil {
			return nil, nil, fmt.Errorf("packet %d: %w", i, err)
		}
		for k := range n {
			left, right = append(left, pcm[2*k]), append(right, pcm[2*k+1])
		}
	}
	end := min(int(o.Granule), len(left))
	begin := min(o.PreSkip, end)
	return left[begin:end], right[begin:end], nil
}
