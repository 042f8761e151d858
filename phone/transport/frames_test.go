package transport

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

func TestTransport_ping_isAnsweredWithTheSameData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		var got string
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			ws.SetPongHandler(func(data string) error { got = data; return nil })
			ws.WriteControl(websocket.PingMessage, []byte("Kamailio says\x00"), time.Now().Add(time.Second))
			drain(ws)
		}))
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
		synctest.Wait()
		if got != "Kamailio says\x00" {
			t.Errorf("pong %q", got)
		}
	})
}

func TestTransport_frames(t *testing.T) {
	whole := message("whole", "hello").Bytes()
	for _, tt := range []struct {
		name string
		talk func(ws *websocket.Conn)
		want []string
	}{
		{"text", func(ws *websocket.Conn) { ws.WriteMessage(websocket.TextMessage, whole) }, []string{"receive whole"}},
		{"binary", func(ws *websocket.Conn) { ws.WriteMessage(websocket.BinaryMessage, whole) }, []string{"receive whole"}},
		{"fragmented", func(ws *websocket.Conn) {
			w, _ := ws.NextWriter(websocket.TextMessage)
			for _, b := range whole {
				w.Write([]byte{b})
			}
			w.Close()
		}, []string{"receive whole"}},
		{"truncated message, then a good one", func(ws *websocket.Conn) {
			ws.WriteMessage(websocket.TextMessage, whole[:len(whole)/2])
			ws.WriteMessage(websocket.TextMessage, whole)
		}, []string{"invalid", "receive whole"}},
		{"not SIP", func(ws *websocket.Conn) { ws.WriteMessage(websocket.TextMessage, []byte("hello")) }, []string{"invalid"}},
		{"empty frames and keep-alive answers are swallowed", func(ws *websocket.Conn) {
			ws.WriteMessage(websocket.TextMessage, nil)
			ws.WriteMessage(websocket.TextMessage, []byte("\r\n"))
			ws.WriteMessage(websocket.TextMessage, whole)
		}, []string{"receive whole"}},
		{"more than ReadLimit ends the connection", func(ws *websocket.Conn) {
			ws.WriteMessage(websocket.TextMessage, bytes.Repeat([]byte("x"), 4097))
			drain(ws)
		}, []string{"disconnected read retry in 2s"}},
		{"exactly ReadLimit", func(ws *websocket.Conn) {
			ws.WriteMessage(websocket.TextMessage, message("big", strings.Repeat("x", 4096-len(message("big", "").Bytes())-3)).Bytes())
		}, []string{"receive big"}},
		{"close frame", func(ws *websocket.Conn) {
			ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, "restart"), time.Now().Add(time.Second))
			drain(ws)
		}, []string{"disconnected read retry in 2s"}},
		{"half a frame, then nothing", func(ws *websocket.Conn) {
			ws.NetConn().Write([]byte{0x81, 0x7e, 0x01}) // text, 16-bit length, cut off
			ws.NetConn().Close()
		}, []string{"disconnected read retry in 2s"}},
		{"reserved bits", func(ws *websocket.Conn) {
			ws.NetConn().Write([]byte{0xf1, 0x01, 'x'})
			drain(ws)
		}, []string{"disconnected read retry in 2s"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n pipeNet
				n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) { tt.talk(ws); drain(ws) }))
				j := newJournal()
				running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}, ReadLimit: 4096}, j)
				time.Sleep(time.Second)
				synctest.Wait()
				j.expect(t, append([]string{"connecting ws://a.test 1", "connected ws://a.test"}, tt.want...)...)
			})
		})
	}
}

func TestTransport_tooLarge_hasItsOwnFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			ws.WriteMessage(websocket.TextMessage, make([]byte, 2<<20))
			drain(ws)
		}))
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
		time.Sleep(time.Second)
		synctest.Wait()
		if e := j.lastError(t); e.Fault() != FaultTooLarge {
			t.Errorf("fault %q: %v", e.Fault(), e)
		}
	})
}

func TestTransport_keepAlive_CRLFCRLFIsAnsweredWithCRLF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		var got []byte
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			ws.WriteMessage(websocket.TextMessage, []byte("\r\n\r\n"))
			_, got, _ = ws.ReadMessage()
			drain(ws)
		}))
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
		synctest.Wait()
		if string(got) != "\r\n" {
			t.Errorf("answered %q", got)
		}
	})
}

func TestTransport_sendsTextFrames_binaryWhereTextCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		var kinds []int
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			for {
				kind, _, err := ws.ReadMessage()
				if err != nil {
					return
				}
				kinds = append(kinds, kind)
			}
		}))
		j := newJournal()
		tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
		synctest.Wait()
		tr.Send(message("1", "grüße"))
		latin := message("2", "gr")
		latin.Body = []byte("gr\xfc\xdfe")
		tr.Send(latin)
		synctest.Wait()
		if len(kinds) != 2 || kinds[0] != websocket.TextMessage || kinds[1] != websocket.BinaryMessage {
			t.Errorf("kinds %v", kinds)
		}
	})
}
