// What the tests are told by the environment, and what the global set-up tells the workers.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Says which variable is missing, rather than failing somewhere later. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask test --only browser\` sets it`);
  return value;
}

/** The program under test. */
export const program = () => path.resolve(required('MESHLINE_BIN'));

/** The folder of the built styles and scripts. */
export const siteFolder = () => path.resolve(required('MESHLINE_SITE_DIR'));

/** The address of a database as a superuser's. */
export const postgres = () => required('MESHLINE_TEST_POSTGRES');

/** The address of another database of the same server. */
export function databaseUrl(name: string): string {
  const url = new URL(postgres());
  url.pathname = `/${name}`;
  return url.toString();
}

/** Somebody of the demo organisation. */
export interface Person {
  email: string;
  name: string;
  role: string;
}

/** The demo organisation, made once a run. */
export interface Demo {
  /** The database that each worker gets a copy of. */
  template: string;
  /** Holds the master key; removed at the end. */
  folder: string;
  /** Everybody's. */
  password: string;
  people: Person[];
}

const VARIABLE = 'MESHLINE_END2END_DEMO';

/** Leaves the demo organisation to the workers, which inherit the environment. */
export function publish(demo: Demo): void {
  process.env[VARIABLE] = JSON.stringify(demo);
}

/** The demo organisation that the global set-up made. */
export function demo(): Demo {
  return JSON.parse(required(VARIABLE)) as Demo;
}

/** A folder that only we can read. */
export function privateFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'meshline-end2end-'));
}
