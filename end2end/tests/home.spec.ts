import type { Page } from '@playwright/test';

import { expect, seenBy, test } from '../support/test.ts';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const burning = (page: Page) => page.getByRole('region', { name: 'What burns' });
const headings = (page: Page) => page.getByRole('main').getByRole('heading', { level: 2 }).allTextContents();

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('a workflow is stopped and resumed', async ({ page }) => {
      await page.goto('/');
      await page.getByText('Stop a workflow', { exact: true }).click();
      const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Stop it' }) });
      await expect(form).toContainText(/Inbound form: about \d+\u00a0leads? a day go to the queue/);
      await form.getByLabel('Why').fill('A bad list went live');
      await form.getByRole('button', { name: 'Stop it' }).click();
      await expect(flash(page)).toHaveText('Inbound form is stopped. New leads go to people, and nothing is sent.');
      await expect(burning(page)).toContainText('Inbound form is stopped. A bad list went live');
      await expect(page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Inbound form' }) })).toContainText('Stopped');
      await burning(page).getByRole('button', { name: 'Let it go on' }).click();
      await expect(flash(page)).toHaveText('Inbound form goes on. What waits in the queue stays there for people.');
      await expect(burning(page)).not.toContainText('is stopped');
    });
  });
}

test('alerts link to the page that resolves them', async ({ organisation, page }) => {
  await organisation.failed();
  await page.goto('/');
  await expect(burning(page)).toContainText('3 actions failed and need somebody.');
  await burning(page).getByRole('link', { name: 'Look at them' }).click();
  await expect(page).toHaveURL('/sync/effects?state=dead');
});

test.describe('while figures are computed', () => {
  test.use(seenBy({ as: 'RevOps' }));

  test('input is not lost', async ({ organisation, page }) => {
    // Figures for the days of another time zone have not been requested yet.
    const place = "UPDATE people SET time_zone = $1 WHERE name = 'Felix Brunner'";
    await organisation.rows(place, ['Pacific/Auckland']);
    const held = await organisation.holdFigures(4);
    await page.goto('/');
    const figures = page.getByRole('region', { name: 'How we are doing' });
    await expect(figures.getByRole('progressbar')).toBeVisible();
    await page.getByText('Stop a workflow', { exact: true }).click();
    await page.getByLabel('Why').fill('A bad list');
    await held.over;
    await expect(figures).toContainText('MQL→SQL');
    await expect(page.getByLabel('Why')).toHaveValue('A bad list');
    await organisation.rows(place, ['UTC']);
  });
});

for (const [role, parts] of [
  ['SDR', ['Waits for you', 'Today', 'Layers']],
  ['Sales leadership', ['Waits for you', 'How we are doing', 'Today', 'Layers', 'Workflows']],
  ['RevOps', ['Waits for you', 'Today', 'Layers', 'How we are doing', 'Workflows']],
] as const) {
  test.describe(role, () => {
    test.use(seenBy({ as: role }));

    test('sees their own work first', async ({ page }) => {
      await page.goto('/');
      expect(await headings(page)).toEqual(parts);
      await expect(page.getByText('Stop a workflow', { exact: true })).toHaveCount(role === 'RevOps' ? 1 : 0);
      if (role !== 'SDR') return;
      const name = await page.locator('.todo b').first().textContent();
      await page.locator('.todo a').first().click();
      await expect(page).toHaveURL(/^[^?]*\/queue\?lead=/);
      await expect(page.getByRole('list', { name: 'Leads waiting' }).locator('[aria-current]')).toContainText(name!);
    });
  });
}
