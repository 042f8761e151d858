package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"webphone/audio/record"
	"webphone/phone"
)

// explainRecording has the words for recordings that fail. A call never ends
// because of one.
func explainRecording(err error) (Sentence, bool) {
	var (
		call   *phone.RecordingError
		failed *record.Error
		slow   *record.SlowError
	)
	about := "The call"
	if errors.As(err, &call) {
		about = "The call with " + nameOrNumber("", call.Peer)
	}
	var s Sentence
	switch {
	case errors.As(err, &slow):
		s.Title = "The recording has gaps"
		s.Text = fmt.Sprintf("The disk is too slow: %s could not be written. The recording goes on.", lostWords(slow.Lost))
		return s, true
	case errors.As(err, &failed) && failed.Op == "write":
		s.Title = about + " is not recorded any more"
		s.Text = join(diskReason(failed.Err), "The call goes on. What was recorded before is in "+filepath.Base(failed.File)+".")
		return s, true
	case errors.As(err, &failed):
		s.Title = about + " is not recorded"
		s.Text = folderWords(failed)
		return s, true
	case call != nil:
		return Sentence{Title: about + " is not recorded", Text: firstUpper(lastPart(call.Err.Error())) + "."}, true
	}
	return Sentence{}, false
}

// folderWords say why no recording can be made in a folder.
func folderWords(failed *record.Error) string {
	folder := failed.File
	if failed.Op == "create" {
		folder = filepath.Dir(folder)
	}
	return join("Nothing can be written into the folder "+folder+".", diskReason(failed.Err))
}

// diskReason says why a disk did not take something in.
func diskReason(err error) string {
	switch {
	case errors.Is(err, record.ErrSlow):
		return "The disk does not answer."
	case errors.Is(err, syscall.ENOSPC):
		return "The disk is full."
	case errors.Is(err, syscall.EROFS):
		return "It can only be read."
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return "There is something else in its place."
	case errors.Is(err, fs.ErrPermission):
		return "You are not allowed to."
	}
	return firstUpper(lastPart(err.Error())) + "."
}

// lostWords are how much sound is missing.
func lostWords(d time.Duration) string {
	if d < 2*time.Second {
		return "a moment"
	}
	return fmt.Sprintf("%d seconds", int(d.Round(time.Second)/time.Second))
}
