package pulse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The types of values in a message; each value begins with one of them.
const (
	tagString     = 't'
	tagNoString   = 'N' // also the end of a property list
	tagU32        = 'L'
	tagSampleSpec = 'a'
	tagBytes      = 'x'
	tagTrue       = '1'
	tagFalse      = '0'
	tagUsec       = 'U'
	tagChannelMap = 'm'
	tagVolumes    = 'v'
	tagProperties = 'P'
	tagVolume     = 'V'
)

// errMessage means that a message is not as the protocol has it.
var errMessage = errors.New("pulse: malformed message")

// writer appends the values of a message.
type writer []byte

func (w *writer) u32(v uint32) {
	*w = binary.BigEndian.AppendUint32(append(*w, tagU32), v)
}

// text ends at the first zero.
func (w *writer) text(s string) {
	s, _, _ = strings.Cut(s, "\x00")
	*w = append(append(append(*w, tagString), s...), 0)
}

func (w *writer) bytes(b []byte) {
	*w = append(*w, tagBytes)
	*w = binary.BigEndian.AppendUint32(*w, uint32(len(b)))
	*w = append(*w, b...)
}

func (w *writer) properties(p map[string]string) {
	*w = append(*w, tagProperties)
	for _, key := range slices.Sorted(maps.Keys(p)) {
		w.text(key)
		value := append([]byte(p[key]), 0)
		w.u32(uint32(len(value)))
		w.bytes(value)
	}
	*w = append(*w, tagNoString)
}

// reader takes the values of a message one after another. After the first
// mistake every value is zero and err says so.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(want byte) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: no %q", errMessage, want)
	}
	r.rest = nil
}

// take returns the next n octets, nil if there are fewer.
func (r *reader) take(n int, want byte) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail(want)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// tag expects a value of the type.
func (r *reader) tag(want byte) bool {
	if len(r.rest) == 0 || r.rest[0] != want {
		r.fail(want)
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// next reports whether the next value has the type, and if so goes past its
// tag.
func (r *reader) next(tag byte) bool {
	if len(r.rest) == 0 || r.rest[0] != tag {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *reader) raw32(want byte) uint32 {
	b := r.take(4, want)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func (r *reader) u32() uint32 {
	if !r.tag(tagU32) {
		return 0
	}
	return r.raw32(tagU32)
}

// text is "" for no string too.
func (r *reader) text() string {
	if r.next(tagNoString) || !r.tag(tagString) {
		return ""
	}
	end := slices.Index(r.rest, 0)
	if end < 0 {
		r.fail(tagString)
		return ""
	}
	s := string(r.rest[:end])
	r.rest = r.rest[end+1:]
	return s
}

func (r *reader) flag() bool {
	if r.next(tagTrue) {
		return true
	}
	r.tag(tagFalse)
	return false
}

// bytes is an arbitrary value.
func (r *reader) bytes() []byte {
	if !r.tag(tagBytes) {
		return nil
	}
	return r.take(int(r.raw32(tagBytes)), tagBytes)
}

// properties reads a list of them; later ones replace earlier ones of the same
// key.
func (r *reader) properties() map[string]string {
	p := make(map[string]string)
	if !r.tag(tagProperties) {
		return p
	}
	for r.err == nil && !r.next(tagNoString) {
		key := r.text()
		r.u32()
		value := r.bytes()
		if r.err == nil {
			p[key] = strings.TrimSuffix(string(value), "\x00")
		}
	}
	return p
}

// skip goes past values that nobody asks for, which have fixed sizes or begin
// with a count of channels.
func (r *reader) skip(tags ...byte) {
	for _, tag := range tags {
		if !r.tag(tag) {
			return
		}
		switch tag {
		case tagSampleSpec:
			r.take(6, tag)
		case tagU32, tagVolume:
			r.take(4, tag)
		case tagUsec:
			r.take(8, tag)
		case tagChannelMap, tagVolumes:
			each := 1
			if tag == tagVolumes {
				each = 4
			}
			if n := r.take(1, tag); n != nil {
				r.take(int(n[0])*each, tag)
			}
		}
	}
}
