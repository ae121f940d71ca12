// `test` as all specs use it: a server for each worker, somebody signed in, and no page that breaks in silence.

import path from 'node:path';

import { expect, type Page, test as base } from '@playwright/test';

import { Organisation, type Session } from './organisation.ts';
import type { Listed } from './pages.ts';

export { expect };

/** For specs of people who are not signed in. */
export const NOBODY: Session = { cookies: [], origins: [] };

/** Whoever a page is for looks at it. */
export const seenBy = ({ open, as }: Pick<Listed, 'open' | 'as'>) => ({
  storageState: async ({ organisation }: WorkerFixtures, use: (session: Session) => Promise<void>): Promise<void> =>
    use(open ? NOBODY : await organisation.session(as ?? 'RevOps lead')),
});

/** Goes to a page, which is whole: what is still being added up or computed comes when it is there. Gives the answer's status. */
export const visit = async (page: Page, address: string): Promise<number | undefined> => {
  const answer = await page.goto(address);
  await expect(page.getByRole('progressbar', { name: /^(Adding up the figures|The impact is being computed)/ })).toHaveCount(0);
  return answer?.status();
};

/** Waits on the page of a run until it is done and says so; without scripts, by refreshing it as a person would. */
export const done = async (page: Page, said: string): Promise<void> => {
  await expect(async () => {
    const refresh = page.getByRole('link', { name: 'Refresh' });
    if (await refresh.isVisible()) await refresh.click({ timeout: 1_000 });
    await expect(page.getByRole('main')).toContainText(said, { timeout: 500 });
  }).toPass({ timeout: 30_000 });
};

interface TestFixtures {
  /** Everything that went wrong in the pages of the test so far; there must be nothing at its end. */
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
        // Chromium reports a page that is not found as an error too; specs look at the status themselves.
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
