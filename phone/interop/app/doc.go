// Package app proves the whole program: the real binary with its window on a
// display without a screen, heard and spoken to through a sound server
// without hardware, and its state kept in a real profile.
package app
