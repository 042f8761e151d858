// Package interop proves the phone against real peers: JsSIP in headless
// Chromium as the other party and Kamailio as the server between them, with
// the sound of both ends looked at. Its tests have the build tag interop, so
// that `go test ./...` stays quick; `make test` and .ci/run always run them,
// and they fail when a program they need is missing.
package interop
