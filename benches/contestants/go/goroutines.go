// Goroutines that sleep. docs/protocol.md says what is spoken here.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

type line map[string]any
type result struct{ sum, late int64 }

var wait time.Duration
var begun atomic.Int64
var results chan result // It has room for all, so a task waits for its timer only.

func add(a, b int64) {
	begun.Add(1)
	due := time.Now().Add(wait)
	time.Sleep(wait)
	results <- result{a + b, int64(time.Since(due))}
}

func mix(z uint64) uint64 { // The finaliser of SplitMix64.
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func say(event string, fields line) { // Numbers of 64 bits travel as text.
	for name, value := range fields {
		if number, is := value.(int64); is {
			fields[name] = fmt.Sprint(number)
		}
	}
	fields["v"], fields["event"] = 2, event
	json.NewEncoder(os.Stdout).Encode(fields)
}

func usage() (u syscall.Rusage) {
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u
}

// Runs all tasks once. They stay until they have been weighed.
func wave(tasks int64, isWeighed bool, order func() line) line {
	begun.Store(0)
	before, start := usage(), time.Now()
	for a := int64(0); a < tasks; a++ {
		go add(a, int64(uint32(mix(uint64(a)))))
	}
	for begun.Load() < tasks {
		time.Sleep(100 * time.Microsecond)
	}
	inFlight := func() int64 { return tasks - int64(len(results)) }
	peak, after := inFlight(), any(nil)
	if isWeighed && peak == tasks {
		wall, now := int64(time.Since(start)), usage()
		cpu := now.Utime.Nano() + now.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		say("parked", line{"in_flight": peak, "start_ns": wall, "start_cpu_ns": cpu, "heap_bytes": nil})
		order()
		after = fmt.Sprint(inFlight())
	}
	checksum, early := uint64(0), int64(0)
	for left := tasks; left > 0; left-- {
		done := <-results
		checksum += mix(uint64(done.sum))
		if done.late < 0 {
			early++
		}
	}
	wall, now := int64(time.Since(start)), usage()
	return line{
		"in_flight_after_weighing": after, "peak_in_flight": peak, "completed": tasks, "lost": early,
		"checksum": fmt.Sprint(checksum), "wall_ns": wall, "lateness_ns": nil, "heap_bytes": nil,
		"user_ns": now.Utime.Nano() - before.Utime.Nano(), "system_ns": now.Stime.Nano() - before.Stime.Nano(),
		"voluntary_switches": now.Nvcsw - before.Nvcsw, "involuntary_switches": now.Nivcsw - before.Nivcsw,
	}
}

func main() {
	say("hello", line{
		"id": "go/goroutines", "model": "coroutines", "language": "Go", "ceiling": "all", "workloads": []string{"timer"},
		"summary": "Go: one goroutine each, time.Sleep", "timer": "a heap for each processor, to the nanosecond",
		"most_tasks": 1_000_000, "versions": line{"go": runtime.Version()}, "allocator": "that of Go",
	})
	orders := make(chan line)
	go func() {
		for in := json.NewDecoder(os.Stdin); ; {
			order := line{}
			if in.Decode(&order) != nil {
				os.Exit(0) // Nobody is there any more.
			}
			orders <- order
		}
	}()
	order := func() line { return <-orders }
	begin := order()
	if begin["v"] != 2.0 || begin["contestant"] != "go/goroutines" {
		os.Exit(2) // Not for this program.
	}
	workload := begin["workload"].(map[string]any)
	wait, _ = time.ParseDuration(workload["duration_ns"].(string) + "ns")
	tasks := int64(begin["tasks"].(float64))
	results = make(chan result, tasks)
	say("idle", line{"heap_bytes": nil})
	first, waves := order(), []line{}
	for count, _ := first["count"].(float64); len(waves) < int(count); {
		waves = append(waves, wave(tasks, false, order))
	}
	for _, drained := range waves {
		say("drained", drained)
	}
	if first["order"] == "go" {
		say("drained", wave(tasks, begin["unweighed"] != true, order))
	}
	for order()["order"] == "again" {
		say("drained", wave(tasks, begin["unweighed"] != true, order))
	}
}
