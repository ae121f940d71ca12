import type { Page } from '@playwright/test';

import { PAGES } from '../support/pages.ts';
import { expect, seenBy, test, visit } from '../support/test.ts';

/** Numbers all elements that Tab must reach, in page order. */
const mark = (page: Page) =>
  page.evaluate(() => {
    const can = 'a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, summary, [tabindex="0"]';
    const seen = [...document.querySelectorAll<HTMLElement>(can)].filter((one) => one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }));
    seen.forEach((one, n) => (one.dataset.tab = String(n)));
    return seen.map((one) => one.outerHTML.replace(/ data-tab="\d+"/, '').slice(0, 100));
  });

/** Returns the focused element: its number, whether the focus is visible, and whether another element covers it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const one = document.activeElement as HTMLElement | null;
    if (!one || one === document.body) return null;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
    const { left, right, top, bottom, width, height } = one.getBoundingClientRect();
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const isOver = over !== null && !one.contains(over) && !over.contains(one) && one.closest('label') !== over.closest('label');
    return {
      number: Number(one.dataset.tab ?? -1),
      what: one.outerHTML.slice(0, 100),
      hasOutline: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !/, 0\)$|transparent/.test(outlineColor),
      isInView: width > 0 && height > 0 && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
      over: isOver ? over.outerHTML.slice(0, 100) : null,
    };
  });

for (const { name, open, as, status = 200, path } of PAGES) {
  test.describe(name, () => {
    test.use(seenBy({ open, as }));

    test('can be reached by Tab, in order and with a visible focus', async ({ organisation, page }) => {
      expect(await visit(page, await path(organisation))).toBe(status);
      // Start from the top, wherever the page puts the initial focus.
      await page.evaluate(() => {
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute('tabindex');
      });
      const expected = await mark(page);
      expect(expected.length).toBeGreaterThan(0);
      const reached: number[] = [];
      for (let step = 0; step <= expected.length + 10; step++) {
        await page.keyboard.press('Tab');
        const on = await focused(page);
        if (on === null || on.number === reached[0]) break;
        // A date has three tab stops within one element.
        if (on.number === reached.at(-1)) continue;
        reached.push(on.number);
        expect.soft(on, on.what).toMatchObject({ hasOutline: true, isInView: true, over: null });
      }
      const missed = expected.filter((_, n) => !reached.includes(n));
      expect(missed, 'not reached').toEqual([]);
      expect(reached, 'in the order of the page').toEqual([...reached].sort((a, b) => a - b));
    });
  });
}

for (const path of ['/leads', '/dashboard']) {
  test(`${path} starts with a link that skips the menu`, async ({ page }) => {
    await page.goto(path);
    const skip = page.getByRole('link', { name: 'Skip to content' });
    await expect(skip).not.toBeInViewport();
    await page.keyboard.press('Tab');
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(`${path}#main`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('main')?.id)).toBe('main');
  });
}

test('a list is filtered without a mouse', async ({ page }) => {
  await page.goto('/leads');
  await page.getByRole('searchbox').focus();
  await page.keyboard.type('Initech');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/[?&]q=Initech/);
  await expect(page.getByRole('row').nth(1)).toContainText('Initech');
});

test('islands are hydrated even if the browser is never idle', async ({ page }) => {
  // Chromium runs no idle callbacks on its own while it paints nothing.
  await page.addInitScript(() => {
    window.requestIdleCallback = (call, options) => (options?.timeout ? window.setTimeout(call, options.timeout) : 0);
  });
  await page.goto('/queue');
  await expect(page.locator('html[data-keys]')).toBeAttached();
});
