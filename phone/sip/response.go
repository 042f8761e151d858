package sip

// reasonPhrases are those of RFC 3261 §21 and the IANA registry.
var reasonPhrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
	199: "Early Dialog Terminated",
	200: "OK", 202: "Accepted", 204: "No Notification",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
	380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
	410: "Gone", 412: "Conditional Request Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
	415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 417: "Unknown Resource-Priority",
	420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
	424: "Bad Location Information", 428: "Use Identity Header", 429: "Provide Referrer Identity", 430: "Flow Failed",
	433: "Anonymity Disallowed", 436: "Bad Identity-Info", 437: "Unsupported Certificate",
	438: "Invalid Identity Header", 439: "First Hop Lacks Outbound Support", 440: "Max-Breadth Exceeded",
	469: "Bad Info Package", 470: "Consent Needed", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete",
	485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
	491: "Request Pending", 493: "Undecipherable", 494: "Security Agreement Required",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
	504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large", 580: "Precondition Failure",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
	607: "Unwanted", 608: "Rejected",
}

// ReasonPhrase returns the usual phrase of a status code, or "" when it has none.
func ReasonPhrase(status int) string { return reasonPhrases[status] }

// NewResponse returns the response with what it takes from its request: Via,
// From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2), Timestamp for 100, and for
// 101–299 to a request that makes a dialog Record-Route (§12.1.1). The reason
// "" is ReasonPhrase(status). A To without tag gets toTag, except in a 100.
func NewResponse(req *Request, status int, reason, toTag string) *Response {
	if reason == "" {
		reason = ReasonPhrase(status)
	}
	r := &Response{StatusCode: status, Reason: reason}
	r.Via = cloneVias(req.Via)
	r.From, r.To = req.From.Clone(), req.To.Clone()
	r.CallID, r.CSeq = req.CallID, req.CSeq
	switch {
	case status == 100:
		if req.Headers.Has("Timestamp") {
			r.Headers.Add("Timestamp", req.Headers.Get("Timestamp"))
		}
		return r
	case toTag != "" && r.To.Tag() == "":
		r.To = r.To.WithTag(toTag)
	}
	if status < 300 && makesDialog(req.Method) {
		for _, value := range req.Headers.Values("Record-Route") {
			r.Headers.Add("Record-Route", value)
		}
	}
	return r
}

// makesDialog reports whether a request of that method can make a dialog.
func makesDialog(m Method) bool {
	return m == INVITE || m == SUBSCRIBE || m == REFER || m == NOTIFY
}

func cloneVias(list []Via) []Via {
	out := make([]Via, len(list))
	for i, v := range list {
		v.Params = v.Params.Clone()
		out[i] = v
	}
	return out
}

func (c *Common) clone() Common {
	d := *c
	d.Via = cloneVias(c.Via)
	d.From, d.To = c.From.Clone(), c.To.Clone()
	d.Headers = c.Headers.Clone()
	d.Body = append([]byte(nil), c.Body...)
	return d
}

// Clone returns a copy that shares nothing with r.
func (r *Request) Clone() *Request {
	return &Request{Method: r.Method, RequestURI: r.RequestURI.Clone(), Common: r.clone()}
}

// Clone returns a copy that shares nothing with r.
func (r *Response) Clone() *Response {
	return &Response{StatusCode: r.StatusCode, Reason: r.Reason, Common: r.clone()}
}
