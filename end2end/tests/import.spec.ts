// Importing leads in the browser: a file, its columns, the run, and the rows that were rejected.

import { randomUUID } from 'node:crypto';

import { done, expect, seenBy, test } from '../support/test.ts';

/** A file of leads of one company; the second row has no date. */
const file = (company: string): string =>
  [
    'Lead Id,Work E-Mail,Account Name,Created,Status,Closed',
    `${company}-1,ana@${company}.example,${company},2026-11-01,Closed Won,2026-11-20`,
    `${company}-2,ben@${company}.example,${company},soon,Working,`,
    `${company}-3,cleo@${company}.example,${company},2026-11-03,Working,`,
    '',
  ].join('\n');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled, ...seenBy({ as: 'RevOps' }) });

    test('a file is uploaded, mapped by what is in it, and imported', async ({ page }) => {
      const company = `zorg${randomUUID().slice(0, 8)}`;
      await page.goto('/leads');
      await page.getByRole('link', { name: 'Import leads' }).click();
      await page.getByLabel('CSV or NDJSON file, up to 2 GB').setInputFiles({ name: 'leads.csv', mimeType: 'text/csv', buffer: Buffer.from(file(company)) });
      await page.getByRole('button', { name: 'Upload file' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'leads.csv' })).toBeVisible();
      // Names and values tell what the columns are; a name that tells nothing is found by its values.
      await expect(page.getByLabel('E-mail address')).toHaveValue('Work E-Mail');
      await expect(page.getByLabel('ID in the source')).toHaveValue('Lead Id');
      await expect(page.getByLabel('Company', { exact: true })).toHaveValue('Account Name');
      await expect(page.getByLabel('Outcome 1: value')).toHaveValue('Closed Won');
      const preview = page.getByRole('region', { name: 'Preview' });
      await expect(preview.getByRole('row').nth(1)).toContainText(`ana@${company}.example`);
      await page.getByLabel('Time', { exact: true }).selectOption('Created');
      await page.getByRole('button', { name: 'Update preview' }).click();
      await expect(preview.getByRole('row').nth(2)).toContainText('Rejected');
      await page.getByLabel('Workflow').selectOption('inbound-form');
      await page.getByRole('button', { name: 'Start import' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Import of leads.csv' })).toBeVisible();
      await done(page, '2\u{a0}lead events imported, 1 rejected');
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download rejected rows' }).click();
      expect((await download).suggestedFilename()).toBe('rejected-rows.csv');
      await page.goto('/runs?kind=import');
      await expect(page.getByRole('row').filter({ hasText: 'leads.csv' }).first()).toContainText('Done');
    });

    test('a file that is no table is not taken', async ({ page }) => {
      await page.goto('/import');
      await page.getByLabel('CSV or NDJSON file, up to 2 GB').setInputFiles({ name: 'leads.xlsx', mimeType: 'application/zip', buffer: Buffer.from('PK\u0003\u0004\u0000\u0000') });
      await page.getByRole('button', { name: 'Upload file' }).click();
      await expect(page).toHaveURL('/import');
      await expect(page.locator('.flash').getByRole('status')).toContainText('save it as “CSV UTF-8” first');
    });
  });
}
