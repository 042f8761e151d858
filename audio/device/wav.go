package device

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"webphone/audio/codec"
)

// wavLimit is the longest file read into memory, in octets: 25 minutes of
// stereo at 48 kHz.
const wavLimit = 300 << 20

const wavHeader = 44 // octets before the samples in a file we write

var errWAV = errors.New("not a WAV file with 16-bit samples")

// readWAV returns a file's samples with its channels mixed into one, at
// 48 kHz.
func readWAV(name string) ([]int16, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, wavLimit+1))
	if err != nil {
		return nil, err
	}
	if len(data) > wavLimit {
		return nil, fmt.Errorf("longer than %d MB", wavLimit>>20)
	}
	pcm, rate, err := parseWAV(data)
	if err != nil {
		return nil, err
	}
	r := codec.NewResampler(rate, SampleRate)
	out := make([]int16, r.Room(len(pcm)))
	return out[:r.Process(out, pcm)], nil
}

// parseWAV takes a RIFF file with 16-bit PCM apart. A data chunk that claims to
// be longer than the file, as one has that was never finished, ends with it.
func parseWAV(data []byte) (pcm []int16, rate int, err error) {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return nil, 0, errWAV
	}
	channels := 0
	for rest := data[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		chunk := body[:min(size, len(body))]
		switch name {
		case "fmt ":
			if channels, rate, err = parseFormat(chunk); err != nil {
				return nil, 0, err
			}
		case "data":
			if channels == 0 {
				return nil, 0, fmt.Errorf("%w: no format before the samples", errWAV)
			}
			if pcm = mixDown(chunk, channels); len(pcm) == 0 {
				return nil, 0, errors.New("no samples in it")
			}
			return pcm, rate, nil
		}
		rest = body[min(size+size%2, len(body)):]
	}
	return nil, 0, fmt.Errorf("%w: no samples", errWAV)
}

// parseFormat reads a format chunk: PCM, plain or in its extensible form.
func parseFormat(chunk []byte) (channels, rate int, err error) {
	const pcm, extensible = 1, 0xfffe
	if len(chunk) < 16 {
		return 0, 0, errWAV
	}
	tag := binary.LittleEndian.Uint16(chunk)
	channels = int(binary.LittleEndian.Uint16(chunk[2:]))
	rate = int(binary.LittleEndian.Uint32(chunk[4:]))
	bits := binary.LittleEndian.Uint16(chunk[14:])
	if tag == extensible && len(chunk) >= 26 {
		tag = binary.LittleEndian.Uint16(chunk[24:])
	}
	if tag != pcm || bits != 16 || channels < 1 || channels > 32 || rate < 1000 || rate > 384000 {
		return 0, 0, fmt.Errorf("%w: format %d, %d bits, %d channels, %d Hz", errWAV, tag, bits, channels, rate)
	}
	return channels, rate, nil
}

func mixDown(chunk []byte, channels int) []int16 {
	pcm := make([]int16, len(chunk)/(2*channels))
	for i := range pcm {
		sum := 0
		for c := range channels {
			sum += int(int16(binary.LittleEndian.Uint16(chunk[2*(i*channels+c):])))
		}
		pcm[i] = int16(sum / channels)
	}
	return pcm
}

// wavHeaderFor is the header of a mono file at 48 kHz with that many octets of
// samples.
func wavHeaderFor(octets int64) []byte {
	size := uint32(min(octets, math.MaxUint32-wavHeader))
	h := make([]byte, 0, wavHeader)
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, size+wavHeader-8)
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	h = binary.LittleEndian.AppendUint16(h, 1) // PCM
	h = binary.LittleEndian.AppendUint16(h, 1) // channels
	h = binary.LittleEndian.AppendUint32(h, SampleRate)
	h = binary.LittleEndian.AppendUint32(h, 2*SampleRate)
	h = binary.LittleEndian.AppendUint16(h, 2)  // octets per frame of all channels
	h = binary.LittleEndian.AppendUint16(h, 16) // bits
	h = append(h, "data"...)
	return binary.LittleEndian.AppendUint32(h, size)
}
