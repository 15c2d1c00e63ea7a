// Jobs a second of River: claimed and completed, 1 KB each.
//
//	river URL JOBS WORKERS
//
// Prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type args struct {
	Text string `json:"text"`
}

func (args) Kind() string { return "bench" }

type worker struct {
	river.WorkerDefaults[args]
	left *atomic.Int64
	done chan struct{}
}

func (w *worker) Work(_ context.Context, job *river.Job[args]) error {
	if len(job.Args.Text) != 1000 {
		log.Fatal("the payload is not whole")
	}
	if w.left.Add(-1) == 0 {
		close(w.done)
	}
	return nil
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

func main() {
	ctx := context.Background()
	jobs, workers := number(os.Args[2]), number(os.Args[3])
	pool, err := pgxpool.New(ctx, os.Args[1])
	must(err)
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	must(err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	must(err)

	w := &worker{left: &atomic.Int64{}, done: make(chan struct{})}
	w.left.Store(int64(jobs))
	all := river.NewWorkers()
	river.AddWorker(all, w)
	client, err := river.NewClient(driver, &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:           all,
		FetchCooldown:     time.Millisecond,
		FetchPollInterval: 2 * time.Millisecond,
		Logger:            slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	must(err)
	text := strings.Repeat("a", 1000)
	for left := jobs; left > 0; left -= 1000 {
		batch := make([]river.InsertManyParams, min(left, 1000))
		for i := range batch {
			batch[i] = river.InsertManyParams{Args: args{Text: text}}
		}
		_, err = client.InsertManyFast(ctx, batch)
		must(err)
	}
	_, err = pool.Exec(ctx, "VACUUM ANALYZE river_job")
	must(err)
	_, err = pool.Exec(ctx, "CHECKPOINT")
	must(err)

	begin := time.Now()
	must(client.Start(ctx))
	<-w.done
	for { // The last completions are on their way.
		var open int
		must(pool.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&open))
		if open == 0 {
			break
		}
	}
	seconds := time.Since(begin).Seconds()
	must(client.Stop(ctx))
	line, err := json.Marshal(map[string]any{"jobs": jobs, "seconds": seconds, "per_second": float64(jobs) / seconds})
	must(err)
	fmt.Println(string(line))
}
