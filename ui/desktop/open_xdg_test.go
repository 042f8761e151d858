//go:build !windows && !darwin

package desktop

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOpenURL(t *testing.T) {
	for _, c := range []struct {
		rule, opener string // "" = there is none
		cut          bool   // the phone ends meanwhile
		fails        bool
	}{
		{"a program was found", "exit 0", false, false},
		{"no program opens it", "exit 3", false, true},
		{"there is no desktop", "", false, true},
		{"the program goes on", "while [ -e \"$0.on\" ]; do sleep 0.01; done; exit 1", true, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			dir := t.TempDir()
			opener := filepath.Join(dir, "xdg-open")
			if c.opener != "" {
				if err := os.WriteFile(opener, []byte("#!/bin/sh\n"+c.opener+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			on := opener + ".on"
			if err := os.WriteFile(on, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir+":/usr/bin:/bin")
			if c.opener == "" {
				t.Setenv("PATH", dir)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if c.cut {
				time.AfterFunc(50*time.Millisecond, cancel)
			}
			if err := OpenURL(ctx, &url.URL{Scheme: "file", Path: "/music"}); (err != nil) != c.fails {
				t.Errorf("OpenURL: %v", err)
			}
			if err := os.Remove(on); err != nil {
				t.Fatal(err)
			}
		})
	}
}
