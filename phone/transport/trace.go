package transport

import "log/slog"

// LevelTrace is the level at which Config.Log gets every message, below that
// of debugging; credentials and keys are masked.
const LevelTrace = slog.LevelDebug - 4

// Direction is the way a traced message went.
type Direction int

// The directions.
const (
	Received Direction = iota
	Sent
)

// String returns "received" or "sent".
func (d Direction) String() string {
	if d == Sent {
		return "sent"
	}
	return "received"
}
