package main

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckDisplay(t *testing.T) {
	tests := []struct {
		rule, system, display string
		want                  error
	}{
		{"Linux needs a display", "linux", "", errNoDisplay},
		{"a named display is tried", "linux", ":91", nil},
		{"BSD needs a display", "freebsd", "", errNoDisplay},
		{"Windows always has one", "windows", "", nil},
		{"macOS always has one", "darwin", "", nil},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			getenv := func(name string) string {
				if name == "DISPLAY" {
					return test.display
				}
				return ""
			}
			if err := checkDisplay(test.system, getenv); !errors.Is(err, test.want) {
				t.Errorf("checkDisplay: %v, want %v", err, test.want)
			}
		})
	}
}

func TestGuardDisplay_panicOfTheWindowSystemIsAnError(t *testing.T) {
	err := guardDisplay(func() { panic(errors.New("the library is not initialized")) })
	if err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("guardDisplay: %v", err)
	}
}

func TestGuardDisplay_programmingErrorStaysAPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an index out of range was taken for a missing display")
		}
	}()
	_ = guardDisplay(func() {
		var none []int
		_ = none[len(none)]
	})
}
