package record

import (
	"errors"
	"fmt"
	"time"
)

// ErrSlow is the cause of an Error at the end when the disk does not take the
// rest in.
var ErrSlow = errors.New("the disk does not answer")

// Error says that there is no recording, or no more of it. What was written
// before can be played.
type Error struct {
	Op   string // "folder", "create" or "write"
	File string // or the folder
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("record: %s %s: %v", e.Op, e.File, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// SlowError says that the disk is so slow that sound is missing in the file.
// The recording goes on.
type SlowError struct {
	File string
	Lost time.Duration // of both sides together, so far
}

func (e *SlowError) Error() string {
	return fmt.Sprintf("record: %s: %v lost, the disk is too slow", e.File, e.Lost)
}
