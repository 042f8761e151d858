package desktop

import (
	"fmt"
	"slices"
	"testing"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

type told []string

func (d *told) add(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }

func (d *told) Incoming(id phone.CallID, name, address string) {
	d.add("incoming %s %s %s", id, name, address)
}
func (d *told) EndIncoming(id phone.CallID)     { d.add("end %s", id) }
func (d *told) Missed(name, peer string)        { d.add("missed %s", peer) }
func (d *told) Message(name, peer, body string) { d.add("message %s %s", peer, body) }
func (d *told) Seen(peer string)                { d.add("seen %s", peer) }
func (d *told) EndFault(id phone.CallID)        { d.add("end fault %s", id) }
func (d *told) Fault(id phone.CallID, name, sentence string, mend bool) {
	d.add("fault %s %s %s %v", id, name, sentence, mend)
}

// unheard is what is wrong with a call in these tests.
func unheard(c phone.Call) Fault {
	if c.Hearing.Out.Cause == phone.FaultNone {
		return Fault{}
	}
	return Fault{Name: c.DisplayName, Sentence: string(c.Hearing.Out.Cause), Mend: c.Hearing.Out.Cause == phone.FaultUnheard}
}

func TestWatch(t *testing.T) {
	withMessage := func(id int64, incoming, read bool) *phone.Snapshot {
		s := modeltest.Sample()
		s.Threads[0].Messages = append(s.Threads[0].Messages, phone.Message{
			ID: id, Peer: modeltest.Bob, Incoming: incoming, Read: read, Body: "new",
		})
		return s
	}
	withMissed := func(seen bool) *phone.Snapshot {
		s := modeltest.Sample()
		s.History = slices.Insert(s.History, 0, phone.HistoryEntry{ID: 99, Peer: modeltest.Dana, Outcome: phone.OutcomeMissed, Seen: seen})
		return s
	}
	faulty := func(cause phone.FaultCause) *phone.Snapshot {
		s := modeltest.Sample()
		s.Calls = []phone.Call{{ID: "c1", DisplayName: "Bob", State: phone.CallConfirmed}}
		s.Calls[0].Hearing.Out.Cause = cause
		return s
	}
	read := modeltest.Sample()
	read.Threads[1].Unread = 0
	for _, c := range []struct {
		rule    string
		inSight bool
		then    []*phone.Snapshot // after the sample
		want    []string
	}{
		{"what was there at the start is not told", false, nil, nil},
		{"a call rings once, until it stops", false, []*phone.Snapshot{modeltest.Ringing(), modeltest.Ringing(), modeltest.Talking()}, []string{
			"incoming c3 Carol Ruiz sip:carol@example.com", "end c3",
		}},
		{"a call is told beside its card in the window", true, []*phone.Snapshot{modeltest.Ringing(), modeltest.Sample()}, []string{
			"incoming c3 Carol Ruiz sip:carol@example.com", "end c3",
		}},
		{"a message is told once", false, []*phone.Snapshot{withMessage(99, true, false), withMessage(99, true, false)}, []string{"message sip:bob@example.com new"}},
		{"an own message is not", false, []*phone.Snapshot{withMessage(99, false, true)}, nil},
		{"nor one that was read already", false, []*phone.Snapshot{withMessage(99, true, true)}, nil},
		{"nor one in sight, not even later", true, []*phone.Snapshot{withMessage(99, true, false)}, nil},
		{"a missed call is told", false, []*phone.Snapshot{withMissed(false), withMissed(false)}, []string{"missed sip:dana@example.com"}},
		{"a missed call that was seen is not", false, []*phone.Snapshot{withMissed(true)}, nil},
		{"a call that is not heard is told, and what becomes of it, until it is heard", false, []*phone.Snapshot{
			faulty(phone.FaultUnheard), faulty(phone.FaultUnheard), faulty(phone.FaultMic), faulty(phone.FaultNone), faulty(phone.FaultMic),
		}, []string{
			"fault c1 Bob unheard true", "fault c1 Bob " + string(phone.FaultMic) + " false", "end fault c1",
			"fault c1 Bob " + string(phone.FaultMic) + " false",
		}},
		{"one that ends is not faulty any more", false, []*phone.Snapshot{faulty(phone.FaultUnheard), modeltest.Sample()}, []string{
			"fault c1 Bob unheard true", "end fault c1",
		}},
		{"the window tells it to who looks", true, []*phone.Snapshot{faulty(phone.FaultUnheard)}, nil},
		{"reading takes the message's notification away", false, []*phone.Snapshot{read}, []string{"seen sip:carol@example.com"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var d told
			w := NewWatch(&d, func() bool { return c.inSight }, unheard)
			w.Apply(modeltest.Sample())
			for _, s := range c.then {
				w.Apply(s)
			}
			if !slices.Equal(d, told(c.want)) {
				t.Errorf("told %q, want %q", d, c.want)
			}
		})
	}
}
