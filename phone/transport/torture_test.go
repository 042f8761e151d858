package transport

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"webphone/phone/sip"
	"webphone/phone/sip/siptest"
)

// collector keeps what comes out of a connection, as text.
type collector struct {
	*journal
	got []string
}

func (c *collector) Receive(m sip.Message)       { c.got = append(c.got, string(m.Bytes())) }
func (c *collector) Invalid(err *sip.ParseError) { c.got = append(c.got, invalid(err)) }

// invalid says how a message that cannot be read is to be answered.
func invalid(err *sip.ParseError) string {
	if err.Response() == nil {
		return "no answer: " + err.Error()
	}
	return sip.ReasonPhrase(err.Status()) + ": " + err.Error()
}

// TestTransport_torture sends every torture message as one frame, text and
// binary (RFC 7118 §5). Text that is not UTF-8 may not be in a text frame (RFC
// 6455 §5.6): it comes as a binary one alone.
func TestTransport_torture(t *testing.T) {
	list := siptest.ReadTorture(t, "../sip/testdata/torture")
	var want []string
	for _, one := range list {
		result := ""
		m, err := sip.Parse(one.Message)
		if err == nil {
			result = string(m.Bytes())
		} else {
			var parse *sip.ParseError
			if !errors.As(err, &parse) {
				t.Fatal(err)
			}
			result = invalid(parse)
		}
		for range kinds(one) {
			want = append(want, result)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			for _, one := range list {
				for _, kind := range kinds(one) {
					ws.WriteMessage(kind, one.Message)
				}
			}
			drain(ws)
		}))
		c := &collector{journal: newJournal()}
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, c)
		time.Sleep(time.Second)
		synctest.Wait()
		if len(c.got) != len(want) || len(want) < 2*len(list)-5 {
			t.Fatalf("%d of %d frames", len(c.got), len(want))
		}
		for i := range want {
			if c.got[i] != want[i] {
				t.Errorf("%q, want %q", c.got[i], want[i])
			}
		}
	})
}

// kinds returns the frames that may carry the message.
func kinds(one siptest.Torture) []int {
	if utf8.Valid(one.Message) {
		return []int{websocket.TextMessage, websocket.BinaryMessage}
	}
	return []int{websocket.BinaryMessage}
}
