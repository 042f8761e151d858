// Package sip is the Session Initiation Protocol as values: messages, URIs,
// header fields, digest authentication, and the checks that come before a
// message is acted upon (RFC 3261). It starts no goroutine and does no I/O.
//
// The parser is lenient where RFC 3261 lets a receiver be (folded lines,
// compact names, spaces around separators, unknown schemes) and refuses the
// rest with a *ParseError that holds enough of a request to answer it. The
// printer never writes a carriage return, line feed or NUL that came in with a
// value, so that no value can inject a header field.
package sip
