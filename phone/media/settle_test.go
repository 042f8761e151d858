package media

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"webphone/phone/ua"
)

// A call that ends in the very moment that a path has been found ends like any
// other: pion is not closed while it begins with that path. The race detector
// sees it where it is.
func TestClose_asThePathIsFound(t *testing.T) {
	for i := range 100 {
		caller, callee := newEnd(t), newEnd(t)
		negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
		var both sync.WaitGroup
		for _, e := range []*end{caller, callee} {
			both.Go(func() {
				for since := time.Now(); time.Since(since) < time.Duration(i)*200*time.Microsecond; {
					runtime.Gosched()
				}
				if err := e.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
		both.Wait()
	}
}
