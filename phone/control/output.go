package control

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// print writes what an answer holds, as the command asked for it.
func (c *Command) print(w io.Writer, r response) error {
	switch c.request.Command {
	case "dial":
		_, err := fmt.Fprintln(w, r.ID)
		return err
	case "status":
		if r.Status == nil { // the end of --follow
			return nil
		}
		if c.json {
			return printJSON(w, r.Status)
		}
		text := statusText(*r.Status)
		if c.follow {
			text += "\n"
		}
		_, err := io.WriteString(w, text)
		return err
	case "messages":
		if c.json {
			return printJSON(w, append([]Message{}, r.Messages...))
		}
		return printLines(w, r.Messages, messageText)
	case "history":
		if c.json {
			return printJSON(w, append([]HistoryEntry{}, r.History...))
		}
		return printLines(w, r.History, historyText)
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

func printLines[T any](w io.Writer, list []T, text func(T) string) error {
	for _, v := range list {
		if _, err := fmt.Fprintln(w, text(v)); err != nil {
			return err
		}
	}
	return nil
}

const timeLayout = "2006-01-02 15:04:05"

func historyText(h HistoryEntry) string {
	text := fmt.Sprintf("%s  %s  %-9s  %s", h.At.Local().Format(timeLayout), h.Direction, h.Outcome, who(h.Peer, h.DisplayName))
	if h.Seconds > 0 {
		text += "  " + (time.Duration(h.Seconds) * time.Second).String()
	}
	if h.Outcome == "failed" && h.Cause != "" {
		text += "  (" + printable(h.Cause) + statusSuffix(h.Status) + ")"
	}
	if h.MOS > 0 && h.Path != "" {
		text += fmt.Sprintf("\n    MOS %.1f, worst %.1f; ↑ %.0f ↓ %.0f kbit/s; loss ↑ %.1f ↓ %.1f %%; jitter %.0f ms; round trip %.0f ms; %s; %s",
			h.MOS, h.MOSWorst, h.SendRate, h.ReceiveRate, h.PeerLossPercent, h.LossPercent, h.Jitter, h.RTT, printable(h.Codec), printable(h.Path))
	}
	for _, file := range h.Recordings {
		text += "\n    recording: " + printable(file)
	}
	return text
}

func messageText(m Message) string {
	arrow := "to  "
	if m.Direction == "incoming" {
		arrow = "from"
	}
	var lines []string
	for line := range strings.Lines(m.Text) {
		lines = append(lines, printable(strings.TrimRight(line, "\r\n")))
	}
	text := fmt.Sprintf("%s  %s %s: %s", m.At.Local().Format(timeLayout), arrow, who(m.Peer, m.DisplayName), strings.Join(lines, "\n    "))
	switch m.State {
	case "received", "accepted", "delivered", "read":
	case "failed":
		text += "  [failed: " + printable(m.Cause) + statusSuffix(m.Status) + "]"
	default:
		text += "  [" + m.State + "]"
	}
	return text
}

func statusSuffix(status int) string {
	if status == 0 {
		return ""
	}
	return fmt.Sprintf(", %d", status)
}

func statusText(s Status) string {
	var b strings.Builder
	for _, a := range s.Accounts {
		fmt.Fprintf(&b, "account %s: %s", printable(a.URI), a.State)
		if a.Reason != "" {
			b.WriteString(" – " + printable(a.Reason))
		}
		if a.VoicemailWaiting {
			fmt.Fprintf(&b, ", voicemail waiting (%d new)", a.VoicemailNew)
		}
		b.WriteByte('\n')
	}
	if len(s.Accounts) == 0 {
		b.WriteString("no account\n")
	}
	for _, c := range s.Calls {
		fmt.Fprintf(&b, "call %s: %s %s, %s", c.ID, c.Direction, who(c.Peer, c.DisplayName), c.State)
		for _, d := range []struct {
			is   bool
			text string
		}{
			{c.StartedAt != nil && c.State != "ended", "since " + clock(c.StartedAt)},
			{c.Codec != "", c.Codec},
			{c.Encrypted, "encrypted"},
			{c.LocalHold, "on hold"},
			{c.RemoteHold, "held by the other side"},
			{c.Muted, "muted"},
			{c.MemberMuted, "kept from the others"},
			{c.Conference != "", "in conference " + printable(c.Conference)},
			{c.RecordingSince != nil, "recorded since " + clock(c.RecordingSince)},
			{c.Reconnecting, "reconnecting"},
			{c.HearingIn != "", "they are not heard: " + c.HearingIn},
			{c.HearingOut != "", "they may not hear us: " + c.HearingOut},
			{c.PathRestart != "", "new path " + c.PathRestart},
			{c.Transfer != "", transferText(c)},
			{c.EndCause != "", printable(c.EndCause) + statusSuffix(c.EndStatus)},
		} {
			if d.is {
				b.WriteString(", " + d.text)
			}
		}
		b.WriteString(qualityText(c.Stats) + "\n")
	}
	fmt.Fprintf(&b, "missed calls: %d\nunread messages: %d\nmicrophone: %s\nspeaker: %s\n",
		s.MissedCalls, s.UnreadMessages, orNone(s.Devices.Microphone), orNone(s.Devices.Speaker))
	if s.Devices.Problem != "" {
		b.WriteString(printable(s.Devices.Problem) + "\n")
	}
	return b.String()
}

// qualityText is how well a call is heard, on a line of its own; "" while
// that is not known. ↑ is what we send, ↓ what comes.
func qualityText(s CallStats) string {
	if s.MOS == 0 {
		return ""
	}
	text := fmt.Sprintf("\n    MOS %.1f, mean %.1f, worst %.1f; ↑ %.0f ↓ %.0f kbit/s; loss ↑ %.1f ↓ %.1f %%; jitter ↑ %.0f ↓ %.0f ms; round trip %.0f ms; buffer %.0f ms",
		s.MOS, s.MOSMean, s.MOSWorst, s.SendRate, s.ReceiveRate, s.PeerLossPercent, s.LossPercent, s.PeerJitter, s.Jitter, s.RTT, s.Buffer)
	if s.Local != "" {
		text += "; " + printable(s.Local) + " – " + printable(s.Remote)
	}
	if s.Cipher != "" {
		text += "; " + printable(s.Cipher)
	}
	return text
}

// transferText is how the transfer of a call goes.
func transferText(c CallStatus) string {
	text := "transfer to " + printable(c.TransferTarget) + ": " + c.Transfer
	if c.TransferReason != "" {
		text += " – " + printable(c.TransferReason)
	}
	return text
}

func clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Local().Format("15:04:05")
}

func orNone(name string) string {
	if name == "" {
		return "none"
	}
	return printable(name)
}

// who names somebody by address and, if there is one, name.
func who(peer, name string) string {
	if name == "" {
		return printable(peer)
	}
	return printable(name) + " <" + printable(peer) + ">"
}

// printable takes out what would act on a terminal: names and messages come
// from anybody.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsSpace(r) && !unicode.IsControl(r) {
			return ' '
		}
		const joins, parts = '\u200d', '\u200c' // of emoji and of scripts such as Persian
		if !unicode.IsPrint(r) && r != joins && r != parts {
			return '\uFFFD'
		}
		return r
	}, s)
}
