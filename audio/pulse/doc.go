// Package pulse asks a PulseAudio server, or PipeWire in its place, which
// devices it has and is told when they change. Sound itself does not pass
// here.
//
// It speaks the servers' native protocol over a local socket or TCP, as of
// version 15 of the protocol, which every server since 2009 understands.
package pulse
