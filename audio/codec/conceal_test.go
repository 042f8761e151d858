package codec

import "testing"

// Where the packet after a lost one is known before the gap ends, what is made
// up leads over to it: it is nearer to what was said, and so is the start of
// that packet.
func TestDecodeFEC_leadsOver(t *testing.T) {
	for _, p := range all[2:] { // G.722 is out of phase with itself for longer
		rate := p.Name.Rate()
		half := rate / 100 // half a packet, in samples
		pcm := voice(2*rate, rate)
		e, _ := pair(t, p)
		var packets [][]byte
		for at := 0; at+2*half <= len(pcm); at += 2 * half {
			payload := make([]byte, MaxPayload)
			n, err := e.Encode(payload, pcm[at:at+2*half])
			if err != nil {
				t.Fatal(err)
			}
			packets = append(packets, payload[:n])
		}
		whole := through(t, p, pcm, never, false)
		far := func(known bool) (energy float64) {
			_, d := pair(t, p)
			out := make([]int16, 2*half)
			for i, payload := range packets[:len(packets)-1] {
				var err error
				switch {
				case i%5 != 4:
					_, err = d.Decode(out, payload)
				case known:
					_, err = d.Conceal(out[:half])
					if err == nil {
						_, err = d.DecodeFEC(out[half:], packets[i+1])
					}
				default:
					_, err = d.Conceal(out)
				}
				if err != nil {
					t.Fatal(err)
				}
				for k, s := range out {
					by := float64(s) - float64(whole[2*half*i+k])
					energy += by * by
				}
			}
			return energy
		}
		known, unknown := far(true), far(false)
		t.Logf("%s: error energy %.2f of that without", p.Name, known/unknown)
		if known > 0.4*unknown {
			t.Errorf("%s: error energy %.3g, %.3g without what follows", p.Name, known, unknown)
		}
	}
}

// Short, empty and odd payloads after a gap are no worse than none.
func TestDecodeFEC_anyPayload(t *testing.T) {
	for _, p := range all[1:] {
		for _, n := range []int{0, 1, 3, 39, 40, 41, 160, 960} {
			_, d := pair(t, p)
			pcm, heard := make([]int16, MaxFrame), voice(p.FrameSamples(), p.Name.Rate())
			if got, err := d.DecodeFEC(pcm[:len(heard)/2], make([]byte, n)); got != len(heard)/2 || err != nil {
				t.Errorf("%s, %d bytes: %d samples, %v", p.Name, n, got, err)
			}
			if n == 0 {
				continue
			}
			if _, err := d.Decode(pcm, make([]byte, n)); err != nil {
				t.Errorf("%s, %d bytes: %v", p.Name, n, err)
			}
		}
	}
}
