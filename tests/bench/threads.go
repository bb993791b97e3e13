// SPDX-License-Identifier: GPL-3.0-or-later

// The peer of victim.c: threads.go THREADS TOUCHED, each goroutine a few calls
// deep; SIGQUIT makes the runtime print them all.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var waiting sync.WaitGroup

//go:noinline
func work(number, depth int) int {
	if depth > 0 {
		return work(number, depth-1) + depth
	}
	waiting.Done()
	select {}
}

func main() {
	threads, _ := strconv.Atoi(os.Args[1])
	touched, _ := strconv.Atoi(os.Args[2])
	memory := make([]byte, touched<<20)
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
	waiting.Add(threads - 1)
	for i := 1; i < threads; i++ {
		go work(i, 4)
	}
	waiting.Wait()
	fmt.Println("ready")
	os.Stdin.Read(make([]byte, 1))
}
