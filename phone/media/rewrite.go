package media

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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
// component 1. SSRCs are left out, so that pion takes every stream that
// comes: which one is ours to decide, and a peer may change it.
func forPion(text string, d *description) string {
	session, media := split(text)
	session = session.without(func(line string) bool {
		return strings.HasPrefix(line, "a=group:") || isDirection(line)
	})
	mid := d.mid
	if mid == "" {
		mid = "0"
	}
	audio := media[d.audio].without(func(line string) bool {
		return isDirection(line) || strings.HasPrefix(line, "a=ssrc") || strings.HasPrefix(line, "a=msid") ||
			strings.HasPrefix(line, "a=rid:") || strings.HasPrefix(line, "a=simulcast") ||
			strings.HasPrefix(line, "a=extmap") || strings.HasPrefix(line, "a=mid:") ||
			strings.HasPrefix(line, "a=rtcp-fb") || strings.HasPrefix(line, "a=ptime") ||
			strings.HasPrefix(line, "a=maxptime") || !usableCandidate(line)
	})
	session = append(session, "a=group:BUNDLE "+mid)
	audio = append(audio, "a=mid:"+mid, "a=sendrecv")
	return join(session, audio)
}

// usableCandidate reports false for a candidate line that pion must not see:
// of another component than RTP (which carries RTCP too), or over TCP.
func usableCandidate(line string) bool {
	value, ok := strings.CutPrefix(line, "a=candidate:")
	if !ok {
		return true
	}
	fields := strings.Fields(value)
	return len(fields) >= 8 && fields[1] == "1" && strings.EqualFold(fields[2], "udp")
}

// ours is our side of a description in the making.
type ours struct {
	base      string // the description pion made: ICE, DTLS and SSRC stay
	version   uint64 // of the o= line
	direction direction
	formats   []format     // nil: those of base
	setup     string       // "" that of base
	remote    *description // the offer that this answers; nil in an offer
}

// text writes it.
func (o ours) text() string {
	session, media := split(o.base)
	audio := media[0]
	audio = o.writeFormats(audio)
	audio = audio.without(isDirection)
	audio = append(audio, "a="+o.direction.String())
	if o.setup != "" {
		audio = audio.without(func(l string) bool { return strings.HasPrefix(l, "a=setup:") })
		audio = append(audio, "a=setup:"+o.setup)
	}
	for i, line := range session {
		if strings.HasPrefix(line, "o=") {
			session[i] = withVersion(line, o.version)
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
	sections := make([]section, o.remote.sections)
	for i := range sections {
		// Sections that we do not take are refused (RFC 3264 §6).
		sections[i] = section{fmt.Sprintf("m=%s 0 UDP/TLS/RTP/SAVPF 0", o.remote.kinds[i])}
	}
	sections[o.remote.audio] = audio
	return join(session, sections...)
}

// writeFormats puts o.formats in the place of those in the audio section.
func (o ours) writeFormats(audio section) section {
	if o.formats == nil {
		return audio
	}
	head := strings.Fields(audio[0])
	head = head[:min(len(head), 3)]
	kept := audio[1:].without(func(line string) bool {
		return strings.HasPrefix(line, "a=rtpmap:") || strings.HasPrefix(line, "a=fmtp:") ||
			strings.HasPrefix(line, "a=rtcp-fb:")
	})
	var attributes section
	for _, f := range o.formats {
		pt := strconv.Itoa(int(f.payloadType))
		head = append(head, pt)
		attributes = append(attributes, "a=rtpmap:"+pt+" "+f.rtpmap())
		if fmtp := f.fmtp(); fmtp != "" {
			attributes = append(attributes, "a=fmtp:"+pt+" "+fmtp)
		}
	}
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
	}
	return ""
}

// withVersion sets the version of an o= line (RFC 8866 §5.2).
func withVersion(line string, version uint64) string {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return line
	}
	fields[2] = strconv.FormatUint(version, 10)
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
