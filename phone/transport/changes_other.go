//go:build !linux

package transport

import "errors"

func systemChanges() (changes, error) { return nil, errors.ErrUnsupported }
