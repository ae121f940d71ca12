// Screenshots of the main pages, wide and narrow, light and dark, for the README and for visual review:
// SHOTS=folder npm run screenshots

import path from 'node:path';

import { HIGH_INTENT, SILENT } from './support/organisation.ts';
import { expect, NOBODY, seenBy, test } from './support/test.ts';

const FOLDER = path.resolve(process.env.SHOTS ?? 'test-results/shots');
const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

for (const [width, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });
      const shot = (name: string) => ({ path: path.join(FOLDER, `${name}-${width}-${colorScheme}.png`), fullPage: true });

      test('sign-in', async ({ browser, organisation }) => {
        const stranger = await browser.newContext({ baseURL: organisation.url, storageState: NOBODY, viewport, colorScheme });
        const page = await stranger.newPage();
        await page.goto('/sign-in');
        await page.screenshot(shot('sign-in'));
        await stranger.close();
      });

      test('leads', async ({ page }) => {
        await page.goto('/leads');
        await page.screenshot({ ...shot('leads'), fullPage: false });
        await page.goto('/leads?action=hold&period=30d&q=zzz');
        await page.screenshot(shot('leads-empty'));
      });

      test('lead', async ({ organisation, page }) => {
        const [assigned, held] = [await organisation.send(HIGH_INTENT), await organisation.send(SILENT)];
        for (const [name, { lead_id: id }] of Object.entries({ lead: assigned, 'lead-held': held })) {
          await page.goto(`/leads/${id}`);
          await expect(async () => {
            await page.reload();
            await expect(page.getByText('Delivered', { exact: true })).toBeVisible({ timeout: 500 });
          }).toPass();
          await page.screenshot(shot(name));
        }
      });

      test('home', async ({ organisation, page }) => {
        await organisation.failed();
        await page.goto('/');
        await page.screenshot(shot('home'));
        await page.getByText('Stop a workflow', { exact: true }).click();
        await page.screenshot({ ...shot('home-stop'), fullPage: false });
      });

      for (const [name, role] of [['revops', 'RevOps'], ['sdr-manager', 'SDR manager'], ['leader', 'Sales leadership'], ['admin', 'Administrator'], ['integrations', 'Integrations']] as const) {
        test.describe(`as ${role}`, () => {
          test.use(seenBy({ as: role }));

          test(`home of ${name}`, async ({ page }) => {
            await page.goto('/');
            await page.screenshot(shot(`home-${name}`));
          });
        });
      }

      test('dashboard of a week', async ({ page }) => {
        await page.goto('/dashboard?period=7d');
        await page.screenshot(shot('dashboard-7d'));
      });

      test.describe('as an AE', () => {
        test.use(seenBy({ as: 'AE' }));

        test('home', async ({ page }) => {
          await page.goto('/');
          await page.screenshot(shot('home-ae'));
        });
      });

      test.describe('as an SDR', () => {
        test.use(seenBy({ as: 'SDR' }));

        test('queue', async ({ organisation, page }) => {
          const { lead_id: id } = await organisation.send(SILENT);
          await page.goto(`/queue?lead=${id}`);
          await page.screenshot({ ...shot('queue'), fullPage: false });
          await page.getByRole('button', { name: /^Claim/ }).click();
          await page.locator('summary').filter({ hasText: 'Disqualify' }).click();
          await page.screenshot({ ...shot('queue-disqualify'), fullPage: false });
        });
      });

      test('sync', async ({ organisation, page }) => {
        const [failed] = await organisation.failed();
        const [{ id: delivered }] = (await organisation.rows<{ id: string }>("SELECT effect_id AS id FROM deliveries WHERE result = 'delivered' ORDER BY id DESC LIMIT 1")) as [{ id: string }];
        const pages = { outbox: '/sync', unfinished: '/sync/effects', failed: '/sync/effects?state=failed', action: `/sync/effects/${failed}`, delivered: `/sync/effects/${delivered}`, jobs: '/sync/jobs' };
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(path);
          if (name === 'outbox') await page.locator('.ask summary').first().click();
          if (name === 'failed') await page.locator('.ask summary').first().click();
          if (name === 'delivered') await page.locator('.attempts summary').first().click();
          await page.screenshot({ ...shot(name), fullPage: name !== 'unfinished' });
        }
      });

      test.describe('as RevOps', () => {
        test.use(seenBy({ as: 'RevOps' }));

        test('import', async ({ organisation, page }) => {
          const rows = Array.from({ length: 60 }, (_, n) => {
            const [day, status] = [`2026-11-${String(1 + (n % 28)).padStart(2, '0')}`, n % 4 === 0 ? 'Closed Won' : 'Working'];
            const created = n === 2 ? 'last week' : `${day} 09:30`;
            return `${width}${colorScheme}-${n},ana.ruiz${n}@initech${n}.example,Ana Ruiz,Initech ${n},${created},${n === 1 ? '' : status},${n % 4 < 2 ? '2026-11-20' : ''},${'We compare vendors. '.repeat(8_000)}`;
          });
          const buffer = Buffer.from(['Lead Id,Work E-Mail,Full Name,Account,Created,Status,Close Date,Notes', ...rows, ''].join('\n'));
          await page.goto('/import');
          await page.screenshot(shot('import'));
          await page.route(/offset=4194304&/, () => {});
          await page.getByLabel('CSV, Excel (.xlsx) or NDJSON file').setInputFiles({ name: 'leads-2026.csv', mimeType: 'text/csv', buffer });
          await page.getByRole('button', { name: 'Upload file' }).click();
          await expect(page.getByRole('progressbar', { name: /4.2 of/ })).toBeVisible();
          await page.screenshot(shot('import-uploading'));
          await page.goto('/import');
          await page.unrouteAll({ behavior: 'ignoreErrors' });
          await page.screenshot(shot('import-unfinished'));
          await page.getByLabel('CSV, Excel (.xlsx) or NDJSON file').setInputFiles({ name: 'leads-2026.csv', mimeType: 'text/csv', buffer });
          await page.getByRole('button', { name: 'Upload file' }).click();
          await expect(page.getByRole('heading', { level: 1, name: 'leads-2026.csv' })).toBeVisible();
          await page.screenshot(shot('import-mapping'));
          await page.getByRole('button', { name: 'Start import' }).click();
          await expect(page.getByRole('main')).toContainText('1 rejected', { timeout: 30_000 });
          await page.screenshot(shot('import-done'));
          // A run that a process elsewhere holds stays as it is.
          const id = crypto.randomUUID();
          const input = { upload: id, file_name: 'leads-2025.csv', workflow: 'inbound-form', mappings: [], at: null, outcomes: [] };
          await organisation.rows(
            `INSERT INTO runs (id, kind, input, state, phase, done, total, run_lease, leased_until, attempts, runner, created_by, created_at, started_at)
             VALUES ($1, 'import', $2, 'running', 'Importing: 182500 rows so far, 3 rejected', 620000000, 1400000000, 1, now() + interval '10 minutes', 1, 'web-1', 'command:test', now(), now())`,
            [id, JSON.stringify(input)],
          );
          await page.goto(`/runs/${id}`);
          await page.screenshot(shot('import-running'));
          await page.goto('/runs');
          await page.screenshot(shot('runs'));
        });
      });

      test.describe('as RevOps, with duplicates', () => {
        test.use(seenBy({ as: 'RevOps' }));

        test('merges', async ({ organisation, page }) => {
          const { path } = await organisation.suggested();
          await page.goto('/merges');
          await page.screenshot(shot('merges'));
          await page.goto(path);
          await page.screenshot(shot('merge'));
          await page.locator('summary').filter({ hasText: 'Merge' }).click();
          await page.screenshot(shot('merge-open'));
        });
      });

      test.describe('as an administrator, erasing', () => {
        test.use(seenBy({ as: 'Administrator' }));

        test('erase', async ({ organisation, page }) => {
          const { lead_id: id } = await organisation.send(HIGH_INTENT);
          await page.goto(`/leads/${id}`);
          await expect(async () => {
            await page.reload();
            await expect(page.getByText('Delivered', { exact: true }).first()).toBeVisible({ timeout: 500 });
          }).toPass();
          await page.goto(`/leads/${id}/erase`);
          await page.screenshot(shot('erase'));
          await page.getByLabel('Name, e-mail address or ID of the lead').fill(HIGH_INTENT.name);
          await page.getByLabel('Reason').fill('Asked by e-mail');
          await page.getByRole('button', { name: 'Erase person' }).click();
          await page.screenshot(shot('erased'));
        });
      });

      test.describe('as an administrator', () => {
        test.use(seenBy({ as: 'Administrator' }));

        test('control', async ({ page }) => {
          for (const name of ['audit', 'people', 'keys', 'account', 'settings', 'search?q=jane', 'forgot']) {
            await page.goto(`/${name}`);
            await page.screenshot({ ...shot(name.split('?')[0]!), fullPage: name !== 'audit' });
          }
          await page.goto('/people');
          await page.getByText('Add a person', { exact: true }).click();
          await page.screenshot(shot('people-add'));
          await page.goto('/people');
          await page.getByRole('link', { name: 'Jane Adeyemi' }).click();
          await page.screenshot(shot('person'));
          await page.locator('.help > summary').click();
          await page.screenshot({ ...shot('help'), fullPage: false });
        });

        test('dialogs', async ({ page }) => {
          await page.goto('/leads');
          await expect(page.locator('[data-palette]')).toHaveAttribute('aria-haspopup', 'dialog');
          await page.keyboard.press('/');
          await page.locator('#palette-q').fill('an');
          await expect(page.locator('#palette [role="option"]').nth(5)).toBeVisible();
          await page.screenshot({ ...shot('palette'), fullPage: false });
          await page.keyboard.press('Escape');
          await expect(page.locator('#palette')).toBeHidden();
          await page.keyboard.press('?');
          await expect(page.locator('#keys')).toBeVisible();
          await page.screenshot({ ...shot('keys-map'), fullPage: false });
        });

        test('paper', async ({ organisation, page }) => {
          test.skip(width === 'narrow' || colorScheme === 'dark', 'paper has one size and no theme');
          const { lead_id } = await organisation.send(HIGH_INTENT);
          for (const [name, path] of Object.entries({ leads: '/leads', lead: `/leads/${lead_id}`, dashboard: '/dashboard', audit: '/audit' })) {
            await page.goto(path);
            await page.pdf({ path: `${FOLDER}/paper-${name}.pdf`, preferCSSPageSize: true, printBackground: true });
            // The printable area of A4, in pixels.
            await page.setViewportSize({ width: 688, height: 1017 });
            await page.emulateMedia({ media: 'print' });
            await page.screenshot({ path: `${FOLDER}/paper-${name}.png`, fullPage: true });
            await page.emulateMedia({ media: 'screen' });
            await page.setViewportSize(viewport);
          }
        });
      });

      test('versions', async ({ page }) => {
        for (const name of ['rules', 'rules/inbound-form', 'lists/tam', 'pools/enterprise-ae', 'maps/inbound-form', 'fields/inbound-form']) {
          await page.goto(`/${name}`);
          await page.screenshot(shot(name.replace('/', '-')));
        }
      });

      test.describe('as an approver', () => {
        test.use(seenBy({ as: 'Sales manager' }));

        test('changes', async ({ page }) => {
          for (const [name, path] of Object.entries({ changes: '/changes', 'changes-open': '/changes?show=open', change: '/changes/1', 'change-list': '/changes/2', releases: '/releases', release: '/releases/1' })) {
            await page.goto(path);
            await page.screenshot(shot(name));
          }
        });
      });

      test.describe('as an editor', () => {
        test.use(seenBy({ as: 'Enablement' }));

        test('draft', async ({ page }) => {
          await page.goto('/changes/3');
          const text = page.getByLabel('Text', { exact: true });
          await text.fill((await text.inputValue()).replace('extract: range', 'extract: rang').replace('company_size:', 'compny_size:'));
          await page.getByRole('button', { name: 'Save draft' }).click();
          await page.screenshot(shot('draft'));
        });
      });

      test('dashboard', async ({ page }) => {
        await page.goto('/dashboard');
        await page.screenshot(shot('dashboard'));
        await page.getByText('False positives', { exact: true }).first().click();
        await page.screenshot(shot('dashboard-formula'));
      });

      test('nothing here', async ({ page }) => {
        await page.goto('/nowhere');
        await page.screenshot(shot('not-found'));
      });
    });
  }
}
