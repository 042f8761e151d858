package media

import (
	"strings"
	"testing"
	"time"

	"webphone/phone/ua"
)

// An end that wishes short packets asks for them, and sends them to whoever
// does not ask for others.
func TestPeer_packetTime(t *testing.T) {
	const short = 10 * time.Millisecond
	for _, c := range []struct {
		name                  string
		caller, callee        time.Duration // their wishes
		byCaller, byCallee    time.Duration // what they send
		offerAsks, answerAsks bool
	}{
		{"nobody wishes", 0, 0, 20 * time.Millisecond, 20 * time.Millisecond, false, false},
		{"the caller wishes", short, 0, short, short, true, false},
		{"the callee wishes", 0, short, short, short, false, true},
		{"both wish", short, short, short, short, true, true},
		{"they wish differently", short, 40 * time.Millisecond, 40 * time.Millisecond, short, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller, callee := openEnd(t, Options{PTime: c.caller}), openEnd(t, Options{PTime: c.callee})
			offer, answer := negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
			for _, d := range []struct {
				text string
				asks bool
			}{{offer, c.offerAsks}, {answer, c.answerAsks}} {
				if got := strings.Contains(d.text, "a=ptime:"); got != d.asks {
					t.Errorf("asks for a packet time: %v\n%s", got, d.text)
				}
			}
			for _, e := range []struct {
				end  *end
				want time.Duration
			}{{caller, c.byCaller}, {callee, c.byCallee}} {
				if config, _, _ := e.end.stream.state(); config.Codec.PTime != e.want {
					t.Errorf("packets of %v, want %v", config.Codec.PTime, e.want)
				}
			}
		})
	}
}
