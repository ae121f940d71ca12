// Databases of our own on the server that `MESHLINE_TEST_POSTGRES` names.

import pg from 'pg';

import { postgres } from './environment.ts';

async function execute(statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: postgres() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Makes an empty database. */
export const create = (name: string) => execute([`CREATE DATABASE "${name}"`]);

/** Makes a copy of a database that nobody is connected to. */
export const copy = (template: string, name: string) => execute([`CREATE DATABASE "${name}" TEMPLATE "${template}"`]);

/** Removes databases, and everybody from them. */
export const drop = (...names: string[]) => execute(names.map((name) => `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
