//go:build interop

package rig

import (
	"os/exec"
	"strings"
	"testing"
)

// reach tries to connect from a place to a port where nobody listens and
// returns what the system said.
func reach(from *Place, address string) string {
	args := from.Wrap("bash", "-c", "exec 3<>/dev/tcp/"+address+"/9")
	out, _ := exec.Command(args[0], args[1:]...).CombinedOutput()
	return string(out)
}

func TestNetwork(t *testing.T) {
	n, err := NewNetwork(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	a, b := n.Phones[0], n.Phones[1]
	step := func(name string, do func() error, from, to *Place, want string) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := reach(from, to.Address()); !strings.Contains(got, want) {
			t.Errorf("%s: %s to %s: %q, want %q", name, from.Address(), to.Address(), got, want)
		}
	}
	nothing := func() error { return nil }
	step("the server is there", nothing, a, n.Server, "refused")
	step("so is the other phone", nothing, a, b, "refused")
	step("cut", a.Cut, a, n.Server, "unreachable")
	step("connected again", func() error { return a.Connect(2) }, a, b, "refused")
	step("elsewhere", func() error { return a.Connect(7) }, b, a, "refused")
	if got := a.Address(); got != "10.77.1.7" {
		t.Errorf("address %s", got)
	}
}
