import { expect, test } from '../support/test.ts';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled, colorScheme: 'light' });

    test('the chosen theme is kept, and so is the page', async ({ page }) => {
      await page.goto('/leads?action=hold');
      const choice = (name: string) => page.getByRole('button', { name, exact: true });
      await expect(choice('Auto')).toHaveAttribute('aria-pressed', 'true');
      const ground = () => page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
      const light = await ground();
      await choice('Dark').click();
      await expect(page).toHaveURL('/leads?action=hold');
      await expect(choice('Dark')).toHaveAttribute('aria-pressed', 'true');
      await expect(choice('Auto')).toHaveAttribute('aria-pressed', 'false');
      const dark = await ground();
      expect(dark).not.toBe(light);
      await page.goto('/dashboard');
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
      await choice('Light').click();
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(ground).toBe(light);
      await choice('Auto').click();
      await expect.poll(ground).toBe(dark);
    });
  });
}
