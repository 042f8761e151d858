package ua

import (
	"slices"
	"strconv"
	"strings"

	"webphone/phone/sip"
)

// maxForwards is JsSIP's: one less than RFC 3261's 70.
const maxForwards = 69

// allowed are the methods the agent understands; Allow lists them.
var allowed = []sip.Method{
	sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.UPDATE, sip.MESSAGE, sip.OPTIONS, sip.REFER, sip.INFO, sip.NOTIFY, sip.SUBSCRIBE,
	sip.PRACK,
}

// known are the methods of RFC 3261 and its extensions that are not allowed:
// 405, where any other is 501 (RFC 3261 §8.2.1).
var known = []sip.Method{
	sip.REGISTER, sip.PUBLISH,
}

// extensions are the option tags a peer may require of us.
var extensions = []string{"timer", "gruu", "outbound", "path", "ice", "replaces", "norefersub", tag100rel, trickleTag}

const acceptedTypes = "application/sdp, application/dtmf-relay"

var allowValue = joinMethods(allowed)

func joinMethods(methods []sip.Method) string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	return strings.Join(names, ",")
}

func allowHeader() sip.Header { return sip.Header{Name: "Allow", Value: allowValue} }

// outbound describes a request to be built.
type outbound struct {
	method      sip.Method
	uri         sip.URI
	from, to    sip.NameAddr
	callID      string
	seq         uint32
	routes      []sip.NameAddr
	headers     []sip.Header
	contentType string
	body        []byte
}

// messages builds what the agent sends. It reads the configuration only.
type messages struct {
	config  *Config
	viaHost string
	gruu    func() bool // a GRUU is known
}

// via is a new topmost Via: each transaction has a branch of its own.
func (b *messages) via() sip.Via {
	return sip.Via{
		Transport: b.config.Transport.Via(),
		Host:      b.viaHost,
		Params:    sip.Params{{Name: "branch", Value: sip.NewBranch()}},
	}
}

// request builds a request, header fields in JsSIP's order.
func (b *messages) request(o outbound) *sip.Request {
	r := &sip.Request{Method: o.method, RequestURI: o.uri.Clone()}
	r.Via = []sip.Via{b.via()}
	r.From, r.To, r.CallID = o.from.Clone(), o.to.Clone(), o.callID
	r.CSeq = sip.CSeq{Seq: o.seq, Method: o.method}
	for _, route := range o.routes {
		r.Headers.Add("Route", route.String())
	}
	r.Headers.Add("Max-Forwards", strconv.Itoa(maxForwards))
	r.Headers = append(r.Headers, o.headers...)
	r.Headers = append(r.Headers, b.config.ExtraHeaders...)
	r.Headers = append(r.Headers, allowHeader(), b.supported(o.method))
	if o.method == sip.INVITE && !b.config.NoTrickle {
		r.Headers.Add("Recv-Info", trickleTag) // RFC 6086 §5.2.1
	}
	r.Headers.Add("User-Agent", b.config.UserAgent)
	if len(o.body) > 0 {
		r.Headers.Add("Content-Type", o.contentType)
		r.Body = o.body
	}
	if o.uri.Scheme == "sips" {
		secureContact(r.Headers)
	}
	return r
}

// secureContact makes sips of our Contact, as in a request to a sips URI and
// its responses (RFC 3261 §8.1.1.8, §12.1.1).
func secureContact(headers sip.Headers) {
	for i := range headers {
		if headers[i].Name == "Contact" {
			headers[i].Value = strings.Replace(headers[i].Value, "<sip:", "<sips:", 1)
		}
	}
}

func (b *messages) supported(m sip.Method) sip.Header {
	var tags []string
	switch m {
	case sip.REGISTER:
		tags = []string{"path", "gruu"}
	case sip.INVITE, sip.UPDATE:
		if !b.config.SessionTimers.Off {
			tags = append(tags, "timer")
		}
		if b.gruu() && m == sip.INVITE {
			tags = append(tags, "gruu")
		}
		tags = append(tags, "ice")
		if m == sip.INVITE && !b.config.NoTrickle {
			tags = append(tags, trickleTag)
		}
		if m == sip.INVITE {
			tags = append(tags, "replaces")
		}
	}
	return sip.Header{Name: "Supported", Value: joinTags(append(tags, "outbound"))}
}

func joinTags(tags []string) string { return strings.Join(tags, ",") }

// answer describes a response to be built; the zero reason is the usual one.
type answer struct {
	status  int
	reason  string
	headers []sip.Header
	sdp     string
	// contentType and body are of any other body.
	contentType string
	body        []byte
}

// content is a body with its type.
type content struct {
	contentType string
	body        []byte
}

// response builds the response to r.
func (b *messages) response(r *sip.Request, toTag string, a answer) *sip.Response {
	res := sip.NewResponse(r, a.status, a.reason, toTag)
	res.Headers = append(res.Headers, a.headers...)
	switch {
	case a.status == 405, r.Method == sip.OPTIONS, a.status/100 == 2 && (r.Method == sip.INVITE || r.Method == sip.UPDATE):
		res.Headers = append(res.Headers, allowHeader())
	}
	if a.status == 415 || r.Method == sip.OPTIONS {
		res.Headers.Add("Accept", acceptedTypes)
		res.Headers.Add("Accept-Encoding", "identity")
	}
	if r.Method == sip.OPTIONS {
		res.Headers.Add("Accept-Language", "*") // §11.2
		res.Headers = append(res.Headers, b.config.Events.allowEvents()...)
	}
	if a.status > 100 {
		res.Headers = append(res.Headers, b.config.ExtraHeaders...)
		supported := b.supported(sip.INVITE)
		if b.config.Reliable != ReliableUnsupported {
			supported.Value += "," + tag100rel
		}
		res.Headers = append(res.Headers, supported)
		if r.Method == sip.INVITE && a.status < 300 && !b.config.NoTrickle {
			res.Headers.Add("Recv-Info", trickleTag)
		}
	}
	if a.sdp != "" {
		res.Headers.Add("Content-Type", "application/sdp")
		res.Body = []byte(a.sdp)
	} else if len(a.body) > 0 {
		res.Headers.Add("Content-Type", a.contentType)
		res.Body = a.body
	}
	if r.RequestURI.Scheme == "sips" {
		secureContact(res.Headers)
	}
	return res
}

// inbound is a received request with the means to answer it.
type inbound struct {
	*sip.Request
	toTag   string        // of the responses, when the request has none
	invite  *inviteServer // of an INVITE
	respond func(*sip.Response)
	build   func(r *sip.Request, toTag string, a answer) *sip.Response
}

// reply answers and returns the response, whether or not the transaction
// could still send it. An ACK is not answered.
func (r *inbound) reply(a answer) *sip.Response {
	res := r.build(r.Request, r.toTag, a)
	if r.Method != sip.ACK {
		r.respond(res)
	}
	return res
}

// refuse answers a request whose method we do not take (RFC 3261 §8.2.1).
func (r *inbound) refuse() { r.reply(answer{status: refusal(r.Method)}) }

// refusal is 405 for a method that we know, 501 for one that we do not.
func refusal(m sip.Method) int {
	if slices.Contains(known, m) || slices.Contains(allowed, m) {
		return 405
	}
	return 501
}

// unsupported lists the option tags of Require that we do not have.
func unsupported(r *sip.Request, c *Config) []string {
	var tags []string
	for _, tag := range r.Require() {
		if !slices.Contains(extensions, tag) || tag == "timer" && c.SessionTimers.Off ||
			tag == tag100rel && c.Reliable == ReliableUnsupported || tag == trickleTag && c.NoTrickle {
			tags = append(tags, tag)
		}
	}
	return tags
}

// encoded reports whether r has a body that must be understood and is encoded:
// we know no encoding but identity (RFC 3261 §8.2.3, §20.11, §20.12).
func encoded(r *sip.Request) bool {
	encoding := r.Headers.Get("Content-Encoding")
	if encoding == "" || strings.EqualFold(encoding, "identity") || len(r.Body) == 0 {
		return false
	}
	for part := range strings.SplitSeq(r.Headers.Get("Content-Disposition"), ";") {
		if strings.EqualFold(strings.ReplaceAll(part, " ", ""), "handling=optional") {
			return false
		}
	}
	return true
}

// reasonHeader is a Reason header field for a BYE or CANCEL (RFC 3326).
func reasonHeader(status int, text string) sip.Header {
	if text == "" {
		text = sip.ReasonPhrase(status)
	}
	return sip.Header{Name: "Reason", Value: sip.Reason{Protocol: "sip", Cause: status, Text: text}.String()}
}
