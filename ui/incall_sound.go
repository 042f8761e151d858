package ui

import (
	"cmp"
	"fmt"
	"net"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// soundPanel is how well a call is heard, in figures. It takes the place of
// the controls.
type soundPanel struct {
	*fyne.Container
	lines []soundLine // shown
	rows  *fyne.Container
	texts []*widgets.Text
	names []*widgets.Text
	gap   *figureRows
}

// soundLine is one of the figures with its name.
type soundLine struct{ name, figure string }

func newSoundPanel(h *host, closed func()) *soundPanel {
	p := &soundPanel{gap: &figureRows{pitch: figurePitch}}
	p.rows = container.New(p.gap)
	copyAll := widgets.NewLink("Copy", look.MinorText, func() {
		fyne.CurrentApp().Clipboard().SetContent(p.Text())
		h.Say("Copied the figures")
	})
	hide := widgets.NewLink("Hide figures", look.MinorText, closed)
	p.Container = widgets.NewColumn(8, p.rows, container.NewCenter(widgets.NewLine(24, -1, copyAll, hide)))
	return p
}

// HeightFor makes the panel flow.
func (p *soundPanel) HeightFor(width float32) float32 { return widgets.HeightFor(p.Container, width) }

// setTight puts the lines closer together.
func (p *soundPanel) setTight(tight bool) {
	p.gap.pitch = figurePitch
	if tight {
		p.gap.pitch = figurePitch - 4
	}
}

// Apply shows the figures of a call.
func (p *soundPanel) Apply(c phone.Call) {
	p.lines = soundLines(c)
	for len(p.texts) < len(p.lines) {
		name, text := widgets.NewText("", look.CaptionText, look.Muted), widgets.NewText("", look.CaptionText, look.Text)
		p.names, p.texts = append(p.names, name), append(p.texts, text)
		p.rows.Objects = append(p.rows.Objects, name, text)
	}
	for i, l := range p.lines {
		p.names[i].SetText(l.name)
		p.texts[i].SetText(l.figure)
	}
}

// Text is all of it, for the clipboard.
func (p *soundPanel) Text() string { return soundText(p.lines) }

func soundText(lines []soundLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s: %s\n", l.name, l.figure)
	}
	return b.String()
}

// figureRows puts names beside figures, line by line.
type figureRows struct{ pitch float32 }

const figurePitch, figureName float32 = 23, 88

func (l *figureRows) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for i, o := range objects {
		y, h := float32(i/2)*l.pitch, o.MinSize().Height
		if i%2 == 0 {
			put(o, 0, y, figureName, h)
		} else {
			put(o, figureName, y, s.Width-figureName, h)
		}
	}
}

func (l *figureRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(240, float32(len(objects)/2)*l.pitch)
}

// soundLines are the figures of a call: ↑ is what we send, ↓ what comes.
func soundLines(c phone.Call) []soundLine {
	s := c.Stats
	lines := []soundLine{
		{"Quality", gradeWords(s.MOS, s.ReceiveCodec)},
		{"So far", overallWords(s)},
		{"Codec", bothWays(codecWord(s.Codec), codecWord(s.ReceiveCodec))},
		{"Bit rate", fmt.Sprintf("↑ %.0f  ↓ %.0f kbit/s", s.Sent.Payload, s.Received.Payload)},
		{"On the wire", fmt.Sprintf("↑ %.0f  ↓ %.0f kbit/s", s.Sent.Wire, s.Received.Wire)},
		{"Loss", lossWords(s)},
		{"Jitter", fmt.Sprintf("↑ %s  ↓ %s · buffer %s", ms(s.PeerJitter), ms(s.Jitter), ms(s.Buffer))},
		{"Round trip", roundTripWords(s.RTT)},
		{"Our end", endOfPath(s.Local)},
		{"Their end", endOfPath(s.Remote)},
		{"Encryption", cipherWords(c.Encrypted, s.Cipher)},
	}
	if c.DTMFReceived != "" {
		lines = append(lines, soundLine{"Keys heard", lastKeys(c.DTMFReceived)})
	}
	return lines
}

// gradeWords is a mean opinion score in words, and where no better one can be
// had with the codec, what can.
func gradeWords(mos float64, codec string) string {
	word, _ := qualityWord(mos, codec)
	if word == "" {
		return notKnown
	}
	text := fmt.Sprintf("%s · MOS %.1f", word, mos)
	if best := phone.BestMOS(codec); best < phone.BestMOS("opus") {
		text += fmt.Sprintf(" of %.1f", best)
	}
	return text
}

const notKnown = "not known yet"

func overallWords(s phone.CallStats) string {
	if s.MOSMean <= 0 {
		return notKnown
	}
	return fmt.Sprintf("MOS %.1f, worst %.1f", s.MOSMean, s.MOSWorst)
}

// bothWays is one word for both directions where they are the same.
func bothWays(up, down string) string {
	switch {
	case up == "" && down == "":
		return "–"
	case up == down || down == "":
		return up
	case up == "":
		return down
	}
	return "↑ " + up + "  ↓ " + down
}

func lossWords(s phone.CallStats) string {
	words := fmt.Sprintf("↑ %.1f  ↓ %.1f %%", s.PeerLossPercent, s.LossPercent)
	if s.Late > 0 {
		words += fmt.Sprintf(" · %d late", s.Late)
	}
	if s.Concealed > 0 {
		words += fmt.Sprintf(" · %.1f s filled in", s.Concealed.Seconds())
	}
	return words
}

func roundTripWords(d time.Duration) string {
	if d <= 0 {
		return notKnown
	}
	return ms(d)
}

// ms is a time in milliseconds.
func ms(d time.Duration) string {
	return fmt.Sprintf("%d ms", (d+time.Millisecond/2)/time.Millisecond)
}

// candidateWords has a word for each kind of address that ICE finds.
var candidateWords = map[string]string{"host": "direct", "srflx": "through NAT", "prflx": "through NAT", "relay": "relayed"}

// endOfPath names one end of the path: "direct 10.0.0.7 · UDP".
func endOfPath(e phone.PathEnd) string {
	if e.Type == "" {
		return notKnown
	}
	return candidateWords[e.Type] + " " + shortAddress(e.Address) + " · " + strings.ToUpper(e.Protocol)
}

// pathWords names the kinds of both ends: "direct – relayed" for "host – relay".
func pathWords(pair string) string {
	local, remote, ok := strings.Cut(pair, " – ")
	if !ok || candidateWords[local] == "" || candidateWords[remote] == "" {
		return pair
	}
	return candidateWords[local] + " – " + candidateWords[remote]
}

// shortAddress leaves the middle of a long IPv6 address out.
func shortAddress(address string) string {
	ip := net.ParseIP(address)
	if ip == nil || ip.To4() != nil {
		return address
	}
	parts := strings.Split(address, ":")
	if len(parts) < 5 {
		return address
	}
	return strings.Join(parts[:2], ":") + ":…:" + parts[len(parts)-1]
}

func cipherWords(encrypted bool, cipher string) string {
	switch {
	case !encrypted:
		return "not yet"
	case cipher == "":
		return "DTLS-SRTP"
	}
	return "DTLS-SRTP · " + cipher
}

// pastSoundLines are the figures of a past call; none where nothing was heard.
func pastSoundLines(h phone.HistoryEntry) []soundLine {
	if h.MOS <= 0 {
		return nil
	}
	lines := []soundLine{{"Quality", gradeWords(h.MOS, cmp.Or(h.ReceiveCodec, h.Codec))}}
	if h.MOSWorst > 0 {
		lines[0].figure += fmt.Sprintf(", worst %.1f", h.MOSWorst)
	}
	lines = append(lines, soundLine{"Codec", bothWays(codecWord(h.Codec), codecWord(h.ReceiveCodec))})
	if h.Path == "" { // of before more was written down
		return append(lines, soundLine{"Loss", fmt.Sprintf("%.1f %%", h.LossPercent)})
	}
	if h.SendRate+h.ReceiveRate > 0 { // no call of before this was written down
		lines = append(lines, soundLine{"Bit rate", fmt.Sprintf("↑ %.0f  ↓ %.0f kbit/s", h.SendRate, h.ReceiveRate)})
	}
	return append(lines,
		soundLine{"Loss", lossWords(phone.CallStats{
			PeerLossPercent: h.PeerLossPercent, LossPercent: h.LossPercent, Late: h.Late, Concealed: h.Concealed,
		})},
		soundLine{"Jitter", ms(h.Jitter)},
		soundLine{"Round trip", roundTripWords(h.RTT)},
		soundLine{"Path", pathWords(h.Path)},
		soundLine{"Encryption", cipherWords(true, h.Cipher)},
	)
}
