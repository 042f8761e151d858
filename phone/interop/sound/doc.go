// Package sound has the sound engine meet a real sound server without
// hardware, whose devices come, go and change places while somebody talks.
package sound
