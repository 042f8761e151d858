package transport

import (
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// crlfServer answers double CRLFs until told not to, and counts them.
type crlfServer struct {
	asked  atomic.Int32
	silent atomic.Bool
}

func (s *crlfServer) talk(ws *websocket.Conn) {
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if string(data) == doubleCRLF {
			s.asked.Add(1)
			if !s.silent.Load() {
				_ = ws.WriteMessage(websocket.TextMessage, []byte("\r\n"))
			}
		}
	}
}

func TestKeepAlive_doubleCRLF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		var server crlfServer
		n.serve(t, "a.test:80", upgraded(server.talk))
		j := newJournal()
		var traced atomic.Int32
		tr := running(t, Config{
			Servers: []Server{{URL: "ws://a.test"}}, Dial: n.dial,
			Trace: func(Direction, []byte) { traced.Add(1) },
		}, j)
		tr.KeepAlive(time.Second) // without a connection nothing happens
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
		pass := func(d time.Duration, want int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := int(server.asked.Load()); got != want {
				t.Errorf("asked %d times, want %d", got, want)
			}
		}
		pass(time.Hour, 0)
		tr.KeepAlive(10 * time.Second) // at 80 % of it: the least at random
		pass(7900*time.Millisecond, 0)
		pass(200*time.Millisecond, 1)
		pass(80*time.Second, 11)
		tr.KeepAlive(10 * time.Second) // as before: the rhythm stays
		tr.KeepAlive(100 * time.Second)
		tr.KeepAlive(30 * time.Second)
		pass(24*time.Second+time.Millisecond, 12)
		tr.KeepAlive(0)
		pass(time.Hour, 12)
		j.expect(t)
		if n := traced.Load(); n != 0 {
			t.Errorf("%d keep-alives in the trace", n)
		}

		server.silent.Store(true)
		tr.KeepAlive(10 * time.Second)
		pass(17*time.Second, 13)
		j.expect(t)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		j.expect(t, "disconnected ping retry in 2s")
		if e := j.lastError(t); e.Fault() != FaultDead {
			t.Errorf("fault %q: %v", e.Fault(), e)
		}
	})
}

// The registrar that asks for keep-alives may stand behind a server that does
// not answer them: that connection lives, as the WebSocket pings show.
func TestKeepAlive_serverThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		var server crlfServer
		server.silent.Store(true)
		n.serve(t, "a.test:80", upgraded(server.talk))
		j := newJournal()
		tr := running(t, Config{Servers: []Server{{URL: "ws://a.test"}}, Dial: n.dial}, j)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
		tr.KeepAlive(10 * time.Second)
		time.Sleep(time.Hour)
		synctest.Wait()
		j.expect(t)
		if n := server.asked.Load(); n < 150 {
			t.Errorf("asked %d times in an hour", n)
		}
	})
}

func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		for _, host := range []string{"a.test:80", "b.test:80"} {
			n.serve(t, host, upgraded(drain))
		}
		j := newJournal()
		tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test", Weight: 2}, {URL: "ws://b.test", Weight: 1}}}, j)
		if tr.Failover() {
			t.Error("left what it does not have")
		}
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
		if !tr.Failover() {
			t.Error("there is another server")
		}
		time.Sleep(failoverWait)
		synctest.Wait()
		j.expect(t, "disconnected failover retry in 100ms", "connecting ws://b.test 1", "connected ws://b.test")
		if e := j.lastError(t); e.Fault() != FaultLost || e.Unwrap() != ErrFailover {
			t.Errorf("%v", e)
		}
		time.Sleep(failureMemory - failoverWait - 1)
		if tr.Failover() {
			t.Error("there is no server left that has not failed")
		}
		j.expect(t)
		time.Sleep(time.Nanosecond)
		if !tr.Failover() {
			t.Error("the failure of the first server is long ago")
		}
		time.Sleep(failoverWait)
		synctest.Wait()
		j.expect(t, "disconnected failover retry in 100ms", "connecting ws://a.test 1", "connected ws://a.test")
		if tr.Failover() {
			t.Error("the second server has failed just now")
		}
	})
}

// The first server of a round that takes longer than failures are remembered
// has no second turn before the last one had its first.
func TestFailover_everyServerHasItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		var servers []Server
		for i, host := range []string{"a", "b", "c"} {
			servers = append(servers, Server{URL: "ws://" + host + ".test", Weight: 3 - i})
		}
		running(t, Config{Servers: servers, Min: failureMemory, Max: failureMemory, Dial: (&pipeNet{}).dial}, j)
		time.Sleep(3*failureMemory + time.Second)
		synctest.Wait()
		const failed = "disconnected tcp retry in 1m0s"
		j.expect(t, "connecting ws://a.test 1", failed, "connecting ws://b.test 2", failed,
			"connecting ws://c.test 3", failed, "connecting ws://a.test 4", failed)
	})
}

// A server that failed long ago is as good as any other once the connected one
// is lost.
func TestFailover_oldFailuresAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		end := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{}), "c": make(chan struct{})}
		for host, end := range end {
			n.serve(t, host+".test:80", upgraded(func(ws *websocket.Conn) {
				gone := make(chan struct{})
				defer close(gone)
				go func() {
					select {
					case <-end:
						ws.Close()
					case <-gone:
					}
				}()
				drain(ws)
			}))
		}
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{
			{URL: "ws://a.test", Weight: 3}, {URL: "ws://b.test", Weight: 2}, {URL: "ws://c.test", Weight: 1},
		}}, j)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
		end["a"] <- struct{}{}
		time.Sleep(DefaultMin)
		synctest.Wait()
		j.expect(t, "disconnected read retry in 2s", "connecting ws://b.test 1", "connected ws://b.test")
		time.Sleep(failureMemory + time.Second) // between two pings
		end["b"] <- struct{}{}
		time.Sleep(DefaultMin)
		synctest.Wait()
		j.expect(t, "disconnected read retry in 2s", "connecting ws://a.test 1", "connected ws://a.test")
	})
}

// A server that was left for long, and is dead still, is tried once before the
// others.
func TestFailover_deadServerIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		end := make(chan struct{})
		n.serve(t, "b.test:80", upgraded(func(ws *websocket.Conn) {
			go func() {
				<-end
				ws.Close()
			}()
			drain(ws)
		}))
		defer func() { close(end) }()
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test", Weight: 2}, {URL: "ws://b.test", Weight: 1}}}, j)
		time.Sleep(time.Minute)
		synctest.Wait()
		connecting := func() (list []string) {
			j.Lock()
			defer j.Unlock()
			for _, line := range j.lines {
				if strings.HasPrefix(line, "connecting") {
					list = append(list, strings.Fields(line)[1])
				}
			}
			j.lines = nil
			return list
		}
		if got := connecting(); !slices.Equal(got, []string{"ws://a.test", "ws://b.test"}) {
			t.Fatalf("first %v", got)
		}
		time.Sleep(failureMemory + time.Second)
		end <- struct{}{}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := connecting(); !slices.Equal(got, []string{"ws://a.test", "ws://b.test"}) {
			t.Errorf("after the connection was lost %v", got)
		}
	})
}

func TestError_CloseCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			bye := websocket.FormatCloseMessage(websocket.CloseServiceRestart, "back soon")
			_ = ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
		}))
		j := newJournal()
		running(t, Config{Servers: []Server{{URL: "ws://a.test"}}, Dial: n.dial}, j)
		synctest.Wait()
		if code, reason := j.lastError(t).CloseCode(); code != websocket.CloseServiceRestart || reason != "back soon" {
			t.Errorf("%d %q", code, reason)
		}
		if code, _ := (&Error{Err: ErrFailover}).CloseCode(); code != 0 {
			t.Errorf("%d", code)
		}
	})
}

func TestTrace_isALevelOfTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(echo))
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: LevelTrace}))
		tr := running(t, Config{Servers: []Server{{URL: "ws://a.test"}}, Dial: n.dial, Log: log}, newJournal())
		synctest.Wait()
		m := message("1", "hi")
		m.Headers.Add("Authorization", "Bearer canary")
		m.Headers.Add("Proxy-Authorization", `Digest username="alice", response="canary", cnonce="canary"`)
		if err := tr.Send(m); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		text := out.String()
		if strings.Contains(text, "canary") {
			t.Errorf("a secret is in the log:\n%s", text)
		}
		for _, want := range []string{"component=JsSIP:Transport", "msg=sent", "msg=received", "level=DEBUG-4", "MESSAGE sip:bob@example.com"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in the log:\n%s", want, text)
			}
		}
	})
}
