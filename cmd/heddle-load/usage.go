package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// spent is what a process has used so far.
type spent struct {
	cpu time.Duration // user and system
	rss int64         // bytes resident now
}

// since returns the CPU time since an earlier reading, and the present memory.
func (s spent) since(before spent) spent { return spent{s.cpu - before.cpu, s.rss} }

// The units of /proc, see proc(5): clock ticks are 1/100 s on every Linux that Go runs on.
const (
	tick     = 10 * time.Millisecond
	pageSize = 4096
)

// usage reads /proc for a process; without one, or elsewhere, it is zero.
func usage(pid int) spent {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return spent{}
	}
	_, rest, ok := strings.Cut(string(raw), ") ") // the name before it may hold anything
	f := strings.Fields(rest)
	if !ok || len(f) < 22 {
		return spent{}
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(f[i], 10, 64) // the kernel writes numbers
		return n
	}
	return spent{cpu: time.Duration(number(11)+number(12)) * tick, rss: number(21) * pageSize}
}
