import type { Page } from '@playwright/test';

import { HIGH_INTENT } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const alerts = (page: Page) => page.getByRole('region', { name: 'Alerts' });
const headings = (page: Page) => page.getByRole('main').getByRole('heading', { level: 2 }).allTextContents();

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('a workflow is stopped and resumed', async ({ page }) => {
      await page.goto('/');
      await page.getByText('Stop a workflow', { exact: true }).click();
      const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Stop workflow' }) });
      await expect(form).toContainText(/Inbound form: about \d+\u00a0leads? a day go to the queue/);
      await form.getByLabel('Reason').fill('A bad list went live');
      await form.getByRole('button', { name: 'Stop workflow' }).click();
      await expect(flash(page)).toHaveText('Inbound form is stopped. New leads go to the queue, and nothing is sent until it resumes.');
      await expect(alerts(page)).toContainText('Inbound form is stopped. A bad list went live');
      await expect(page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Inbound form' }) })).toContainText('Stopped');
      await alerts(page).getByRole('link', { name: 'Resume' }).click();
      await expect(page.getByText('The rules decide new leads again.')).toBeVisible();
      await page.getByLabel('Reason').fill('It was a test');
      await page.getByRole('button', { name: /^Resume/ }).click();
      await expect(flash(page)).toContainText('Inbound form is resumed.');
      await expect(alerts(page)).not.toContainText('is stopped');
    });
  });
}

test('alerts link to the page that resolves them', async ({ organisation, page }) => {
  await organisation.failed();
  await page.goto('/');
  await expect(alerts(page)).toContainText('3 actions failed.');
  await alerts(page).getByRole('link', { name: 'Review' }).click();
  await expect(page).toHaveURL('/sync/effects?state=failed');
});

test.describe('while figures are computed', () => {
  test.use(seenBy({ as: 'RevOps' }));

  test('input is not lost', async ({ organisation, page }) => {
    // Figures for the days of another time zone have not been requested yet.
    const place = "UPDATE people SET time_zone = $1 WHERE name = 'Felix Brunner'";
    await organisation.rows(place, ['Pacific/Auckland']);
    const held = await organisation.holdFigures(4);
    await page.goto('/');
    const figures = page.getByRole('region', { name: 'Key figures' });
    await expect(figures.getByRole('progressbar')).toBeVisible();
    await page.getByText('Stop a workflow', { exact: true }).click();
    await page.getByLabel('Reason').fill('A bad list');
    await held.over;
    await expect(figures).toContainText('MQL→SQL');
    await expect(page.getByLabel('Reason')).toHaveValue('A bad list');
    await organisation.rows(place, ['UTC']);
  });
});

for (const [role, parts] of [
  ['SDR', ['Your tasks', 'Today', 'Layers']],
  ['Sales leadership', ['Key figures', 'Your tasks', 'Today', 'Layers', 'Workflows']],
  ['RevOps', ['Your tasks', 'Today', 'Layers', 'Key figures', 'Workflows']],
] as const) {
  test.describe(role, () => {
    test.use(seenBy({ as: role }));

    test('sees their own work first', async ({ page }) => {
      await page.goto('/');
      expect(await headings(page)).toEqual(parts);
      await expect(page.getByText('Stop a workflow', { exact: true })).toHaveCount(role === 'RevOps' ? 1 : 0);
      if (role !== 'SDR') return;
      const name = await page.locator('.todo b').first().textContent();
      await page.locator('.todo a').first().click();
      await expect(page).toHaveURL(/^[^?]*\/queue\?lead=/);
      await expect(page.getByRole('list', { name: 'Leads waiting' }).locator('[aria-current]')).toContainText(name!);
    });
  });
}

test.describe('Integrations', () => {
  test.use(seenBy({ as: 'Integrations' }));

  test('sees what a paused destination holds back', async ({ organisation, page }) => {
    await organisation.rows("UPDATE destinations SET paused_reason = 'Moving the warehouse' WHERE name = 'warehouse'");
    try {
      await page.goto('/');
      await expect(page.locator('.todo').getByText('Paused: Moving the warehouse').first()).toBeVisible();
    } finally {
      await organisation.rows("UPDATE destinations SET paused_reason = NULL WHERE name = 'warehouse'");
    }
  });
});

test.describe('an administrator', () => {
  test.use(seenBy({ as: 'Administrator' }));

  test('sees the state of the installation', async ({ page }) => {
    await page.goto('/');
    const setup = page.getByRole('region', { name: 'Installation' });
    await expect(setup.getByRole('listitem')).toHaveCount(7);
    await expect(setup.getByRole('listitem').filter({ hasText: 'Database login' })).toContainText('could change the log');
    await expect(setup.getByRole('link', { name: 'E-mail' })).toHaveAttribute('href', '/settings#h-mail');
  });
});

test('layers and figures lead to their pages', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('region', { name: 'Layers' }).getByRole('link')).toHaveText(['Content', 'Rules', 'Execution & sync', 'Control']);
  const figures = page.getByRole('region', { name: 'Key figures' });
  await figures.getByRole('link', { name: /\d+ of \d+/ }).first().click();
  await expect(page).toHaveURL(/\/leads\?counts=qualified&from=20/);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'an AE' : 'an AE without scripts', () => {
    test.use({ javaScriptEnabled, ...seenBy({ as: 'AE' }) });

    test('accepts and rejects what is assigned, and the SDRs see why', async ({ organisation, page }) => {
      const ae = organisation.person('AE');
      const mine = async (name: string) => {
        for (let n = 0; n < 9; n++) {
          const answer = await organisation.send({ ...HIGH_INTENT, name: n ? `${name} ${n}` : name });
          if (answer.decision.parameters.assignee === ae.email) return { id: answer.lead_id, name: n ? `${name} ${n}` : name };
        }
        throw new Error(`no lead for ${ae.name}`);
      };
      await organisation.rows("UPDATE leads SET assignee = NULL WHERE assignee = $1", [ae.email]);
      if (javaScriptEnabled) {
        await page.goto('/');
        await expect(page.locator('.todo .q')).toHaveCount(0);
      }
      const good = await mine('Gil Goodlead');
      const bad = await mine('Bea Badlead');
      // It appears on the page that is open; without scripts, on the next one.
      if (!javaScriptEnabled) await page.goto('/');
      const row = (name: string) => page.locator('.answerable').filter({ has: page.getByText(name, { exact: true }) });
      await expect(row(good.name)).toContainText('Assigned');
      await row(good.name).getByRole('button', { name: 'Accept' }).click();
      await expect(flash(page)).toHaveText(`You accepted ${good.name}.`);
      await expect(row(good.name)).toHaveCount(0);

      await page.goto(`/leads/${bad.id}`);
      const question = page.getByRole('region', { name: 'Assigned to you' });
      await question.locator('summary', { hasText: 'Reject' }).click();
      await question.getByLabel('Reason').selectOption('Not a fit');
      await question.getByLabel('Note').fill('They sell to us');
      await question.getByRole('button', { name: 'Reject lead' }).click();
      await expect(flash(page)).toHaveText(`You rejected ${bad.name}. The lead is back in the SDR queue.`);
      await expect(question).toHaveCount(0);
      await page.getByRole('link', { name: 'Waiting in the SDR queue' }).click();
      await expect(page.locator('#work')).toContainText(`${ae.name} rejected this lead`);
      await expect(page.locator('#work')).toContainText('Not a fit: They sell to us');

      await page.goto('/');
      await page.getByRole('link', { name: 'My leads' }).click();
      await expect(page.getByRole('rowheader').filter({ hasText: good.name })).toHaveCount(1);
      await expect(page.getByRole('rowheader').filter({ hasText: bad.name })).toHaveCount(0);
      await expect(page.locator('.chip')).toContainText(ae.name);
    });
  });
}
