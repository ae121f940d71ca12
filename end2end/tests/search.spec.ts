import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { HIGH_INTENT } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const palette = (page: Page) => page.getByRole('dialog', { name: 'Search' });
const field = (page: Page) => palette(page).getByRole('combobox', { name: 'Search' });
/** Waits for the island, which is hydrated once the browser is idle; until then keys have their default effect or none. */
const awake = (page: Page) => expect(page.locator('[data-palette]')).toHaveAttribute('aria-haspopup', 'dialog');

async function open(page: Page, key = '/'): Promise<void> {
  await awake(page);
  await page.keyboard.press(key);
  await expect(palette(page)).toBeVisible();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('the page finds leads, people, pages and actions', async ({ organisation, page }) => {
      const name = `Quentin ${Date.now()}`;
      const { lead_id } = await organisation.send({ ...HIGH_INTENT, name });
      await page.goto(`/search?q=${encodeURIComponent(name)}`);
      const leads = page.getByRole('region', { name: 'Leads' });
      await expect(leads.getByRole('link')).toHaveCount(1);
      await leads.getByRole('link').click();
      await expect(page).toHaveURL(`/leads/${lead_id}`);
      await page.goto('/search');
      await page.getByRole('main').getByRole('searchbox', { name: 'Search' }).fill('sam whit');
      await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
      await page.getByRole('region', { name: 'People' }).getByRole('link', { name: /Sam Whitaker/ }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sam Whitaker');
      await page.goto('/search?q=Zaphod');
      await expect(page.getByText('No results')).toBeVisible();
    });

    test('every page links to the search', async ({ page }) => {
      await page.goto('/leads');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'Search' }).click();
      if (javaScriptEnabled) await expect(palette(page)).toBeVisible();
      else await expect(page).toHaveURL('/search');
    });

    test('every page says what it is for', async ({ page }) => {
      for (const path of ['/leads', '/dashboard', '/account']) {
        await page.goto(path);
        await expect(page.locator('#help-text')).toBeHidden();
        await page.locator('.help > summary').click();
        await expect(page.locator('#help-text')).toBeVisible();
        expect((await page.locator('#help-text p').allInnerTexts()).join(' ').length).toBeGreaterThan(100);
      }
      await expect(page.getByText('for keyboard shortcuts')).toBeVisible({ visible: javaScriptEnabled });
    });
  });
}

test('the search opens over a page and works by keyboard', async ({ organisation, page }) => {
  const name = `Rosalind ${Date.now()}`;
  const { lead_id } = await organisation.send({ ...HIGH_INTENT, name });
  await page.goto('/dashboard');
  await open(page);
  await expect(field(page)).toBeFocused();
  await expect(palette(page).getByRole('option', { name: 'Dashboard' })).toBeVisible();
  await field(page).fill('zaphod beeblebrox');
  await expect(palette(page).getByText('No results.')).toBeVisible();
  await field(page).fill('audit');
  await expect(palette(page).getByRole('option').first()).toContainText('Audit log');
  await expect(palette(page).getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await field(page).fill(name);
  await expect(palette(page).getByRole('option')).toHaveCount(1);
  await expect(palette(page).getByRole('status')).toHaveText('1 result');
  const chosen = await field(page).getAttribute('aria-activedescendant');
  await expect(page.locator(`#${chosen}`)).toContainText(name);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/leads/${lead_id}`);
});

test('changes, destinations, rules and actions are found', async ({ organisation, page }) => {
  const [change] = await organisation.rows<{ number: string }>('SELECT number FROM changes ORDER BY number DESC LIMIT 1');
  const finds: [string, RegExp][] = [
    ['sign out', /\/account#h-sessions/],
    ['dark', /\/account#h-theme/],
    ['edit rule', /\/rules/],
    ['high intent', /\/rules\/[^#]+#rule-/],
    ...(change ? [[`#${change.number}`, new RegExp(`/changes/${change.number}$`)] as [string, RegExp]] : []),
  ];
  for (const [text, href] of finds) {
    await page.goto(`/search?q=${encodeURIComponent(text)}`);
    const links = await page.locator('.found a').evaluateAll((all) => all.map((one) => one.getAttribute('href')!));
    expect(links.some((link) => href.test(link)), `${text}: ${links.join(' ')}`).toBe(true);
  }
  await page.goto('/account');
  await page.getByRole('main').getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('arrow keys wrap around, and Escape or a click outside closes it', async ({ page }) => {
  await page.goto('/leads');
  await open(page, 'Control+k');
  await field(page).fill('password');
  const options = palette(page).getByRole('option');
  await expect(options).toHaveCount(2);
  await page.keyboard.press('ArrowUp');
  await expect(options.nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(options.nth(0)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(options.nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(palette(page).locator('[aria-selected="true"]')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(palette(page)).toBeHidden();
  await page.getByRole('link', { name: 'Search' }).click();
  await expect(palette(page)).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(palette(page)).toBeHidden();
});

test('shortcuts open pages and are listed, and do not interfere with typing', async ({ page }) => {
  await page.goto('/leads');
  await awake(page);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByRole('listitem').filter({ hasText: 'Audit log' })).toContainText('g');
  await expect(keys.getByText('All leads, sorted by first decision')).toBeVisible();
  await expect(keys.getByRole('heading', { name: 'On this page' })).toBeHidden();
  await keys.getByRole('button', { name: 'Close' }).click();
  await expect(keys).toBeHidden();
  // The page's own shortcuts are read from it.
  await page.evaluate(() => {
    const button = Object.assign(document.createElement('button'), { textContent: 'Advance' });
    button.setAttribute('data-key', 'a');
    button.setAttribute('data-key-help', 'Advance the lead');
    document.querySelector('main')!.append(button);
  });
  await page.keyboard.press('?');
  await expect(keys.getByRole('listitem').filter({ hasText: 'Advance the lead' })).toContainText('a');
  await page.keyboard.press('Escape');
  const box = page.getByRole('main').getByRole('searchbox');
  await box.focus();
  await page.keyboard.type('/g?');
  await expect(box).toHaveValue('/g?');
  await expect(palette(page)).toBeHidden();
  await box.blur();
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page).toHaveURL('/audit');
});

test.describe('with single keys turned off', () => {
  test.use(seenBy({ as: 'Sales leadership' }));

  test('single keys do nothing, but Ctrl+K opens the search', async ({ page }) => {
    await page.goto('/account');
    await page.getByRole('checkbox', { name: /Single-key/ }).uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await open(page, 'Control+k');
    await page.keyboard.press('Escape');
    await expect(palette(page)).toBeHidden();
    await page.keyboard.press('/');
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await expect(page).toHaveURL('/account');
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the dialogs have no violation', async ({ page }) => {
      await page.goto('/leads');
      await open(page);
      await field(page).fill('in');
      await expect(palette(page).getByRole('option').nth(1)).toBeVisible();
      const found = await new AxeBuilder({ page }).setLegacyMode().include('#palette').analyze();
      expect(found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(palette(page)).toBeHidden();
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
      const keys = await new AxeBuilder({ page }).setLegacyMode().include('#keys').analyze();
      expect(keys.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('.help > summary').click();
      const help = await new AxeBuilder({ page }).setLegacyMode().include('.help').analyze();
      expect(help.violations.map(({ id }) => id)).toEqual([]);
    });
  });
}
