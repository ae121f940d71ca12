import type { Page } from '@playwright/test';

import { follow, rows, shown, throughAllPages } from '../support/list.ts';
import { HIGH_INTENT, SILENT } from '../support/organisation.ts';
import { expect, test } from '../support/test.ts';

const chips = (page: Page) => page.getByRole('list', { name: 'Active filters' });
const tab = (page: Page, name: string) => page.getByRole('navigation', { name: 'By decision' }).getByRole('link', { name });
const query = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

/** Returns the number next to a tab. */
async function count(page: Page, name: string): Promise<number> {
  return Number((await tab(page, name).innerText()).replace(/\D/g, ''));
}

test('the list shows lead, decision, rule and assignee', async ({ organisation, page }) => {
  const assigned = await organisation.send({ ...HIGH_INTENT, name: 'Ottilie Brandt' });
  const held = await organisation.send({ ...SILENT, name: 'Ruben Faltings' });
  await page.goto('/leads');
  await expect(page).toHaveTitle('Leads · Meshline');
  await expect(rows(page)).toHaveCount(50);

  const first = rows(page).nth(0);
  await expect(first.getByRole('link')).toHaveAttribute('href', `/leads/${held.lead_id}`);
  await expect(first).toContainText('Ruben Faltings');
  await expect(first).toContainText('Hold');
  await expect(first).toContainText('Target account with high intent could not be evaluated');
  await expect(first).toContainText('SDR queue');
  const second = rows(page).nth(1);
  await expect(second).toContainText('Ottilie Brandt');
  await expect(second.getByRole('cell', { name: 'Initech', exact: true })).toBeVisible();
  await expect(second).toContainText('Assign');
  await expect(second).toContainText('Target account with high intent');
  await expect(second).toContainText(assigned.decision.confidence!.toFixed(2));
  await expect(second).toContainText(organisation.nameOf(assigned.decision.parameters.assignee));

  await follow(first.getByRole('link'));
  expect(new URL(page.url()).pathname).toBe(`/leads/${held.lead_id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ruben Faltings');
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('filters are in the URL and are removed one by one', async ({ organisation, page }) => {
      await organisation.send({ name: 'Ida Moor', company: 'Marigold Hotels', payload: { role: 'Head of Operations', message: 'We would like to book a demo.' } });
      await page.goto('/leads');
      const all = await count(page, 'All');
      await page.getByRole('searchbox').fill('@marigoldhotels.example');
      const choose = async (name: string, value: string, parameter: string) => {
        const box = page.getByRole('combobox', { name });
        if (!javaScriptEnabled) return box.selectOption(value);
        // With scripts a choice applies at once, as soon as they have loaded.
        await expect(async () => {
          await box.selectOption('');
          await box.selectOption(value);
          await expect.poll(() => query(page)[parameter], { timeout: 1_000 }).toBeTruthy();
        }).toPass();
      };
      await choose('Rule', 'Decision maker with intent', 'rule');
      await choose('First decided', 'Last 90 days', 'period');
      if (!javaScriptEnabled) await page.getByRole('button', { name: 'Filter leads' }).click();
      await expect.poll(() => query(page)).toMatchObject({ q: '@marigoldhotels.example', rule: 'buyer', period: '90d' });
      await follow(tab(page, 'Advance'));
      expect(query(page)).toEqual({ q: '@marigoldhotels.example', rule: 'buyer', period: '90d', action: 'advance' });

      // The form shows the active filters.
      await expect(page.getByRole('searchbox')).toHaveValue('@marigoldhotels.example');
      await expect(page.getByRole('combobox', { name: 'Rule' })).toHaveValue('buyer');
      await expect(tab(page, 'Advance')).toHaveAttribute('aria-current', 'true');
      const narrowed = await rows(page).count();
      expect(narrowed).toBeGreaterThan(0);
      for (const row of await rows(page).all()) {
        await expect(row).toContainText('@marigoldhotels.example');
        await expect(row).toContainText('Decision maker with intent');
        await expect(row).toContainText('Advance');
      }

      // The URL works like clicks: people who follow the link see the same list.
      const leads = await shown(page);
      await page.reload();
      expect(await shown(page)).toEqual(leads);

      await expect(chips(page).getByRole('listitem')).toHaveCount(5);
      const left = ['Decision Advance', 'Rule Decision maker with intent', 'First decided Last 90 days', 'Search @marigoldhotels.example'];
      for (const [n, name] of left.entries()) {
        await follow(chips(page).getByRole('link', { name }));
        await expect(chips(page).getByRole('link', { name })).toHaveCount(0);
        for (const other of left.slice(n + 1)) await expect(chips(page).getByRole('link', { name: other })).toBeVisible();
      }
      expect(new URL(page.url()).search).toBe('');
      expect(await count(page, 'All')).toBe(all);
    });

    test('pages of a list have no gaps or repeats', async ({ organisation, page }) => {
      await page.goto('/leads');
      const first = await shown(page);
      expect(first).toHaveLength(50);
      // Leads that arrive in the meantime do not move rows to the next page.
      await organisation.send(HIGH_INTENT);
      await follow(page.getByRole('link', { name: 'Older' }));
      const second = await shown(page);
      expect(second).toHaveLength(50);
      expect(new Set([...first, ...second]).size).toBe(100);
      await follow(page.getByRole('link', { name: 'Newer' }));
      expect(await shown(page)).toEqual(first);
      await follow(page.getByRole('link', { name: 'Newer' }));
      expect(await shown(page)).toHaveLength(1);
    });

    test('an empty result offers a way back', async ({ page }) => {
      await page.goto('/leads?q=Zaphod&action=hold&stage=won');
      await expect(rows(page)).toHaveCount(0);
      await expect(page.getByRole('heading', { name: 'No leads match these filters' })).toBeVisible();
      await expect(page.getByText('Remove a filter above, or clear them all.')).toBeVisible();
      await expect(chips(page).getByRole('link', { name: 'Search Zaphod' })).toBeVisible();
      await page.getByRole('link', { name: 'Clear filters' }).last().click();
      await expect(page).toHaveURL('/leads');
      await expect(rows(page)).toHaveCount(50);
    });
  });
}

test('the number on a tab matches its list across all pages', async ({ page }) => {
  await page.goto('/leads?action=hold');
  const total = await count(page, 'Hold');
  expect(total).toBeGreaterThan(100);
  const leads = await throughAllPages(page);
  expect(query(page).action).toBe('hold');
  expect(leads).toHaveLength(total);
  expect(new Set(leads).size).toBe(total);
});

test('the tabs add up', async ({ page }) => {
  await page.goto('/leads?period=30d');
  const tabs = await page.getByRole('navigation', { name: 'By decision' }).getByRole('link').allInnerTexts();
  const [all, ...parts] = tabs.map((text) => Number(text.replace(/\D/g, '')));
  expect(all).toBeGreaterThan(0);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(all);
});

test.describe('search', () => {
  const found = async (page: Page, text: string) => {
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('searchbox').press('Enter');
    await expect(page.getByRole('searchbox')).toHaveValue(text);
    return shown(page);
  };

  test('finds by name, company and e-mail', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send({ ...HIGH_INTENT, name: 'Åsa Þórsdóttir', company: 'Quokka & Sons' });
    await page.goto('/leads');
    for (const text of ['Åsa Þórsdóttir', 'åsa þórs', 'Quokka & Sons', 'quokka', '@quokkasons.example']) {
      expect(await found(page, text), text).toEqual([`/leads/${id}`]);
    }
  });

  test('treats every character literally', async ({ page }) => {
    await page.goto('/leads');
    for (const text of ['%', '_____', "'; --", '\\', '<b>']) expect(await found(page, text), text).toEqual([]);
  });
});

test('what a figure counts is counted above the list', async ({ page }) => {
  await page.goto('/leads?counts=false_positive');
  const total = await count(page, 'All');
  expect(total).toBeGreaterThan(0);
  await expect(page.locator('header.bar')).toContainText(`${total} leads.`);
  expect(await throughAllPages(page)).toHaveLength(total);
});

test.describe('an SDR', () => {
  test.use({ storageState: async ({ organisation }, use) => use(await organisation.session('SDR')) });

  test('sees a verdict in the list, its tabs and its filters', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send({ ...SILENT, name: 'Vera Dickt' });
    await page.goto('/leads?q=Vera%20Dickt');
    await expect(rows(page).first()).toContainText('Hold');
    await expect(tab(page, 'Hold')).toHaveText('Hold1');
    await page.goto(`/queue?lead=${id}&in=inbound-form`);
    await page.locator('summary', { hasText: 'Change' }).click();
    await page.getByLabel('Change to').selectOption('nurture');
    await page.getByLabel('Reason').first().selectOption('Outside our market');
    await page.getByRole('button', { name: 'Save change' }).click();
    await page.goto('/leads?q=Vera%20Dickt');
    await expect(rows(page).first()).toContainText('Nurture');
    await expect(rows(page).first()).toContainText('Rules: Hold');
    await expect(tab(page, 'Nurture')).toHaveText('Nurture1');
    await page.goto('/leads?q=Vera%20Dickt&action=hold');
    await expect(rows(page)).toHaveCount(0);
    await page.goto('/leads?source=website&confidence=0.95');
    for (const row of await rows(page).all()) expect(Number(/0\.9\d|1\.00/.exec(await row.innerText())?.[0])).toBeGreaterThanOrEqual(0.95);
  });
});
