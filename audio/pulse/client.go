package pulse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// The commands of the protocol.
const (
	commandError      = 0
	commandReply      = 2
	commandAuth       = 8
	commandName       = 9
	commandGetServer  = 20
	commandGetSinks   = 22
	commandGetSources = 24
	commandSubscribe  = 35
	commandEvent      = 66
)

// protocolVersion is the one whose messages this package reads.
const protocolVersion = 15

// What is subscribed to, and the parts of an event.
const (
	subscribeSinks   = 1 << 0
	subscribeSources = 1 << 1
	subscribeServer  = 1 << 7 // its defaults

	eventFacility = 0x0F
	eventServer   = 7
	eventType     = 0x30
	eventChanged  = 0x10
)

// The frame of a message: its length, a channel, and 12 octets of no use to
// messages that are no sound.
const (
	headerLength   = 20
	controlChannel = ^uint32(0)
	longestMessage = 1 << 20 // octets, ours
)

// Timeout bounds a request, and the connecting as a whole.
const Timeout = 2 * time.Second

// Errors of a server.
var (
	// ErrDenied means that the server does not let us in.
	ErrDenied = errors.New("pulse: access denied")
	// ErrClosed means that the connection has ended.
	ErrClosed = errors.New("pulse: connection closed")
)

// ServerError is what a server answers to what it does not do.
type ServerError struct{ Code uint32 }

// Error names the number of the protocol.
func (e *ServerError) Error() string { return fmt.Sprintf("pulse: error %d of the server", e.Code) }

// Is makes the server's code for it ErrDenied.
func (e *ServerError) Is(target error) bool { return target == ErrDenied && e.Code == 1 }

// Client is a connection to a server. Its methods are safe from any goroutine.
type Client struct {
	connection net.Conn
	changes    chan struct{} // one slot
	done       chan struct{} // closed when the reading has ended

	mu      sync.Mutex // guards what follows
	err     error      // why the reading has ended
	next    uint32     // the number of the next request
	waiting map[uint32]chan answer
}

// answer is a reply's values or an error.
type answer struct {
	values reader
	err    error
}

// Dial connects to the user's server as a program of that name. Without one
// the error is that of the last place it was looked for; ErrDenied means that
// there is one.
func Dial(name string) (*Client, error) {
	err := error(os.ErrNotExist)
	for _, a := range addresses(os.Getenv) {
		c, derr := net.DialTimeout(a.network, a.name, Timeout)
		if derr == nil {
			return newClient(c, name, cookie(os.Getenv))
		}
		if errors.Is(derr, os.ErrPermission) {
			derr = fmt.Errorf("%w: %w", ErrDenied, derr)
		}
		if !errors.Is(err, ErrDenied) {
			err = derr
		}
	}
	return nil, err
}

// newClient introduces itself on a connection, which it closes if it is not
// let in.
func newClient(connection net.Conn, name string, cookie []byte) (*Client, error) {
	c := &Client{
		connection: connection, changes: make(chan struct{}, 1), done: make(chan struct{}),
		waiting: make(map[uint32]chan answer),
	}
	go c.read()
	var auth, who, what writer
	auth.u32(protocolVersion)
	auth.bytes(cookie)
	who.properties(map[string]string{"application.name": name})
	what.u32(subscribeSinks | subscribeSources | subscribeServer)
	for _, r := range []struct {
		command uint32
		values  writer
	}{{commandAuth, auth}, {commandName, who}, {commandSubscribe, what}} {
		if _, err := c.request(r.command, r.values); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Changes has a token when devices have come or gone, or the defaults have
// changed, since it was last received from.
func (c *Client) Changes() <-chan struct{} { return c.changes }

// Done is closed when the connection has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close ends the connection and waits for its goroutine.
func (c *Client) Close() {
	c.connection.Close()
	<-c.done
}

// Devices lists what the server has.
func (c *Client) Devices() (sinks, sources []Device, err error) {
	server, err := c.request(commandGetServer, nil)
	if err != nil {
		return nil, nil, err
	}
	sink, source := server.defaults()
	if server.err != nil {
		return nil, nil, server.err
	}
	for _, l := range []struct {
		command uint32
		usual   string
		list    *[]Device
	}{{commandGetSinks, sink, &sinks}, {commandGetSources, source, &sources}} {
		r, err := c.request(l.command, nil)
		if err != nil {
			return nil, nil, err
		}
		*l.list = r.devices(l.command == commandGetSources, l.usual)
		if r.err != nil {
			return nil, nil, r.err
		}
	}
	return sinks, sources, nil
}

// request asks and waits for the answer.
func (c *Client) request(command uint32, values writer) (reader, error) {
	answers := make(chan answer, 1)
	c.mu.Lock()
	number := c.next
	c.next++
	if err := c.err; err != nil {
		c.mu.Unlock()
		return reader{}, err
	}
	c.waiting[number] = answers
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, number)
		c.mu.Unlock()
	}()

	var message writer
	message.u32(command)
	message.u32(number)
	message = append(message, values...)
	if err := c.write(message); err != nil {
		return reader{}, err
	}
	late := time.NewTimer(Timeout)
	defer late.Stop()
	select {
	case a := <-answers:
		return a.values, a.err
	case <-c.done:
		return reader{}, c.reason()
	case <-late.C:
		return reader{}, os.ErrDeadlineExceeded
	}
}

// reason is why the connection has ended.
func (c *Client) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Client) write(message []byte) error {
	frame := make([]byte, headerLength, headerLength+len(message))
	binary.BigEndian.PutUint32(frame, uint32(len(message)))
	binary.BigEndian.PutUint32(frame[4:], controlChannel)
	if err := c.connection.SetWriteDeadline(time.Now().Add(Timeout)); err != nil {
		return err
	}
	_, err := c.connection.Write(append(frame, message...))
	return err
}

// read is the client's goroutine.
func (c *Client) read() {
	defer close(c.done)
	for {
		message, err := readMessage(c.connection)
		if err == nil {
			err = c.take(message)
		}
		if err != nil {
			c.mu.Lock()
			c.err = fmt.Errorf("%w: %w", ErrClosed, err)
			c.mu.Unlock()
			c.connection.Close()
			return
		}
	}
}

// readMessage returns the values of the next message.
func readMessage(from io.Reader) ([]byte, error) {
	var header [headerLength]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(header[:])
	if length > longestMessage || binary.BigEndian.Uint32(header[4:]) != controlChannel {
		return nil, errMessage
	}
	message := make([]byte, length)
	_, err := io.ReadFull(from, message)
	return message, err
}

// take handles a message. Those of other commands mean nothing here.
func (c *Client) take(message []byte) error {
	r := reader{rest: message}
	command, number := r.u32(), r.u32()
	switch command {
	case commandReply:
		c.deliver(number, answer{values: r})
	case commandError:
		c.deliver(number, answer{err: &ServerError{Code: r.u32()}})
	case commandEvent:
		if isNews(r.u32()) {
			select {
			case c.changes <- struct{}{}:
			default:
			}
		}
	}
	return r.err
}

func (c *Client) deliver(number uint32, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if answers := c.waiting[number]; answers != nil {
		answers <- a
		delete(c.waiting, number)
	}
}

// isNews tells a device that came or went, or new defaults, from a change of a
// volume.
func isNews(event uint32) bool {
	return event&eventFacility == eventServer || event&eventType != eventChanged
}
