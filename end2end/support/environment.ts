// Configuration of the tests from the environment, and what the global set-up passes on to the workers.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Returns a variable, or fails with its name if it is missing. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask test --only browser\` sets it`);
  return value;
}

/** Returns the path of the program under test. */
export const program = () => path.resolve(required('MESHLINE_BIN'));

/** Returns the folder of the built styles and scripts. */
export const siteFolder = () => path.resolve(required('MESHLINE_SITE_DIR'));

/** Returns the URL of a database, as a superuser. */
export const postgres = () => required('MESHLINE_TEST_POSTGRES');

/** Returns the URL of another database on the same server. */
export function databaseUrl(name: string): string {
  const url = new URL(postgres());
  url.pathname = `/${name}`;
  return url.toString();
}

/** A person in the demo organisation. */
export interface Person {
  email: string;
  name: string;
  role: string;
}

/** The demo organisation, created once per run. */
export interface Demo {
  /** The database that each worker copies. */
  template: string;
  /** The folder of the master key, deleted at the end. */
  folder: string;
  /** The password of every person. */
  password: string;
  people: Person[];
}

const VARIABLE = 'MESHLINE_END2END_DEMO';

/** Passes the demo organisation to the workers, which inherit the environment. */
export function publish(demo: Demo): void {
  process.env[VARIABLE] = JSON.stringify(demo);
}

/** Returns the demo organisation that the global set-up created. */
export function demo(): Demo {
  return JSON.parse(required(VARIABLE)) as Demo;
}

/** Creates a folder that only the current user can read. */
export function privateFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'meshline-end2end-'));
}
