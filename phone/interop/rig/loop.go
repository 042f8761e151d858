package rig

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Timeline is sound with the times at which its blocks were there. The zero
// value is empty.
type Timeline struct {
	PCM    []int16
	blocks []timed
}

type timed struct {
	from int // position of the block's first sample
	at   time.Time
}

// Add appends a block that was there at a time.
func (t *Timeline) Add(pcm []int16, at time.Time) {
	t.blocks = append(t.blocks, timed{len(t.PCM), at})
	t.PCM = append(t.PCM, pcm...)
}

// When is the time of the sample at a position: that of its block, and what is
// before it in that.
func (t *Timeline) When(position int) time.Time {
	after := sort.Search(len(t.blocks), func(i int) bool { return t.blocks[i].from > position })
	if after == 0 {
		return time.Time{}
	}
	b := t.blocks[after-1]
	return b.at.Add(time.Duration(position-b.from) * time.Second / SampleRate)
}

// Loop is a page of Chromium that calls itself: two peer connections, no
// device.
type Loop struct{ servedPage }

// OpenLoop opens the page.
func OpenLoop(b *Browser) (*Loop, error) {
	p, err := openServed(b, "loop.html")
	if err != nil {
		return nil, err
	}
	return &Loop{p}, nil
}

// Talk says pcm in a call: a generated track of blocks of 10 ms at the mouth,
// decoded frames as the receiver's track has them at the ear. buffer is what
// Chromium says of the mean delay in its jitter buffer.
func (l *Loop) Talk(pcm []int16) (said, heard Timeline, buffer time.Duration, err error) {
	raw := make([]byte, 2*len(pcm))
	for i, v := range pcm {
		binary.LittleEndian.PutUint16(raw[2*i:], uint16(v))
	}
	var out struct {
		Said   []float64 // milliseconds since 1970, each block of 10 ms
		Buffer float64   // milliseconds
		At     []float64
		Sizes  []int
		Heard  string
	}
	long := time.Duration(len(pcm))*time.Second/SampleRate + 3*Limit
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	expression := fmt.Sprintf("loop.talk(%q)", base64.StdEncoding.EncodeToString(raw))
	if err := l.page.Evaluate(ctx, expression, &out); err != nil {
		return said, heard, 0, err
	}
	b, err := base64.StdEncoding.DecodeString(out.Heard)
	if err != nil {
		return said, heard, 0, err
	}
	at := func(ms float64) time.Time { return time.UnixMicro(int64(1000 * ms)) }
	blocks := slices.Collect(slices.Chunk(pcm, SampleRate/100))
	for i, ms := range out.Said {
		said.Add(blocks[i], at(ms))
	}
	all := PCM(b)
	for i, n := range out.Sizes {
		heard.Add(all[:n], at(out.At[i]))
		all = all[n:]
	}
	return said, heard, time.Duration(out.Buffer * float64(time.Millisecond)), nil
}
