package ua

// receiveUnsolicited takes a NOTIFY outside any subscription: event packages
// of the configuration are told, others have no subscription here (RFC 6665
// §4.1.3).
func (u *UA) receiveUnsolicited(r *inbound) {
	name, ok := eventOf(&r.Common)
	switch {
	case !ok && len(u.config.Events.Unsolicited) > 0:
		r.reply(answer{status: 400, reason: "Missing Event"})
	case !hasPackage(u.config.Events.Unsolicited, name.pkg):
		r.reply(answer{status: 481})
	default:
		r.reply(answer{status: 200})
		u.emit(SIPEvent{Event: name.String(), Request: r.Request})
	}
}
