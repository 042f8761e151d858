package audiotest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrWAV means that a file is no 16-bit PCM WAV file.
var ErrWAV = errors.New("audiotest: not a 16-bit PCM WAV file")

// WriteWAV writes mono samples to a file.
func WriteWAV(path string, rate int, samples []int16) error {
	var b bytes.Buffer
	data := 2 * len(samples)
	b.WriteString("RIFF")
	put(&b, uint32(36+data))
	b.WriteString("WAVEfmt ")
	put(&b, uint32(16))
	put(&b, uint16(1)) // PCM
	put(&b, uint16(1)) // mono
	put(&b, uint32(rate))
	put(&b, uint32(2*rate)) // bytes a second
	put(&b, uint16(2))      // bytes a sample
	put(&b, uint16(16))     // bits a sample
	b.WriteString("data")
	put(&b, uint32(data))
	put(&b, samples)
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func put(w io.Writer, v any) {
	// Writing to a bytes.Buffer does not fail.
	_ = binary.Write(w, binary.LittleEndian, v)
}

// ReadWAV reads the first channel of a file. A data chunk that claims more
// than the file has, as one being written does, ends with the file.
func ReadWAV(path string) (samples []int16, rate int, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, 0, fmt.Errorf("%s: %w", path, ErrWAV)
	}
	channels := 0
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		chunk := b[:min(size, len(b))]
		switch {
		case id == "fmt " && len(chunk) >= 16:
			if binary.LittleEndian.Uint16(chunk[14:]) != 16 {
				return nil, 0, fmt.Errorf("%s: %w", path, ErrWAV)
			}
			channels = int(binary.LittleEndian.Uint16(chunk[2:]))
			rate = int(binary.LittleEndian.Uint32(chunk[4:]))
		case id == "data" && channels > 0:
			for i := 0; i+2*channels <= len(chunk); i += 2 * channels {
				samples = append(samples, int16(binary.LittleEndian.Uint16(chunk[i:])))
			}
			return samples, rate, nil
		}
		b = b[min(len(b), size+size%2):]
	}
	return nil, 0, fmt.Errorf("%s: %w", path, ErrWAV)
}
