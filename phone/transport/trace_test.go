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

func TestMask(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no credentials", "SIP/2.0 200 OK\r\nTo: a\r\n\r\n", "SIP/2.0 200 OK\r\nTo: a\r\n\r\n"},
		{
			"digest keeps what diagnosis needs",
			"A\r\nAuthorization: Digest username=\"a\", response=\"secret\", qop=auth\r\n\r\n",
			"A\r\nAuthorization: Digest username=\"a\", response=\"***\", qop=auth\r\n\r\n",
		},
		{"unquoted response", "A\r\nproxy-authorization:digest response=secret, a=b\r\n\r\n", "A\r\nproxy-authorization:digest response=\"***\", a=b\r\n\r\n"},
		{"folded", "A\r\nAuthorization: Digest a=\"b\",\r\n response=\"secret\"\r\nTo: x\r\n\r\n", "A\r\nAuthorization: Digest a=\"b\",\r\n response=\"***\"\r\nTo: x\r\n\r\n"},
		{"another scheme", "A\r\nAuthorization: Bearer secret\r\n\r\n", "A\r\nAuthorization: ***\r\n\r\n"},
		{"another scheme, folded", "A\r\nAuthorization: Bearer\r\n secret\r\nTo: x\r\n\r\n", "A\r\nAuthorization: ***\r\nTo: x\r\n\r\n"},
		{"the body is not touched", "A\r\n\r\nAuthorization: Bearer x\r\n", "A\r\n\r\nAuthorization: Bearer x\r\n"},
		{"truncated", "A\r\nAuthorization: Digest response=\"secr", "A\r\nAuthorization: Digest response=\"***\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := []byte(tt.in)
			got := string(Mask(in))
			if strings.Contains(got, "secr") {
				t.Errorf("the secret is in %q", got)
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if string(in) != tt.in {
				t.Error("the message itself was changed")
			}
		})
	}
}
