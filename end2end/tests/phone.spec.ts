import { PAGES } from '../support/pages.ts';
import { expect, seenBy, test, visit } from '../support/test.ts';

// A tablet, a phone, and the width at which WCAG 2.2, 1.4.10 forbids horizontal scrolling.
for (const width of [768, 390, 320]) {
  for (const { name, open, as, status = 200, path } of PAGES) {
    test.describe(`at ${width} px`, () => {
      test.use({ viewport: { width, height: 800 }, ...seenBy({ open, as }) });

      test(`${name} does not scroll sideways`, async ({ organisation, page }) => {
        expect(await visit(page, await path(organisation))).toBe(status);
        for (const isOpen of [false, true]) {
          if (isOpen) await page.locator('main details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
          const found = await page.evaluate(() => {
            const { scrollWidth } = document.scrollingElement!;
            const scrolls = (element: Element): boolean => {
              const parent = element.parentElement;
              return parent !== null && (getComputedStyle(parent).overflowX !== 'visible' || scrolls(parent));
            };
            const seen = [...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility({ contentVisibilityAuto: true }));
            const outside = seen.filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(one));
            return { sideways: scrollWidth - innerWidth, outside: outside.map((one) => one.outerHTML.slice(0, 120)) };
          });
          expect.soft(found.sideways, `pixels too many${isOpen ? ', all open' : ''}; beyond the edge: ${found.outside.join('\n')}`).toBeLessThanOrEqual(0);
        }
      });
    });
  }
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  for (const javaScriptEnabled of [true, false]) {
    test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
      test.use({ javaScriptEnabled });

      test('menu and filters unfold', async ({ page }) => {
        await page.goto('/leads');
        const menu = page.getByRole('navigation', { name: 'Main' });
        await expect(menu).toBeHidden();
        await page.getByText('Menu', { exact: true }).click();
        await menu.getByRole('link', { name: 'Dashboard' }).click();
        await expect(page).toHaveURL('/dashboard');
        await page.goto('/leads');
        const stage = page.getByRole('combobox', { name: 'Stage' });
        await expect(stage).toBeHidden();
        await page.getByText('Filters', { exact: true }).click();
        await stage.selectOption('Won');
        await page.getByRole('button', { name: 'Filter leads' }).click();
        await expect(page.getByRole('link', { name: 'Stage Won' })).toBeVisible();
      });
    });
  }

  test('the header is one row', async ({ page }) => {
    for (const path of ['/leads', '/', '/people', '/audit', '/account']) {
      await page.goto(path);
      expect((await page.locator('.bar').boundingBox())!.height, path).toBeLessThan(64);
    }
  });

  test.describe('an SDR', () => {
    test.use(seenBy({ as: 'SDR' }));

    test('hides the list to see the lead and its verdicts', async ({ page }) => {
      await page.goto('/queue');
      const verdict = page.locator('.decide');
      await expect(verdict).toBeVisible();
      await page.getByText('Show list').click();
      await expect(page.getByText('Hide list')).toBeVisible();
      await expect(verdict).toBeHidden();
      await page.getByText('Hide list').click();
      await expect(verdict).toBeVisible();
    });
  });
});
