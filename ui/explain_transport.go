package ui

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"

	"webphone/phone/transport"
)

// explainTransport has the words for what happens on the way to a server.
func explainTransport(e *transport.Error, about Subject) Sentence {
	if about.Server == "" {
		about.Server = e.Server
	}
	host := e.Host
	if h, _, err := net.SplitHostPort(e.Host); err == nil {
		host = h
	}
	if host == "" {
		host = about.host()
	}
	s := Sentence{Actions: []Action{ActionRetry, ActionEdit}, Details: e.Error()}
	switch e.Fault() {
	case transport.FaultOffline:
		s.Title = "No network"
		s.Text = join("Calls and messages wait until there is a connection.", about.next())
		s.Actions = []Action{ActionRetry}
	case transport.FaultHostNotFound:
		s.Title = "Cannot find " + host
		s.Text = join("Check the spelling or your connection.", about.next())
	case transport.FaultRefused:
		s.Title = "Nobody answers at " + e.Host
		s.Text = join("The server is down or the port is wrong.", about.next())
	case transport.FaultTimeout:
		s.Title = "No answer from " + e.Host
		s.Text = join("The server is down, the port is wrong or a firewall is in the way.", about.next())
	case transport.FaultUnreachable:
		s.Title = "No way to " + e.Host
		s.Text = join(firstUpper(lastPart(e.Err.Error()))+".", about.next())
	case transport.FaultProxy:
		s.Title = "The proxy does not let us through to " + host
		s.Text = join("Ask whoever runs this network.", about.next())
	case transport.FaultNotTLS, transport.FaultUntrusted, transport.FaultWrongHost, transport.FaultExpired, transport.FaultTLS:
		return explainTLS(e, host, s)
	case transport.FaultNotSIP:
		return explainNotSIP(e, host, about, s)
	case transport.FaultDead:
		s.Title = host + " no longer answers"
		s.Text = join("The connection looked open, but nothing came back.", about.next())
		s.Actions = []Action{ActionRetry}
	case transport.FaultTooLarge:
		s.Title = host + " sent more than this phone takes"
		s.Text = join("The connection was closed.", about.next())
	case transport.FaultLost:
		s.Title, s.Actions = "Connection to "+host+" lost", []Action{ActionRetry}
		switch e.Op {
		case transport.OpWrite:
			s.Title = "The connection to " + host + " broke while sending"
		case transport.OpFailover:
			s.Title = host + " is busy: the phone goes to another server"
		}
		s.Text = join("Calls that are up go on meanwhile.", about.next())
	default:
		s.Title = "No connection to " + host
		s.Text = join(firstUpper(lastPart(e.Error()))+".", about.next())
	}
	return s
}

// explainNotSIP tells apart why something answers, but no phone server.
func explainNotSIP(e *transport.Error, host string, about Subject, s Sentence) Sentence {
	switch {
	case e.Op == transport.OpSubprotocol:
		s.Title = host + " does not speak SIP here"
		s.Text = "A web socket opened, but not one for telephony. Check the path of the server’s address, often /ws."
	case e.Status == 401, e.Status == 403:
		s.Title = host + " refuses the connection"
		s.Text = "The server lets only some networks or programs in. Ask whoever runs it."
	case e.Status >= 500:
		s.Title = host + " has a problem"
		s.Text = join("The web server in front of the phone system failed.", about.next())
	default:
		s.Title = host + " answers, but not as a phone server"
		s.Text = "Check the path of the server’s address, often /ws."
	}
	return s
}

// explainTLS tells the reasons apart for which a secure connection failed.
func explainTLS(e *transport.Error, host string, s Sentence) Sentence {
	s.Actions = []Action{ActionEdit, ActionRetry}
	cert := e.Certificate()
	switch e.Fault() {
	case transport.FaultNotTLS:
		s.Title = host + " does not encrypt on this port"
		s.Text = "Check the port, or begin the server’s address with ws:// if the network is your own."
	case transport.FaultWrongHost:
		s.Title = "The server’s certificate is for another name"
		s.Text = "It was made for " + madeFor(e) + ", not for " + host + ". Check the server’s address."
	case transport.FaultExpired:
		s.Title = "The server’s certificate is not valid today"
		if cert != nil {
			s.Text = fmt.Sprintf("It is good from %s to %s. ", day(cert.NotBefore), day(cert.NotAfter))
		}
		s.Text += "Check this computer’s clock, or tell whoever runs the server."
	case transport.FaultUntrusted:
		s.Title = "The server’s certificate is not trusted"
		s.Text = "Nobody this computer knows vouches for " + host + "."
		if cert != nil {
			s.Text += " If the server is yours, compare the fingerprint and trust it."
			s.Details = "Fingerprint (SHA-256): " + e.Fingerprint() + "\n" + s.Details
			s.Actions = []Action{ActionTrust, ActionEdit}
		}
	default:
		s.Title = "No secure connection to " + host
		s.Text = firstUpper(lastPart(e.Error())) + "."
	}
	return s
}

// untrusted is the certificate that a server showed if nothing is wrong with
// it but that nobody known has signed it; else nil.
func untrusted(err error) *x509.Certificate {
	var e *transport.Error
	if errors.As(err, &e) && e.Fault() == transport.FaultUntrusted {
		return e.Certificate()
	}
	return nil
}

// certificatePEM is a certificate as Account.CAPEM holds it.
func certificatePEM(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// madeFor lists the names that the certificate of a failed handshake is for.
func madeFor(e *transport.Error) string {
	c := e.Certificate()
	var wrong x509.HostnameError
	if errors.As(e, &wrong) && wrong.Certificate != nil {
		c = wrong.Certificate
	}
	if c == nil {
		return "another server"
	}
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 && c.Subject.CommonName != "" {
		names = []string{c.Subject.CommonName}
	}
	switch {
	case len(names) == 0:
		return "no name at all"
	case len(names) > 3:
		return strings.Join(names[:3], ", ") + "…"
	}
	return strings.Join(names, ", ")
}
