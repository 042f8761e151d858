package modeltest

import (
	"sync"
	"testing/synctest"
)

// Queue is a UI goroutine's queue that the test drains itself, so that
// everything happens on the test's goroutine.
type Queue struct {
	mu    sync.Mutex
	queue []func()
}

// Post is a model.Dispatcher.
func (q *Queue) Post(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, f)
}

// Drain runs what is queued, and what that queues in turn; it returns how
// many functions ran.
func (q *Queue) Drain() int {
	ran := 0
	for {
		q.mu.Lock()
		if len(q.queue) == 0 {
			q.mu.Unlock()
			return ran
		}
		f := q.queue[0]
		q.queue = q.queue[1:]
		q.mu.Unlock()
		f()
		ran++
	}
}

// Settle waits, in a synctest bubble, until every goroutine has done what it
// can without time passing, and drains, until nothing is left to do.
func (q *Queue) Settle() {
	for {
		synctest.Wait()
		if q.Drain() == 0 {
			return
		}
	}
}
