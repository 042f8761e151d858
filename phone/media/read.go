package media

import (
	"errors"
	"io"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// read carries the packets of one incoming stream until it ends.
func (c *connection) read(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	c.start(func() {
		for {
			packets, _, err := r.ReadRTCP()
			if err != nil && c.readingEnds(err) {
				return
			}
			c.reported(packets, c.intake.reportCame(time.Now()))
		}
	})
	c.start(func() {
		buf := make([]byte, receiveMTU)
		stream := c.intake.stream(uint32(t.SSRC()), c.own.Load())
		for {
			n, _, err := t.Read(buf)
			if n > 0 { // also with an error: a payload type that pion does not know
				c.intake.through(stream, buf[:n])
			}
			if err != nil && (n == 0 || errors.Is(err, io.EOF)) {
				return
			}
		}
	})
}

// take delivers a packet and returns the feedback that is due.
func (c *connection) take(p *rtp.Packet, came *arrivals, at time.Time) []byte {
	c.deliver(p, at)
	return c.acknowledge(came, &p.Header, at)
}

// readReports reads what the peer tells about the stream that we send.
func (c *connection) readReports() {
	for {
		packets, _, err := c.sender.ReadRTCP()
		if err != nil && c.readingEnds(err) {
			return
		}
		c.reported(packets, c.intake.reportCame(time.Now()))
	}
}

// readingEnds tells the end of a stream from a packet that cannot be read.
func (c *connection) readingEnds(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || c.isClosed()
}
