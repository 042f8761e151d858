package sip

import "strings"

// Header is one header field: its canonical name ("v" and "via" both read
// "Via") and its value, unfolded, without surrounding space.
type Header struct {
	Name  string
	Value string
}

// Headers keeps header fields in their order. Names compare without case and
// with compact forms known.
type Headers []Header

// canonical maps names in lower case, and compact forms, to the usual spelling.
var canonical = makeCanonical()

func makeCanonical() map[string]string {
	m := map[string]string{
		// Compact forms: RFC 3261 §7.3.3, and the IANA registry for the others.
		"a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
		"e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
		"l": "Content-Length", "m": "Contact", "n": "Identity-Info", "o": "Event", "r": "Refer-To",
		"s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
	}
	for _, name := range strings.Fields(`Accept Accept-Contact Accept-Encoding Accept-Language Accept-Resource-Priority
		Alert-Info Allow Allow-Events Answer-Mode Authentication-Info Authorization Call-ID Call-Info Contact
		Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date Diversion
		Error-Info Event Expires Feature-Caps Flow-Timer From Geolocation Geolocation-Error Geolocation-Routing
		History-Info Identity Identity-Info In-Reply-To Info-Package Join Max-Breadth Max-Forwards MIME-Version
		Min-Expires Min-SE Organization P-Access-Network-Info P-Asserted-Identity P-Asserted-Service P-Associated-URI
		P-Called-Party-ID P-Early-Media P-Preferred-Identity P-Visited-Network-ID Path Permission-Missing
		Policy-Contact Policy-ID Priority Priv-Answer-Mode Privacy Proxy-Authenticate Proxy-Authentication-Info
		Proxy-Authorization Proxy-Require RAck Reason
		Record-Route Recv-Info Refer-Sub Refer-To Referred-By Reject-Contact Remote-Party-ID Replaces Reply-To
		Request-Disposition Require Retry-After Route RSeq Server Service-Route Session-Expires Session-ID SIP-ETag
		SIP-If-Match Subject Subscription-State Supported Target-Dialog Timestamp To Unsupported User-Agent Via
		Warning WWW-Authenticate`) {
		m[strings.ToLower(name)] = name
	}
	return m
}

// spellings holds the usual spellings of names, each where spellingOf puts it.
// It is never written again.
var spellings = makeSpellings()

func makeSpellings() (t [512]string) {
	for _, name := range canonical {
		t[spellingOf(name)] = name
	}
	return t
}

// spellingOf is the place of a name, which is not empty. The factors were
// looked for until no two usual names shared a place.
func spellingOf(name string) uint {
	first, middle, last := uint(name[0]|0x20), uint(name[len(name)/2]|0x20), uint(name[len(name)-1]|0x20)
	return (uint(len(name)) + first*22 + middle*19 + last*38) % 512
}

// isUsual reports whether name is one that we know, in its usual spelling.
func isUsual(name string) bool { return name != "" && spellings[spellingOf(name)] == name }

// CanonicalName returns the usual spelling of a header field name: compact
// forms are written out, each part of an unknown name begins with a capital.
func CanonicalName(name string) string {
	if isUsual(name) {
		return name
	}
	var lower [32]byte
	if len(name) <= len(lower) {
		for i := range len(name) {
			c := name[i]
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			lower[i] = c
		}
		if known, ok := canonical[string(lower[:len(name)])]; ok {
			return known
		}
	}
	first := true
	for i := range len(name) {
		if first && 'a' <= name[i] && name[i] <= 'z' {
			return capitalise(name)
		}
		first = name[i] == '-'
	}
	return name
}

func capitalise(name string) string {
	b := []byte(name)
	for i, c := range b {
		if (i == 0 || b[i-1] == '-') && 'a' <= c && c <= 'z' {
			b[i] = c &^ 0x20
		}
	}
	return string(b)
}

func (h Headers) index(name string) int {
	name = CanonicalName(name)
	for i := range h {
		if h[i].Name == name || strings.EqualFold(CanonicalName(h[i].Name), name) {
			return i
		}
	}
	return -1
}

// Get returns the first value of that name, or "".
func (h Headers) Get(name string) string {
	if i := h.index(name); i >= 0 {
		return h[i].Value
	}
	return ""
}

// Has reports whether there is a header field of that name.
func (h Headers) Has(name string) bool { return h.index(name) >= 0 }

// Values returns the values of that name, one for each line; they are not
// split at commas.
func (h Headers) Values(name string) []string {
	var list []string
	for i := h.index(name); i < len(h) && i >= 0; {
		list = append(list, h[i].Value)
		next := h[i+1:].index(name)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return list
}

// Add appends a header field.
func (h *Headers) Add(name, value string) {
	*h = append(*h, Header{Name: CanonicalName(name), Value: trim(value)})
}

// Set replaces the fields of that name by one, in the place of the first.
func (h *Headers) Set(name, value string) {
	i := h.index(name)
	if i < 0 {
		h.Add(name, value)
		return
	}
	(*h)[i] = Header{Name: CanonicalName(name), Value: trim(value)}
	rest := (*h)[i+1:]
	rest.Del(name)
	*h = append((*h)[:i+1], rest...)
}

// Del removes the fields of that name.
func (h *Headers) Del(name string) {
	i := h.index(name)
	if i < 0 {
		return
	}
	kept := append(Headers(nil), (*h)[:i]...)
	for _, one := range (*h)[i+1:] {
		if !strings.EqualFold(CanonicalName(one.Name), CanonicalName(name)) {
			kept = append(kept, one)
		}
	}
	*h = kept
}

// Clone returns a copy.
func (h Headers) Clone() Headers { return append(Headers(nil), h...) }
