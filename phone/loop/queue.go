package loop

import "context"

// Queue runs jobs one at a time, in the order in which they were added: one
// call's SDP work must not overtake itself. Only turns may use it.
//
//	idle ──Add──▶ running ──job ends, more waiting──▶ running
//	                │ job ends, none waiting ──▶ idle
//	End(last): jobs still waiting are dropped, last runs after the running one
type Queue struct {
	loop    *Loop
	ctx     context.Context // ends with the queue: jobs are bound to their owner's life
	cancel  context.CancelCauseFunc
	waiting []func()
	running bool
	last    func()
	ended   bool
}

// NewQueue returns an empty queue whose jobs' contexts end with ctx.
func NewQueue(ctx context.Context, l *Loop) *Queue {
	q := &Queue{loop: l}
	q.ctx, q.cancel = context.WithCancelCause(ctx)
	return q
}

// Enqueue adds a job to q. then runs as a turn with the result, unless the
// queue has ended; it may be nil. On an ended queue Enqueue does nothing.
func Enqueue[T any](q *Queue, name string, work func(context.Context) (T, error), then func(T, error)) {
	if q.ended {
		return
	}
	q.add(func() {
		q.start(name, func() func() {
			v, err := work(q.ctx)
			return func() {
				if then != nil && q.ctx.Err() == nil {
					then(v, err)
				}
			}
		})
	})
}

// End drops the jobs still waiting, cancels the running one's context with
// cause and runs last (which may be nil) off the loop once it has returned.
// Results of earlier jobs are no longer delivered. A second End does nothing.
func (q *Queue) End(cause error, last func()) {
	if q.ended {
		return
	}
	q.ended = true
	q.waiting = nil
	q.last = last
	q.cancel(cause)
	if !q.running {
		q.finish()
	}
}

func (q *Queue) add(job func()) {
	if q.running {
		q.waiting = append(q.waiting, job)
		return
	}
	job()
}

func (q *Queue) start(name string, work func() (then func())) {
	q.running = true
	q.loop.jobs.Add(1)
	go func() {
		defer q.loop.jobs.Done()
		then := work()
		posted := q.loop.Post(name, func() {
			q.running = false
			then()
			q.next()
		})
		if posted {
			return
		}
		<-q.loop.done // no turn reads q any more
		if q.last != nil {
			q.last()
		}
	}()
}

func (q *Queue) next() {
	switch {
	case q.ended:
		q.finish()
	case !q.running && len(q.waiting) > 0:
		job := q.waiting[0]
		q.waiting = q.waiting[1:]
		job()
	}
}

func (q *Queue) finish() {
	last := q.last
	if last == nil {
		return
	}
	q.last = nil
	q.loop.jobs.Add(1)
	go func() {
		defer q.loop.jobs.Done()
		last()
	}()
}
