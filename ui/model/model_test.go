package model_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"webphone/phone"
	"webphone/ui/model"
	"webphone/ui/model/modeltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestModel_listenersHearThePresentAndEveryChange(t *testing.T) {
	p := modeltest.NewPhone(modeltest.Sample())
	m := model.New(p, (&modeltest.Queue{}).Post)
	var heard []int
	stop := m.Listen(func(s *phone.Snapshot) { heard = append(heard, s.MissedCalls) })
	m.Apply(&phone.Snapshot{MissedCalls: 5})
	stop()
	m.Apply(&phone.Snapshot{MissedCalls: 6})
	if len(heard) != 2 || heard[0] != 2 || heard[1] != 5 {
		t.Errorf("heard %v, want [2 5]", heard)
	}
	if m.Snapshot().MissedCalls != 6 {
		t.Error("Snapshot is not the one applied last")
	}
}

func TestModel_listenerStoppedInTheSameTurnIsNotCalled(t *testing.T) {
	m := model.New(modeltest.NewPhone(modeltest.Sample()), (&modeltest.Queue{}).Post)
	var stopSecond func()
	second := 0
	m.Listen(func(*phone.Snapshot) {
		if stopSecond != nil {
			stopSecond()
		}
	})
	stopSecond = m.Listen(func(*phone.Snapshot) { second++ })
	m.Apply(&phone.Snapshot{})
	if second != 1 {
		t.Errorf("second listener was called %d times, want once, at Listen", second)
	}
}

func TestModel_aChangeBeforeRunIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := modeltest.NewPhone(modeltest.Sample())
		q := &modeltest.Queue{}
		m := model.New(p, q.Post)
		p.Update(func(s *phone.Snapshot) { s.MissedCalls = 7 })
		ctx, cancel := context.WithCancel(context.Background())
		go m.Run(ctx)
		synctest.Wait()
		q.Settle()
		if got := m.Snapshot().MissedCalls; got != 7 {
			t.Errorf("shown are %d missed calls, want 7: a change while the window was made", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestModel_manyChangesAreOneApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := modeltest.NewPhone(modeltest.Sample())
		q := &modeltest.Queue{}
		m := model.New(p, q.Post)
		ctx, cancel := context.WithCancel(context.Background())
		go m.Run(ctx)
		synctest.Wait()
		applied := 0
		m.Listen(func(*phone.Snapshot) { applied++ })
		for i := range 50 {
			p.Update(func(s *phone.Snapshot) { s.MissedCalls = i })
			synctest.Wait()
		}
		q.Drain()
		if applied != 2 {
			t.Errorf("listener ran %d times, want 2: at Listen and once for 50 changes", applied)
		}
		if got := m.Snapshot().MissedCalls; got != 49 {
			t.Errorf("shown state is change %d, want the last, 49", got)
		}
		p.Update(func(s *phone.Snapshot) { s.MissedCalls = 50 })
		q.Settle()
		if got := m.Snapshot().MissedCalls; got != 50 {
			t.Errorf("a change after the drain was lost: %d", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestModel_DoReportsOnTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &modeltest.Queue{}
		m := model.New(modeltest.NewPhone(modeltest.Sample()), q.Post)
		want := errors.New("no")
		var got error
		m.Do(func() error { time.Sleep(time.Second); return want }, func(err error) { got = err })
		time.Sleep(2 * time.Second)
		if got != nil {
			t.Error("then ran beside the UI goroutine")
		}
		q.Drain()
		if got != want {
			t.Errorf("then got %v", got)
		}
		m.Do(func() error { <-m.Context().Done(); return nil }, nil) // Close cuts it short
		m.Close()
		m.Do(func() error { t.Error("work began after Close"); return nil }, nil)
	})
}

func TestModel_InOrderKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &modeltest.Queue{}
		m := model.New(modeltest.NewPhone(modeltest.Sample()), q.Post)
		var began []int
		for i := range 20 {
			m.InOrder(func() error {
				began = append(began, i)
				time.Sleep(time.Duration(20-i) * time.Millisecond)
				return nil
			}, nil)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.IsSorted(began) || len(began) != 20 {
			t.Errorf("work began in the order %v", began)
		}
		m.Close()
		m.InOrder(func() error { t.Error("work began after Close"); return nil }, nil)
	})
}

func TestModel_EveryTicksUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &modeltest.Queue{}
		m := model.New(modeltest.NewPhone(modeltest.Sample()), q.Post)
		ticks := 0
		stop := m.Every(time.Second, func() { ticks++ })
		for range 3 {
			time.Sleep(time.Second)
			q.Settle()
		}
		if ticks != 3 {
			t.Errorf("%d ticks in 3 s, want 3", ticks)
		}
		time.Sleep(5 * time.Second) // nobody drains: the window is busy
		q.Settle()
		if ticks != 4 {
			t.Errorf("%d ticks after a busy time, want 4: the others are left out", ticks)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		q.Drain()
		if ticks != 4 {
			t.Error("a tick ran after stop")
		}
		m.Every(time.Second, func() {})
		m.Close()
	})
}
