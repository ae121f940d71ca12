import type { Page } from '@playwright/test';

import { HIGH_INTENT } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const compared = (page: Page, name: string) => page.getByRole('table', { name: 'The two leads side by side' }).getByRole('row', { name: new RegExp(`^${name}`) });
const timeline = (page: Page) => page.getByRole('region', { name: 'Timeline' });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test.describe('RevOps', () => {
      test.use(seenBy({ as: 'RevOps' }));

      test('compares two leads, merges them and undoes it', async ({ organisation, page }) => {
        const { names, leads, path, email } = await organisation.suggested();
        await page.goto(`/leads/${leads[1]}`);
        await page.getByRole('link', { name: 'Compare and decide' }).click();
        await expect(page).toHaveURL(path);
        await expect(page.getByRole('heading', { level: 1 })).toContainText(`${names[0]} and ${names[1]}`);
        await expect(compared(page, 'E-mail')).toContainText(email);
        await expect(compared(page, 'Company').getByRole('cell')).toHaveText(['Initech', 'Initech Ltd']);
        await expect(compared(page, 'Known by').getByRole('cell')).toHaveText(['ID from website', 'E-mail address']);
        await expect(compared(page, 'Decisions').getByRole('link')).toHaveCount(2);

        await page.locator('summary').filter({ hasText: /^Merge$/ }).click();
        const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Merge leads' }) });
        await expect(form.getByRole('radio', { name: names[0] })).toBeChecked();
        await form.getByRole('radio', { name: names[1] }).check();
        await form.getByLabel('Reason').fill('Same phone number');
        await form.getByRole('button', { name: 'Merge leads' }).click();
        await expect(flash(page)).toContainText('Merged.');
        await expect(page).toHaveURL(`/leads/${leads[1]}`);
        await expect(timeline(page)).toContainText('Another lead was merged in');
        await page.goto(`/leads?q=${encodeURIComponent(names[0])}`);
        await expect(page.getByRole('rowheader').filter({ hasText: names[0] })).toHaveCount(0);

        // The merged lead leads to the one that remains.
        await page.goto(`/leads/${leads[0]}`);
        await expect(page.getByRole('main')).toContainText('This lead was merged into another one.');
        await page.getByRole('link', { name: 'Open the other lead' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(names[1]);

        await page.goto('/merges');
        const row = page.getByRole('table', { name: 'Decided suggestions' }).getByRole('row', { name: new RegExp(names[0]) });
        await expect(row).toContainText('Merged');
        await expect(row).toContainText('Same phone number');
        await expect(row).toContainText(organisation.person('RevOps').name);
        await row.getByRole('link').click();
        await page.locator('summary').filter({ hasText: 'Undo merge' }).click();
        await page.getByLabel('Reason').fill('Sisters');
        await page.getByRole('button', { name: 'Undo merge' }).click();
        await expect(flash(page)).toContainText('Merge undone.');
        await expect(page).toHaveURL(`/leads/${leads[0]}`);
        await expect(timeline(page)).toContainText('Merge into another lead undone');
        await page.goto(path);
        await expect(page.locator('.bar')).toContainText('Merge undone');
      });

      test('keeps two leads separate', async ({ organisation, page }) => {
        const { names, path } = await organisation.suggested();
        await page.goto('/merges');
        await page.getByRole('link', { name: `Compare ${names[0]} and ${names[1]}` }).click();
        await expect(page).toHaveURL(path);
        await page.locator('summary').filter({ hasText: 'Keep separate' }).click();
        const form = page.locator('form[action="/actions/decline-merge"]');
        await form.getByLabel('Reason').fill('Father and daughter');
        await form.getByRole('button').click();
        await expect(flash(page)).toContainText('The leads stay separate');
        const row = page.getByRole('table', { name: 'Decided suggestions' }).getByRole('row', { name: new RegExp(names[0]) });
        await expect(row).toContainText('Kept separate');
      });
    });

    test.describe('an SDR', () => {
      test.use(seenBy({ as: 'SDR' }));

      test('reads a suggestion but cannot decide it, nor erase', async ({ organisation, page }) => {
        const { leads, path } = await organisation.suggested();
        await page.goto(path);
        await expect(page.getByRole('main')).toContainText('RevOps, SDR managers and administrators decide');
        await expect(page.getByRole('button', { name: 'Merge leads' })).toHaveCount(0);
        await page.goto(`/leads/${leads[0]}`);
        await expect(page.getByRole('link', { name: 'Erase person…' })).toHaveCount(0);
        expect((await page.goto(`/leads/${leads[0]}/erase`))?.status()).toBe(403);
      });
    });

    test.describe('an administrator', () => {
      test.use(seenBy({ as: 'Administrator' }));

      test('erases a person and sees what destinations still hold', async ({ organisation, page }) => {
        const name = `Nia Holm ${Math.random().toString(36).slice(2, 8)}`;
        const { lead_id: id } = await organisation.send({ ...HIGH_INTENT, name });
        await expect(async () => {
          await page.goto(`/leads/${id}`);
          await expect(page.getByText('Delivered', { exact: true }).first()).toBeVisible({ timeout: 500 });
        }).toPass();
        await page.getByRole('link', { name: 'Erase person…' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('Erase person');
        await expect(page.getByRole('region', { name: 'Destroyed' })).toContainText('1 event');
        await expect(page.getByRole('region', { name: 'Kept' })).toContainText('hashes');
        const held = page.getByRole('table', { name: 'Records at destinations' });
        await expect(held.getByRole('row')).not.toHaveCount(0);
        const key = await held.locator('code').first().innerText();

        await page.getByLabel('Name, e-mail address or ID of the lead').fill('Somebody else');
        await page.getByLabel('Reason').fill('Asked by e-mail');
        await page.getByRole('button', { name: 'Erase person' }).click();
        await expect(page.getByRole('main')).toContainText('This is not the name, e-mail address or ID of the lead.');
        await expect(page.getByLabel('Reason')).toHaveValue('Asked by e-mail');

        await page.getByLabel('Name, e-mail address or ID of the lead').fill(name.toUpperCase());
        await page.getByRole('button', { name: 'Erase person' }).click();
        await expect(flash(page)).toContainText('Erased.');
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('Erased person');
        await expect(page.getByRole('main')).not.toContainText(name);
        await expect(held).toContainText(key);
        expect(await organisation.command('erase', id, '--yes')).toContain('already been erased');
      });
    });
  });
}
