import type { Page } from '@playwright/test';

import { HIGH_INTENT } from '../support/organisation.ts';
import { done, expect, test } from '../support/test.ts';

const destinations = (page: Page) => page.getByRole('table', { name: 'Destinations and their unfinished actions' });
const destination = (page: Page, name: string) =>
  destinations(page).getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${name}`) }) });
const actions = (page: Page) =>
  page.getByRole('table', { name: 'Unfinished actions' }).getByRole('row').filter({ has: page.getByRole('rowheader') });
const job = (page: Page, title: string) =>
  page.getByRole('table', { name: 'Jobs and their last runs' }).getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${title}`) }) });
const flash = (page: Page) => page.locator('.flash').getByRole('status');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('a delivery count links to its list, which is paged', async ({ organisation, page }) => {
      await organisation.failed();
      await page.goto('/');
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deliveries' }).click();
      const webhook = destination(page, 'CRM');
      await expect(webhook).toContainText('Paused');
      await expect(webhook).toContainText('No URL configured.');
      const waiting = webhook.getByRole('link', { name: /^\d/ }).first();
      const count = Number((await waiting.textContent())!.replace(/\D/g, ''));
      await waiting.click();
      await expect(page).toHaveURL('/sync/effects?destination=crm-webhook&state=waiting');
      await expect(page.getByRole('link', { name: `Waiting ${count}` })).toHaveAttribute('aria-current', 'true');
      const seen = new Set<string>();
      for (;;) {
        await expect(actions(page).first()).toContainText('Waiting, destination paused');
        const hrefs = await actions(page).getByRole('link', { name: 'CRM action' }).evaluateAll((links) => links.map((link) => link.getAttribute('href')!));
        hrefs.forEach((href) => seen.add(href));
        const older = page.getByRole('link', { name: 'Older' });
        if ((await older.count()) === 0) break;
        const href = await older.getAttribute('href');
        await older.click();
        await page.waitForURL((url) => url.pathname + url.search === href);
      }
      expect(seen.size).toBe(count);
    });

    test('a failed delivery is viewed and retried', async ({ organisation, page }) => {
      const [id] = await organisation.failed();
      await page.goto('/sync');
      const spare = destination(page, 'spare-webhook');
      await expect(spare).toContainText('30 % of 15,000 per day');
      await spare.getByRole('link', { name: '3', exact: true }).click();
      await expect(page).toHaveURL('/sync/effects?destination=spare-webhook&state=failed');
      await expect(actions(page)).toHaveCount(3);
      await actions(page).first().getByRole('link', { name: 'CRM action' }).click();
      await expect(page).toHaveURL(`/sync/effects/${id}`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('CRM action to spare-webhook');
      await expect(page.getByText(/^Delivery to spare-webhook failed: /)).toBeVisible();
      const attempt = page.getByRole('listitem').filter({ hasText: 'Attempt 1' });
      await attempt.locator('summary', { hasText: /^Request/ }).click();
      await expect(attempt.getByText('"webhook_id"')).toBeVisible();
      await page.getByRole('button', { name: 'Retry' }).click();
      await expect(flash(page)).toHaveText('Retrying.');
      await expect(page).toHaveURL(`/sync/effects/${id}`);
      await expect(page.getByText('Waiting, destination paused')).toBeVisible();
      await expect(page.getByRole('button', { name: 'Retry' })).toHaveCount(0);
      await page.getByRole('link', { name: 'Rae Okafor' }).click();
      await page.getByRole('rowheader', { name: 'CRM action' }).getByRole('link').click();
      await expect(page).toHaveURL(`/sync/effects/${id}`);
    });

    test('all deliveries with one error are retried after a confirmation', async ({ organisation, page }) => {
      const [id] = await organisation.failed();
      await organisation.rows("UPDATE outbox SET last_error = 'Status 410: gone' WHERE effect_id = $1", [id]);
      await page.goto('/sync/effects?state=failed');
      await page.getByRole('searchbox', { name: 'Last error contains' }).fill('STATUS 410');
      await page.getByRole('combobox', { name: 'Destination' }).selectOption('spare-webhook');
      await page.getByRole('button', { name: 'Filter' }).click();
      await expect(actions(page)).toHaveCount(1);
      await page.getByRole('link', { name: /^Error contains/ }).click();
      await expect(actions(page)).toHaveCount(3);
      const all = page.getByRole('button', { name: 'Retry all 3' });
      await expect(all).toBeHidden();
      await page.getByText('Retry all 3').first().click();
      await expect(page.getByText('3 failed actions match these filters.')).toBeVisible();
      await all.click();
      await expect(page).toHaveURL(/\/runs\/[0-9a-f-]+$/);
      await done(page, '3\u{a0}deliveries are being retried.');
      await page.goto('/sync/effects?state=failed&destination=spare-webhook');
      await expect(page.getByRole('heading', { name: 'No failed actions' })).toBeVisible();
    });

    test('retrying many can be cancelled, and the rest stay failed', async ({ organisation, page }) => {
      // Nothing is sent to the paused webhook, so all of them are still pending when the run is cancelled.
      const crm = "destination_id = (SELECT id FROM destinations WHERE name = 'crm-webhook')";
      const failed = await organisation.rows<{ effect_id: string }>(
        `UPDATE outbox SET state = 'dead', attempts = 1, last_error = 'Status 503' WHERE effect_id IN (SELECT effect_id FROM outbox WHERE ${crm} AND state = 'ready'
         AND lead_id IN (SELECT lead_id FROM outbox WHERE ${crm} GROUP BY lead_id HAVING count(*) = 1) LIMIT 12) RETURNING effect_id`,
      );
      expect(failed).toHaveLength(12);
      try {
        await page.goto('/sync/effects?state=failed&destination=crm-webhook');
        await page.getByText('Retry all 12').first().click();
        await page.getByRole('button', { name: 'Retry all 12' }).click();
        await done(page, '12\u{a0}deliveries are being retried.');
        await expect(page.getByRole('progressbar', { name: 'Retried: 0 of 12' })).toBeVisible();
        await page.getByRole('button', { name: 'Stop retrying' }).click();
        await expect(flash(page)).toHaveText('12 actions were not retried and are still failed.');
        await expect(page.getByRole('progressbar')).toHaveCount(0);
        await page.getByRole('link', { name: 'Failed deliveries' }).click();
        await expect(page).toHaveURL(/state=failed/);
        // Deliveries to other destinations may have failed in the meantime.
        await page.goto('/sync/effects?state=failed&destination=crm-webhook');
        await expect(actions(page)).toHaveCount(12);
      } finally {
        await organisation.rows("UPDATE outbox SET state = 'ready', attempts = 0, last_error = NULL WHERE effect_id = ANY($1::uuid[])", [failed.map((row) => row.effect_id)]);
      }
    });

    test('a destination is paused with a reason and resumed', async ({ organisation, page }) => {
      await page.goto('/sync');
      const warehouse = destination(page, 'Warehouse');
      await expect(warehouse).toContainText('Sending');
      await warehouse.getByText('Pause', { exact: false }).first().click();
      const why = warehouse.getByLabel('Reason');
      await why.fill(' ');
      await warehouse.getByRole('button', { name: 'Pause Warehouse' }).click();
      await expect(warehouse.getByRole('alert')).toHaveText('Give a reason, so that others know why.');
      await expect(why).toHaveAttribute('aria-invalid', 'true');
      await why.fill('The warehouse is being moved.');
      await warehouse.getByRole('button', { name: 'Pause Warehouse' }).click();
      await expect(flash(page)).toContainText('Warehouse is paused.');
      await expect(warehouse).toContainText('The warehouse is being moved.');
      const { decision } = await organisation.send(HIGH_INTENT);
      expect(await organisation.inWarehouse(decision.decision_id)).toBe(0);
      await warehouse.getByRole('link', { name: 'Resume' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Resume Warehouse');
      await expect(page.getByText('Paused: The warehouse is being moved.')).toBeVisible();
      await expect(page.getByText(/^\d+ actions? (is|are) sent immediately/)).toBeVisible();
      await page.getByLabel('Reason').fill(' ');
      await page.getByRole('button', { name: 'Resume Warehouse' }).click();
      await expect(page.getByRole('alert')).toHaveText('Give a reason, so that others know why.');
      await page.getByLabel('Reason').fill('It has moved.');
      await page.getByRole('button', { name: 'Resume Warehouse' }).click();
      await expect(flash(page)).toContainText('Warehouse is resumed.');
      await expect(warehouse).toContainText('Sending');
      await expect.poll(() => organisation.inWarehouse(decision.decision_id)).toBe(1);
    });

    test('resume with expired actions says first what will not be sent', async ({ organisation, page }) => {
      // The webhook has no address, so nothing that is resumed can arrive either.
      const crm = "destination_id = (SELECT id FROM destinations WHERE name = 'crm-webhook')";
      const late = await organisation.rows<{ effect_id: string; expires_at: string | null }>(
        `WITH late AS (SELECT effect_id, expires_at FROM outbox WHERE ${crm} AND state = 'ready' AND expires_at > now() ORDER BY effect_id LIMIT 4)
         UPDATE outbox o SET expires_at = now() - interval '1 minute' FROM late WHERE o.effect_id = late.effect_id RETURNING o.effect_id, late.expires_at::text`,
      );
      // The demo's own actions have waited for long, and many of them have expired.
      const [{ all, expired } = { all: 0, expired: 0 }] = await organisation.rows<{ all: number; expired: number }>(
        `SELECT count(*)::int AS all, (count(*) FILTER (WHERE expires_at < now()))::int AS expired FROM outbox WHERE ${crm} AND state = 'ready'`,
      );
      expect(expired).toBeGreaterThanOrEqual(4);
      expect(expired).toBeLessThan(all);
      try {
        await page.goto('/sync');
        await expect(page.getByText(`${expired} actions to CRM expired and were not sent.`)).toBeVisible();
        await expect(page.locator('header.bar')).toContainText(/, \d+ waiting/);
        await destination(page, 'CRM').getByRole('link', { name: String(expired), exact: true }).click();
        await expect(page.getByRole('link', { name: `Expired ${expired}` })).toHaveAttribute('aria-current', 'true');
        await expect(actions(page)).toHaveCount(Math.min(expired, 50));
        await expect(actions(page).first()).toContainText('Expired, not sent');
        await page.goto('/sync');
        await destination(page, 'CRM').getByRole('link', { name: 'Resume' }).click();
        await expect(page.getByText(`${expired} of ${all} waiting actions have expired and will not be sent.`)).toBeVisible();
        await page.getByRole('link', { name: 'Cancel' }).click();
        await expect(destination(page, 'CRM')).toContainText('Paused');
        await page.goto('/');
        await expect(page.getByText(`${expired} actions to CRM expired and were not sent.`)).toHaveCount(1);
      } finally {
        for (const { effect_id, expires_at } of late) await organisation.rows('UPDATE outbox SET expires_at = $2 WHERE effect_id = $1', [effect_id, expires_at]);
      }
    });

    test('the history is searched by lead and key', async ({ organisation, page }) => {
      const { lead_id: id, decision } = await organisation.send({ ...HIGH_INTENT, name: javaScriptEnabled ? 'Hilde Story' : 'Hedda Story' });
      await expect.poll(() => organisation.inWarehouse(decision.decision_id)).toBe(1);
      const finished = page.getByRole('table', { name: 'Finished actions' }).getByRole('row').filter({ has: page.getByRole('rowheader') });
      await page.goto('/sync');
      await page.getByRole('link', { name: 'History' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Delivery history');
      await expect(async () => {
        await page.goto(`/sync/history?lead=${javaScriptEnabled ? 'hilde' : 'hedda'}%20story`);
        await expect(finished).toHaveCount(1, { timeout: 500 });
      }).toPass();
      await expect(finished.first()).toContainText('Delivered');
      const key = await finished.first().locator('.mono span').getAttribute('title');
      await page.goto('/sync/history');
      await page.getByRole('searchbox', { name: 'Key' }).fill(key!.slice(0, 12));
      await page.getByRole('button', { name: 'Filter' }).click();
      await expect(finished).toHaveCount(1);
      await expect(finished.first().getByRole('link').first()).toHaveAttribute('href', `/leads/${id}`);
    });

    test('selected deliveries are retried', async ({ organisation, page }) => {
      await organisation.failed();
      await page.goto('/sync/effects?state=failed&destination=spare-webhook');
      await page.getByRole('link', { name: 'Select all on this page' }).click();
      await expect(actions(page).getByRole('checkbox', { checked: true })).toHaveCount(3);
      await actions(page).first().getByRole('checkbox').uncheck();
      await expect(page.getByRole('button', { name: 'Retry selected' })).toBeInViewport();
      await page.getByRole('button', { name: 'Retry selected' }).click();
      await expect(flash(page)).toHaveText('2 actions are being retried.');
      await expect(page.getByRole('link', { name: 'Failed, needs you 1' })).toBeVisible();
      await expect(actions(page)).toHaveCount(1);
    });

    test('a job is run at once', async ({ page }) => {
      await page.goto('/sync/jobs');
      const sessions = job(page, 'Delete expired sessions');
      await expect(async () => {
        await page.reload();
        await expect(sessions).toContainText('Done', { timeout: 500 });
      }).toPass();
      const last = await sessions.getByRole('time').first().getAttribute('datetime');
      await sessions.getByRole('button', { name: 'Run now' }).click();
      await expect(flash(page)).toContainText('“Delete expired sessions” runs within seconds.');
      await expect(async () => {
        await page.reload();
        await expect(sessions).toContainText('Done', { timeout: 500 });
        expect(await sessions.getByRole('time').first().getAttribute('datetime')).not.toBe(last);
      }).toPass();
    });
  });
}

test('a banner shows what is stopped, by whom, when and why', async ({ organisation, page }) => {
  await organisation.command('kill', '--workflow', 'inbound-form', '--reason', 'Wrong pool since the release.');
  try {
    await page.goto('/sync');
    await expect(page.getByText('Inbound form is stopped: Wrong pool since the release.')).toBeVisible();
    await expect(page.getByText(/^Stopped by the kill command, today \d\d:\d\d/)).toBeVisible();
  } finally {
    await organisation.command('resume', '--workflow', 'inbound-form');
  }
  await page.reload();
  await expect(page.getByText('Inbound form is stopped')).toHaveCount(0);
});

test('a destination that does not answer is spared until a shown time', async ({ organisation, page }) => {
  await organisation.failed();
  await organisation.rows(
    `INSERT INTO destination_flows (destination_id, open_until, openings, open_reason)
     SELECT id, now() + interval '1 hour', 3, 'connection refused' FROM destinations WHERE name = 'crm-webhook'
     ON CONFLICT (destination_id) DO UPDATE SET open_until = excluded.open_until, openings = 3, open_reason = excluded.open_reason`,
  );
  await organisation.rows("UPDATE destinations SET paused_reason = NULL, settings = settings || '{\"url\": \"http://127.0.0.1:9/\"}' WHERE name = 'crm-webhook'");
  try {
    await page.goto('/sync');
    const webhook = destination(page, 'CRM');
    await expect(webhook).toContainText('Not responding');
    await expect(webhook).toContainText(/Connection refused\. Suspended 3\stimes in a row\. Next attempt at \d\d:\d\d:\d\d\./);
  } finally {
    await organisation.rows("UPDATE destinations SET paused_reason = 'No URL configured. Set one to start sending.' WHERE name = 'crm-webhook'");
    await organisation.rows('UPDATE destination_flows SET open_until = NULL, openings = 0, open_reason = NULL');
  }
});

test.describe('an SDR', () => {
  test.use({ storageState: async ({ organisation }, use) => use(await organisation.session('SDR')) });

  test('sees everything and has no buttons', async ({ organisation, page }) => {
    const [id] = await organisation.failed();
    for (const path of ['/sync', '/sync/effects?state=failed', `/sync/effects/${id}`, '/sync/jobs']) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator('main form[method=post]:not([action$=save-view])')).toHaveCount(0);
    }
  });
});
