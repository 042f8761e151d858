package audio

// ringtone is the sound of a call that comes, on the ringer, the speaker or
// both, at a loudness of its own. The lock of the tones guards it.
type ringtone struct {
	ringing bool   // a call does; else it is tried out
	apart   bool   // the ringer is a device of its own
	both    bool   // it rings on the speaker too then
	same    bool   // the ringer has turned out to be the speaker
	main    player // on the ringer, which may be the speaker; nil = none
	second  player // on the speaker beside it
	volume  factor

	// The pumps' own.
	onRinger, onSpeaker [blockSamples]float32
}

// set begins or ends the ringing.
func (r *ringtone) set(on bool) {
	switch {
	case !on:
		r.main, r.second = nil, nil
	case !r.ringing:
		r.main, r.second = newMelody(ringTune), newMelody(ringTune)
	}
	r.ringing = on
}

// try plays the tune once, unless it rings in earnest.
func (r *ringtone) try() {
	if r.ringing {
		return
	}
	once := ringTune
	once.once = true
	r.main, r.second = newMelody(once), newMelody(once)
}

// wantsSpeaker reports whether the speaker is needed.
func (r *ringtone) wantsSpeaker() bool {
	return r.main != nil && !r.apart || r.second != nil && r.both
}

// wantsRinger reports whether a ringer apart is needed.
func (r *ringtone) wantsRinger() bool { return r.main != nil && r.apart }

// mixSpeaker adds the speaker's part and reports its end.
func (r *ringtone) mixSpeaker(sum []float32) (over bool) {
	switch {
	case !r.apart:
		return r.mix(sum, r.onSpeaker[:], &r.main)
	case r.both && !r.same:
		return r.mix(sum, r.onSpeaker[:], &r.second)
	}
	return false
}

// mixRinger is the counterpart for a ringer apart.
func (r *ringtone) mixRinger(sum []float32) (over bool) {
	return r.apart && r.mix(sum, r.onRinger[:], &r.main)
}

func (r *ringtone) mix(sum, block []float32, p *player) (over bool) {
	if *p == nil {
		return false
	}
	clear(block)
	if over = addTo(block, p); over {
		r.main, r.second = nil, nil // tried out: what plays nowhere ends too
	}
	volume := float32(r.volume.value())
	for i, v := range block {
		sum[i] += volume * v
	}
	return over
}
