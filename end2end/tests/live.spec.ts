import { HIGH_INTENT } from '../support/organisation.ts';
import { expect, test } from '../support/test.ts';

/** The page hears as soon as its islands are awake. */
const hearing = (page: import('@playwright/test').Page) => page.waitForRequest((request) => new URL(request.url()).pathname === '/live');

test('a job shows its result without the page being loaded again', async ({ page }) => {
  await page.goto('/sync/jobs');
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^Delete expired sessions/ }) });
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText('Done', { timeout: 500 });
  }).toPass();
  const last = (await row.getByRole('time').first().getAttribute('datetime'))!;
  const heard = hearing(page);
  await row.getByRole('button', { name: 'Run now' }).click();
  await heard;
  await expect(page.getByRole('status').first()).toContainText('runs within seconds');
  await expect(row.getByRole('time').first()).not.toHaveAttribute('datetime', last);
  await expect(row).toContainText('Done');
});

test('a lead appears in the list while it is open, and an open panel is left alone', async ({ organisation, page }) => {
  const heard = hearing(page);
  await page.goto('/leads');
  await heard;
  await page.getByText('Columns', { exact: true }).click();
  const { lead_id: id } = await organisation.send({ ...HIGH_INTENT, name: 'Noa Brandt' });
  await expect(page.locator(`a[href^="/leads/${id}"]`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Show these' })).toBeVisible();
});

test('a part in which boxes are ticked waits until they are not', async ({ organisation, page }) => {
  await organisation.failed();
  const heard = hearing(page);
  await page.goto('/sync/effects?state=dead');
  await heard;
  const box = page.getByRole('checkbox').first();
  await box.check();
  await organisation.rows("UPDATE outbox SET last_error = 'Status 418' WHERE state = 'dead'");
  await organisation.rows("SELECT pg_notify('meshline_live', 'sync')");
  await page.waitForTimeout(3_000);
  await expect(box).toBeChecked();
  await expect(page.getByText('Status 418')).toHaveCount(0);
  await box.uncheck();
  await expect(page.getByText('Status 418').first()).toBeVisible();
});
