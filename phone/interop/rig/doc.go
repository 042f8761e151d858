// Package rig builds the surroundings in which the phone is proven: Kamailio
// as registrar and proxy, JsSIP in headless Chromium as the other party, the
// real binary with files or a private sound server in the place of devices,
// and a display without a screen. Everything runs on loopback, as children of
// the test, on free ports and in folders of its own.
//
// The rig looks at the product from outside only: its command line, the SIP
// and RTP it exchanges, the sound it plays and the pixels it draws.
package rig
