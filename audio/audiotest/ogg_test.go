package audiotest

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// oggFile makes pages of one packet each.
func oggFile(packets ...[]byte) (pages [][]byte) {
	for i, p := range packets {
		flags, granule := byte(0), 0
		if i == 0 {
			flags = 2
		}
		if i >= 2 {
			granule = 960 * (i - 1)
		}
		b := append([]byte("OggS\x00"), flags)
		b = binary.LittleEndian.AppendUint64(b, uint64(granule))
		b = binary.LittleEndian.AppendUint32(b, 7)
		b = binary.LittleEndian.AppendUint32(b, uint32(i))
		b = append(b, 0, 0, 0, 0, 1, byte(len(p)))
		b = append(b, p...)
		binary.LittleEndian.PutUint32(b[22:], oggChecksum(b))
		pages = append(pages, b)
	}
	return pages
}

var (
	oggHead = append([]byte("OpusHead\x01\x02"), 56, 1, 0x80, 0xBB, 0, 0, 0, 0, 0)
	oggTags = []byte("OpusTags\x01\x00\x00\x00v\x00\x00\x00\x00")
)

func TestParseOggOpus_refusesWhatIsNotRight(t *testing.T) {
	sound := []byte{0xFC}
	good := oggFile(oggHead, oggTags, sound, sound)
	for _, c := range []struct {
		name  string
		pages [][]byte
		ok    bool
	}{
		{"as it should be", good, true},
		{"cut off in the last page", [][]byte{good[0], good[1], good[2], good[3][:20]}, true},
		{"cut off in the tags", [][]byte{good[0], good[1][:20]}, false},
		{"a page is missing", [][]byte{good[0], good[1], good[3]}, false},
		{"a wrong checksum", [][]byte{good[0], good[1], good[2], append(bytes.Clone(good[3][:len(good[3])-1]), 0)}, false},
		{"no heads", oggFile(sound, sound), false},
		{"nothing", nil, false},
	} {
		o, err := ParseOggOpus(bytes.Join(c.pages, nil))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && (o.PreSkip != 312 || o.Channels != 2 || o.Vendor != "v") {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}
