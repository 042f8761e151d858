//go:build interop

package interop

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// interval is the shortest that RFC 4028 §5 allows: a refresh comes after half
// of it.
const interval = 90 * time.Second

// refreshed waits until the session is refreshed, by the callee unless the
// caller has asked to do it.
func refreshed(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	mark := len(p.us.Story())
	refresher := p.b
	if p.force {
		refresher = p.a
	}
	way, answered := "received", "sent"
	if refresher == p.us {
		way, answered = "sent", "received"
	}
	check(t, rig.Poll(interval/2+rig.Limit, func() error {
		for _, c := range []*actor{p.a, p.b} {
			if call, err := c.Call(); err != nil || call.State != "confirmed" {
				return rig.Final(fmt.Errorf("%s: the call is %+v %w", c.Name(), call, err))
			}
		}
		return refreshIn(p.us.Story()[mark:], way, answered)
	}))
	hearEachOther(t, p.a, p.b)
	hangupAll(t, p)
}

var cseq = regexp.MustCompile(`(?m)^CSeq: (.+)\r$`)

// refreshIn looks for a refresh and its 200 in an agent's trace.
func refreshIn(trace, way, answered string) error {
	for _, method := range []string{"UPDATE", "INVITE"} {
		_, request, ok := strings.Cut(trace, " "+way+"\n"+method+" ")
		number := cseq.FindStringSubmatch(request)
		if !ok || number == nil || !strings.Contains(request, "Session-Expires: 90") {
			continue
		}
		for _, part := range strings.Split(request, " "+answered+"\nSIP/2.0 200 ")[1:] {
			if strings.Contains(part, "CSeq: "+number[1]+"\r") {
				return nil
			}
		}
		return fmt.Errorf("the %s was not answered 200", method)
	}
	return errors.New("the session was not refreshed")
}
