package transport

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/gorilla/websocket"
)

// Errors of Send.
var (
	// ErrNotConnected: there is no connection to send over.
	ErrNotConnected = errors.New("transport: not connected")
	// ErrQueueFull: 256 messages wait and the server does not read.
	ErrQueueFull = errors.New("transport: too many messages are waiting to be sent")
)

// ErrFailover is the Err of a connection that was left by Failover.
var ErrFailover = errors.New("left for another server")

// Op is what the transport was doing when it failed.
type Op string

// The operations, in the order in which a connection goes through them.
const (
	OpDNS         Op = "dns"         // finding the address of the host
	OpTCP         Op = "tcp"         // connecting
	OpProxy       Op = "proxy"       // asking the HTTP proxy for the way
	OpTLS         Op = "tls"         // handshake and certificate
	OpHTTP        Op = "http"        // WebSocket upgrade refused, or not HTTP
	OpSubprotocol Op = "subprotocol" // upgraded, but not to SIP
	OpRead        Op = "read"        // the connection was lost or closed
	OpWrite       Op = "write"
	OpPing        Op = "ping"     // no sign of life from the server
	OpFailover    Op = "failover" // given up for another server
)

// Fault is a failure as a person would tell it apart.
type Fault string

// The faults.
const (
	FaultHostNotFound Fault = "host not found" // DNS knows no such host
	FaultOffline      Fault = "offline"        // no network, or no name server to ask
	FaultRefused      Fault = "refused"        // nothing listens on that port
	FaultTimeout      Fault = "timeout"        // no answer in time while connecting
	FaultUnreachable  Fault = "unreachable"    // any other failure to connect
	FaultProxy        Fault = "proxy"          // the HTTP proxy refused
	FaultNotTLS       Fault = "not tls"        // the port does not speak TLS
	FaultUntrusted    Fault = "untrusted certificate"
	FaultWrongHost    Fault = "certificate of another host"
	FaultExpired      Fault = "certificate expired or not yet valid"
	FaultTLS          Fault = "tls"       // any other failure of the handshake
	FaultNotSIP       Fault = "not sip"   // a web server, but no SIP behind it
	FaultLost         Fault = "lost"      // an open connection broke or was closed
	FaultDead         Fault = "dead"      // an open connection went silent
	FaultTooLarge     Fault = "too large" // the server sent more than ReadLimit
)

// Error is a failure of one connection or of an attempt at one.
//
// For OpTLS errors.As finds x509.UnknownAuthorityError, x509.HostnameError,
// x509.CertificateInvalidError and *tls.CertificateVerificationError; for
// OpRead *websocket.CloseError.
type Error struct {
	Op     Op
	Server string // URL as configured
	Host   string // host:port
	Status int    // HTTP status for OpHTTP and OpProxy; 0 when there was none
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("transport: %s %s: %v", e.Op, e.Host, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Fault tells kinds of failure apart.
func (e *Error) Fault() Fault {
	switch e.Op {
	case OpDNS:
		return faultDNS(e.Err)
	case OpTCP:
		return faultTCP(e.Err)
	case OpProxy:
		return FaultProxy
	case OpTLS:
		return faultTLS(e.Err)
	case OpHTTP:
		if isTimeout(e.Err) {
			return FaultTimeout
		}
		return FaultNotSIP
	case OpSubprotocol:
		return FaultNotSIP
	case OpPing:
		return FaultDead
	case OpRead, OpWrite:
		if errors.Is(e.Err, errTooLarge) {
			return FaultTooLarge
		}
		return FaultLost
	}
	return FaultLost
}

// CloseCode is the code and the text with which the server closed the
// WebSocket (RFC 6455 §7.4); 0 if it did not say goodbye.
func (e *Error) CloseCode() (code int, reason string) {
	var c *websocket.CloseError
	if !errors.As(e.Err, &c) {
		return 0, ""
	}
	return c.Code, c.Text
}

// Certificate is the server's certificate that was not trusted, or nil.
func (e *Error) Certificate() *x509.Certificate {
	var v *tls.CertificateVerificationError
	if errors.As(e.Err, &v) && len(v.UnverifiedCertificates) > 0 {
		return v.UnverifiedCertificates[0]
	}
	return nil
}

// Fingerprint is the SHA-256 of Certificate, as "AB:CD:…", or "".
func (e *Error) Fingerprint() string {
	cert := e.Certificate()
	if cert == nil {
		return ""
	}
	sum := sha256.Sum256(cert.Raw)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

func faultDNS(err error) Fault {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return FaultHostNotFound
	}
	return FaultOffline
}

func faultTCP(err error) Fault {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return FaultRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.ENETDOWN):
		return FaultOffline
	case isTimeout(err):
		return FaultTimeout
	}
	return FaultUnreachable
}

func faultTLS(err error) Fault {
	var (
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &record):
		return FaultNotTLS
	case errors.As(err, &host):
		return FaultWrongHost
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return FaultExpired
	case errors.As(err, &authority), errors.As(err, &invalid), errors.As(err, &verify):
		return FaultUntrusted
	case isTimeout(err):
		return FaultTimeout
	}
	return FaultTLS
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &t) && t.Timeout()
}
