// The program under test: its commands and its server.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { databaseUrl, program, siteFolder } from './environment.ts';

/** The time limit for the server to start and to stop. */
const PATIENCE_MS = 30_000;

/** The environment of the program: only what it needs to run. */
function environment(database: string, folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    DATABASE_URL: databaseUrl(database),
    MESHLINE_KEY_FILE: path.join(folder, 'master.key'),
    // Copies of one database are one installation; each needs a folder for its own high-water mark.
    MESHLINE_DATA_DIR: path.join(folder, 'data', database),
  };
}

/** Runs a command and returns its output. */
export async function meshline(database: string, folder: string, args: string[]): Promise<string> {
  const options = { env: environment(database, folder), cwd: folder };
  const { stdout } = await promisify(execFile)(program(), args, options);
  return stdout;
}

/** A running server. */
export class Server {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {}

  /** Starts a server on a free port and waits until it is ready. It writes its log to the file. */
  static async start(database: string, folder: string, log: string): Promise<Server> {
    fs.mkdirSync(path.dirname(log), { recursive: true });
    const output = fs.openSync(log, 'w');
    // The system picks the port and the log contains it, so no other process can take it in between.
    const child = spawn(program(), ['serve', '--listen', '127.0.0.1:0', '--site-dir', siteFolder()], {
      env: environment(database, folder),
      cwd: folder,
      stdio: ['ignore', 'ignore', output],
    });
    fs.closeSync(output);
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end && child.exitCode === null) {
      const address = /"address":"([^"]+)"/.exec(fs.readFileSync(log, 'utf8'))?.[1];
      if (address && (await isReady(`http://${address}`))) return new Server(`http://${address}`, child, log);
      await sleep(50);
    }
    child.kill('SIGKILL');
    throw new Error(`the server is not ready:\n${fs.readFileSync(log, 'utf8')}`);
  }

  /** Stops the server like an operator and returns the errors that it logged. */
  async stop(): Promise<string[]> {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const inTime = await Promise.race([ended.then(() => true), sleep(PATIENCE_MS, false, { ref: false })]);
      if (!inTime) {
        this.child.kill('SIGKILL');
        throw new Error(`the server did not stop within ${PATIENCE_MS / 1000} s of SIGTERM`);
      }
    }
    if (this.child.exitCode !== 0) throw new Error(`the server exited with ${this.child.exitCode ?? this.child.signalCode}`);
    const lines = fs.readFileSync(this.log, 'utf8').split('\n');
    return lines.filter((line) => line.includes('"level":"ERROR"') || line.includes('panicked'));
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
