//go:build !linux

package device

import "github.com/gen2brain/malgo"

// setForLibraries does nothing: no library here asks the environment.
func setForLibraries(string, string) {}

// install leaves the Go callbacks where they are.
func install(*malgo.Device, *queue, bool) bool { return false }

// inParts leaves the requests to the server.
func inParts(*malgo.AllocatedContext) bool { return false }
