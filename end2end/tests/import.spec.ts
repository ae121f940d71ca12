// Importing leads in the browser: a file, its columns, the run, and the rows that were rejected.

import { randomUUID } from 'node:crypto';

import type { Page } from '@playwright/test';

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

/** A file of 60 leads and 10 MB, which is three chunks. */
const large = (company: string): string =>
  ['Lead Id,Email,Notes', ...Array.from({ length: 60 }, (_, n) => `${company}-${n},l${n}@${company}.example,${'x'.repeat(170_000)}`), ''].join('\n');

/** Chooses a file on the page and sends it. */
const upload = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('CSV, Excel (.xlsx) or NDJSON file').setInputFiles({ name: 'large.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Upload file' }).click();
};

/** Where the chunks begin that a page sends. */
const offsets = (page: Page): string[] => {
  const sent: string[] = [];
  page.on('request', (request) => sent.push(...(/\/import\/uploads\/.*offset=(\d+)/.exec(request.url())?.slice(1) ?? [])));
  return sent;
};

/** Requests that a test breaks off are complaints of the browser, and of no interest. */
const brokenOff = (complaints: string[]): void => {
  expect(complaints.filter((complaint) => !complaint.includes('net::ERR_'))).toEqual([]);
  complaints.length = 0;
};

const CHUNK = 4 * 1024 * 1024;

test.describe('in chunks', () => {
  test.use(seenBy({ as: 'RevOps' }));

  test('an upload that broke off is resumed after a reload, and comes to the same as in one go', async ({ page, complaints }) => {
    const company = `zorg${randomUUID().slice(0, 8)}`;
    await page.goto('/import');
    // The second chunk never arrives.
    await page.route(new RegExp(`offset=${CHUNK}&`), (route) => route.abort());
    await upload(page, large(company));
    await expect(page.getByRole('progressbar', { name: 'The connection was lost' })).toBeVisible();
    await page.reload();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    brokenOff(complaints);
    const unfinished = page.getByRole('region', { name: 'Unfinished uploads' });
    await expect(unfinished.getByRole('row').nth(1)).toContainText('4.2\u{a0}MB of 10.2\u{a0}MB');
    const sent = offsets(page);
    await upload(page, large(company));
    await expect(page.getByRole('heading', { level: 1, name: 'large.csv' })).toBeVisible();
    expect(sent).toEqual([CHUNK, 2 * CHUNK].map(String));
    await page.getByLabel('Workflow').selectOption('inbound-form');
    await page.getByRole('button', { name: 'Start import' }).click();
    await done(page, '60\u{a0}lead events imported');

    // The same file in one go is known row by row.
    const buffer = Buffer.from(large(company));
    const whole = await page.request.post('/import/upload', {
      headers: { 'sec-fetch-site': 'same-origin' },
      multipart: { file: { name: 'whole.csv', mimeType: 'text/csv', buffer } },
    });
    await page.goto(whole.url());
    await page.getByLabel('Time zone').selectOption('Europe/Berlin');
    await page.getByLabel('Workflow').selectOption('inbound-form');
    await page.getByRole('button', { name: 'Start import' }).click();
    await done(page, '0\u{a0}lead events imported, 60 imported before');
    await page.goto('/import');
    await expect(unfinished).toBeHidden();
  });

  test('another file of the same name and size starts over', async ({ page, complaints }) => {
    const [one, other] = [randomUUID(), randomUUID()].map((id) => `zorg${id.slice(0, 8)}`) as [string, string];
    await page.goto('/import');
    await page.route(new RegExp(`offset=${CHUNK}&`), (route) => route.abort());
    await upload(page, large(one));
    await expect(page.getByRole('progressbar', { name: 'The connection was lost' })).toBeVisible();
    await page.goto('/import');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    brokenOff(complaints);
    const sent = offsets(page);
    await upload(page, large(other));
    await expect(page.getByRole('heading', { level: 1, name: 'large.csv' })).toBeVisible();
    expect(sent).toEqual([0, CHUNK, 2 * CHUNK].map(String));
    await expect(page.getByRole('region', { name: 'Preview' }).getByRole('row').nth(1)).toContainText(`l0@${other}.example`);
  });

  test('an upload is cancelled, and leaves nothing', async ({ page, complaints }) => {
    await page.goto('/import');
    // The second chunk is on its way for ever.
    await page.route(new RegExp(`offset=${CHUNK}&`), () => {});
    await upload(page, large('zorg'));
    await expect(page.getByRole('progressbar', { name: /^Uploading large.csv: 4.2\sMB of 10.2\sMB/ })).toBeVisible();
    await page.getByRole('button', { name: 'Cancel upload' }).click();
    await expect(page.locator('.flash').getByRole('status')).toHaveText('Upload cancelled.');
    await expect(page.getByRole('region', { name: 'Unfinished uploads' })).toBeHidden();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    brokenOff(complaints);
  });
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled, ...seenBy({ as: 'RevOps' }) });

    test('a file is uploaded, mapped by what is in it, and imported', async ({ page }) => {
      const company = `zorg${randomUUID().slice(0, 8)}`;
      await page.goto('/leads');
      await page.getByRole('link', { name: 'Import leads' }).click();
      await page.getByLabel('CSV, Excel (.xlsx) or NDJSON file').setInputFiles({ name: 'leads.csv', mimeType: 'text/csv', buffer: Buffer.from(file(company)) });
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
      await page.getByLabel('CSV, Excel (.xlsx) or NDJSON file').setInputFiles({ name: 'leads.xlsx', mimeType: 'application/zip', buffer: Buffer.from('PK\u0003\u0004\u0000\u0000') });
      await page.getByRole('button', { name: 'Upload file' }).click();
      await expect(page).toHaveURL('/import');
      await expect(page.locator('.flash').getByRole('status')).toContainText('save it as “CSV UTF-8”');
    });
  });
}
