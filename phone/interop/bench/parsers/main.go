// Parsers measures how fast SIP messages are read and written: by the phone,
// by sipgo and, in Node, by JsSIP. It is a module of its own, so that the phone
// does not depend on what it is compared with.
//
//	go run . [-node command] [-jssip directory]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
	"golang.org/x/sys/unix"

	"webphone/phone/sip"
)

// rounds is how often everything is measured. The parties take turns, so that
// a machine that is busy at times slows all alike; the median counts.
const rounds = 15

// work is how long a party is measured at a time: processor time of the
// process with its garbage collector, not time by the clock.
const work = 20 * time.Millisecond

// figure is what was measured of one party with one message.
type figure struct {
	ns     []float64 // for one message, one of each round
	allocs float64
}

func (f *figure) median() float64 {
	slices.Sort(f.ns)
	return f.ns[len(f.ns)/2]
}

func main() {
	node := flag.String("node", "node", "the command that runs JsSIP")
	jssip := flag.String("jssip", "../../testdata/peer/node_modules/jssip", "where JsSIP is installed")
	flag.Parse()
	log.SetFlags(0)
	// Of this program the heap is empty, and the collector would run for every
	// thousand messages. A phone's heap is some tens of megabytes.
	debug.SetGCPercent(1000)
	figures := map[string]*figure{}
	at := func(who, what, name string) *figure {
		key := who + " " + what + " " + name
		if figures[key] == nil {
			figures[key] = &figure{}
		}
		return figures[key]
	}
	for range rounds {
		for _, m := range messages {
			for _, j := range jobs(m) {
				f := at(j.who, j.what, m.name)
				f.ns = append(f.ns, perCall(j.run))
				f.allocs = testing.AllocsPerRun(10, j.run)
			}
		}
	}
	for range 3 {
		results, err := runJsSIP(*node, *jssip)
		if err != nil {
			log.Fatal("JsSIP: ", err)
		}
		for _, r := range results {
			f := at("JsSIP", r.What, r.Message)
			f.ns = append(f.ns, r.NS)
		}
	}
	fmt.Print(table(at))
}

// perCall returns the processor time of one call in nanoseconds.
func perCall(run func()) float64 {
	for n := 100; ; n *= 2 {
		start := processorTime()
		for range n {
			run()
		}
		if took := processorTime() - start; took > work {
			return float64(took) / float64(n)
		}
	}
}

func processorTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		log.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// job is what a party does with a message.
type job struct {
	who, what string
	run       func()
}

func jobs(m message) []job {
	data := []byte(m.text)
	own, err := sip.Parse(data)
	if err != nil {
		log.Fatal(m.name, ": ", err)
	}
	parser := sipgo.NewParser()
	other, err := parser.ParseSIP(data)
	if err != nil {
		log.Fatal(m.name, ": sipgo: ", err)
	}
	return []job{
		{"phone", "parse", func() { _, _ = sip.Parse(data) }},
		{"sipgo", "parse", func() { _, _ = parser.ParseSIP(data) }},
		{"phone", "print", func() { _ = own.Bytes() }},
		{"sipgo", "print", func() { _ = other.String() }},
	}
}

// result is one line of what the script prints.
type result struct {
	What, Message string
	NS            float64
}

func runJsSIP(node, dir string) ([]result, error) {
	in := map[string]string{}
	for _, m := range messages {
		in[m.name] = m.text
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	c := exec.Command(node, "jssip.js", dir)
	c.Stdin, c.Stderr = strings.NewReader(string(text)), os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, err
	}
	var results []result
	return results, json.Unmarshal(out, &results)
}

// table prints the medians, and how many times slower the others are; last
// both together.
func table(at func(who, what, name string) *figure) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%-22s %20s %29s %16s\n", "", "phone", "sipgo", "JsSIP")
	line := func(what string, own, other, js, ownAllocs, otherAllocs float64) {
		fmt.Fprintf(&s, "%-22s %8.2f µs %2.0f allocs %8.2f µs %2.0f allocs %5.1f× %7.2f µs %5.1f×\n",
			what, own/1000, ownAllocs, other/1000, otherAllocs, other/own, js/1000, js/own)
	}
	for _, m := range messages {
		var sum [5]float64
		for _, what := range []string{"parse", "print"} {
			own, other, js := at("phone", what, m.name), at("sipgo", what, m.name), at("JsSIP", what, m.name)
			values := [5]float64{own.median(), other.median(), js.median(), own.allocs, other.allocs}
			for i := range sum {
				sum[i] += values[i]
			}
			line(m.name+", "+what, values[0], values[1], values[2], values[3], values[4])
		}
		line(m.name+", both", sum[0], sum[1], sum[2], sum[3], sum[4])
	}
	return s.String()
}
