package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

// sendSteadily posts `body` at a steady rate over `connections`, whatever the answers' pace, and prints when the answers
// came after the moment at which each request was due: {"sent":…,"failed":…,"median_ms":…,"p99_ms":…}.
func sendSteadily(url, token, body string, rate, connections int, length time.Duration) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	due := make(chan time.Time, 1<<16)
	var mutex sync.Mutex
	var taken []float64
	failed := 0
	var senders sync.WaitGroup
	for i := 0; i < connections; i++ {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for at := range due {
				good := post(client, url, token, body)
				late := time.Since(at).Seconds() * 1000
				mutex.Lock()
				taken = append(taken, late)
				if !good {
					failed++
				}
				mutex.Unlock()
			}
		}()
	}
	begin := time.Now()
	for n := 0; ; n++ {
		at := begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if at.Sub(begin) > length {
			break
		}
		time.Sleep(time.Until(at))
		due <- at
	}
	close(due)
	senders.Wait()
	sort.Float64s(taken)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"sent": len(taken), "failed": failed,
		"median_ms": taken[len(taken)/2], "p99_ms": taken[len(taken)*99/100]})
}

func post(client *http.Client, url, token, body string) bool {
	request, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return false
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode == 201
}
