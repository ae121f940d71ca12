// Rules that are switched off or muted for an account, outside releases: the next decision passes over them.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { HIGH_INTENT } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const PAGE = '/rules/inbound-form';
const RULE = 'Target account with high intent';
const ID = 'tam-high-intent';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const row = (page: Page) => page.locator('#rule-switches').getByRole('row').filter({ hasText: RULE });

/** A day so many days from now, as a date field takes it. */
const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

// The demo is shared by what a worker runs: each test leaves the rule on and unmuted.
for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled, ...seenBy({ as: 'RevOps lead' }) });

    test('a rule is switched off with a reason and on again, and decisions keep that', async ({ organisation, page }) => {
      await page.goto(PAGE);
      await expect(row(page).getByRole('cell', { name: 'On', exact: true })).toBeVisible();
      await row(page).getByText(`Switch off ${RULE}`).click();
      await row(page).getByLabel('Reason').first().fill('Too many wrong ones');
      await row(page).getByLabel('Last day off').fill(day(3));
      await row(page).getByRole('button', { name: 'Switch off' }).click();
      await expect(flash(page)).toHaveText('Rule switched off. Decisions skip it from now on.');
      await expect(row(page)).toContainText('Off until the end of');
      await expect(row(page)).toContainText(': Too many wrong ones');
      const off = await organisation.send(HIGH_INTENT);
      expect(off.decision.rule_id).not.toBe(ID);
      await page.goto(`/leads/${off.lead_id}`);
      await expect(page.getByRole('main')).toContainText(`Switched off when this was decided: ${RULE}.`);

      await page.goto(PAGE);
      await row(page).getByRole('button', { name: `Switch on ${RULE}` }).click();
      await expect(flash(page)).toHaveText('Rule switched on. Decisions use it from now on.');
      expect((await organisation.send(HIGH_INTENT)).decision.rule_id).toBe(ID);
    });

    test('a rule is muted for one account until a day', async ({ organisation, page }) => {
      const company = 'Initech';
      await page.goto(PAGE);
      await row(page).getByText(`Mute ${RULE} for an account`).click();
      await row(page).getByLabel('Account').fill('not a domain');
      await row(page).getByLabel('Reason').last().fill('They asked for a pause');
      await row(page).getByLabel('Last day muted').fill(day(2));
      await row(page).getByRole('button', { name: 'Mute rule' }).click();
      await expect(flash(page)).toHaveText('Not saved. Name the account by its domain, for example acme.example.');
      await row(page).getByText(`Mute ${RULE} for an account`).click();
      await row(page).getByLabel('Account').fill('initech.example');
      await row(page).getByLabel('Reason').last().fill('They asked for a pause');
      await row(page).getByLabel('Last day muted').fill(day(2));
      await row(page).getByRole('button', { name: 'Mute rule' }).click();
      await expect(row(page)).toContainText('Muted for initech.example until the end of');
      const muted = await organisation.send({ ...HIGH_INTENT, company });
      expect(muted.decision.rule_id).not.toBe(ID);
      await page.goto(`/leads/${muted.lead_id}`);
      await expect(page.getByRole('main')).toContainText(`Muted for this account when this was decided: ${RULE}.`);
      expect((await organisation.send({ ...HIGH_INTENT, company: 'Globex' })).decision.rule_id).toBe(ID);

      await page.goto(PAGE);
      await row(page).getByRole('button', { name: `Unmute ${RULE} for initech.example` }).click();
      await expect(flash(page)).toHaveText('Rule unmuted. Decisions about this account use it again.');
      expect((await organisation.send({ ...HIGH_INTENT, company })).decision.rule_id).toBe(ID);
    });
  });
}

test.describe('the section', () => {
  test.use(seenBy({ as: 'RevOps' }));

  test('has no violation with a rule off and muted, wide and narrow, and fits a phone', async ({ page }) => {
    await page.goto(PAGE);
    await row(page).getByText(`Mute ${RULE} for an account`).click();
    await row(page).getByLabel('Account').fill('a-rather-long-subdomain.of-a-company-with-a-long-name.example');
    await row(page).getByLabel('Reason').last().fill('They asked for a pause');
    await row(page).getByLabel('Last day muted').fill(day(2));
    await row(page).getByRole('button', { name: 'Mute rule' }).click();
    await row(page).getByText(`Switch off ${RULE}`).click();
    await row(page).getByLabel('Reason').first().fill('Too many wrong ones');
    await row(page).getByRole('button', { name: 'Switch off' }).click();
    await expect(row(page).getByRole('button', { name: `Switch on ${RULE}` })).toBeVisible();
    for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect((await new AxeBuilder({ page }).setLegacyMode().analyze()).violations).toEqual([]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    }
    await row(page).getByRole('button', { name: `Unmute ${RULE}` }).click();
    await row(page).getByRole('button', { name: `Switch on ${RULE}` }).click();
    await expect(flash(page)).toHaveText('Rule switched on. Decisions use it from now on.');
  });
});

test.describe('of an SDR', () => {
  test.use(seenBy({ as: 'SDR' }));

  test('what is off is seen and not changed', async ({ page }) => {
    await page.goto(PAGE);
    await expect(row(page)).toContainText('On');
    await expect(row(page).getByRole('button')).toHaveCount(0);
  });
});
