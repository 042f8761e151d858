package media

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/ice/v2"
)

// section is a run of lines that begins with an m= line; the lines before the
// first one are the session's.
type section []string

func split(text string) (session section, media []section) {
	for _, line := range lines(text) {
		switch {
		case strings.HasPrefix(line, "m="):
			media = append(media, section{line})
		case len(media) == 0:
			session = append(session, line)
		default:
			last := len(media) - 1
			media[last] = append(media[last], line)
		}
	}
	return session, media
}

func join(session section, media ...section) string {
	all := slices.Clone(session)
	for _, m := range media {
		all = append(all, m...)
	}
	return strings.Join(all, "\r\n") + "\r\n"
}

// without drops the lines that drop says.
func (s section) without(drop func(string) bool) section {
	return slices.DeleteFunc(slices.Clone(s), drop)
}

// with adds lines.
func (s section) with(lines section) section { return append(slices.Clone(s), lines...) }

// value returns what follows prefix in the first line that has it.
func (s section) value(prefix string) (string, bool) {
	for _, line := range s {
		if v, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

// forPion turns a remote description into the one thing that pion is to see:
// one bidirectional audio section, bundled, with a mid, with UDP candidates of
// component 1, with the given formats and no others, with one set of ICE and
// DTLS parameters. SSRCs are left out, so that pion takes every stream
// that comes: which one is ours to decide, and a peer may change it.
func forPion(text string, d *description, formats []format) string {
	session, media := split(text)
	session = session.without(func(line string) bool {
		return strings.HasPrefix(line, "a=group:") || isDirection(line) || isTransport(line)
	})
	mid := d.mid
	if mid == "" {
		mid = "0"
	}
	candidates := 0
	audio := media[d.audio].without(func(line string) bool {
		if strings.HasPrefix(line, "a=candidate:") && usableCandidate(line) {
			candidates++
			return candidates > maxTold
		}
		return isDirection(line) || isTransport(line) || isFormat(line) ||
			strings.HasPrefix(line, "a=ssrc") || strings.HasPrefix(line, "a=msid") ||
			strings.HasPrefix(line, "a=rid:") || strings.HasPrefix(line, "a=simulcast") ||
			strings.HasPrefix(line, "a=extmap") || strings.HasPrefix(line, "a=mid:") ||
			strings.HasPrefix(line, "a=ptime") || strings.HasPrefix(line, "a=maxptime") ||
			!usableCandidate(line)
	})
	head := strings.Fields(audio[0])[:3]
	for _, f := range formats {
		pt := strconv.Itoa(int(f.payloadType))
		head = append(head, pt)
		audio = append(audio, "a=rtpmap:"+pt+" "+f.rtpmap())
	}
	audio[0] = strings.Join(head, " ")
	session = append(session, "a=group:BUNDLE "+mid)
	audio = append(audio, "a=mid:"+mid, "a=sendrecv",
		"a=fingerprint:"+d.fingerprint, "a=ice-ufrag:"+d.ufrag, "a=ice-pwd:"+d.pwd)
	if d.setup != "" {
		audio = append(audio, "a=setup:"+d.setup)
	}
	return join(session, audio)
}

// isTransport reports an ICE or DTLS parameter, which may stand at the session
// as well.
func isTransport(line string) bool {
	return strings.HasPrefix(line, "a=fingerprint:") || strings.HasPrefix(line, "a=setup:") ||
		strings.HasPrefix(line, "a=ice-ufrag:") || strings.HasPrefix(line, "a=ice-pwd:")
}

// isFormat reports an attribute of one format.
func isFormat(line string) bool {
	return strings.HasPrefix(line, "a=rtpmap:") || strings.HasPrefix(line, "a=fmtp:") || strings.HasPrefix(line, "a=rtcp-fb:")
}

// usableCandidate reports false for a candidate line that pion must not see:
// of another component than RTP (which carries RTCP too), over TCP, with a
// host name in place of the address, or malformed. RFC 8839 §5.1 has them
// ignored, where pion would refuse the whole description.
func usableCandidate(line string) bool {
	value, ok := strings.CutPrefix(line, "a=candidate:")
	if !ok {
		return true
	}
	fields := strings.Fields(value)
	if len(fields) < 8 || fields[1] != "1" || !strings.EqualFold(fields[2], "udp") ||
		strings.HasSuffix(strings.ToLower(fields[4]), ".local") {
		return false
	}
	_, err := ice.UnmarshalCandidate(value)
	return err == nil
}

// withDefault names the candidate most likely to be reached where peers
// without ICE look for an address (RFC 8839 §4.2.1.2): to many of them
// 0.0.0.0, which pion writes, means a call on hold (RFC 3264 §8.4).
func (s section) withDefault() section {
	best, address, port := -1, "", ""
	for _, line := range s {
		value, ok := strings.CutPrefix(line, "a=candidate:")
		f := strings.Fields(value)
		if !ok || len(f) < 8 {
			continue
		}
		rank := 4 * slices.Index([]string{"host", "srflx", "relay"}, f[7])
		if ip := net.ParseIP(f[4]); !ip.IsLoopback() {
			rank += 2
		}
		if !strings.Contains(f[4], ":") {
			rank++ // IPv4, which everybody understands
		}
		if rank > best {
			best, address, port = rank, f[4], f[5]
		}
	}
	head := strings.Fields(s[0])
	if address == "" || len(head) < 2 {
		return s
	}
	s = slices.Clone(s)
	head[1] = port
	s[0] = strings.Join(head, " ")
	for i, line := range s {
		if strings.HasPrefix(line, "c=") {
			family := "IP4"
			if strings.Contains(address, ":") {
				family = "IP6"
			}
			s[i] = "c=IN " + family + " " + address
		}
	}
	return s
}

// ours is our side of a description in the making.
type ours struct {
	base      string // the description pion made: ICE, DTLS and SSRC stay
	session   string // id of the o= line
	version   uint64 // of the o= line
	direction direction
	formats   []format      // nil: those of base
	numbering uint8         // numberingLines; 0 = none
	ptime     time.Duration // asked for; 0 = nothing is said
	setup     string        // "" that of base
	remote    *description  // the offer that this answers; nil in an offer
}

// text writes it.
func (o ours) text() string {
	session, media := split(o.base)
	audio := media[0]
	audio = o.writeFormats(audio)
	audio = audio.without(isDirection)
	audio = append(audio, "a="+o.direction.String())
	if o.ptime > 0 {
		audio = append(audio, fmt.Sprintf("a=ptime:%d", o.ptime.Milliseconds()))
	}
	if o.setup != "" {
		audio = audio.without(func(l string) bool { return strings.HasPrefix(l, "a=setup:") })
		audio = append(audio, "a=setup:"+o.setup)
	}
	for i, line := range session {
		if strings.HasPrefix(line, "o=") {
			session[i] = withOrigin(line, o.session, o.version)
		}
	}
	if o.remote == nil {
		return join(session, audio)
	}
	mid, _ := audio.value("a=mid:")
	if o.remote.mid == "" { // a peer without mid and BUNDLE is answered without
		audio = audio.without(func(l string) bool { return strings.HasPrefix(l, "a=mid:") })
	} else if mid != o.remote.mid {
		mid = o.remote.mid
		audio = audio.without(func(l string) bool { return strings.HasPrefix(l, "a=mid:") })
		audio = append(audio, "a=mid:"+mid)
	}
	session = session.without(func(l string) bool { return strings.HasPrefix(l, "a=group:") })
	if o.remote.bundled {
		session = append(session, "a=group:BUNDLE "+mid)
	}
	head := strings.Fields(audio[0])
	head[2] = o.remote.sections[o.remote.audio].protocol // RFC 8829 §5.3.1
	audio[0] = strings.Join(head, " ")
	sections := make([]section, len(o.remote.sections))
	for i, theirs := range o.remote.sections {
		sections[i] = theirs.refused()
	}
	sections[o.remote.audio] = audio
	return join(session, sections...)
}

// refused is the answer to a section that we do not take (RFC 3264 §6,
// RFC 8829 §5.3.1).
func (h sectionHead) refused() section {
	s := section{"m=" + h.kind + " 0 " + h.protocol + " " + strings.Join(h.formats, " "), "c=IN IP4 0.0.0.0"}
	if h.mid != "" {
		s = append(s, "a=mid:"+h.mid)
	}
	return s
}

// writeFormats puts o.formats in the place of those in the audio section.
func (o ours) writeFormats(audio section) section {
	if o.formats == nil {
		return audio
	}
	head := strings.Fields(audio[0])
	head = head[:min(len(head), 3)]
	kept := audio[1:].without(isFormat)
	var attributes section
	for _, f := range o.formats {
		pt := strconv.Itoa(int(f.payloadType))
		head = append(head, pt)
		attributes = append(attributes, "a=rtpmap:"+pt+" "+f.rtpmap())
		if fmtp := f.fmtp(); fmtp != "" {
			attributes = append(attributes, "a=fmtp:"+pt+" "+fmtp)
		}
	}
	attributes = append(attributes, numberingLines(o.numbering, o.formats)...)
	return append(append(section{strings.Join(head, " ")}, kept...), attributes...)
}

func (f format) rtpmap() string {
	s := f.name + "/" + strconv.Itoa(f.clockRate)
	if f.channels > 1 {
		s += "/" + strconv.Itoa(f.channels)
	}
	return s
}

// fmtp is what we tell of our own wishes, whatever the peer said of its.
func (f format) fmtp() string {
	switch f.name {
	case "opus":
		return "minptime=10;useinbandfec=1"
	case telephoneEvent:
		return "0-16"
	case redundantAudio:
		var types []string
		for _, pt := range f.repeats {
			types = append(types, strconv.Itoa(int(pt)))
		}
		return strings.Join(types, "/")
	}
	return ""
}

// withOrigin sets session id and version of an o= line (RFC 8866 §5.2). Only
// the version may change within a call (RFC 3264 §8).
func withOrigin(line, session string, version uint64) string {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return line
	}
	fields[1], fields[2] = session, strconv.FormatUint(version, 10)
	return strings.Join(fields, " ")
}

// versionOf reads the version of the o= line.
func versionOf(text string) uint64 {
	session, _ := split(text)
	origin, _ := session.value("o=")
	fields := strings.Fields(origin)
	if len(fields) < 3 {
		return 1
	}
	v, err := strconv.ParseUint(fields[2], 10, 63)
	if err != nil {
		return 1
	}
	return v
}
