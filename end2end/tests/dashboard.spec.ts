import type { Page } from '@playwright/test';

import { follow, throughAllPages } from '../support/list.ts';
import { expect, test } from '../support/test.ts';

const FIGURES = ['MQL→SQL', 'Time to SQL', 'False positives', 'AE conversion', 'Pipeline created', 'Completeness'];

const figure = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Figures' }).getByRole('listitem').filter({ has: page.locator('summary', { hasText: name }) });
const bars = (page: Page) => page.getByRole('figure', { name: /^Decisions by action/ });
const strip = (page: Page, n: number) => bars(page).locator(`[data-hit='${n}']`);
const numbers = (texts: string[]) => texts.map((text) => Number(text.replaceAll(',', '')));
const sum = (all: number[]) => all.reduce((total, one) => total + one, 0);

/** Returns the middle of the coloured part of a bar, which lies on top of its strip. */
async function pointAtBar(page: Page, n: number): Promise<void> {
  const box = (await strip(page, n).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4);
}

/** Returns the label of a bar. */
const said = async (page: Page, n: number) => (await strip(page, n).locator('title').textContent())!;

/** Returns the text under the chart for the bar that the pointer or the keyboard is on. */
const readout = (page: Page) => bars(page).locator('output');

test('every figure has a formula that opens by keyboard', async ({ page }) => {
  await page.goto('/dashboard');
  for (const name of FIGURES) {
    const one = figure(page, name);
    await expect(one.locator('.fig')).toHaveText(/\d/);
    await expect(one.getByText('Formula')).toBeHidden();
    await one.locator('summary').focus();
    await page.keyboard.press('Enter');
    for (const term of ['Formula', 'Denominator', 'Leads', 'Time', 'Baseline']) {
      await expect(one.getByRole('term').filter({ hasText: term })).toBeVisible();
    }
    await expect(one.getByRole('definition').first()).toHaveText(/\w{3}/);
    await page.keyboard.press('Enter');
    await expect(one.getByText('Formula')).toBeHidden();
  }
});

test('opening a formula does not move other figures', async ({ page }) => {
  await page.goto('/dashboard');
  const places = async () => Promise.all(FIGURES.map(async (name) => (await figure(page, name).locator('summary').boundingBox())!));
  const before = await places();
  await figure(page, 'MQL→SQL').locator('summary').click();
  await expect(figure(page, 'MQL→SQL').getByText('Formula')).toBeVisible();
  const after = await places();
  for (const [n, name] of FIGURES.entries()) expect.soft(after[n]!.y, `${name} is still on the line it was on`).toBe(before[n]!.y);
});

// The numerator and denominator of a rate, and the lists they link to.
const SHARES = [
  ['MQL→SQL', 'Leads that became SQL', 'All leads of the period'],
  ['False positives', 'False positives', 'All judged leads'],
  ['AE conversion', 'Opportunities', 'All assigned leads'],
] as const;

for (const [name, those, all] of SHARES) {
  test(`${name} opens exactly the leads it counts`, async ({ page }) => {
    await page.goto('/dashboard?period=30d');
    const beside = await figure(page, name).locator('small').first().innerText();
    const [numerator, denominator] = numbers(beside.split(' of '));
    expect(numerator).toBeGreaterThan(0);
    expect(denominator).toBeGreaterThanOrEqual(numerator!);
    const value = await figure(page, name).locator('.fig').innerText();
    // Within half of the last digit: JavaScript and the server round a tie differently.
    expect(value).toMatch(/\d\.\d\u00a0%/);
    expect(Math.abs(parseFloat(value) - (numerator! / denominator!) * 100)).toBeLessThan(0.0501);
    for (const [link, expected] of [[those, numerator], [all, denominator]] as const) {
      await page.goto('/dashboard?period=30d');
      await figure(page, name).locator('summary').click();
      await follow(figure(page, name).getByRole('link', { name: link }));
      expect(new URL(page.url()).pathname).toBe('/leads');
      expect(new URL(page.url()).searchParams.get('period')).toBe('30d');
      expect(new Set(await throughAllPages(page)).size, link).toBe(expected);
    }
  });
}

test('the period is in the URL', async ({ page }) => {
  await page.goto('/dashboard');
  const periods = page.getByRole('navigation', { name: 'Period' });
  await expect(periods.getByRole('link', { name: '12 weeks' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('heading', { name: 'Decisions per week' })).toBeVisible();
  const all = await bars(page).getAttribute('aria-label');
  await periods.getByRole('link', { name: '30 days' }).click();
  await expect(page).toHaveURL('/dashboard?period=30d');
  await expect(periods.getByRole('link', { name: '30 days' })).toHaveAttribute('aria-current', 'true');
  await expect(periods.locator('[aria-current]')).toHaveCount(1);
  await expect(page.getByText(/^Last 30 days, /)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Decisions per day' })).toBeVisible();
  expect(await bars(page).getAttribute('aria-label')).not.toBe(all);
  await page.reload();
  await expect(page.getByText(/^Last 30 days, /)).toBeVisible();

  // A custom range.
  const day = (ago: number) => new Date(Date.now() - ago * 24 * 3600 * 1000).toISOString().slice(0, 10);
  await page.locator('summary', { hasText: 'Custom range' }).click();
  await page.getByLabel('From').fill(day(20));
  await page.getByLabel('To', { exact: true }).fill(day(10));
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(`/dashboard?from=${day(20)}&to=${day(10)}`);
  await expect(periods.locator('[aria-current]')).toHaveCount(0);
  await expect(bars(page).locator('[data-hit]')).toHaveCount(11);
});

test('the days of a custom range are in order', async ({ page }) => {
  await page.goto('/dashboard?from=2026-03-02&to=2026-03-01');
  await expect(page.getByRole('alert')).toHaveText('The first day is after the last day.');
  await expect(page.getByLabel('From')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('From')).toHaveValue('2026-03-02');
  await expect(page.getByRole('region', { name: 'Figures' })).toHaveCount(0);
});

test('today is marked, and the period holds for every line', async ({ page }) => {
  await page.goto('/dashboard?period=7d');
  await expect(page.getByRole('heading', { name: 'Rates by day' })).toBeVisible();
  expect(await page.locator('#c-rates [data-hit]').count()).toBeLessThanOrEqual(7);
  await expect(bars(page).locator('[data-hit]')).toHaveCount(7);
  await expect(bars(page).locator('[data-hit] title').last()).toHaveText(/, so far: /);
});

test('files stand on their own', async ({ page }) => {
  const svg = await (await page.request.get('/dashboard/charts/decisions.svg?period=30d')).text();
  expect(svg).toMatch(/>Decisions per day<.*>Last 30 days \(\d+ \w+ 20\d\d to \d+ \w+ 20\d\d\), [^<]+<.*>Hold \d+</s);
  const csv = (await (await page.request.get('/dashboard/charts/decisions.csv?period=30d')).text()).trim().split('\r\n');
  expect(csv[0]).toContain('Day (first day),Assign (decisions)');
  const days = csv.slice(1).map((line) => line.split(',')[0]!);
  expect(days[0]).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect([...days].sort()).toEqual(days);
});

test('a period without leads says so', async ({ page }) => {
  await page.goto('/dashboard?from=2001-01-01&to=2001-01-31');
  await expect(page.getByText('No decisions in this period.')).toBeVisible();
  for (const name of ['MQL→SQL', 'Time to SQL', 'False positives', 'AE conversion']) await expect(figure(page, name).locator('.fig')).toContainText('n/a');
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('the chart is also available as a sentence, a legend and a table', async ({ page }) => {
      await page.goto('/dashboard');
      const label = (await bars(page).getAttribute('aria-label'))!;
      const [least, most, all] = numbers(/Between ([\d,]+) and ([\d,]+) per week, ([\d,]+) in total\.$/.exec(label)!.slice(1));
      expect(all).toBeGreaterThan(300);

      const legend = numbers(await bars(page).getByRole('listitem').locator('b').allInnerTexts());
      expect(sum(legend)).toBe(all);

      const table = page.getByRole('table', { name: 'Decisions by action' });
      await expect(table).toBeHidden();
      await page.getByText('Show as table').first().click();
      await expect(table).toBeVisible();
      const totals = numbers(await table.locator('tbody td:last-child').allInnerTexts());
      expect(sum(totals)).toBe(all);
      expect([Math.min(...totals), Math.max(...totals)]).toEqual([least, most]);
      await expect(bars(page).locator('[data-hit]')).toHaveCount(totals.length);

      const byRule = page.getByRole('table', { name: /by the rule that first decided/ });
      await expect(byRule.getByRole('row', { name: /^Target account with high intent/ })).toContainText('%');
    });
  });
}

test.describe('the tooltip of the chart', () => {
  test('follows the pointer, also over the bars', async ({ page }) => {
    const loaded = page.waitForResponse(/\.wasm$/);
    await page.goto('/dashboard');
    expect((await loaded).status()).toBe(200);
    const words = await said(page, 4);
    expect(words).toMatch(/: \d+\sdecisions; /);
    await expect(async () => {
      // The pointer has no effect until the island is hydrated.
      await page.mouse.move(0, 0);
      await strip(page, 4).hover({ position: { x: 3, y: 3 } });
      await expect(readout(page)).toHaveText(words, { timeout: 200 });
    }).toPass();
    await pointAtBar(page, 6);
    await expect(readout(page)).toHaveText(await said(page, 6));
    await page.mouse.move(0, 0);
    await expect(readout(page)).toHaveText('');
  });

  test('follows the arrow keys', async ({ page }) => {
    const loaded = page.waitForResponse(/\.wasm$/);
    await page.goto('/dashboard');
    await loaded;
    const chart = bars(page).getByRole('group', { name: /arrow keys/ });
    await chart.focus();
    await expect(async () => {
      await chart.press('ArrowRight');
      await expect(readout(page)).not.toHaveText('', { timeout: 200 });
    }).toPass();
    const at = Number(await bars(page).locator('[data-on]').getAttribute('data-hit'));
    await expect(readout(page)).toHaveText(await said(page, at));
    await chart.press('ArrowRight');
    await expect(readout(page)).toHaveText(await said(page, at + 1));
    await chart.press('ArrowLeft');
    await chart.press('ArrowLeft');
    await expect(readout(page)).toHaveText(at === 0 ? await said(page, 0) : await said(page, at - 1));
    await chart.press('Tab');
    await expect(readout(page)).toHaveText('');
  });

  test.describe('without scripts', () => {
    test.use({ javaScriptEnabled: false });

    test('is not needed', async ({ page }) => {
      await page.goto('/dashboard');
      await expect(readout(page)).toHaveText('');
      for (const name of FIGURES) await expect(figure(page, name).locator('.fig')).toBeVisible();
      await expect(bars(page).locator('svg')).toBeVisible();
      await figure(page, 'AE conversion').locator('summary').click();
      await expect(figure(page, 'AE conversion').getByText('Leads the system assigned that became an opportunity')).toBeVisible();
    });
  });
});

test('figures that were computed before the page subscribed are shown', async ({ organisation, page }) => {
  const held = await organisation.holdFigures(6);
  await page.route('**/refresh?*', async (route) => {
    await held.over;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  await page.goto('/dashboard?from=2026-01-04');
  await expect(page.getByRole('progressbar', { name: /^Computing the figures/ })).toBeVisible();
  await expect(figure(page, 'MQL→SQL').locator('.fig')).toHaveText(/\d/);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('slow figures are computed once for everyone', async ({ organisation, page }) => {
      const path = `/dashboard?from=2026-01-0${javaScriptEnabled ? 2 : 3}`;
      const held = await organisation.holdFigures(4);
      await page.goto(path);
      await expect(page.getByRole('progressbar', { name: /^Computing the figures/ })).toBeVisible();
      await held.over;
      if (!javaScriptEnabled) {
        await expect(async () => {
          await page.getByRole('link', { name: 'Refresh' }).click();
          await expect(figure(page, 'MQL→SQL').locator('.fig')).toBeVisible({ timeout: 1_000 });
        }).toPass();
      }
      await expect(figure(page, 'MQL→SQL').locator('.fig')).toHaveText(/\d/);
      // They took seconds, so they are cached instead of computed again.
      const again = await organisation.holdFigures(2);
      await page.goto(path);
      await expect(figure(page, 'MQL→SQL').locator('.fig')).toHaveText(/\d/);
      await again.over;
    });
  });
}
