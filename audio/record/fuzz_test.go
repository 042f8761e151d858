package record

import (
	"bytes"
	"testing"

	"webphone/audio/audiotest"
)

// FuzzPages writes packets of any lengths, which the data's bytes say, and
// reads them back.
func FuzzPages(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{})
	f.Add([]byte{255, 0, 254, 255, 255}, []byte("tag"))
	f.Add(bytes.Repeat([]byte{250}, 120), []byte{})
	f.Fuzz(func(t *testing.T, lengths, tag []byte) {
		lengths = lengths[:min(len(lengths), 300)]
		var p pager
		p.add(opusHead(312), 0)
		file := p.page(flagFirst)
		p.add(opusTags("vendor", string(tag)), 0)
		if len(tag) > 1000 {
			return
		}
		file = append(file, p.page(0)...)
		var want [][]byte
		for i, n := range lengths {
			packet := bytes.Repeat([]byte{byte(i)}, int(n)*5)
			if p.packets == pagePackets || !p.fits(packet) {
				file = append(file, p.page(0)...)
			}
			want = append(want, packet)
			p.add(packet, uint64(len(want))*frameSamples)
		}
		if len(want) > 0 {
			file = append(file, p.page(flagLast)...)
		}
		o, err := audiotest.ParseOggOpus(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Packets) != len(want) || len(o.Comments) != 1 || o.Comments[0] != string(tag) {
			t.Fatalf("%d packets and %q, want %d and %q", len(o.Packets), o.Comments, len(want), tag)
		}
		for i, packet := range want {
			if !bytes.Equal(o.Packets[i], packet) {
				t.Fatalf("packet %d differs", i)
			}
		}
	})
}
