package desktop

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"time"
)

// fileManagerWait is how long a file manager may take to start.
const fileManagerWait = 5 * time.Second

// FileURL is the address of a file.
func FileURL(path string) *url.URL {
	return &url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
}

// ShowFile opens the folder of a file in the desktop's file manager, with the
// file selected. Where the desktop has none that can be asked it fails with an
// error; the folder can then be opened like any other.
func ShowFile(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, fileManagerWait)
	defer cancel()
	conn, err := dialBus(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	manager := conn.Object("org.freedesktop.FileManager1", "/org/freedesktop/FileManager1")
	call := manager.CallWithContext(ctx, "org.freedesktop.FileManager1.ShowItems", 0, []string{FileURL(path).String()}, "")
	if call.Err != nil {
		return errors.Join(errNoFileManager, call.Err)
	}
	return nil
}

var errNoFileManager = errors.New("desktop: no file manager answers")
