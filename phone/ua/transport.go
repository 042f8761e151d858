package ua

import (
	"time"

	"webphone/phone/sip"
)

// Transport is what the agent needs of a connection. Its methods are called on
// the loop and never block.
type Transport interface {
	// Start begins to connect; what happens is told to the Receiver.
	Start()
	// Close begins to close; what the Receiver is told after it is ignored.
	Close()
	// Send queues m to be written; it does not keep m. An error, such as not
	// being connected, is the failure of that message alone.
	Send(m sip.Message) error
	Connected() bool
	// Via is "WS" or "WSS": the transport of the connected, else the first
	// server.
	Via() string
	// ServerURI is the connected server as a Route (RFC 3261 §8.1.1.1).
	ServerURI() sip.URI
	// Retry connects now instead of after the backoff.
	Retry()
	// Failover leaves the connected server for another one that has not
	// failed lately. It reports false, and does nothing, if there is none.
	Failover() bool
	// KeepAlive has the present connection send a keep-alive at least that
	// often, which the server has promised to answer; 0 ends it.
	KeepAlive(interval time.Duration)
}

// Receiver takes what a Transport reports to its UA. Its methods may be called
// from any goroutine, return at once, and keep their order.
type Receiver struct{ ua *UA }

// Connecting tells that an attempt begins.
func (r Receiver) Connecting(server string, attempt int) {
	r.post("connecting", func() {
		r.ua.server = server
		r.ua.emit(Connecting{Server: server, Attempt: attempt})
	})
}

// Connected tells that the connection to server is up.
func (r Receiver) Connected(server string) {
	r.post("connected", func() { r.ua.onConnected(server) })
}

// Disconnected tells that the connection was lost or not made. The next
// attempt comes after retryIn.
func (r Receiver) Disconnected(err error, retryIn time.Duration) {
	r.post("disconnected", func() { r.ua.onDisconnected(err, retryIn) })
}

// NetworkChanged tells that this machine's addresses are others now.
func (r Receiver) NetworkChanged() {
	r.post("network changed", func() { r.ua.networkChanged() })
}

// Woke tells that the machine slept while the connection stayed.
func (r Receiver) Woke() {
	r.post("woke", func() { r.ua.woke() })
}

// Receive hands over a message.
func (r Receiver) Receive(m sip.Message) {
	r.post("receive", func() { r.ua.receive(m) })
}

// Invalid hands over what could not be parsed; a request is answered 400 if
// enough of it is known.
func (r Receiver) Invalid(err *sip.ParseError) {
	r.post("invalid", func() { r.ua.receiveInvalid(err) })
}

func (r Receiver) post(name string, f func()) {
	r.ua.loop.Post(name, func() {
		if r.ua.state != uaClosed {
			f()
		}
	})
}
