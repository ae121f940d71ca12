// `test` for all specs: one server per worker, a signed-in person, and a check for errors in the pages.

import path from 'node:path';

import { expect, type Page, test as base } from '@playwright/test';

import { Organisation, type Session } from './organisation.ts';
import type { Listed } from './pages.ts';

export { expect };

/** The session of people who are not signed in. */
export const NOBODY: Session = { cookies: [], origins: [] };

/** Views a page as the person it is meant for. */
export const seenBy = ({ open, as }: Pick<Listed, 'open' | 'as'>) => ({
  storageState: async ({ organisation }: WorkerFixtures, use: (session: Session) => Promise<void>): Promise<void> =>
    use(open ? NOBODY : await organisation.session(as ?? 'RevOps lead')),
});

/** Opens a page and waits until its figures and impacts have been computed. Returns the status of the response. */
export const visit = async (page: Page, address: string): Promise<number | undefined> => {
  const answer = await page.goto(address);
  await expect(page.getByRole('progressbar', { name: /^(Computing the figures|Computing the impact)/ })).toHaveCount(0);
  return answer?.status();
};

/** Waits on the page of a run until it shows the text; without scripts, by refreshing it as a person would. */
export const done = async (page: Page, said: string): Promise<void> => {
  await expect(async () => {
    const refresh = page.getByRole('link', { name: 'Refresh' });
    if (await refresh.isVisible()) await refresh.click({ timeout: 1_000 });
    await expect(page.getByRole('main')).toContainText(said, { timeout: 500 });
  }).toPass({ timeout: 30_000 });
};

interface TestFixtures {
  /** All errors in the pages of the test so far; there must be none at its end. */
  complaints: string[];
}

interface WorkerFixtures {
  organisation: Organisation;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  organisation: [
    async ({}, use, worker) => {
      const log = path.join(worker.project.outputDir, `server-${worker.workerIndex}.log`);
      const organisation = await Organisation.start(`w${worker.workerIndex}`, log);
      await use(organisation);
      await organisation.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  baseURL: ({ organisation }, use) => use(organisation.url),

  ...seenBy({}),

  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
      context.on('console', (message) => {
        // Chromium also reports a missing page as an error; specs check the status themselves.
        if (message.type() === 'error' && !/^Failed to load resource: .* 40[34] /.test(message.text())) complaints.push(message.text());
      });
      context.on('response', (response) => {
        if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
      });
      await use(complaints);
      expect(complaints, 'complaints of the browser').toEqual([]);
    },
    { auto: true },
  ],
});
