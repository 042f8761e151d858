package transport

import (
	"strings"
	"testing"
	"testing/synctest"
)

func TestTransport_trace_hasNoCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(echo))
		var traced []string
		c := Config{
			Dial: n.dial, Servers: []Server{{URL: "ws://a.test"}},
			Trace: func(d Direction, b []byte) { traced = append(traced, d.String()+" "+string(b)) },
		}
		tr := running(t, c, newJournal())
		synctest.Wait()
		m := message("1", "hello")
		m.Headers.Add("Authorization", `Digest username="alice", realm="r", response="0123456789abcdef"`)
		tr.Send(m)
		synctest.Wait()
		if len(traced) != 2 || !strings.HasPrefix(traced[0], "sent MESSAGE ") || !strings.HasPrefix(traced[1], "received MESSAGE ") {
			t.Fatalf("traced %q", traced)
		}
		for _, line := range traced {
			if strings.Contains(line, "0123456789abcdef") || !strings.Contains(line, `username="alice"`) {
				t.Errorf("traced %q", line)
			}
		}
	})
}
