package desktop

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// We may be woken late, but nobody else is for our sake.
func TestSlack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const relaxed = 1_000_000 // ns
	ours := func(when string) {
		if got, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0); err != nil || got != relaxed {
			t.Errorf("ours %s: %d ns (%v), want %d", when, got, err, relaxed)
		}
	}
	ours("at first")
	err := asSystem(func() error {
		slack, err := exec.Command("cat", "/proc/self/timerslack_ns").Output()
		if got := strings.TrimSpace(string(slack)); got != "50000" {
			t.Errorf("a program's: %q ns, want 50000", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	ours("after it")
}
