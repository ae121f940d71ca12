// pg-boss with a handler that does nothing: node pgboss.mjs JOBS, database in DATABASE_URL.
import * as library from "pg-boss";
import pg from "pg";

const PgBoss = library.PgBoss ?? library.default;
const jobs = Number(process.argv[2]);
const connectionString = process.env.DATABASE_URL;
const pool = new pg.Pool({ connectionString, max: 1 });

const boss = new PgBoss({ connectionString, max: 8 });
boss.on("error", (error) => console.error(error));
await boss.start();
await boss.createQueue("noop");
for (let first = 0; first < jobs; first += 5000) {
  const count = Math.min(5000, jobs - first);
  await boss.insert("noop", Array.from({ length: count }, (_, n) => ({ data: { n: first + n } })));
}
await pool.query("VACUUM ANALYZE");
await pool.query("CHECKPOINT");

let begun;
let done = 0;
const noop = async (batch) => {
  begun ??= performance.now();
  done += batch.length;
};
// Full batches are fetched without a pause, by as many loops as outran the others on few processors.
const options = { batchSize: 200, localConcurrency: 4, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
await boss.work("noop", options, noop);
while (done < jobs) await new Promise((resolve) => setTimeout(resolve, 2));
const left = async () =>
  (await pool.query("SELECT count(*)::int AS n FROM pgboss.job WHERE name = 'noop' AND state < 'completed'")).rows[0].n;
while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ per_s: jobs / seconds, jobs, seconds }));
await boss.stop({ graceful: false });
await pool.end();
process.exit(0);
