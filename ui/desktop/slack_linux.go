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
*/
import "C"

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// systemSlack is the kernel's own timer slack, in nanoseconds: that of programs
// we start.
const systemSlack = 50_000

// asSystem calls f, whose programs inherit timers as exact as the system's.
func asSystem(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if ours, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0); err == nil {
		unix.Prctl(unix.PR_SET_TIMERSLACK, systemSlack, 0, 0, 0)
		defer unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(ours), 0, 0, 0)
	}
	return f()
}
