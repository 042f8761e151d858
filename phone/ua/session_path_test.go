package ua

import (
	"errors"
	"testing"
)

// TestPath_everyStateAndInput is the state machine of pathState in an answered
// call.
func TestPath_everyStateAndInput(t *testing.T) {
	connected := func(e PeerEvents) { e.Connected() }
	interrupted := func(e PeerEvents) { e.Interrupted() }
	failed := func(e PeerEvents) { e.Failed(pathLost()) }
	broken := func(e PeerEvents) { e.Failed(errors.New("no agreement on encryption")) }
	const (
		ended   = ">> BYE\nevent Ended system RTP Timeout 408\npeer close"
		restart = "peer offer ice-restart\n>> INVITE"
	)
	inputs := []func(PeerEvents){connected, interrupted, failed, broken}
	names := []string{"Connected", "Interrupted", "Failed, path lost", "Failed otherwise"}
	for _, from := range []struct {
		state pathState
		way   []func(PeerEvents)
		want  [4]string
		next  [4]pathState // where the call goes on
	}{
		{pathNew, nil, [4]string{"event MediaConnected", "", ended, ended}, [4]pathState{pathFlowing, pathNew}},
		{
			pathFlowing, inputs[:1],
			[4]string{"event MediaConnected", "event MediaInterrupted", "event MediaInterrupted\n" + restart, ended},
			[4]pathState{pathFlowing, pathInterrupted, pathBroken},
		},
		{
			pathInterrupted, inputs[:2],
			[4]string{"event MediaConnected", "", restart, ended},
			[4]pathState{pathFlowing, pathInterrupted, pathBroken},
		},
		{
			pathBroken, inputs[:3],
			[4]string{"event MediaConnected", "", "", ended},
			[4]pathState{pathFlowing, pathBroken, pathBroken},
		},
	} {
		for i, input := range inputs {
			t.Run(from.state.String()+", "+names[i], func(t *testing.T) {
				play(t, nil, func(s *scene) {
					session := s.answeredOut()
					events := s.peers[0].options.Events
					for _, step := range from.way {
						step(events)
						s.forget()
					}
					if got := session.survival.path; got != from.state {
						t.Fatalf("begins in %v", got)
					}
					input(events)
					s.expectAnyOrder(from.want[i])
					if from.want[i] == ended != session.IsEnded() {
						t.Errorf("ended: %v", session.IsEnded())
					}
					if got := session.survival.path; !session.IsEnded() && got != from.next[i] {
						t.Errorf("now %v, want %v", got, from.next[i])
					}
				})
			})
		}
	}
}
