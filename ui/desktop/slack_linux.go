package desktop

/*
#include <sys/prctl.h>

// relax lets the kernel wake us up to 1 ms late, and so together with others.
// Go's scheduler has a watchdog that asks to be woken after 20 µs, again and
// again, whenever sound is encoded; it is created by this thread and inherits
// what this thread has. No timer of ours is asked for more finely than this.
__attribute__((constructor)) static void relax(void) {
	prctl(PR_SET_TIMERSLACK, 1000000UL, 0UL, 0UL, 0UL);
}

static int slack(void) { return prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL); }

static void set_slack(int ns) { prctl(PR_SET_TIMERSLACK, (unsigned long)ns, 0UL, 0UL, 0UL); }
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
