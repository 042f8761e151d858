//go:build !linux

package desktop

// asSystem calls f: nothing of ours is inherited.
func asSystem(f func() error) error { return f() }
