package loop_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"webphone/phone/loop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPost_runsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{})
		var got []int
		for i := range 100 {
			l.Post("count", func() { got = append(got, i) })
		}
		l.Close()
		if len(got) != 100 {
			t.Fatalf("%d turns ran, want 100", len(got))
		}
		for i, v := range got {
			if v != i {
				t.Fatalf("turn %d was %d", i, v)
			}
		}
	})
}

func TestPost_fromTurnRunsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{})
		var order []string
		l.Post("outer", func() {
			l.Post("inner", func() { order = append(order, "inner") })
			order = append(order, "outer")
		})
		synctest.Wait()
		l.Close()
		if len(order) != 2 || order[0] != "outer" || order[1] != "inner" {
			t.Errorf("order %v, want outer before inner", order)
		}
	})
}

func TestPost_refusedAfterClose(t *testing.T) {
	l := loop.New(loop.Options{})
	l.Close()
	if l.Post("late", func() { t.Error("a late turn ran") }) {
		t.Error("Post took a turn after Close")
	}
	if err := l.Do(t.Context(), "late", func() {}); !errors.Is(err, loop.ErrClosed) {
		t.Errorf("Do returned %v, want ErrClosed", err)
	}
}

func TestDo_returnsCauseOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{SlowTurn: -1})
		gate := make(chan struct{})
		l.Post("busy", func() { <-gate })
		why := errors.New("the window was closed")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if err := l.Do(ctx, "waiting", func() {}); !errors.Is(err, why) {
			t.Errorf("Do returned %v, want %v", err, why)
		}
		close(gate)
		l.Close()
	})
}

func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{SlowTurn: -1})
		defer l.Close()
		var fired atomic.Int32
		var timer *loop.Timer
		l.Post("start", func() { timer = l.After(time.Second, "timer", func() { fired.Add(1) }) })
		time.Sleep(999 * time.Millisecond)
		synctest.Wait()
		if fired.Load() != 0 {
			t.Fatal("fired before its time")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if fired.Load() != 1 {
			t.Fatal("did not fire")
		}
		l.Post("stop", func() {
			if timer.Stop() {
				t.Error("Stop says it prevented a turn that ran")
			}
		})
		synctest.Wait()
	})
}

func TestTimerStop_preventsATurnAlreadyQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{SlowTurn: -1})
		defer l.Close()
		l.Post("scene", func() {
			timer := l.After(time.Second, "timer", func() { t.Error("a stopped timer fired") })
			time.Sleep(2 * time.Second) // the timer's turn is queued behind this one
			if !timer.Stop() {
				t.Error("Stop reports that the turn had run")
			}
		})
		synctest.Wait()
	})
}

func TestGo_dropsResultWhenItsContextEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		loop.Go(ctx, l, "job", func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 1, nil
		}, func(int, error) { t.Error("then ran after its context ended") })
		cancel()
		l.Close()
	})
}

func TestGo_bringsTheResultBackAsATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{})
		defer l.Close()
		want := errors.New("no microphone")
		var got error
		var value string
		loop.Go(t.Context(), l, "job", func(context.Context) (string, error) { return "sdp", want },
			func(v string, err error) { value, got = v, err })
		synctest.Wait()
		if value != "sdp" || got != want {
			t.Errorf("then got %q, %v", value, got)
		}
	})
}

func TestQueue_runsOneJobAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{SlowTurn: -1})
		defer l.Close()
		var running, peak atomic.Int32
		var done []int
		l.Post("scene", func() {
			q := loop.NewQueue(t.Context(), l)
			for i := range 5 {
				loop.Enqueue(q, "job", func(context.Context) (int, error) {
					if n := running.Add(1); n > peak.Load() {
						peak.Store(n)
					}
					time.Sleep(time.Second)
					running.Add(-1)
					return i, nil
				}, func(v int, _ error) { done = append(done, v) })
			}
		})
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if peak.Load() != 1 {
			t.Errorf("%d jobs at once, want 1", peak.Load())
		}
		for i, v := range done {
			if v != i {
				t.Fatalf("done in order %v", done)
			}
		}
		if len(done) != 5 {
			t.Errorf("%d jobs done, want 5", len(done))
		}
	})
}

func TestQueueEnd(t *testing.T) {
	cases := []struct {
		name      string
		jobs      int
		loopEnds  bool
		wantStart int32
	}{
		{"idle: last runs at once", 0, false, 0},
		{"a job runs: it is cancelled, last runs after it", 1, false, 1},
		{"jobs wait: they are dropped", 3, false, 1},
		{"the loop closes meanwhile: last still runs", 2, true, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := loop.New(loop.Options{SlowTurn: -1})
				var started, cancelled, last atomic.Int32
				gone := errors.New("call ended")
				l.Post("scene", func() {
					q := loop.NewQueue(t.Context(), l)
					for range c.jobs {
						loop.Enqueue(q, "job", func(ctx context.Context) (int, error) {
							started.Add(1)
							<-ctx.Done()
							time.Sleep(time.Millisecond) // a job that takes its time to give up
							if context.Cause(ctx) == gone {
								cancelled.Add(1)
							}
							return 0, nil
						}, func(int, error) { t.Error("a result came after the end") })
					}
					l.After(time.Second, "end", func() {
						q.End(gone, func() {
							if started.Load() != cancelled.Load() {
								t.Error("last ran before the running job returned")
							}
							last.Add(1)
						})
						q.End(gone, func() { t.Error("a second End ran its last") })
					})
				})
				time.Sleep(time.Second)
				synctest.Wait()
				if !c.loopEnds {
					time.Sleep(time.Second)
					synctest.Wait()
				}
				l.Close()
				if started.Load() != c.wantStart || cancelled.Load() != c.wantStart || last.Load() != 1 {
					t.Errorf("started %d cancelled %d last %d, want %d %d 1",
						started.Load(), cancelled.Load(), last.Load(), c.wantStart, c.wantStart)
				}
			})
		})
	}
}

func TestSlowTurn_isReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var name string
		l := loop.New(loop.Options{
			Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
			OnSlow: func(n string, _ time.Duration) { name = n },
		})
		l.Post("quick", func() {})
		l.Post("sluggish", func() { time.Sleep(51 * time.Millisecond) })
		l.Close()
		if name != "sluggish" {
			t.Errorf("reported %q, want the sluggish turn", name)
		}
	})
}
