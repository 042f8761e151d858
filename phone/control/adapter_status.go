package control

import (
	"time"

	"webphone/phone"
)

func (a *adapter) Status() Status { return a.status(a.p.Snapshot()) }

func (a *adapter) status(s *phone.Snapshot) Status {
	status := Status{
		Accounts: make([]AccountStatus, len(s.Accounts)), Calls: make([]CallStatus, len(s.Calls)),
		MissedCalls: s.MissedCalls, UnreadMessages: s.UnreadMessages,
		Devices: DeviceStatus{
			Microphone: s.Devices.Microphone.Name, Speaker: s.Devices.Speaker.Name, Problem: a.explain(s.Devices.Problem),
		},
	}
	addresses := map[string]string{}
	for i, account := range s.Accounts {
		addresses[account.ID] = account.URI
		status.Accounts[i] = AccountStatus{
			URI: account.URI, Server: account.Server, State: string(account.State),
			Reason: a.explain(account.Problem), RetryAt: moment(account.RetryAt),
			VoicemailWaiting: account.Voicemail.Waiting, VoicemailNew: account.Voicemail.New,
		}
	}
	for i, c := range s.Calls {
		status.Calls[i] = callStatus(c, addresses[c.Account])
		status.Calls[i].TransferReason = a.explain(c.Transfer.Err)
	}
	return status
}

func callStatus(c phone.Call, account string) CallStatus {
	cause, code := endOf(c.End)
	return CallStatus{
		ID: string(c.ID), Account: account, Direction: string(c.Direction),
		Peer: c.Peer, DisplayName: c.DisplayName, State: string(c.State),
		LocalHold: c.LocalHold, RemoteHold: c.RemoteHold, Muted: c.Muted, MemberMuted: c.MemberMuted,
		RecordingSince: moment(c.RecordingSince), Recordings: append([]string{}, c.Recordings.List()...),
		CreatedAt: c.CreatedAt, StartedAt: moment(c.StartedAt), EndedAt: moment(c.EndedAt),
		Codec: c.Codec, Encrypted: c.Encrypted, MediaLost: c.MediaLost,
		HearingIn: string(c.Hearing.In.Cause), HearingOut: string(c.Hearing.Out.Cause), PathRestart: string(c.PathRestart.State),
		Reconnecting: !c.ReconnectingSince.IsZero(),
		Transfer:     string(c.Transfer.State), TransferTarget: c.Transfer.Target,
		Conference: string(c.Conference), Follows: string(c.Follows), Successor: string(c.Successor),
		DTMFReceived: c.DTMFReceived, EndCause: cause, EndStatus: code,
		Stats: callStats(c.Stats),
	}
}

func callStats(s phone.CallStats) CallStats {
	return CallStats{
		RTT: milliseconds(s.RTT), Jitter: milliseconds(s.Jitter), PeerJitter: milliseconds(s.PeerJitter),
		Buffer: milliseconds(s.Buffer), LossPercent: s.LossPercent, PeerLossPercent: s.PeerLossPercent,
		Lost: s.Lost, Late: s.Late, PeerLost: s.PeerLost, Concealed: milliseconds(s.Concealed),
		PacketsSent: s.PacketsSent, PacketsReceived: s.PacketsReceived,
		SendRate: s.Sent.Payload, ReceiveRate: s.Received.Payload, SendWireRate: s.Sent.Wire, ReceiveWireRate: s.Received.Wire,
		ReceiveCodec: s.ReceiveCodec, Cipher: s.Cipher, Local: s.Local.String(), Remote: s.Remote.String(),
		MOS: s.MOS, MOSMean: s.MOSMean, MOSWorst: s.MOSWorst,
	}
}

// moment is t for JSON, where "not yet" is null.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
