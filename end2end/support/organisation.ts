// A worker's organisation: its own server on its own copy of the demo, with access that bypasses the browser.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { type BrowserContext, expect, request } from '@playwright/test';

import * as databases from './databases.ts';
import { type Demo, demo, type Person } from './environment.ts';
import { meshline, Server } from './program.ts';

export type Session = Awaited<ReturnType<BrowserContext['storageState']>>;

/** The fields of the API's answer to an event that tests use. */
export interface Answer {
  lead_id: string;
  event_id: string;
  decision: {
    decision_id: string;
    action: string;
    rule_id: string | null;
    held_by: string | null;
    confidence: number | null;
    parameters: { assignee?: string };
  };
}

/** A form as sent by the website. */
export interface Form {
  name: string;
  company: string;
  payload: Record<string, string>;
}

export class Organisation {
  private readonly sessions = new Map<string, Session>();
  private failedOnce?: Promise<string[]>;

  private constructor(
    readonly url: string,
    private readonly database: string,
    private readonly demo: Demo,
    private readonly server: Server,
    private readonly key: string,
  ) {}

  /** Copies the demo, creates an API key and starts the server. */
  static async start(name: string, log: string): Promise<Organisation> {
    const made = demo();
    const database = `${made.template}_${name}`;
    await databases.copy(made.template, database);
    const key = await meshline(database, made.folder, ['key', 'add', '--name', 'tests', '--scope', 'ingest,read,outcome']);
    const server = await Server.start(database, made.folder, log);
    return new Organisation(server.url, database, made, server, key.trim());
  }

  /** Stops the server and drops the database. Fails if the server logged an error, even if its pages showed none. */
  async stop(): Promise<void> {
    const errors = await this.server.stop().finally(() => databases.drop(this.database));
    expect(errors, 'errors in the log of the server').toEqual([]);
  }

  get password(): string {
    return this.demo.password;
  }

  /** Returns a person by the on-screen name of their role, or by their own name. */
  person(role: string): Person {
    const person = this.demo.people.find((one) => one.role === role || one.name === role);
    if (!person) throw new Error(`the demo organisation has no ${role}`);
    return person;
  }

  /** Returns the name of the person with an e-mail address. */
  nameOf(email: string | undefined): string {
    return this.demo.people.find((one) => one.email === email)?.name ?? `no person with ${email}`;
  }

  /** Runs a command of the program on the organisation's database. */
  command(...args: string[]): Promise<string> {
    return meshline(this.database, this.demo.folder, args);
  }

  /** Returns how often a decision is in the demo's warehouse, which all copies share. */
  async inWarehouse(decision: string): Promise<number> {
    const query = 'SELECT count(*)::int AS count FROM meshline.decision_events WHERE decision_id = $1';
    const [row] = await databases.rows<{ count: number }>(`${this.demo.template}_warehouse`, query, [decision]);
    return row!.count;
  }

  /** Returns the rows of a query, as a superuser: for state that neither pages nor commands can create. */
  rows<Row>(query: string, values: unknown[] = []): Promise<Row[]> {
    return databases.rows<Row>(this.database, query, values);
  }

  /** Locks the data of the figures for a while; `over` resolves when it can be read again. */
  async holdFigures(seconds: number): Promise<{ over: Promise<unknown> }> {
    const over = this.rows(`DO $$ BEGIN LOCK TABLE outcomes IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(${seconds}); END $$`);
    const held = "SELECT FROM pg_locks WHERE relation = 'outcomes'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    await expect.poll(async () => (await this.rows(held)).length, { intervals: [50] }).toBe(1);
    return { over };
  }

  /**
   * Returns three failed actions to `spare-webhook`, newest first. The first call makes them fail at a closed port. After that the
   * destination is paused, and the actions are reset to that state.
   */
  async failed(): Promise<string[]> {
    const failed = await (this.failedOnce ??= this.fail());
    await this.rows("UPDATE outbox SET state = 'dead', leased_until = NULL, attempts = 1 WHERE effect_id = ANY($1::uuid[])", [failed]);
    await this.rows("UPDATE destinations SET paused_reason = 'Its address is being moved.' WHERE name = 'spare-webhook'");
    return failed;
  }

  private async fail(): Promise<string[]> {
    const file = path.join(this.demo.folder, `${this.database}.yaml`);
    const key = path.join(this.demo.folder, `${this.database}.key`);
    fs.writeFileSync(key, `whsec_${Buffer.alloc(32, 7).toString('base64')}`);
    const settings = '{url: "http://127.0.0.1:9/hooks", retry: {attempts: 1}}';
    const pace = '{at_once: 2, per_minute: 600, daily_quota: 15000}';
    fs.writeFileSync(file, `destinations:\n  spare-webhook: {kind: webhook, settings: ${settings}, secret: {file: "${key}"}, pace: ${pace}}\n`);
    await this.command('apply', file, '--bootstrap');
    const leads: string[] = [];
    for (const name of ['Kit Marlow', 'Ola Nordmann', 'Rae Okafor']) leads.push((await this.send({ ...HIGH_INTENT, name })).lead_id);
    // A workflow lists its destinations; these three actions are redirected after they were created.
    const theirs = "lead_id = ANY($1::uuid[]) AND destination_id = (SELECT id FROM destinations WHERE name = 'crm-webhook')";
    const spare = "destination_id = (SELECT id FROM destinations WHERE name = 'spare-webhook')";
    await this.rows(`UPDATE effects SET ${spare} WHERE ${theirs}`, [leads]);
    await this.rows(`UPDATE outbox SET ${spare} WHERE ${theirs}`, [leads]);
    const query = `SELECT effect_id FROM outbox WHERE lead_id = ANY($1::uuid[]) AND ${spare} AND state = 'dead' ORDER BY effect_id DESC`;
    let failed: { effect_id: string }[] = [];
    await expect(async () => expect((failed = await this.rows(query, [leads])).length).toBe(3)).toPass({ timeout: 60_000 });
    return failed.map((row) => row.effect_id);
  }

  /** Returns the cookies of a signed-in person; the same session each time. */
  async session(role: string): Promise<Session> {
    const known = this.sessions.get(role);
    if (known) return known;
    // Without this, the test's own cookies would be sent.
    const browser = await request.newContext({ baseURL: this.url, storageState: { cookies: [], origins: [] } });
    const form = { email: this.person(role).email, password: this.password };
    const answer = await browser.post('/actions/sign-in', { form, maxRedirects: 0 });
    expect(answer.status(), 'signing in').toBe(303);
    const session = await browser.storageState();
    expect(session.cookies.map((cookie) => cookie.name)).toContain('meshline_session');
    await browser.dispose();
    this.sessions.set(role, session);
    return session;
  }

  /** Reports an outcome, as a CRM does. */
  async outcome(outcome: Record<string, string>): Promise<void> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const response = await fetch(`${this.url}/api/v1/outcomes`, { method: 'POST', headers, body: JSON.stringify(outcome) });
    expect(response.status, await response.clone().text()).toBe(201);
  }

  /** Sends a form from a new person and returns the decision. */
  send({ name, company, payload }: Form): Promise<Answer> {
    const [user, domain] = [name, company].map((text) => text.toLowerCase().replace(/[^a-z0-9]/g, '').slice(0, 40));
    return this.sendAs({ email: `${user}.${randomUUID().slice(0, 8)}@${domain}.example`, name, company }, { company, ...payload });
  }

  /** Makes two leads, and an event that names both: the first by its external ID, the second by its e-mail address. */
  async suggested(): Promise<{ names: [string, string]; leads: [string, string]; path: string; email: string }> {
    const id = randomUUID().slice(0, 8);
    const names: [string, string] = [`Ida Falk ${id}`, `I. Falk ${id}`];
    const [external, email] = [`crm-${id}`, `ida.${id}@initech.example`];
    const [first, second] = [
      (await this.sendAs({ external_id: external, name: names[0], company: 'Initech' }, { company: 'Initech', ...HIGH_INTENT.payload })).lead_id,
      (await this.sendAs({ email, name: names[1], company: 'Initech Ltd' }, { company: 'Initech', ...HIGH_INTENT.payload })).lead_id,
    ];
    await this.sendAs({ external_id: external, email }, { company: 'Initech', ...HIGH_INTENT.payload });
    return { names, leads: [first, second], path: `/merges/${first}/${second}`, email };
  }

  /** Sends a form that names its lead in this way and returns the decision. */
  async sendAs(lead: Record<string, string>, payload: Record<string, string>): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.key}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify({
        kind: 'form',
        source: 'website',
        lead,
        payload,
      }),
    });
    expect(response.status, await response.clone().text()).toBe(201);
    return (await response.json()) as Answer;
  }
}

/** A target account that asks for a quote: assigned to an AE. */
export const HIGH_INTENT: Form = {
  name: 'Pat Lindqvist',
  company: 'Initech',
  payload: {
    company_size: '51-200 employees',
    message: 'We would like to book a demo and talk pricing; please send a quote this quarter.',
    role: 'VP Sales',
  },
};

/** A target account that does not state its intent: held. */
export const SILENT: Form = {
  name: 'Robin Achterberg',
  company: 'Globex',
  payload: { company_size: '201 to 500', role: 'Head of Operations', message: '' },
};
