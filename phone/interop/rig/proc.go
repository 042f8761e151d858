package rig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// cpuOf reads the user and system time of a process from /proc.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may contain anything; utime and stime are the
	// 12th and 13th fields after it, in hundredths of a second.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d: %q is no stat", pid, b)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// Memory is what a process occupies, in bytes.
type Memory struct {
	Resident     int64 // RSS
	Proportional int64 // PSS: what is shared counts by its share
}

// memoryOf reads the memory of a process from /proc.
func memoryOf(pid int) (Memory, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(line, ":")
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		switch {
		case err != nil:
		case name == "Rss":
			m.Resident = kb << 10
		case name == "Pss":
			m.Proportional = kb << 10
		}
	}
	if m.Resident == 0 {
		return m, fmt.Errorf("process %d: %q names no memory", pid, b)
	}
	return m, nil
}

// tree returns a process and all its descendants.
func tree(root int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}

// cpuOfTree is cpuOf of a process and all its descendants.
func cpuOfTree(root int) (sum time.Duration, err error) {
	all, err := tree(root)
	for _, pid := range all {
		one, oneErr := cpuOf(pid)
		sum, err = sum+one, errors.Join(err, oneErr)
	}
	return sum, err
}

// memoryOfTree is memoryOf of a process and all its descendants.
func memoryOfTree(root int) (sum Memory, err error) {
	all, err := tree(root)
	for _, pid := range all {
		one, oneErr := memoryOf(pid)
		sum.Resident += one.Resident
		sum.Proportional += one.Proportional
		err = errors.Join(err, oneErr)
	}
	return sum, err
}
