import type { Browser, Page } from '@playwright/test';

import { type Organisation, SILENT } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const open = (page: Page) => page.locator('#work .whom');
const openLink = (page: Page) => open(page).getByRole('link', { name: 'Open lead' });
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

const own = (page: Page) => page.locator('#work').getByText(/^Claimed by you \(\d+\u00a0min left\)$/);

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
    await expect(open(page)).toContainText('Kay Board');
    await press(page, 'Enter', () => expect(own(page)).toBeVisible({ timeout: 2_000 }));

    // A reason is asked for, and typing it presses nothing.
    await press(page, 'd', () => expect(page.getByLabel('Reason').last()).toBeFocused({ timeout: 500 }));
    await page.keyboard.type('a cj kd');
    await page.keyboard.press('Escape');
    await expect(page.getByLabel('Reason').last()).toBeHidden();
    await press(page, 'c', () => expect(page.getByLabel('Change to')).toBeFocused({ timeout: 500 }));
    await page.keyboard.press('n');
    await page.keyboard.press('Tab');
    await page.keyboard.type('o');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Next year at the earliest');
    await page.keyboard.press('Enter');
    await expect(flash(page)).toHaveText('Kay Board: nurtured.');
    expect(await verdicts(organisation, id)).toEqual([{ kind: 'change', action: 'nurture', assignee: null }]);

    // The next one is open, and claimed already.
    await expect(own(page)).toBeVisible();
    const next = await openLink(page).getAttribute('href');
    expect(new URL(page.url()).searchParams.get('lead')).toBe((await order(organisation))[0]);

    // J and K move through the list.
    const first = page.url();
    await press(page, 'j', () => expect(page).not.toHaveURL(first, { timeout: 2_000 }));
    await press(page, 'k', () => expect(openLink(page)).toHaveAttribute('href', next!, { timeout: 2_000 }));

    // And the decision is undone.
    await press(page, 'z', () => expect(flash(page)).toHaveText('Undone. The lead is back in the queue.', { timeout: 2_000 }));
    await expect(open(page)).toContainText('Kay Board');
    await press(page, 'a', () => expect(flash(page)).toHaveText(/^Kay Board: assigned to [^.]+\.$/, { timeout: 2_000 }));
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
    await expect(page.getByRole('heading', { name: 'No leads match these filters' })).toBeVisible();
    await page.goto('/queue?lead=00000000-0000-7000-8000-000000000000&in=inbound-form');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
  });

  test('sees when someone else was faster, and keeps the input', async ({ browser, organisation, page }) => {
    const { id, path } = await waiting(organisation, 'Rae Seer');
    const other = await seen(browser, organisation, 'SDR manager');
    await page.goto(path);
    await page.locator('summary', { hasText: 'Change' }).click();
    await page.getByLabel('Change to').selectOption('advance');
    await page.getByLabel('Reason').first().selectOption('Other');
    await page.getByLabel('Note').first().fill('Spoke with them at the fair; they start in May');

    await other.goto(path);
    await other.locator('summary', { hasText: 'Disqualify' }).click();
    await other.getByLabel('Reason').last().selectOption('Competitor or supplier');
    await other.getByRole('button', { name: 'Disqualify' }).click();
    await expect(flash(other)).toHaveText('Rae Seer: disqualified.');

    await page.getByRole('button', { name: 'Save change' }).click();
    await expect(flash(page)).toHaveText(/^Not saved\. Ruth Osei decided this lead today \d\d:\d\d: disqualified\.$/);
    await expect(page.getByLabel('Your unsaved text')).toHaveValue('Spoke with them at the fair; they start in May');
    expect(await verdicts(organisation, id)).toEqual([{ kind: 'disqualify', action: 'reject', assignee: null }]);
    await other.context().close();
  });

  test('sees who has claimed a lead until it is put back', async ({ browser, organisation, page }) => {
    const { path } = await waiting(organisation, 'Ida Klaim');
    const other = await seen(browser, organisation, 'SDR manager');
    await other.goto(path);
    await other.getByRole('button', { name: /^Claim/ }).click();
    await expect(own(other)).toBeVisible();
    await page.goto(path);
    await expect(page.getByText(/^Claimed by Ruth Osei \(\d+\u00a0min left\)\./)).toBeVisible();
    await expect(page.getByRole('button', { name: /^Accept/ })).toHaveCount(0);
    await other.getByRole('button', { name: /^Put back/ }).click();
    await page.reload();
    await page.getByRole('button', { name: /^Claim/ }).click();
    await expect(own(page)).toBeVisible();
    await other.context().close();
  });

  test('sees that a workflow is stopped, before and after deciding', async ({ organisation, page }) => {
    const { path } = await waiting(organisation, 'Stan Still');
    await page.goto(path);
    await organisation.command('kill', '--workflow', 'inbound-form', '--reason', 'A test');
    try {
      await page.getByRole('button', { name: /^Accept/ }).click();
      await expect(flash(page)).toHaveText(/^Stan Still: assigned to [^.]+\. Inbound form was stopped\. Nothing is sent until it resumes\.$/);
      await expect(page.getByText('Inbound form is stopped.')).toBeVisible();
      // The page that is open says so at once, and the answer says so again.
      await page.getByRole('button', { name: /^(Accept|Advance)/ }).click();
      await expect(flash(page)).toHaveText(/: \w+[^.]*\. Nothing is sent until Inbound form resumes\.$/);
    } finally {
      await organisation.command('resume', '--workflow', 'inbound-form');
    }
  });

  test('moves five leads with five keys in a row, and the browser’s back button follows', async ({ organisation, page }) => {
    for (let n = 0; n < 8; n++) await waiting(organisation, `Fast Key ${n}`);
    const all = await order(organisation);
    const heard = page.waitForRequest((request) => new URL(request.url()).pathname === '/refresh');
    await page.goto(`/queue?lead=${all[0]}&in=inbound-form`);
    await heard;
    await expect(page.locator('html[data-keys]')).toBeAttached();
    await page.evaluate(() => ((window as unknown as { same: boolean }).same = true));
    for (let n = 0; n < 5; n++) {
      await page.keyboard.press('j');
      await page.waitForTimeout(120);
    }
    const shown = () => new URL(page.url()).searchParams.get('lead');
    expect(shown()).toBe(all[5]);
    await expect(page.locator('#work').getByRole('link', { name: 'Open lead' })).toHaveAttribute('href', new RegExp(`^/leads/${all[5]}`));
    await expect(page.getByRole('list', { name: 'Leads waiting' }).locator('[aria-current]')).toHaveAttribute('href', new RegExp(all[5]!));
    await page.keyboard.press('k');
    await expect(page.locator('#work').getByRole('link', { name: 'Open lead' })).toHaveAttribute('href', new RegExp(`^/leads/${all[4]}`));
    await page.goBack();
    await page.goBack();
    expect(shown()).toBe(all[4]);
    await expect(page.locator('#work').getByRole('link', { name: 'Open lead' })).toHaveAttribute('href', new RegExp(`^/leads/${all[4]}`));
    expect(await page.evaluate(() => (window as unknown as { same?: boolean }).same), 'the page was not loaded again').toBe(true);
    // What is open stays live: a colleague who claims it is seen.
    await organisation.rows(
      `INSERT INTO queue_claims (lead_id, workflow_id, person_id, claimed_at, expires_at)
       SELECT $1, s.workflow_id, p.id, now(), now() + interval '10 minutes' FROM lead_states s, people p WHERE s.lead_id = $1 AND p.name = 'Ruth Osei'
       ON CONFLICT (person_id) DO UPDATE SET lead_id = excluded.lead_id, expires_at = excluded.expires_at`,
      [all[4]],
    );
    await organisation.rows("SELECT pg_notify('meshline_refresh', 'queue')");
    await expect(page.locator('#work').getByText(/^Claimed by Ruth Osei/)).toBeVisible();
    await organisation.rows('DELETE FROM queue_claims');
  });

  test('never advances a lead by the key for Accept when nothing is suggested', async ({ organisation, page }) => {
    const { id, path } = await waiting(organisation, 'Una Sure');
    await organisation.rows("UPDATE lead_states SET suggested = 'hold' WHERE lead_id = $1", [id]);
    // An AE has rejected it, so nothing is suggested.
    await organisation.rows(
      `INSERT INTO queue_verdicts (id, decision_id, turn, lead_id, workflow_id, kind, action, assignee_before, queue, queued_at, person_id, at)
       SELECT gen_random_uuid(), s.last_decision_id, 2, s.lead_id, s.workflow_id, 'give_back', 'assign', p.email, 'sdr', s.queued_at, p.id, now()
       FROM lead_states s, people p WHERE s.lead_id = $1 AND p.email = $2`,
      [id, organisation.person('AE').email],
    );
    await page.goto(path);
    await expect(page.locator('html[data-keys]')).toBeAttached();
    await expect(page.locator('#work .btn.primary').filter({ visible: true })).toHaveCount(0);
    await page.keyboard.press('a');
    await page.waitForTimeout(500);
    expect((await verdicts(organisation, id)).map((verdict) => verdict.kind)).toEqual(['give_back']);
    await page.getByRole('button', { name: 'Advance' }).click();
    await expect(flash(page)).toHaveText('Una Sure: advanced.');
  });

  test('closes a panel with Escape or a click elsewhere, and has one open at a time', async ({ organisation, page }) => {
    const { path } = await waiting(organisation, 'Pan Elle');
    await page.goto(path);
    await expect(page.locator('html[data-keys]')).toBeAttached();
    const panels = page.locator('details[open]:has(> .panel)');
    await page.locator('summary', { hasText: 'Change' }).click();
    await page.locator('summary', { hasText: 'Help' }).click();
    await expect(panels).toHaveCount(1);
    await expect(page.locator('details.help[open]')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(panels).toHaveCount(0);
    await expect(page.locator('details.help > summary')).toBeFocused();
    await page.locator('summary', { hasText: 'Disqualify' }).click();
    await page.getByLabel('Note').last().fill('They sell to us');
    await open(page).click();
    await expect(panels).toHaveCount(0);
    await page.locator('summary', { hasText: 'Disqualify' }).click();
    await expect(page.getByLabel('Note').last(), 'what was typed is kept').toHaveValue('They sell to us');
  });

  test('no longer holds a lead after leaving the tab or signing out', async ({ browser, organisation, page }) => {
    const { id, path } = await waiting(organisation, 'Leah Veer');
    const claims = () => organisation.rows('SELECT FROM queue_claims WHERE lead_id = $1 AND expires_at > now()', [id]);
    const claim = async () => {
      await page.goto(path);
      await expect(page.locator('html[data-keys]')).toBeAttached();
      await page.getByRole('button', { name: /^Claim/ }).click();
      await expect(own(page)).toBeVisible();
      await expect(page.locator('html[data-keys]')).toBeAttached();
      expect(await claims()).toHaveLength(1);
    };
    await claim();
    await page.getByRole('link', { name: 'Open lead' }).click();
    await expect(page).toHaveURL(/\/leads\//);
    expect(await claims(), 'reading on is working on').toHaveLength(1);
    await page.getByRole('link', { name: 'Waiting in the SDR queue' }).click();
    await expect(open(page)).toContainText('Leah Veer');
    await expect(page.locator('html[data-keys]')).toBeAttached();
    await page.goto('about:blank');
    await expect.poll(async () => (await claims()).length).toBe(0);
    // A session of its own: the others of this worker stay signed in.
    const context = await browser.newContext({ baseURL: organisation.url, storageState: { cookies: [], origins: [] } });
    const other = await context.newPage();
    await other.goto(`/sign-in?next=${encodeURIComponent(path)}`);
    await other.getByLabel('E-mail').fill(organisation.person('SDR').email);
    await other.getByLabel('Password').fill(organisation.password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('button', { name: /^Claim/ }).click();
    await expect(own(other)).toBeVisible();
    await other.getByRole('button', { name: 'Sign out' }).click();
    await expect(other).toHaveURL('/sign-in');
    expect(await claims()).toHaveLength(0);
    await context.close();
  });

  test('loses nothing when the session ends while a form is open', async ({ browser, organisation }) => {
    const { id, path } = await waiting(organisation, 'Sess Over');
    const context = await browser.newContext({ baseURL: organisation.url, storageState: { cookies: [], origins: [] } });
    const page = await context.newPage();
    await page.goto(`/sign-in?next=${encodeURIComponent(path)}`);
    const signIn = async (button: string) => {
      await page.getByLabel('E-mail').fill(organisation.person('SDR').email);
      await page.getByLabel('Password').fill(organisation.password);
      await page.getByRole('button', { name: button }).click();
    };
    await signIn('Sign in');
    await page.locator('summary', { hasText: 'Disqualify' }).click();
    await page.getByLabel('Reason').last().selectOption('Competitor or supplier');
    await page.getByLabel('Note').last().fill('They sell to "us" & others');
    await context.clearCookies();
    await page.getByLabel('Note').last().press('Enter');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your session has ended');
    await expect(page).toHaveTitle('Your session has ended · Meshline');
    await signIn('Sign in and send');
    await expect(flash(page)).toHaveText('Sess Over: disqualified.');
    expect(await verdicts(organisation, id)).toEqual([{ kind: 'disqualify', action: 'reject', assignee: null }]);
    await context.close();
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
      await expect(flash(page)).toHaveText('Not saved yet.');
      await expect(page.getByText('Choose a reason; it helps improve the rules.')).toBeVisible();
      await page.goto(path);
      await page.locator('summary', { hasText: 'Disqualify' }).click();
      await page.getByLabel('Reason').last().selectOption('Unreachable');
      await page.getByRole('button', { name: 'Disqualify' }).click();
      await expect(flash(page)).toHaveText('Noah Script: disqualified.');
      await page.getByRole('button', { name: /^Undo/ }).click();
      await expect(flash(page)).toHaveText('Undone. The lead is back in the queue.');
      await page.getByRole('combobox', { name: 'Assign to' }).selectOption({ label: 'Omar Reyes' });
      await page.getByRole('button', { name: /^Accept/ }).click();
      await expect(flash(page)).toHaveText('Noah Script: assigned to Omar Reyes.');
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
    await expect(page.getByRole('button', { name: /^(Accept|Claim)/ })).toHaveCount(0);
    const form = { lead: id, workflow: 'inbound-form', decision, kind: 'accept', action: 'assign', assignee: 'jane@corvane.example' };
    const answer = await page.request.post('/actions/decide-lead', { form, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(answer.status()).toBe(403);
    expect(await verdicts(organisation, id)).toEqual([]);
  });
});

test('a lead that an outcome closes leaves the queue', async ({ organisation, page }) => {
  const { lead_id: id } = await organisation.send({ ...SILENT, name: 'Clo Sedd' });
  const waits = async () => (await organisation.rows<{ queue: string | null }>('SELECT queue FROM lead_states WHERE lead_id = $1', [id]))[0]!.queue;
  expect(await waits()).toBe('sdr');
  await organisation.outcome({ lead_id: id, stage: 'disqualified', at: new Date().toISOString() });
  expect(await waits()).toBeNull();
  await page.goto(`/leads/${id}`);
  await expect(page.getByText('Waiting in the SDR queue')).toHaveCount(0);
  await expect(page.getByLabel('Profile')).toContainText('Disqualified');
});
