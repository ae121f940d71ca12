import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { PAGES } from '../support/pages.ts';
import { expect, NOBODY, seenBy, test, visit } from '../support/test.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules about colours, the only ones whose results can differ between the themes. */
const COLOURS = ['color-contrast', 'link-in-text-block'];
// Axe checks every element in each theme at each width.
test.slow();

const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const BOTH = ['wide', 'narrow'] as const;

/** Returns axe's violations in both themes and at these widths, without duplicates, each with its elements. */
async function violations(page: Page, widths: readonly (keyof typeof WIDTHS)[] = BOTH): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const width of widths) {
    await page.setViewportSize(WIDTHS[width]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // The other mode opens another page each time, for frames from other origins. There are none.
      const axe = new AxeBuilder({ page }).setLegacyMode();
      const { violations: found } = await (colorScheme === 'light' ? axe.withTags(TAGS) : axe.withRules(COLOURS)).analyze();
      for (const { id, help, nodes } of found) {
        for (const { html, failureSummary } of nodes) (all[`${id}: ${help}\n${html}\n${failureSummary}`] ??= []).push(`${width} ${colorScheme}`);
      }
    }
  }
  return all;
}

for (const { name, open, as, status = 200, path } of PAGES.filter((page) => !page.alike)) {
  test.describe(name, () => {
    test.use(seenBy({ open, as }));

    test('has no violation in either theme, wide or narrow', async ({ organisation, page }) => {
      expect(await visit(page, await path(organisation))).toBe(status);
      const folded = page.locator('main details:not([open])');
      const unfolds = (await folded.count()) > 0;
      // Unfolding shows everything that can be folded, except the look of folded parts, which is the same at both widths.
      expect.soft(await violations(page, unfolds ? ['wide'] : BOTH), 'as it comes').toEqual({});
      if (!unfolds) return;
      await folded.evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
      expect(await violations(page), 'with all that unfolds open').toEqual({});
    });
  });
}

test.describe('a form with errors', () => {
  test.use({ storageState: NOBODY });

  test('has no violation', async ({ page }) => {
    await page.goto('/sign-in');
    await page.getByLabel('E-mail').fill('nobody@corvane.example');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    expect(await violations(page)).toEqual({});
  });
});

test('the open menu of a phone has no violation', async ({ page }) => {
  await page.setViewportSize(WIDTHS.narrow);
  await page.goto('/leads?q=Zaphod');
  await page.getByText('Menu', { exact: true }).click();
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  expect(await violations(page)).toEqual({});
});
