// Package bench measures the phone: `make bench` prints one table with what
// Go's benchmarks and the rig say.
package bench
