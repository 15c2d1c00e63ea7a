// Jobs a second of graphile-worker: claimed and completed, 1 KB each.
//
//   node jobs.mjs URL JOBS CONCURRENCY LOCAL_QUEUE
//
// LOCAL_QUEUE 0: as it ships; more: its tuned form, which fetches so many at once and completes by batches. Prints one line of JSON.
import { makeWorkerUtils, run, Logger } from "graphile-worker";
import pg from "pg";

const [url, jobs, concurrency, localQueue] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const quiet = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString: url, max: Math.min(concurrency, 16) + 4 });
const utils = await makeWorkerUtils({ pgPool: pool, logger: quiet });
await utils.migrate();
await pool.query(
  `SELECT graphile_worker.add_jobs(array_agg(json_populate_record(NULL::graphile_worker.job_spec,
     json_build_object('identifier', 'bench', 'payload', json_build_object('text', repeat('a', 1000))))))
   FROM generate_series(1, $1) GROUP BY generate_series % 100`, [jobs]);
await pool.query("VACUUM ANALYZE graphile_worker._private_jobs");
await pool.query("CHECKPOINT");

let left = jobs;
let done;
const all = new Promise((resolve) => (done = resolve));
const begin = process.hrtime.bigint();
const tuned = localQueue > 0
  ? { preset: { worker: { concurrentJobs: concurrency, maxPoolSize: 16, pollInterval: 2000, localQueue: { size: localQueue },
                          completeJobBatchDelay: 0, failJobBatchDelay: 0 } } }
  : { concurrency };
const runner = await run({
  pgPool: pool, logger: quiet, noHandleSignals: true, ...tuned,
  taskList: { bench: (payload) => { if (payload.text.length !== 1000) process.exit(1); if (--left === 0) done(); } },
});
await all;
// The last completions are on their way.
for (;;) {
  const { rows } = await pool.query("SELECT count(*)::int AS open FROM graphile_worker._private_jobs");
  if (rows[0].open === 0) break;
}
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
await runner.stop();
await utils.release();
await pool.end();
console.log(JSON.stringify({ jobs, seconds, per_second: jobs / seconds }));
process.exit(0);
