// Package voice makes a microphone fit to be listened to: it takes the
// loudspeaker's echo out, turns noise down and brings the voice to an even
// level.
//
//	far end, as played ─▶ history ─▶ aligner ─┐
//	microphone ─▶ 8 kHz split ─▶ canceller ───┴▶ suppressor ─▶ join ─▶ level ─▶
//	                 └── above 8 kHz ─────────── gain ───────────┘
//
// The canceller is the adaptive filter of speexdsp behind the interface
// Canceller. What decides over its success is done here: which part of the far
// end belongs to a block of the microphone is found by correlation, followed
// when the delay jumps, and corrected for two clocks that differ.
//
// The echo is cancelled below 8 kHz, which costs a third of what the whole
// would; above, the microphone passes with the gain that the suppressor has at
// the top of its band. The whole delays by 6 ms with echo or noise switched on
// and not at all otherwise.
//
// Nothing here allocates after New, and everything but the switches and the
// reports belongs to one goroutine.
package voice
