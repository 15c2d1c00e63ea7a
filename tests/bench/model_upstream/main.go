// A provider of language models that always says the same: the upstream of what the bench compares.
//
//	model_upstream PORT DELAY_MS STATUS
//
// Speaks OpenAI's chat completions, whole and as a stream. Prints its port when it listens. With a
// STATUS of "hang" its queue of connections is full, so that connecting to it never ends.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const answer = `{"id":"c1","object":"chat.completion","created":1,"model":"mock","choices":[{"index":0,` +
	`"message":{"role":"assistant","content":"SELECT 1 AS one"},"finish_reason":"stop"}],` +
	`"usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25}}`

func stream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, text := range []string{"SELECT ", "1 AS ", "one"} {
		fmt.Fprintf(w, "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\","+
			"\"choices\":[{\"index\":0,\"delta\":{\"content\":%q},\"finish_reason\":null}]}\n\n", text)
		w.(http.Flusher).Flush()
	}
	io.WriteString(w, "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\","+
		"\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

// hang listens without ever taking a connection, with as many waiting as the kernel keeps.
func hang(port int) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		log.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		log.Fatal(err)
	}
	bound, _ := syscall.Getsockname(fd)
	port = bound.(*syscall.SockaddrInet4).Port
	for i := 0; i < 4; i++ {
		go net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Hour)
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println(port)
	select {}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: model_upstream PORT DELAY_MS STATUS")
	}
	port, _ := strconv.Atoi(os.Args[1])
	delay, _ := strconv.Atoi(os.Args[2])
	if os.Args[3] == "hang" {
		hang(port)
	}
	status, _ := strconv.Atoi(os.Args[3])
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		time.Sleep(time.Duration(delay) * time.Millisecond)
		if status != 200 {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			io.WriteString(w, `{"error":{"type":"server_error","message":"no"}}`)
		} else if strings.Contains(string(body), `"stream":true`) || strings.Contains(string(body), `"stream": true`) {
			stream(w)
		} else {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, answer)
		}
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, http.HandlerFunc(handler)))
}
