package body

import (
	"strconv"
	"strings"
	"time"
)

// CPIM is the envelope of a message (RFC 3862), which instant messages need to
// ask for an IMDN.
type CPIM struct {
	Headers []Field // of the message; names compare with case and may have a prefix: "imdn.Message-ID"
	Content []Field // MIME header fields of the body
	Body    []byte
}

// NamespaceIMDN is the namespace of the header fields of RFC 5438.
const NamespaceIMDN = "urn:ietf:params:imdn"

// What a sender can ask to be told (RFC 5438 §6.2).
const (
	WantDelivered = "positive-delivery"
	WantFailed    = "negative-delivery"
	WantDisplayed = "display"
	WantProcessed = "processing"
)

// NewCPIM returns a message from one URI to another.
func NewCPIM(from, to string, at time.Time, contentType string, body []byte) CPIM {
	return CPIM{
		Headers: []Field{{"From", "<" + from + ">"}, {"To", "<" + to + ">"}, {"DateTime", at.Format(time.RFC3339)}},
		Content: []Field{{"Content-Type", contentType}},
		Body:    body,
	}
}

// WithIMDN returns a copy with an identifier that asks for notifications: of
// the Want… constants, or none in an IMDN itself (RFC 5438 §7.2).
func (m CPIM) WithIMDN(messageID string, wants ...string) CPIM {
	headers := append([]Field(nil), m.Headers...)
	headers = append(headers, Field{"NS", "imdn <" + NamespaceIMDN + ">"}, Field{"imdn.Message-ID", messageID})
	if len(wants) > 0 {
		headers = append(headers, Field{"imdn.Disposition-Notification", strings.Join(wants, ", ")})
	}
	m.Headers = headers
	return m
}

// ParseCPIM parses an enveloped message. The error is a *SyntaxError.
func ParseCPIM(data []byte) (CPIM, error) {
	m, err := parseCPIM(data)
	if err != nil {
		return CPIM{}, &SyntaxError{Type: TypeCPIM, Err: err}
	}
	return m, nil
}

func parseCPIM(data []byte) (m CPIM, err error) {
	if len(data) > MaxSize {
		return m, errSize
	}
	var rest []byte
	if m.Headers, rest, err = cutFields(data); err != nil {
		return m, err
	}
	if len(m.Headers) == 0 {
		return m, errMissing
	}
	if m.Content, rest, err = cutFields(rest); err != nil {
		return m, err
	}
	if len(rest) > 0 {
		m.Body = append([]byte(nil), rest...)
	}
	return m, nil
}

// Bytes prints the message.
func (m CPIM) Bytes() []byte {
	b := appendFields(nil, m.Headers)
	b = append(b, "\r\n"...)
	b = appendFields(b, m.Content)
	b = append(b, "\r\n"...)
	return append(b, m.Body...)
}

// Header returns the first header field of that name without its parameters,
// unescaped (RFC 3862 §3.4), or "".
func (m CPIM) Header(name string) string {
	value := get(m.Headers, name)
	for strings.HasPrefix(value, ";") { // ";lang=fr text"
		_, value, _ = strings.Cut(value, " ")
	}
	return unescape(value)
}

// ContentType returns the media type of the body as written, or "".
func (m CPIM) ContentType() string { return get(m.Content, "Content-Type") }

// DateTime returns when the message was sent, the zero time if it is not told.
func (m CPIM) DateTime() time.Time { return parseTime(m.Header("DateTime")) }

// MessageID returns the identifier for notifications, or "".
func (m CPIM) MessageID() string { return m.imdn("Message-ID") }

// Wants returns which notifications the sender asks for.
func (m CPIM) Wants() []string {
	var list []string
	for one := range strings.SplitSeq(m.imdn("Disposition-Notification"), ",") {
		if one = strings.ToLower(strings.TrimSpace(one)); one != "" {
			list = append(list, one)
		}
	}
	return list
}

// imdn returns a header field of RFC 5438 under the prefix that stands for its
// namespace here (RFC 3862 §3.3).
func (m CPIM) imdn(name string) string {
	prefix := "imdn"
	for _, f := range m.Headers {
		p, uri, _ := strings.Cut(f.Value, "<")
		if strings.EqualFold(f.Name, "NS") && strings.TrimSuffix(uri, ">") == NamespaceIMDN {
			prefix = strings.TrimSpace(p)
		}
	}
	if prefix != "" {
		name = prefix + "." + name
	}
	return m.Header(name)
}

// unescape decodes the escapes of RFC 3862 §3.4; others stand for themselves.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'b':
			b.WriteByte('\b')
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'u':
			r, err := strconv.ParseUint(s[i+1:min(i+5, len(s))], 16, 16)
			if err != nil {
				b.WriteByte(c)
				continue
			}
			b.WriteRune(rune(r))
			i += 4
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
