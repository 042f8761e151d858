package control

import (
	"context"
	"errors"
	"fmt"
)

// dispatch runs one command.
func (s *Server) dispatch(r request) response {
	p := s.phone
	switch r.Command {
	case "dial":
		id, err := p.Dial(r.Target, r.From)
		answer := refused(err)
		answer.ID = id
		return answer
	case "answer":
		return refused(p.Answer(r.Call))
	case "decline":
		return refused(p.Decline(r.Call))
	case "hangup":
		if r.All {
			return refused(p.HangupAll())
		}
		return refused(p.Hangup(r.Call))
	case "hold":
		return refused(p.Hold(r.Call))
	case "resume":
		return refused(p.Resume(r.Call))
	case "mute":
		return refused(r.mute(p))
	case "record":
		return refused(r.record(p))
	case "dtmf":
		return refused(p.SendDTMF(r.Call, r.Digits))
	case "transfer":
		return refused(r.transfer(p))
	case "merge":
		return refused(p.Merge())
	case "split":
		return refused(p.Split(r.Call))
	case "reconnect":
		return refused(p.Reconnect(r.Call))
	case "message":
		ctx, cancel := context.WithTimeoutCause(s.ctx, messageWait, errNoAnswer)
		defer cancel()
		return refused(p.SendMessage(ctx, r.Target, r.Text, r.From))
	case "status":
		status := p.Status()
		return response{Status: &status}
	}
	return s.dispatchRest(r)
}

var errNoAnswer = errors.New("nobody said what became of the message")

// dispatchRest runs the commands that are not about calls and messages now.
func (s *Server) dispatchRest(r request) response {
	p := s.phone
	switch r.Command {
	case "messages":
		list, err := p.Messages(r.Target)
		answer := refused(err)
		answer.Messages = list
		return answer
	case "history":
		list, err := p.History()
		answer := refused(err)
		answer.History = list
		return answer
	case "account add":
		if r.Account == nil {
			return response{Code: ExitUsage, Error: "account add needs an account"}
		}
		note, err := p.AddAccount(s.ctx, *r.Account)
		answer := refused(err)
		answer.Note = note
		return answer
	case "show":
		return refused(p.Show())
	case "open":
		return refused(p.Open(r.Target))
	case "demo":
		return refused(p.Demo())
	case "quit": // the client is answered first
		return response{}
	}
	return response{Code: ExitUsage, Error: fmt.Sprintf("this phone knows no command %q", r.Command)}
}
