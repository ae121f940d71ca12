// Databases on the server in `MESHLINE_TEST_POSTGRES`.

import pg from 'pg';

import { databaseUrl, postgres } from './environment.ts';

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Returns the rows of a query. */
export const rows = <Row>(database: string, query: string, values: unknown[]) =>
  connected(databaseUrl(database), async (client) => (await client.query(query, values)).rows as Row[]);

async function execute(...statements: string[]): Promise<void> {
  await connected(postgres(), async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

/** Creates an empty database. */
export const create = (name: string) => execute(`CREATE DATABASE "${name}"`);

/** Creates a copy of a database without connections. */
export const copy = (template: string, name: string) => execute(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);

/** Drops databases and disconnects their users. */
export const drop = (...names: string[]) => execute(...names.map((name) => `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
