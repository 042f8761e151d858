package media

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"

	"webphone/audio/codec"
	"webphone/phone/ua"
)

// The faults of a remote description. Each is a *DescriptionError wrapping
// ua.ErrIncompatibleSDP, so that an offer with it is answered 488.
var (
	ErrMalformed    = errors.New("malformed session description")
	ErrNoAudio      = errors.New("no audio in the session description")
	ErrNotEncrypted = errors.New("no DTLS-SRTP in the session description") // RFC 5763, RFC 8827 §6.5
	ErrNoICE        = errors.New("no ICE in the session description")
	ErrNoCodec      = errors.New("no codec in common")
)

// DescriptionError says why a remote description cannot be used.
type DescriptionError struct {
	Reason error // one of the faults above
	Err    error // detail, may be nil
}

func (e *DescriptionError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("media: %v: %v", e.Reason, e.Err)
	}
	return "media: " + e.Reason.Error()
}

// Unwrap returns ua.ErrIncompatibleSDP beside the reason.
func (e *DescriptionError) Unwrap() []error {
	errs := []error{ua.ErrIncompatibleSDP, e.Reason}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// format is one payload type of an audio section that this package can use.
type format struct {
	payloadType uint8
	name        string // "opus", "G722", "PCMU", "PCMA" or one of those below
	clockRate   int    // Hz
	channels    int
	parameters  map[string]string // of fmtp
	repeats     []uint8           // redundantAudio: the payload types inside
}

// The formats that go beside those of codecs.
const (
	telephoneEvent = "telephone-event" // RFC 4733
	redundantAudio = "red"             // RFC 2198
	comfortNoise   = "CN"              // RFC 3389
)

// beside reports a format that is no codec's.
func (f format) beside() bool {
	return f.name == telephoneEvent || f.name == redundantAudio || f.name == comfortNoise
}

// description is what matters in a remote session description: its first
// audio section.
type description struct {
	sections    []sectionHead
	audio       int      // index of the audio section
	formats     []format // those we know, in the peer's order
	direction   direction
	ptime       time.Duration // 0 when absent
	maxptime    time.Duration // 0 when absent
	mid         string        // "" when absent
	bundled     bool          // the offer groups its sections
	ufrag, pwd  string
	fingerprint string // "sha-256 AB:CD:…", lower-case hash
	setup       string // in lower case
	numbering   uint8  // numberingOf the section
	most        ceiling
}

// sectionHead is what an answer repeats of each section.
type sectionHead struct {
	kind, protocol, mid string
	formats             []string
}

// parse reads a remote description. Lines it does not know it skips.
func parse(text string) (*description, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(normalizeLines(text)); err != nil {
		return nil, &DescriptionError{Reason: ErrMalformed, Err: err}
	}
	d := &description{audio: -1, direction: sendRecv}
	for i, m := range s.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		d.sections = append(d.sections, sectionHead{
			kind: m.MediaName.Media, protocol: strings.Join(m.MediaName.Protos, "/"),
			mid: strings.TrimSpace(mid), formats: m.MediaName.Formats,
		})
		if d.audio < 0 && m.MediaName.Media == "audio" && m.MediaName.Port.Value != 0 {
			d.audio = i
		}
	}
	if d.audio < 0 {
		return nil, &DescriptionError{Reason: ErrNoAudio}
	}
	if group, ok := s.Attribute("group"); ok && strings.HasPrefix(group, "BUNDLE") {
		d.bundled = true
	}
	m := s.MediaDescriptions[d.audio]
	d.readAttributes(s.Attributes)
	d.readAttributes(m.Attributes)
	if d.fingerprint == "" {
		return nil, &DescriptionError{Reason: ErrNotEncrypted}
	}
	if d.ufrag == "" || d.pwd == "" {
		return nil, &DescriptionError{Reason: ErrNoICE}
	}
	d.formats = formatsOf(m)
	d.numbering = numberingOf(m, d.formats)
	d.most = ceilingOf(s.Bandwidth, m.Bandwidth)
	d.limitPacketTime()
	return d, nil
}

// readAttributes takes the attributes of the session and then those of the
// section, which override them.
func (d *description) readAttributes(attributes []sdp.Attribute) {
	if f := strongestFingerprint(attributes); f != "" {
		d.fingerprint = f
	}
	for _, a := range attributes {
		value := strings.TrimSpace(a.Value)
		switch a.Key {
		case "sendrecv", "sendonly", "recvonly", "inactive":
			d.direction = directionOf(a.Key)
		case "ptime":
			d.ptime = packetTime(value, d.ptime)
		case "maxptime":
			d.maxptime = packetTime(value, d.maxptime)
		case "mid":
			d.mid = value
		case "ice-ufrag":
			d.ufrag = value
		case "ice-pwd":
			d.pwd = value
		case "setup":
			d.setup = strings.ToLower(value)
		}
	}
}

// packetTime reads a number of milliseconds; what cannot be one leaves old.
func packetTime(value string, old time.Duration) time.Duration {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || ms <= 0 || ms > 120 {
		return old
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// limitPacketTime keeps ptime, or what takes its place, within maxptime
// (RFC 8866 §6.4): the longest that we can send, or the shortest at all.
func (d *description) limitPacketTime() {
	ptime := d.ptime
	if ptime == 0 {
		ptime = codec.DefaultPTime
	}
	if d.maxptime == 0 || ptime <= d.maxptime {
		return
	}
	d.ptime = packetTimes[0]
	for _, longer := range packetTimes {
		if longer <= d.maxptime {
			d.ptime = longer
		}
	}
}

// packetTimes are those that we send. Opus has no frames of 30 ms.
var packetTimes = []time.Duration{
	10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond,
}

// sendable is the longest packet time that we can send and that is not longer
// than wanted; 20 ms where nothing is said.
func (f format) sendable(wanted time.Duration) time.Duration {
	if wanted == 0 {
		wanted = codec.DefaultPTime
	}
	least := time.Duration(0)
	if ms, err := strconv.Atoi(f.parameters["minptime"]); err == nil && f.name == string(codec.Opus) {
		least = time.Duration(min(ms, 60)) * time.Millisecond // RFC 7587 §6.1
	}
	best := packetTimes[0]
	for _, t := range packetTimes {
		if f.name == string(codec.Opus) && t == 30*time.Millisecond {
			continue
		}
		if t <= wanted || best < least {
			best = t
		}
	}
	return best
}

// hashes are those that may vouch for a certificate, the weakest first
// (RFC 8122 §5 forbids MD5 and MD2).
var hashes = []string{"sha-1", "sha-224", "sha-256", "sha-384", "sha-512"}

// strongestFingerprint chooses among several of one certificate
// (RFC 8122 §5.1); "" if there is none that can be used.
func strongestFingerprint(attributes []sdp.Attribute) string {
	best, text := -1, ""
	for _, a := range attributes {
		if a.Key != "fingerprint" {
			continue
		}
		hash, print, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		hash = strings.ToLower(hash)
		if rank := slices.Index(hashes, hash); rank > best {
			best, text = rank, hash+" "+strings.ToUpper(strings.TrimSpace(print))
		}
	}
	return text
}

// formatsOf lists the formats of a section that we know, with the static
// payload types of RFC 3551 §6 where there is no rtpmap.
func formatsOf(m *sdp.MediaDescription) []format {
	maps := map[string]string{"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "13": "CN/8000"}
	parameters := map[string]string{}
	for _, a := range m.Attributes {
		pt, value, ok := strings.Cut(strings.TrimSpace(a.Value), " ")
		if !ok {
			continue
		}
		switch a.Key {
		case "rtpmap":
			maps[pt] = strings.TrimSpace(value)
		case "fmtp":
			parameters[pt] = value
		}
	}
	var formats []format
	for _, pt := range m.MediaName.Formats {
		n, err := strconv.ParseUint(pt, 10, 7)
		if err != nil {
			continue
		}
		if f, ok := parseFormat(uint8(n), maps[pt], parameters[pt]); ok {
			formats = append(formats, f)
		}
	}
	return formats
}

// parseFormat reads one rtpmap value, "opus/48000/2", and its fmtp value.
func parseFormat(pt uint8, rtpmap, fmtp string) (format, bool) {
	name, rest, _ := strings.Cut(rtpmap, "/")
	clock, channels, _ := strings.Cut(rest, "/")
	f := format{payloadType: pt, channels: 1, parameters: map[string]string{}}
	var err error
	if f.clockRate, err = strconv.Atoi(clock); err != nil {
		return f, false
	}
	if n, err := strconv.Atoi(channels); err == nil {
		f.channels = n
	}
	for _, p := range strings.Split(fmtp, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if key != "" {
			f.parameters[strings.ToLower(key)] = value
		}
	}
	for _, known := range []struct {
		name  string
		clock []int
	}{
		{string(codec.Opus), []int{48000}},
		{string(codec.G722), []int{8000}},
		{string(codec.PCMU), []int{8000}},
		{string(codec.PCMA), []int{8000}},
		{telephoneEvent, []int{8000, 48000}},
		{redundantAudio, []int{48000}},
		{comfortNoise, []int{8000}},
	} {
		if strings.EqualFold(name, known.name) && slices.Contains(known.clock, f.clockRate) {
			f.name = known.name
			if f.name == redundantAudio {
				f.repeats = typesOf(fmtp)
			}
			return f, true
		}
	}
	return f, false
}

// typesOf reads the fmtp value of redundant audio, "111/111" (RFC 2198 §5):
// the payload type of the packet's own sound, then of what it repeats.
func typesOf(fmtp string) []uint8 {
	var types []uint8
	for pt := range strings.SplitSeq(strings.TrimSpace(fmtp), "/") {
		n, err := strconv.ParseUint(pt, 10, 7)
		if err != nil || len(types) == maxRepeated {
			return nil
		}
		types = append(types, uint8(n))
	}
	return types
}

// maxRepeated is the most payload types that redundant audio may name.
const maxRepeated = 8

// codecParameters is how f is coded when we send it to a peer that described
// it so (RFC 7587 §6.1 for Opus).
func (f format) codecParameters(ptime time.Duration) codec.Parameters {
	p := codec.Parameters{Name: codec.Name(f.name), ClockRate: f.clockRate, Channels: f.channels, PTime: f.sendable(ptime)}
	if p.Name != codec.Opus {
		return p
	}
	p.FEC = f.parameters["useinbandfec"] == "1"
	p.DTX = f.parameters["usedtx"] == "1"
	p.CBR = f.parameters["cbr"] == "1"
	if n, err := strconv.Atoi(f.parameters["maxaveragebitrate"]); err == nil && n >= 6000 && n <= 510000 {
		p.Bitrate, p.MaxBitrate = min(n, codec.DefaultBitrate), n
	}
	if n, err := strconv.Atoi(f.parameters["maxplaybackrate"]); err == nil && n >= 8000 && n < 48000 {
		p.MaxPlaybackRate = n
	}
	return p
}

// normalizeLines gives every line the CR LF that RFC 8866 §5 asks for, the
// last one too. A CR alone ends a line as well: no value may have one.
func normalizeLines(text string) string {
	return strings.Join(lines(text), "\r\n") + "\r\n"
}

// lines splits a description into its lines.
func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' })
}
