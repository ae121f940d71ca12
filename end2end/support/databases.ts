// Databases of our own on the server that `MESHLINE_TEST_POSTGRES` names.

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

/** The rows of a query. */
export const rows = <Row>(database: string, query: string, values: unknown[]) =>
  connected(databaseUrl(database), async (client) => (await client.query(query, values)).rows as Row[]);

async function execute(...statements: string[]): Promise<void> {
  await connected(postgres(), async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

/** Makes an empty database. */
export const create = (name: string) => execute(`CREATE DATABASE "${name}"`);

/** Makes a copy of a database that nobody is connected to. */
export const copy = (template: string, name: string) => execute(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);

/** Removes databases, and everybody from them. */
export const drop = (...names: string[]) => execute(...names.map((name) => `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
