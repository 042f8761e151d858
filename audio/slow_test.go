package audio

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

func TestSlowness(t *testing.T) {
	var s slowness
	// quick notes how many quick packets it takes until it is quick again.
	quick := func() (n int) {
		for ; s.Load(); n++ {
			s.took(blockDuration)
		}
		return n
	}
	if s.took(blockDuration); s.Load() {
		t.Error("a packet in time makes it slow")
	}
	for _, want := range []int{50, 100, 200, 400, 800, 1600, 3200, 3200} {
		if s.took(blockDuration + 1); !s.Load() {
			t.Fatal("a late packet does not make it slow")
		}
		for range want - 1 {
			s.took(0)
		}
		s.took(2 * blockDuration) // in the middle of it: all over again, at no other price
		if n := quick(); n != want {
			t.Errorf("%d packets until it is quick again, want %d", n, want)
		}
	}
	s.took(time.Second)
	if s.forget(); s.Load() {
		t.Error("slow after a pause")
	}
	s.took(time.Second)
	if n := quick(); n != quickEnough {
		t.Errorf("after a pause %d packets until it is quick again", n)
	}
}

// A sender whose network was slow for a while sends on the microphone's
// goroutine again once it is not.
func TestStream_slowWriteHeals(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		a, slow := r.sites[0], true
		s := a.NewStream()
		err := s.Start(agreed(codec.PCMU, func(*rtp.Header, []byte) error {
			if slow {
				<-time.After(15 * time.Millisecond)
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		r.pass(time.Second)
		if !s.sender.slow.Load() {
			t.Fatal("the network is slow and nothing comes of it")
		}
		slow = false
		r.pass(2 * time.Second)
		if s.sender.slow.Load() {
			t.Error("two seconds after the network is quick again the sender is slow")
		}
		s.Close()
	})
}
