import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { PAGES } from '../support/pages.ts';
import { expect, NOBODY, test } from '../support/test.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

/** What axe has to say, short enough to read. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}\n  ${node.html}\n  ${node.failureSummary}`));
}

for (const { name, open, status = 200, path } of PAGES) {
  test.describe(name, () => {
    if (open) test.use({ storageState: NOBODY });

    test('has no violation in either theme, wide or narrow, folded or open', async ({ organisation, page }) => {
      await page.emulateMedia({ colorScheme: 'light' });
      expect((await page.goto(await path(organisation)))?.status()).toBe(status);
      for (const isOpen of [false, true]) {
        if (isOpen) await page.locator('main details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
        for (const [width, viewport] of Object.entries(WIDTHS)) {
          await page.setViewportSize(viewport);
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme });
            expect.soft(await violations(page), `${width}, ${colorScheme}${isOpen ? ', open' : ''}`).toEqual([]);
          }
        }
        if ((await page.locator('main details').count()) === 0) break;
      }
    });
  });
}

test.describe('forms that were wrong', () => {
  test.use({ storageState: NOBODY });

  test('have no violation', async ({ page }) => {
    await page.goto('/sign-in');
    await page.getByLabel('E-mail').fill('nobody@corvane.example');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect.soft(await violations(page), colorScheme).toEqual([]);
    }
  });
});

test('the open menu of a phone has no violation', async ({ page }) => {
  await page.setViewportSize(WIDTHS.narrow);
  await page.goto('/leads');
  await page.getByText('Menu', { exact: true }).click();
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect.soft(await violations(page), colorScheme).toEqual([]);
  }
});
