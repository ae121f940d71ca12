// Runs: watched while they are under way, and cancelled.

import { randomUUID } from 'node:crypto';

import type { Organisation } from '../support/organisation.ts';
import { done, expect, seenBy, test } from '../support/test.ts';

/** A run that a process elsewhere holds, so that it neither ends nor begins here. */
const heldElsewhere = async (organisation: Organisation): Promise<string> => {
  const id = randomUUID();
  await organisation.rows(
    `INSERT INTO runs (id, kind, input, state, phase, done, total, run_lease, leased_until, attempts, runner, created_by, created_at, started_at)
     VALUES ($1, 'replay_decisions', '{}', 'running', 'Comparing decisions', 3, 10, 1, now() + interval '1 minute', 1, 'elsewhere 1', 'command:test', now(), now())`,
    [id],
  );
  return id;
};

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled, ...seenBy({ as: 'RevOps' }) });

    test('a run is cancelled, and its page says who did it', async ({ organisation, page }) => {
      const id = await heldElsewhere(organisation);
      await page.goto(`/runs/${id}`);
      await expect(page.getByRole('progressbar', { name: 'Comparing decisions: 3 of 10' })).toBeVisible();
      await page.getByText('Cancel run', { exact: true }).first().click();
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await expect(page.locator('.flash').getByRole('status')).toHaveText('Cancelling the run. Its work so far is kept.');
      await expect(page.getByRole('main')).toContainText('Cancelling');
      // The other process hears of it with its next heartbeat.
      await organisation.rows("UPDATE runs SET state = 'cancelled', leased_until = NULL, finished_at = now() WHERE id = $1", [id]);
      await done(page, 'This run was cancelled. Its work up to that point is kept.');
      await expect(page.getByRole('button', { name: 'Retry run' })).toBeVisible();
      await page.goto('/runs?state=cancelled');
      await expect(page.getByRole('row').filter({ hasText: 'Replay of decisions' }).first()).toContainText('Cancelled');
    });

    test('decisions are replayed with the same results', async ({ page }) => {
      await page.goto('/runs');
      await page.getByText('Replay decisions', { exact: true }).first().click();
      await page.getByLabel('Period').selectOption('7');
      await page.getByRole('button', { name: 'Replay decisions' }).click();
      await done(page, 'all results are the same');
    });
  });
}
