package transport

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"webphone/phone/sip"
)

func TestTransport_reconnectsWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			ws.ReadMessage() // the first message ends the connection
		}))
		n.down.Store("a.test:80", true)
		j := newJournal()
		tr := drawing(t, 0.999, Config{Servers: []Server{{URL: "ws://a.test"}}, Dial: n.dial, Max: 8 * time.Second}, j)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "disconnected tcp retry in 2.998s")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 2", "disconnected tcp retry in 4.996s")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 3", "disconnected tcp retry in 8s")
		if tr.Connected() || !errors.Is(tr.Send(message("1", "")), ErrNotConnected) {
			t.Error("connected")
		}

		n.down.Delete("a.test:80")
		time.Sleep(8 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 4", "connected ws://a.test")

		if err := tr.Send(message("1", "")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		j.expect(t, "disconnected read retry in 2.998s") // the count starts anew
		if tr.Connected() {
			t.Error("connected after the loss")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
	})
}

func TestTransport_backoffStaysBetweenMinAndMax(t *testing.T) {
	tr, err := New(Config{Servers: []Server{{URL: "ws://a"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < 200; n++ {
		for range 20 {
			if d := tr.backoff(n); d < DefaultMin || d > DefaultMax {
				t.Fatalf("failure %d waits %v", n, d)
			}
		}
	}
	tr.random = func() float64 { return 0.5 }
	for n, want := range map[int]time.Duration{1: 2 * time.Second, 2: 3 * time.Second, 3: 5 * time.Second, 4: 9 * time.Second, 64: 30 * time.Second} {
		if d := tr.backoff(n); d != want {
			t.Errorf("failure %d waits %v, want %v", n, d, want)
		}
	}
}

func TestTransport_failsOverByWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		for _, host := range []string{"low.test:80", "high.test:80", "middle.test:443"} {
			n.serve(t, host, upgraded(drain))
			n.down.Store(host, true)
		}
		j := newJournal()
		tr := running(t, Config{Dial: n.dial, Servers: []Server{
			{URL: "ws://low.test"}, {URL: "ws://high.test", Weight: 9}, {URL: "ws://middle.test:443", Weight: 3},
		}}, j)
		synctest.Wait()
		j.expect(t, "connecting ws://high.test 1", "disconnected tcp retry in 2s")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://middle.test:443 2", "disconnected tcp retry in 2s")
		n.down.Delete("low.test:80")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://low.test 3", "connected ws://low.test")
		if tr.ServerURI().Host != "low.test" {
			t.Errorf("server URI %s", tr.ServerURI())
		}
	})
}

func TestTransport_allFailed_allGetAnotherChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test", Weight: 1}, {URL: "ws://b.test"}}}, j)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		j.expect(t,
			"connecting ws://a.test 1", "disconnected tcp retry in 2s",
			"connecting ws://b.test 2", "disconnected tcp retry in 2s",
			"connecting ws://a.test 3", "disconnected tcp retry in 2s")
	})
}

func TestTransport_equalWeights_areDrawnAtRandom(t *testing.T) {
	tr, err := New(Config{Servers: []Server{{URL: "ws://a", Weight: 1}, {URL: "ws://b", Weight: 1}, {URL: "ws://c"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for random, want := range map[float64]string{0: "ws://a", 0.49: "ws://a", 0.5: "ws://b", 0.999: "ws://b"} {
		tr.random = func() float64 { return random }
		if got := tr.pick().raw; got != want {
			t.Errorf("%v draws %s, want %s", random, got, want)
		}
	}
}

func TestTransport_Retry_endsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		j := newJournal()
		tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}, Min: time.Minute, Max: time.Hour}, j)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "disconnected tcp retry in 1m0s")
		time.Sleep(time.Second)
		tr.Retry()
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 2", "disconnected tcp retry in 1m0s")
		time.Sleep(59 * time.Second)
		synctest.Wait()
		j.expect(t)
	})
}

// silent answers neither pings nor anything else.
func silent(ws *websocket.Conn) {
	ws.SetPingHandler(func(string) error { return nil })
	drain(ws)
}

func TestTransport_noPong_isDeadWithinTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(silent))
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
		time.Sleep(9 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
		time.Sleep(time.Second)
		synctest.Wait()
		j.expect(t, "disconnected ping retry in 2s")
		if e := j.lastError(t); e.Fault() != FaultDead {
			t.Errorf("fault %q: %v", e.Fault(), e)
		}
	})
}

func TestTransport_pongs_keepItAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		pings := 0
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
			answer := ws.PingHandler()
			ws.SetPingHandler(func(data string) error { pings++; return answer(data) })
			drain(ws)
		}))
		j := newJournal()
		running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
		if pings != 120 {
			t.Errorf("%d pings in ten minutes, want 120", pings)
		}
	})
}

func TestTransport_Retry_whileConnected_asksForALifeSign(t *testing.T) {
	for name, talk := range map[string]func(*websocket.Conn){"dead": silent, "alive": drain} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n pipeNet
				n.serve(t, "a.test:80", upgraded(talk))
				j := newJournal()
				tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
				synctest.Wait()
				j.expect(t, "connecting ws://a.test 1", "connected ws://a.test")
				tr.Retry()
				time.Sleep(checkWait + time.Second)
				synctest.Wait()
				if name == "dead" {
					j.expect(t, "disconnected ping retry in 2s")
				} else {
					j.expect(t)
				}
			})
		})
	}
}

func TestSlept(t *testing.T) {
	for _, tt := range []struct {
		name            string
		wall, monotonic time.Duration
		want            bool
	}{
		{"clocks agree", 5 * time.Second, 5 * time.Second, false},
		{"the wall clock was set back", -time.Hour, 5 * time.Second, false},
		{"a slow turn", 20 * time.Second, 20 * time.Second, false},
		{"the machine slept", time.Hour, 5 * time.Second, true},
	} {
		if got := slept(tt.wall, tt.monotonic); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestTransport_serverDoesNotRead_queueOverflowsThenWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		stop := make(chan struct{})
		n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) { <-stop }))
		j := newJournal()
		tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}, PingInterval: time.Minute}, j)
		defer close(stop)
		synctest.Wait()
		sent := 0
		for ; sent < 1000; sent++ {
			if err := tr.Send(message("1", "")); err != nil {
				if !errors.Is(err, ErrQueueFull) {
					t.Errorf("error %v", err)
				}
				break
			}
			synctest.Wait()
		}
		if sent != queueLength+1 { // one is being written
			t.Errorf("%d messages were queued", sent)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		j.expect(t, "connecting ws://a.test 1", "connected ws://a.test", "disconnected write retry in 2s")
	})
}

func TestTransport_Close(t *testing.T) {
	t.Run("sends what is queued and says goodbye", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var n pipeNet
			var got []string
			n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) {
				for {
					_, data, err := ws.ReadMessage()
					if err != nil {
						got = append(got, fmt.Sprint(websocket.IsCloseError(err, websocket.CloseNormalClosure)))
						return
					}
					m, _ := sip.Parse(data)
					got = append(got, m.Fields().CallID)
				}
			}))
			j := newJournal()
			tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
			synctest.Wait()
			tr.Send(message("1", ""))
			tr.Send(message("2", ""))
			tr.Close()
			tr.Wait()
			synctest.Wait()
			if s := strings.Join(got, " "); s != "1 2 true" {
				t.Errorf("server saw %q", s)
			}
			j.expect(t, "connecting ws://a.test 1", "connected ws://a.test", "disconnected closed retry in 0s")
			if err := j.errs[0]; err != nil {
				t.Errorf("error %v", err)
			}
			if err := tr.Send(message("3", "")); !errors.Is(err, ErrNotConnected) {
				t.Errorf("send after close: %v", err)
			}
		})
	})
	t.Run("does not wait for a server that does not read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var n pipeNet
			stop := make(chan struct{})
			n.serve(t, "a.test:80", upgraded(func(ws *websocket.Conn) { <-stop }))
			tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, newJournal())
			defer close(stop)
			synctest.Wait()
			tr.Send(message("1", ""))
			tr.Send(message("2", ""))
			synctest.Wait()
			start := time.Now()
			tr.Close()
			tr.Wait()
			if took := time.Since(start); took > writeTimeout+flushTimeout {
				t.Errorf("took %v", took)
			}
		})
	})
	t.Run("during the backoff", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var n pipeNet
			j := newJournal()
			tr := running(t, Config{Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}}}, j)
			synctest.Wait()
			tr.Close()
			tr.Wait()
			j.expect(t, "connecting ws://a.test 1", "disconnected tcp retry in 2s")
		})
	})
	t.Run("during an attempt", func(t *testing.T) {
		j := newJournal()
		tr := running(t, Config{Servers: []Server{{URL: "ws://" + mute(t)}}}, j)
		j.await(t, "connecting")
		tr.Close()
		tr.Wait()
		if len(j.lines) != 1 {
			t.Errorf("journal %q", j.lines)
		}
	})
	t.Run("before Start", func(t *testing.T) {
		j := newJournal()
		tr, err := New(Config{Servers: []Server{{URL: "ws://a.test"}}}, j)
		if err != nil {
			t.Fatal(err)
		}
		tr.Close()
		tr.Close()
		tr.Start()
		tr.Wait()
		j.expect(t)
	})
}
