package desktop

/*
#cgo LDFLAGS: -Wl,--wrap=pthread_create
#include <pthread.h>
#include <sys/prctl.h>

// In nanoseconds: what the kernel may be late by in waking us, so that it wakes
// us together with others. No timer of ours is asked for more finely than ours.
enum { ours = 1000000, watchdog = 10000000 };

static int slack(void) { return prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL); }

static void set_slack(int ns) { prctl(PR_SET_TIMERSLACK, (unsigned long)ns, 0UL, 0UL, 0UL); }

__attribute__((constructor)) static void relax(void) { set_slack(ours); }

extern int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

// The first thread that is created is the watchdog of Go's scheduler. The first
// packet that is coded after a rest wakes it, and 20 µs later it looks whether
// all is at rest again: a hundred pairs of wakings a second in a call. With the
// longest pause that it makes by itself as slack, one look does for several
// packets. No other thread inherits that from it.
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg) {
	static int created;
	int before = slack(), err;
	set_slack(__atomic_fetch_add(&created, 1, __ATOMIC_RELAXED) == 0 ? watchdog : ours);
	err = __real_pthread_create(thread, attr, start, arg);
	set_slack(before);
	return err;
}
*/
import "C"

import "runtime"

// systemSlack is the kernel's own timer slack, in nanoseconds: that of programs
// we start.
const systemSlack = 50_000

// asSystem calls f, whose programs inherit timers as exact as the system's.
func asSystem(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if ours := timerSlack(); ours > 0 {
		C.set_slack(systemSlack)
		defer C.set_slack(C.int(ours))
	}
	return f()
}

// timerSlack is that of the calling thread in nanoseconds; negative = unknown.
func timerSlack() int { return int(C.slack()) }
