package codec

import "testing"

// Values of ITU-T G.711 tables 1 and 2, aligned to 16 bits.
func TestG711_tables(t *testing.T) {
	for _, c := range []struct {
		name  string
		table *[256]int16
		code  byte
		want  int16
	}{
		{"µ-law positive zero", &uLaw, 0xff, 0},
		{"µ-law negative zero", &uLaw, 0x7f, 0},
		{"µ-law highest", &uLaw, 0x80, 32124},
		{"µ-law lowest", &uLaw, 0x00, -32124},
		{"µ-law first step", &uLaw, 0xfe, 8},
		{"µ-law second segment", &uLaw, 0xef, 132},
		{"A-law smallest positive", &aLaw, 0xd5, 8},
		{"A-law smallest negative", &aLaw, 0x55, -8},
		{"A-law highest", &aLaw, 0xaa, 32256},
		{"A-law lowest", &aLaw, 0x2a, -32256},
		{"A-law second segment", &aLaw, 0xc5, 264},
	} {
		if got := c.table[c.code]; got != c.want {
			t.Errorf("%s: %#02x decodes to %d, want %d", c.name, c.code, got, c.want)
		}
	}
	if got := digestPCM(uLaw[:]); got != "3dab54339e520bb2c924826e3b72a917" {
		t.Errorf("µ-law table has digest %s", got)
	}
	if got := digestPCM(aLaw[:]); got != "e04788d110e58ff8c70c93b8480190d9" {
		t.Errorf("A-law table has digest %s", got)
	}
}

// Every code decodes to a value that is coded as the same code again, but for
// µ-law's negative zero.
func TestG711_codesSurvive(t *testing.T) {
	for code := range 256 {
		if got := encodeALaw(aLaw[code]); got != byte(code) {
			t.Errorf("A-law %#02x becomes %#02x", code, got)
		}
		if got := encodeULaw(uLaw[code]); got != byte(code) && code != 0x7f {
			t.Errorf("µ-law %#02x becomes %#02x", code, got)
		}
	}
}

// No sample is further from its decoded value than half a step of its segment.
func TestG711_nearestStep(t *testing.T) {
	for s := -32768; s <= 32767; s++ {
		magnitude := s
		if s < 0 {
			magnitude = -s
		}
		for _, c := range []struct {
			name    string
			decoded int16
			half    int // half a step of the segment
		}{
			{"A-law", aLaw[encodeALaw(int16(s))], max(magnitude>>5, 8)},
			{"µ-law", uLaw[encodeULaw(int16(s))], max((magnitude+uLawBias)>>5, 4)},
		} {
			if d := int(c.decoded) - s; (d > c.half || d < -c.half) && magnitude < 32000 {
				t.Fatalf("%s: %d becomes %d", c.name, s, c.decoded)
			}
		}
	}
}
