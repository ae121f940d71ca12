// graphile-worker with a handler that does nothing: node graphile.mjs JOBS, database in DATABASE_URL.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

const jobs = Number(process.argv[2]);
const connectionString = process.env.DATABASE_URL;
const logger = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString, max: 1 });

const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
await utils.release();
for (let first = 0; first < jobs; first += 5000) {
  await pool.query(
    "SELECT count(graphile_worker.add_job('noop', json_build_object('n', n))) FROM generate_series($1::int, $2::int) n",
    [first + 1, Math.min(first + 5000, jobs)],
  );
}
await pool.query("VACUUM ANALYZE");
await pool.query("CHECKPOINT");

let begun;
let done = 0;
const noop = () => {
  begun ??= performance.now();
  done += 1;
};
// The settings its documentation recommends for throughput: a local queue, and completions in batches.
const worker = {
  concurrentJobs: 24,
  maxPoolSize: 24,
  pollInterval: 500,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
  logger,
};
const runner = await run({ connectionString, noHandleSignals: true, taskList: { noop }, preset: { worker } });
while (done < jobs) await new Promise((resolve) => setTimeout(resolve, 2));
const left = async () => (await pool.query("SELECT count(*)::int AS n FROM graphile_worker.jobs")).rows[0].n;
while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ per_s: jobs / seconds, jobs, seconds }));
await runner.stop();
await pool.end();
process.exit(0);
