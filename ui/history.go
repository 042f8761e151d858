package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// callFilter says which past calls the list shows.
type callFilter int

const (
	allCalls callFilter = iota
	missedCalls
)

// callGroup is one row of the list: calls in a row with one person that went
// the same way on the same day, newest first.
type callGroup struct {
	calls []phone.HistoryEntry
}

// newest is the call that the row shows.
func (g callGroup) newest() phone.HistoryEntry { return g.calls[0] }

// key names the row. It is the oldest call's, so that it lasts while more
// calls join.
func (g callGroup) key() string { return strconv.FormatInt(g.calls[len(g.calls)-1].ID, 10) }

// title is the person, with the number of calls when there are several.
func (g callGroup) title() string {
	h := g.newest()
	name := nameOrNumber(h.DisplayName, h.Peer)
	if len(g.calls) > 1 {
		return fmt.Sprintf("%s (%d)", name, len(g.calls))
	}
	return name
}

// groupCalls folds a history, newest first, into rows. The query is looked
// for in names and addresses; "" finds all.
func groupCalls(history []phone.HistoryEntry, filter callFilter, query string, now time.Time) []callGroup {
	var groups []callGroup
	for _, h := range history {
		if filter == missedCalls && h.Outcome != phone.OutcomeMissed || !finds(query, h.DisplayName, plainAddress(h.Peer), spacedNumber(plainAddress(h.Peer))) {
			continue
		}
		if n := len(groups); n > 0 && foldable(groups[n-1].newest(), h, now) {
			groups[n-1].calls = append(groups[n-1].calls, h)
			continue
		}
		groups = append(groups, callGroup{calls: []phone.HistoryEntry{h}})
	}
	return groups
}

// foldable reports whether two calls that follow each other share a row.
func foldable(a, b phone.HistoryEntry, now time.Time) bool {
	return a.Peer == b.Peer && a.Direction == b.Direction &&
		(a.Outcome == phone.OutcomeMissed) == (b.Outcome == phone.OutcomeMissed) &&
		daysBefore(a.At, now) == daysBefore(b.At, now)
}

// finds reports whether every word of the query begins somewhere in the
// texts, whatever the case. Digits are found across spaces.
func finds(query string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

// callItems are the rows with a heading before each day.
func callItems(groups []callGroup, now time.Time) []widgets.Item {
	var items []widgets.Item
	last := ""
	for _, g := range groups {
		h := g.newest()
		if d := dayWord(h.At, now); d != last {
			items, last = append(items, widgets.Item{Heading: d}), d
		}
		row := callRow(h, clock(h.At))
		row.Title = g.title()
		items = append(items, widgets.Item{Key: g.key(), Row: row})
	}
	return items
}

// callRow is a past call as a row of a list; when stands at its end.
func callRow(h phone.HistoryEntry, when string) widgets.RowData {
	name := nameOrNumber(h.DisplayName, h.Peer)
	row := widgets.RowData{
		Title: name, Subtitle: outcomeWords(h), Icon: callIcon(h), Right: when,
		Name: name, Address: h.Peer,
	}
	if h.Outcome == phone.OutcomeMissed {
		row.TitleColor = look.NegativeText
		row.IconColor = look.NegativeText
	}
	return row
}

func callIcon(h phone.HistoryEntry) fyne.Resource {
	switch {
	case h.Outcome == phone.OutcomeMissed:
		return assets.Missed
	case h.Direction == phone.Incoming:
		return assets.Incoming
	}
	return assets.Outgoing
}

// callsWith are the past calls with one person, newest first.
func callsWith(history []phone.HistoryEntry, peer string) []phone.HistoryEntry {
	return slices.DeleteFunc(slices.Clone(history), func(h phone.HistoryEntry) bool { return h.Peer != peer })
}

// pastSoundWords says how a call sounded, "Opus · MOS 4.4 · 0.2 % loss", with the
// loss in one line.
func pastSoundWords(h phone.HistoryEntry) string {
	var parts []string
	if h.Codec != "" {
		parts = append(parts, codecWord(h.Codec))
	}
	if h.MOS > 0 {
		parts = append(parts, fmt.Sprintf("MOS %.1f", h.MOS), fmt.Sprintf("%.1f\u00a0%%\u00a0loss", h.LossPercent))
	}
	return strings.Join(parts, " · ")
}
