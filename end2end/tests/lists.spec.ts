import { expect, seenBy, test } from '../support/test.ts';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('columns and order are chosen, saved as a view, and reset', async ({ page }) => {
      const name = `Mine ${javaScriptEnabled}`;
      await page.goto('/leads?action=hold');
      await page.locator('summary', { hasText: 'Columns' }).click();
      await page.getByRole('checkbox', { name: 'First decided' }).check();
      await page.getByRole('checkbox', { name: 'Confidence' }).uncheck();
      await page.getByRole('button', { name: 'Show columns' }).click();
      await expect(page.getByRole('columnheader', { name: 'Confidence' })).toHaveCount(0);
      await page.getByRole('link', { name: 'First decided' }).click();
      await expect(page.getByRole('columnheader', { name: 'First decided' })).toHaveAttribute('aria-sort', 'descending');
      const address = page.url();
      await page.getByText('Save this view').click();
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('button', { name: 'Save view' }).click();
      await expect(page.getByRole('status').first()).toContainText(`“${name}” is saved`);
      await page.getByRole('link', { name: 'Dismiss message' }).click();
      await expect(page.getByText('is saved')).toHaveCount(0);

      await page.goto('/leads');
      await page.getByRole('navigation', { name: 'Saved views' }).getByRole('link', { name }).click();
      // The same filters in any order.
      const asked = (url: string) => [...new URL(url).searchParams].map(String).sort();
      await expect.poll(() => asked(page.url())).toEqual(asked(address));
      await page.getByText('Edit view').click();
      await page.getByRole('button', { name: `Delete “${name}”` }).click();
      await expect(page.getByRole('navigation', { name: 'Saved views' })).toHaveCount(0);
    });

    test.describe('as RevOps', () => {
      test.use(seenBy({ as: 'RevOps' }));

      test('entries of a list are added and removed on its page, and downloaded', async ({ page }) => {
        const flash = page.locator('.flash').getByRole('status');
        await page.goto('/lists/tam?q=initech');
        await page.getByRole('checkbox', { name: 'Initech' }).check();
        await page.getByRole('button', { name: 'Remove selected entries' }).click();
        await expect(flash).toContainText('1\u00a0entry removed.');
        await expect(page.getByRole('main')).toContainText('1 removed');
        const draft = page.url();
        await page.getByLabel('Add entries, one per line').fill('Zorg\nGlobex\n');
        await page.getByRole('button', { name: 'Add entries' }).click();
        await expect(flash).toContainText('1\u00a0entry added.');
        await expect(flash).toContainText('1\u00a0entry skipped');
        await expect(page).toHaveURL(draft);
        await page.getByText('Discard', { exact: true }).click();
        await page.getByRole('button', { name: 'Discard draft' }).click();
        await page.goto('/lists/tam');
        const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CSV' }).click()]);
        expect(file.suggestedFilename()).toBe('tam.csv');
      });
    });

    test('lists and charts can be exported', async ({ page }) => {
      await page.goto('/leads?action=hold');
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
      expect(file.suggestedFilename()).toMatch(/^leads-\d{4}-\d\d-\d\d\.csv$/);
      await page.goto('/dashboard');
      const [picture] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'SVG of Funnel' }).click()]);
      expect(picture.suggestedFilename()).toBe('funnel.svg');
    });

    test('selected deliveries are retried', async ({ organisation, page }) => {
      await organisation.failed();
      await page.goto('/sync/effects?state=failed');
      const boxes = page.getByRole('checkbox', { name: /^Select CRM action to spare-webhook/ });
      await expect(boxes).toHaveCount(3);
      await boxes.first().check();
      await boxes.last().check();
      await page.getByRole('button', { name: 'Retry selected' }).click();
      await expect(page.getByRole('status').first()).toHaveText(/2 actions are being retried\./);
      await expect(boxes).toHaveCount(1);
    });
  });
}
