package desktop

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// We may be woken late, but nobody else is for our sake.
func TestSlack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const relaxed = 1_000_000 // ns
	ours := func(when string) {
		if got := timerSlack(); got != relaxed {
			t.Errorf("ours %s: %d ns, want %d", when, got, relaxed)
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
