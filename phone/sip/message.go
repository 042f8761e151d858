package sip

// Method is a SIP request method, case-sensitive (RFC 3261 §7.1).
type Method string

// The methods this package has names for; others are legal.
const (
	INVITE    Method = "INVITE"
	ACK       Method = "ACK"
	CANCEL    Method = "CANCEL"
	BYE       Method = "BYE"
	REGISTER  Method = "REGISTER"
	OPTIONS   Method = "OPTIONS"
	MESSAGE   Method = "MESSAGE"
	INFO      Method = "INFO"
	UPDATE    Method = "UPDATE"
	PRACK     Method = "PRACK"
	REFER     Method = "REFER"
	SUBSCRIBE Method = "SUBSCRIBE"
	NOTIFY    Method = "NOTIFY"
	PUBLISH   Method = "PUBLISH"
)

// Message is a *Request or a *Response.
type Message interface {
	// Fields returns what requests and responses share. It is not named
	// Common, because that is the name of the embedded field.
	Fields() *Common
	// Bytes prints the message with CRLF line ends and a Content-Length
	// that counts the bytes of the body (RFC 3261 §7).
	Bytes() []byte
}

// Common is what requests and responses share. The header fields that every
// message must have are parsed values; all others stay in Headers, in the
// order in which they came, and have typed accessors on *Common.
type Common struct {
	Via     []Via    // topmost first; comma-joined values are split
	From    NameAddr // its tag is a parameter, see NameAddr.Tag
	To      NameAddr
	CallID  string
	CSeq    CSeq
	Headers Headers // without Via, From, To, Call-ID, CSeq and Content-Length
	Body    []byte  // nil when empty
}

// Request is a SIP request.
type Request struct {
	Method     Method
	RequestURI URI
	Common
}

// Response is a SIP response.
type Response struct {
	StatusCode int    // 100–699
	Reason     string // may be empty
	Common
}

// CSeq is the CSeq header field (RFC 3261 §20.16).
type CSeq struct {
	Seq    uint32
	Method Method
}

// Fields returns c itself; it helps to make *Request and *Response a Message.
func (c *Common) Fields() *Common { return c }

var (
	_ Message = (*Request)(nil)
	_ Message = (*Response)(nil)
)
