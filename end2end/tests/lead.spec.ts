import { randomUUID } from 'node:crypto';

import type { Page } from '@playwright/test';

import { HIGH_INTENT, SILENT } from '../support/organisation.ts';
import { expect, test } from '../support/test.ts';

const RULES = ['Student or intern with little intent', 'Target account with high intent', 'Large company', 'Referral', 'Decision maker with intent', 'Early interest'];

const sentence = (page: Page) => page.getByRole('region', { name: 'Decision', exact: true });
const event = (page: Page) => page.getByRole('article');
const input = (page: Page, name: string | RegExp) => page.getByRole('table', { name: 'Decision inputs' }).getByRole('row', { name });
const rules = (page: Page) => page.getByRole('region', { name: 'Rule evaluation' }).locator('ol > li');
const effect = (page: Page, name: string) => page.getByRole('table', { name: 'Actions and their deliveries' }).getByRole('row', { name });
const timeline = (page: Page) => page.getByRole('region', { name: 'Timeline' }).getByRole('listitem');

test.describe('a target account with high intent', () => {
  test('is assigned, and the page says so in a sentence', async ({ organisation, page }) => {
    const { lead_id: id, decision } = await organisation.send(HIGH_INTENT);
    expect(decision).toMatchObject({ action: 'assign', rule_id: 'tam-high-intent' });
    await page.goto(`/leads/${id}`);
    await expect(page).toHaveTitle(`${HIGH_INTENT.name} · Meshline`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(HIGH_INTENT.name);
    const assignee = organisation.nameOf(decision.parameters.assignee);
    await expect(sentence(page).getByRole('paragraph').first()).toHaveText(new RegExp(`^Assign to ${assignee}: intent 0\\.98\\d* and company among target accounts\\.$`), { useInnerText: true });
    await expect(sentence(page)).toContainText('Inbound form v1, rule 2');
    await expect(sentence(page)).toContainText(`Confidence ${decision.confidence!.toFixed(2)}`);
    await expect(page.getByRole('heading', { name: `Why ${assignee}?` })).toBeVisible();
  });

  test('shows who the person is in one line', async ({ organisation, page }) => {
    const { lead_id: id, decision } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    for (const text of ['VP Sales', 'Initech', 'initech.example', 'Website', organisation.nameOf(decision.parameters.assignee)]) {
      await expect(page.getByLabel('Profile').getByText(text, { exact: true })).toBeVisible();
    }
  });

  test('says what would have changed it, when asked', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    await page.getByRole('link', { name: 'Find the nearest change' }).click();
    await expect(page).toHaveURL(/#h-near$/);
    const why = page.getByRole('region', { name: 'Rule evaluation' });
    await expect(why.locator('.moves li')).toHaveText(/^Intent0\.98\d*→to0\.85$/);
    await expect(why).toContainText('It would be Advance');
    await expect(why).toContainText('Decision maker with intent');
  });

  test('shows its evidence in the words it was read from', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    const marks = event(page).locator('mark');
    // The number stands in a <sup> behind the words.
    const words = await marks.evaluateAll((all) => all.map((mark) => [mark.querySelector('a')?.firstChild?.textContent, mark.querySelector('sup')?.textContent]));
    expect(words).toEqual([
      ['Initech', '1'],
      ['51-200', '2'],
      ['book a demo', '3'],
      ['pricing', '3'],
      ['send a quote', '3'],
      ['this quarter', '3'],
      ['VP', '4'],
      ['website', '5'],
    ]);
    // All of what was written is there, read or not.
    const text = (await event(page).innerText()).replace(/\s+/g, ' ').replaceAll(/(demo|pricing|quote|quarter) ?3/g, '$1');
    expect(text).toContain(HIGH_INTENT.payload.message);
  });

  test('links evidence and inputs both ways', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    for (const [number, name] of ['Company', 'Company size', 'Intent', 'Decision maker'].entries()) {
      const row = input(page, `Evidence ${number + 1} ${name}`);
      await row.getByRole('link').click();
      const mark = page.locator(':target');
      await expect(mark).toBeInViewport();
      expect(await mark.evaluate((element) => element.tagName)).toBe('MARK');
      await mark.getByRole('link').click();
      await expect(page.locator(':target').getByRole('rowheader')).toHaveText(new RegExp(`${name}$`));
      await expect(row).toBeInViewport();
    }
  });

  test('lists what the decision was made on, with confidence', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    const inputs = [
      [/^Evidence 1\s*Company$/, 'Initech', /^0\.99, 0\.50 required$/],
      [/^Evidence 2\s*Company size/, '126 employees', /^0\.97, 0\.70 required$/],
      [/^Evidence 3\s*Intent$/, /^0\.98\d*$/, /^0\.90, 0\.60 required$/],
      [/^Evidence 4\s*Decision maker$/, 'Yes', /^0\.80, 0\.70 required$/],
      [/Source$/, 'Web form', /^0\.95/],
      [/Target accounts$/, /^On the list v\d+$/, 'by company'],
    ] as const;
    const table = page.getByRole('table', { name: 'Decision inputs' }).getByRole('row').filter({ has: page.getByRole('rowheader') });
    await expect(table).toHaveCount(inputs.length);
    for (const [n, [name, value, confidence]] of inputs.entries()) {
      await expect(table.nth(n).getByRole('rowheader')).toHaveText(name);
      await expect(table.nth(n).getByRole('cell').nth(0)).toHaveText(value);
      await expect(table.nth(n).getByRole('cell').nth(1)).toHaveText(confidence);
    }
  });

  test('shows what each rule came to, and which one fired', async ({ organisation, page }) => {
    const { lead_id: id } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    const states = ['False', 'True', 'Not reached', 'Not reached', 'Not reached', 'Not reached'];
    await expect(rules(page)).toHaveCount(RULES.length + 1);
    for (const [n, name] of RULES.entries()) {
      await expect(rules(page).nth(n)).toContainText(name);
      await expect(rules(page).nth(n).locator('.st').first()).toHaveText(states[n]!);
    }
    await expect(rules(page).nth(RULES.length)).toContainText('Default: Hold');
    // The fired rule is open; a false one unfolds.
    await expect(rules(page).nth(1)).toContainText('Assign');
    await expect(rules(page).nth(1).getByText('intent_confidence > 0.85')).toBeVisible();
    await expect(rules(page).nth(1).getByText('company in lists.tam')).toBeVisible();
    await expect(rules(page).nth(0).getByText('intent_confidence < 0.3')).toBeHidden();
    await rules(page).nth(0).getByText(RULES[0]!).click();
    await expect(rules(page).nth(0).getByText('intent_confidence < 0.3')).toBeVisible();
  });

  test('is delivered to the warehouse, and waits where the destination is paused', async ({ organisation, page }) => {
    const { lead_id: id, decision } = await organisation.send(HIGH_INTENT);
    await page.goto(`/leads/${id}`);
    await expect(async () => {
      await page.reload();
      await expect(effect(page, 'Decision event')).toContainText('Delivered', { timeout: 500 });
    }).toPass({ timeout: 15_000, intervals: [250] });
    await expect(effect(page, 'Decision event')).toContainText('Warehouse');
    await expect(page.getByText('2 actions from this decision, 1 delivered')).toBeVisible();
    expect(await organisation.inWarehouse(decision.decision_id), 'rows in the warehouse').toBe(1);
    await expect(effect(page, 'CRM action')).toContainText('CRM');
    await expect(effect(page, 'CRM action')).toContainText('Waiting, destination paused');
    await expect(page.getByText('CRM is paused: No URL configured.')).toBeVisible();

    // Newest first, each with its time.
    await expect(timeline(page)).toHaveText([/^1\saction delivered.*Warehouse$/, /^Assigned to .*v1$/, /^Web form.*website$/]);
    const times = await timeline(page).locator('time').evaluateAll((all) => all.map((time) => time.getAttribute('datetime')));
    expect(times).toHaveLength(3);
    expect(times).toEqual([...times].sort().reverse());
  });
});

test.describe('a lead that is held', () => {
  test('says in words what is missing', async ({ organisation, page }) => {
    const { lead_id: id, decision } = await organisation.send(SILENT);
    expect(decision).toMatchObject({ action: 'hold', held_by: 'tam-high-intent' });
    await page.goto(`/leads/${id}`);
    await expect(sentence(page).getByRole('paragraph').first()).toHaveText('Hold: Target account with high intent could not be evaluated because intent is missing.', { useInnerText: true });
    await expect(sentence(page)).toContainText('Waiting in the SDR queue');
    await expect(input(page, /Intent/)).toContainText('not found');
    await expect(event(page)).toContainText('left empty');
    await expect(rules(page).nth(1).locator('.st').first()).toHaveText('Unknown');
    await expect(rules(page).nth(1)).toContainText('Not enough information');
    await expect(rules(page).nth(2).locator('.st').first()).toHaveText('Not reached');
    await expect(timeline(page).filter({ hasText: 'Held, not enough information' })).toHaveCount(1);
  });

  test('does not guess at a language that is not supported', async ({ organisation, page }) => {
    const message = 'Wir suchen eine Lösung für die Verteilung unserer Anfragen und hätten gern ein Angebot.';
    const { lead_id: id, decision } = await organisation.send({ ...SILENT, payload: { role: 'Director of IT', message } });
    expect(decision).toMatchObject({ action: 'hold', held_by: 'tam-high-intent' });
    await page.goto(`/leads/${id}`);
    await expect(event(page)).toContainText(message);
    await expect(event(page).locator('mark').filter({ hasText: /Anfragen|Angebot/ })).toHaveCount(0);
    await expect(input(page, /Intent/)).toContainText('not found');
    // There was something to read; only nobody could.
    await expect(input(page, /Intent/)).not.toContainText('nothing to read');
  });
});

test.describe('a lead that is evaluated again', () => {
  test('gets a new decision from the live rules, and the audit log says who asked for it', async ({ organisation, page }) => {
    const { lead_id: id, decision } = await organisation.send(SILENT);
    await page.goto(`/leads/${id}`);
    await page.locator('summary', { hasText: 'Evaluate again' }).click();
    await expect(page.getByText('The live rules evaluate this lead again, using everything received so far.')).toBeVisible();
    await page.getByRole('button', { name: 'Evaluate again' }).click();
    await expect(page.locator('.flash').getByRole('status')).toContainText('Evaluated again by the live rules: Hold.');
    const decided = new URL(page.url()).searchParams.get('decision');
    expect(decided).not.toBe(decision.decision_id);
    await expect(sentence(page)).toContainText('Waiting in the SDR queue');
    // It was read from the same event.
    await expect(event(page)).toContainText('left empty');
    await expect(timeline(page).filter({ hasText: 'Held, not enough information' })).toHaveCount(2);
    const rows = await organisation.rows<{ trigger: string; event_id: string | null; said: string }>(
      `SELECT d.trigger, d.event_id, a.detail->>'workflow' AS said FROM decisions d JOIN audit_log a ON a.lead_id = d.lead_id AND a.action = 'lead.evaluate' WHERE d.id = $1`,
      [decided],
    );
    expect(rows).toEqual([{ trigger: 'person', event_id: null, said: 'inbound-form' }]);
    // An earlier decision is history: only the last one is replaced.
    await page.goto(`/leads/${id}?decision=${decision.decision_id}`);
    await expect(page.locator('summary', { hasText: 'Evaluate again' })).toHaveCount(0);
  });

  test('only by RevOps and the RevOps lead', async ({ organisation, browser }) => {
    const { lead_id: id } = await organisation.send(SILENT);
    for (const [role, count] of [['RevOps', 1], ['SDR', 0]] as const) {
      const context = await browser.newContext({ storageState: await organisation.session(role) });
      const page = await context.newPage();
      await page.goto(`${organisation.url}/leads/${id}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator('summary', { hasText: 'Evaluate again' })).toHaveCount(count);
      await context.close();
    }
  });
});

test.describe('a decision that is changed', () => {
  test.use({ storageState: async ({ organisation }, use) => use(await organisation.session('SDR manager')) });

  for (const javaScriptEnabled of [true, false]) {
    test(`becomes the headline, and is undone, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({ organisation, browser }) => {
      const context = await browser.newContext({ javaScriptEnabled, storageState: await organisation.session('SDR manager') });
      const page = await context.newPage();
      const { lead_id: id, decision } = await organisation.send({ ...HIGH_INTENT, name: 'Chan Ging' });
      const assignee = organisation.nameOf(decision.parameters.assignee);
      await page.goto(`${organisation.url}/leads/${id}`);
      await page.locator('summary', { hasText: 'Change decision' }).click();
      await page.getByLabel('Change to').selectOption('Nurture');
      await page.getByLabel('Reason').last().selectOption('Not now');
      await page.getByLabel('Note').last().fill('They asked for next year');
      await page.getByRole('button', { name: 'Change decision' }).click();
      await expect(page.locator('.flash').getByRole('status')).toContainText('Decision changed: nurtured.');
      await expect(sentence(page).getByRole('paragraph').first()).toHaveText(/^Nurture, decided by Ruth Osei today \d\d:\d\d: Not now: They asked for next year\.$/, { useInnerText: true });
      await expect(sentence(page).getByRole('paragraph').nth(1)).toContainText(`Assign to ${assignee}`);
      await expect(timeline(page).filter({ hasText: 'Nurtured' })).toContainText('by Ruth Osei');
      await page.goto(`${organisation.url}/leads?q=Chan%20Ging`);
      await expect(page.getByRole('table').getByRole('row').nth(1)).toContainText('Rules: Assign');
      await page.goto(`${organisation.url}/leads/${id}`);
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect(page.locator('.flash').getByRole('status')).toHaveText('Undone. The earlier decision applies again.');
      await expect(sentence(page).getByRole('paragraph').first()).toContainText(`Assign to ${assignee}`);
      await context.close();
    });
  }

  test('not by an AE', async ({ organisation, browser }) => {
    const { lead_id: id } = await organisation.send(SILENT);
    const context = await browser.newContext({ storageState: await organisation.session('AE') });
    const page = await context.newPage();
    await page.goto(`${organisation.url}/leads/${id}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('summary', { hasText: 'Change decision' })).toHaveCount(0);
    await context.close();
  });
});

test.describe('what is not there', () => {
  for (const [what, id] of [['an unknown lead', randomUUID()], ['no lead at all', 'nonsense']] as const) {
    test(`${what} is not found, and the page has the request's id`, async ({ page }) => {
      const response = await page.goto(`/leads/${id}`);
      expect(response?.status()).toBe(404);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
      await expect(page.getByText('The lead was not found.')).toBeVisible();
      await expect(page.getByText('Quote this ID to support')).toContainText(response!.headers()['x-request-id']!);
      await page.getByRole('link', { name: 'Go to leads' }).click();
      await expect(page).toHaveURL('/leads');
    });
  }

  test('a decision about somebody else is not found', async ({ organisation, page }) => {
    const [one, other] = [await organisation.send(HIGH_INTENT), await organisation.send(SILENT)];
    const response = await page.goto(`/leads/${one.lead_id}?decision=${other.decision.decision_id}`);
    expect(response?.status()).toBe(404);
    await expect(page.getByText('The decision was not found.')).toBeVisible();
  });

  test('an address that is none is not found', async ({ page }) => {
    const response = await page.goto('/nowhere');
    expect(response?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
    await expect(page.getByText(response!.headers()['x-request-id']!)).toBeVisible();
  });
});
