//go:build !linux

package transport

func systemChanges() (changes, error) { return noChanges() }
