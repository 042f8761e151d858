package ui

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"webphone/audio/record"
	"webphone/phone"
)

func TestExplain_recordings(t *testing.T) {
	of := func(op string, cause error) error {
		return &phone.RecordingError{Peer: "Bob Meyer", Err: &record.Error{Op: op, File: "/music/Webphone/x.opus", Err: cause}}
	}
	for _, c := range []struct {
		rule string
		err  error
		want string
	}{
		{"the disk is full", of("write", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), "The call with Bob Meyer is not recorded any more. The disk is full. The call goes on. What was recorded before is in x.opus."},
		{"the disk is gone", of("write", errors.New("write x: input/output error")), "The call with Bob Meyer is not recorded any more. Input/output error. The call goes on. What was recorded before is in x.opus."},
		{"the disk stands still", of("write", record.ErrSlow), "The call with Bob Meyer is not recorded any more. The disk does not answer. The call goes on. What was recorded before is in x.opus."},
		{"the disk is slow", &phone.RecordingError{Peer: "Bob", Err: &record.SlowError{Lost: 12400 * time.Millisecond}}, "The recording has gaps. The disk is too slow: 12 seconds could not be written. The recording goes on."},
		{"the disk was slow for a moment", &record.SlowError{Lost: 20 * time.Millisecond}, "The recording has gaps. The disk is too slow: a moment could not be written. The recording goes on."},
		{"not allowed", of("create", &os.PathError{Op: "open", Path: "x", Err: syscall.EACCES}), "The call with Bob Meyer is not recorded. Nothing can be written into the folder /music/Webphone. You are not allowed to."},
		{"can only be read", of("create", syscall.EROFS), "The call with Bob Meyer is not recorded. Nothing can be written into the folder /music/Webphone. It can only be read."},
		{"no folder", &phone.RecordingError{Peer: "Bob", Err: &record.Error{Op: "folder", File: "/etc/passwd", Err: syscall.ENOTDIR}}, "The call with Bob is not recorded. Nothing can be written into the folder /etc/passwd. There is something else in its place."},
		{"anything else", &phone.RecordingError{Peer: "sip:bob@example.com", Err: errors.New("opus encoder: out of memory")}, "The call with bob is not recorded. Out of memory."},
	} {
		if got := Explain(c.err, Subject{}).String(); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.rule, got, c.want)
		}
	}
}
