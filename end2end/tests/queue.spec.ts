import type { Browser, Page } from '@playwright/test';

import { type Organisation, SILENT } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const open = (page: Page) => page.locator('#w-t');
const row = (page: Page, name: string) => page.getByRole('list', { name: 'Leads waiting' }).getByRole('link', { name });

/** Sends a lead that goes to the queue, with a unique name and company. */
async function waiting(organisation: Organisation, name: string) {
  const { lead_id: id, decision } = await organisation.send({ ...SILENT, name });
  return { id, decision: decision.decision_id, path: `/queue?lead=${id}&in=inbound-form` };
}

const verdicts = (organisation: Organisation, lead: string) =>
  organisation.rows<{ kind: string; action: string; assignee: string | null }>(
    'SELECT kind, action, assignee FROM queue_verdicts WHERE lead_id = $1 ORDER BY turn',
    [lead],
  );

const own = (page: Page) => page.locator('#work').getByText(/^Yours, \d+\u00a0min left$/);

/** Opens another person's browser. */
async function seen(browser: Browser, organisation: Organisation, role: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: organisation.url, storageState: await organisation.session(role) });
  return context.newPage();
}

/** Returns the waiting leads as the list must show them: all of them, or those with this suggestion. */
const order = async (organisation: Organisation, suggested: string | null = null): Promise<string[]> => {
  const rows = await organisation.rows<{ lead_id: string }>(
    `SELECT lead_id FROM lead_states WHERE queue IS NOT NULL AND ($1::text IS NULL OR suggested = $1)
     ORDER BY queue_priority(suggested) DESC, queued_at, lead_id, workflow_id LIMIT 60`,
    [suggested],
  );
  return rows.map((row) => row.lead_id);
};

/** Returns the leads in the list. */
const listed = async (page: Page): Promise<(string | null)[]> => {
  const links = await page.getByRole('list', { name: 'Leads waiting' }).getByRole('link').all();
  const addresses = await Promise.all(links.map((link) => link.getAttribute('href')));
  return addresses.map((address) => new URL(address!, page.url()).searchParams.get('lead'));
};

/** Waits for the island, which is ready once the WebAssembly has loaded and the first key works. */
async function press(page: Page, key: string, until: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.keyboard.press(key);
    await until();
  }).toPass();
}

test.describe('an SDR', () => {
  test.use(seenBy({ as: 'SDR' }));

  test('works the queue with the keyboard alone', async ({ organisation, page }) => {
    const { id, path } = await waiting(organisation, 'Kay Board');
    await page.goto(path);
    await expect(open(page)).toHaveText('Kay Board');
    await press(page, 'Enter', () => expect(own(page)).toBeVisible({ timeout: 2_000 }));

    // A reason is required, and typing it triggers no shortcuts.
    await press(page, 'd', () => expect(page.getByLabel('Why').last()).toBeFocused({ timeout: 500 }));
    await page.keyboard.type('a cj kd');
    await page.keyboard.press('Escape');
    await expect(page.getByLabel('Why').last()).toBeHidden();
    await press(page, 'c', () => expect(page.getByLabel('Instead')).toBeFocused({ timeout: 500 }));
    await page.keyboard.press('n');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Next year at the earliest');
    await page.keyboard.press('Enter');
    await expect(flash(page)).toHaveText('Kay Board: nurtured.');
    expect(await verdicts(organisation, id)).toEqual([{ kind: 'change', action: 'nurture', assignee: null }]);

    // The next lead is open and already claimed.
    await expect(own(page)).toBeVisible();
    const next = await open(page).textContent();
    expect(new URL(page.url()).searchParams.get('lead')).toBe((await order(organisation))[0]);

    // J and K move through the list.
    const first = page.url();
    await press(page, 'j', () => expect(page).not.toHaveURL(first, { timeout: 2_000 }));
    await press(page, 'k', () => expect(open(page)).toHaveText(next!, { timeout: 2_000 }));

    // And the verdict is undone.
    await press(page, 'z', () => expect(flash(page)).toHaveText('Taken back. The lead waits again, where it was.', { timeout: 2_000 }));
    await expect(open(page)).toHaveText('Kay Board');
    await press(page, 'a', () => expect(flash(page)).toHaveText('Kay Board: assigned.', { timeout: 2_000 }));
    expect((await verdicts(organisation, id)).map((verdict) => verdict.kind)).toEqual(['change', 'give_back', 'accept']);
    await page.goto(`/leads/${id}`);
    await expect(page.getByRole('region', { name: 'Timeline' })).toContainText('by Sam Whitaker');
  });

  test('filters the list through the URL', async ({ organisation, page }) => {
    for (const action of ['reject', 'assign', null]) {
      const expected = await order(organisation, action);
      expect(expected.length, `leads that wait with ${action ?? 'any suggestion'}`).toBeGreaterThan(0);
      await page.goto(action === null ? '/queue' : `/queue?action=${action}`);
      expect(await listed(page)).toEqual(expected);
    }
    await page.goto('/queue?queue=manual');
    await expect(page.getByRole('heading', { name: 'Nobody waits like this' })).toBeVisible();
    await page.goto('/queue?lead=00000000-0000-7000-8000-000000000000&in=inbound-form');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
  });

  test('is told when someone else was faster, and keeps the input', async ({ browser, organisation, page }) => {
    const { id, path } = await waiting(organisation, 'Rae Seer');
    const other = await seen(browser, organisation, 'SDR manager');
    await page.goto(path);
    await page.locator('summary', { hasText: 'Change' }).click();
    await page.getByLabel('Instead').selectOption('advance');
    await page.getByLabel('Why').first().fill('Spoke with them at the fair; they start in May');

    await other.goto(path);
    await other.locator('summary', { hasText: 'Disqualify' }).click();
    await other.getByLabel('Why').last().fill('They sell to us');
    await other.getByRole('button', { name: 'Disqualify' }).click();
    await expect(flash(other)).toHaveText('Rae Seer: disqualified.');

    await page.getByRole('button', { name: 'Change' }).click();
    await expect(flash(page)).toHaveText(/^Nothing was decided\. Ruth Osei decided it today \d\d:\d\d: disqualified\.$/);
    await expect(page.getByLabel('What you had written')).toHaveValue('Spoke with them at the fair; they start in May');
    expect(await verdicts(organisation, id)).toEqual([{ kind: 'disqualify', action: 'reject', assignee: null }]);
    await other.context().close();
  });

  test('sees who has claimed a lead until it is put back', async ({ browser, organisation, page }) => {
    const { path } = await waiting(organisation, 'Ida Klaim');
    const other = await seen(browser, organisation, 'SDR manager');
    await other.goto(path);
    await other.getByRole('button', { name: /^Take it/ }).click();
    await expect(own(other)).toBeVisible();
    await page.goto(path);
    await expect(page.getByText(/^Ruth Osei is on it, \d+\u00a0min left\./)).toBeVisible();
    await expect(page.getByRole('button', { name: /^Accept/ })).toHaveCount(0);
    await other.getByRole('button', { name: /^Let go/ }).click();
    await page.reload();
    await page.getByRole('button', { name: /^Take it/ }).click();
    await expect(own(page)).toBeVisible();
    await other.context().close();
  });

  test('is told when a workflow is stopped in the meantime', async ({ organisation, page }) => {
    const { path } = await waiting(organisation, 'Stan Still');
    await page.goto(path);
    await organisation.command('kill', '--workflow', 'inbound-form', '--reason', 'A test');
    try {
      await page.getByRole('button', { name: /^Accept/ }).click();
      await expect(flash(page)).toHaveText('Stan Still: assigned. Inbound form was stopped meanwhile.');
      await expect(page.getByText('This workflow is stopped.')).toBeVisible();
    } finally {
      await organisation.command('resume', '--workflow', 'inbound-form');
    }
  });

  test.describe('without scripts', () => {
    test.use({ javaScriptEnabled: false });

    test('must give a reason, at the field, and keeps the input', async ({ organisation, page }) => {
      const { id, decision, path } = await waiting(organisation, 'Noah Script');
      // A browser would require the reason itself; if it does not, the server does.
      const form = { lead: id, workflow: 'inbound-form', decision, kind: 'change', action: 'assign', assignee: '', reason: ' ' };
      const answer = await page.request.post('/actions/decide-lead', { form, headers: { 'sec-fetch-site': 'same-origin' }, maxRedirects: 0 });
      expect(answer.status()).toBe(303);
      await page.goto(path);
      await expect(flash(page)).toHaveText('Nothing was decided yet.');
      await expect(page.getByText('Say why: the rules are made better with it.')).toBeVisible();
      await page.goto(path);
      await page.locator('summary', { hasText: 'Disqualify' }).click();
      await page.getByLabel('Why').last().fill('Cannot be reached');
      await page.getByRole('button', { name: 'Disqualify' }).click();
      await expect(flash(page)).toHaveText('Noah Script: disqualified.');
      await page.getByRole('button', { name: /^Take back/ }).click();
      await expect(flash(page)).toHaveText('Taken back. The lead waits again, where it was.');
      await page.getByRole('combobox', { name: 'Assign to' }).selectOption({ label: 'Omar Reyes' });
      await page.getByRole('button', { name: /^Accept/ }).click();
      await expect(flash(page)).toHaveText('Noah Script: assigned.');
      const [, , last] = await verdicts(organisation, id);
      expect(last).toEqual({ kind: 'accept', action: 'assign', assignee: 'omar@corvane.example' });
    });
  });
});

test.describe('a person who can only read', () => {
  test.use(seenBy({ as: 'AE' }));

  test('sees everything and decides nothing', async ({ organisation, page }) => {
    const { id, decision, path } = await waiting(organisation, 'Ed Reader');
    await page.goto(path);
    await expect(row(page, 'Globex').first()).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Decision inputs' })).toBeVisible();
    await expect(page.getByRole('button', { name: /^(Accept|Take it)/ })).toHaveCount(0);
    const form = { lead: id, workflow: 'inbound-form', decision, kind: 'accept', action: 'assign', assignee: 'jane@corvane.example' };
    const answer = await page.request.post('/actions/decide-lead', { form, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(answer.status()).toBe(403);
    expect(await verdicts(organisation, id)).toEqual([]);
  });
});
