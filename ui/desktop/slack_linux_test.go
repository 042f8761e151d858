package desktop

import (
	"os"
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

// Go's watchdog may be later than every other thread, whoever has created it.
// Only a privileged user may look at other threads: there the rule is checked,
// elsewhere that what creates threads keeps its own.
func TestSlack_watchdog(t *testing.T) {
	for range 4 { // some of them on threads of their own
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // and end the thread
			if got := timerSlack(); got != 1_000_000 {
				t.Errorf("a new thread's: %d ns", got)
			}
		}()
		<-done
	}
	if os.Geteuid() != 0 {
		return
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, task := range tasks {
		if slack, err := os.ReadFile("/proc/" + task.Name() + "/timerslack_ns"); err == nil {
			found[strings.TrimSpace(string(slack))]++
		}
	}
	if found["10000000"] != 1 || found["1000000"]+1 != len(tasks) {
		t.Errorf("threads by slack: %v of %d", found, len(tasks))
	}
}
