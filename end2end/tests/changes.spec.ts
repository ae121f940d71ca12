// Changes: writing, submitting, approving, and going live.

import { randomUUID } from 'node:crypto';

import type { Browser, Page } from '@playwright/test';

import { HIGH_INTENT, type Organisation } from '../support/organisation.ts';
import { expect, seenBy, test } from '../support/test.ts';

const flash = (page: Page) => page.locator('.flash').getByRole('status');
const main = (page: Page) => page.getByRole('main');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    /** Opens the page as another person, in a separate browser. */
    const pageOf = async (browser: Browser, organisation: Organisation, who: string): Promise<Page> => {
      const storageState = await organisation.session(who);
      return (await browser.newContext({ baseURL: organisation.url, storageState, javaScriptEnabled })).newPage();
    };

    /** Creates a list with one entry, as a draft of the RevOps owner. Returns its name and URL. */
    const newList = async (page: Page): Promise<{ name: string; path: string }> => {
      const name = `l${randomUUID().slice(0, 8)}`;
      await page.goto('/lists');
      await page.getByText('New list', { exact: true }).click();
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('button', { name: 'Begin a draft' }).click();
      await page.waitForURL(/\/changes\/\d+$/);
      return { name, path: new URL(page.url()).pathname };
    };

    test.describe('as an SDR', () => {
      test.use(seenBy({ as: 'SDR' }));

      test('a suggestion is approved, goes live, and decides the next lead', async ({ browser, organisation, page }) => {
        const company = `Zorg ${randomUUID().slice(0, 8)}`;
        expect((await organisation.send({ ...HIGH_INTENT, company })).decision.action).not.toBe('assign');
        await page.goto('/lists/tam');
        await page.getByRole('button', { name: 'Suggest a change' }).click();
        const entries = page.getByLabel('Entries, one a line');
        await entries.fill(`${await entries.inputValue()}${company}\n`);
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        // Submitting without a title keeps the input.
        await expect(page.getByLabel('What it does, in a line')).toHaveAccessibleDescription(/Say in a line/);
        await expect(entries).toHaveValue(new RegExp(company));
        await page.getByLabel('What it does, in a line').fill(`${company} is a target account`);
        await page.getByLabel('Why').fill('They buy.\nOften.');
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        await expect(flash(page)).toHaveText('Submitted. It waits for RevOps and Sales manager to approve.');
        await expect(main(page)).toContainText('You edited this change, so someone else must approve it.');
        await expect(page.getByRole('button', { name: /Approve as/ })).toHaveCount(0);
        await page.goto('/changes?show=mine');
        await expect(page.getByRole('row').filter({ hasText: company })).toContainText('Waits for sign-off');

        const manager = await pageOf(browser, organisation, 'Sales manager');
        await manager.goto('/changes');
        await manager.getByRole('link', { name: `${company} is a target account` }).click();
        await expect(main(manager)).toContainText('They buy.');
        await expect(manager.locator('.differences')).toContainText(company);
        await manager.getByLabel('Anything to say (optional)').fill('Agreed');
        await manager.getByRole('button', { name: 'Approve as Sales manager' }).click();
        await expect(flash(manager)).toHaveText('Approved. RevOps must approve it too.');
        await expect(manager.locator('.comments')).toContainText('Agreed');
        expect((await organisation.send({ ...HIGH_INTENT, company })).decision.action).not.toBe('assign');

        const revops = await pageOf(browser, organisation, 'RevOps');
        await revops.goto(new URL(manager.url()).pathname);
        await revops.getByRole('button', { name: 'Approve as RevOps' }).click();
        await expect(flash(revops)).toContainText('can go live in Inbound form.');
        expect((await organisation.send({ ...HIGH_INTENT, company })).decision.action).not.toBe('assign');
        // Approval alone changes nothing, and the author of the suggestion cannot go live with it.
        await page.goto('/changes?show=mine');
        await page.getByRole('link', { name: `${company} is a target account` }).click();
        await expect(page.getByRole('button', { name: 'Go live' })).toHaveCount(0);
        await expect(main(page)).toContainText('RevOps can go live with it.');
        await revops.getByRole('button', { name: 'Go live' }).click();
        await expect(flash(revops)).toContainText('is live in Inbound form');
        await revops.getByRole('link', { name: /^Release \d+, Inbound form$/ }).click();
        await expect(main(revops)).toContainText('Live. It decides every event of its workflow.');
        await expect(revops.getByRole('row').filter({ hasText: 'Target accounts' })).toContainText('Version');
        expect((await organisation.send({ ...HIGH_INTENT, company })).decision.action).toBe('assign');
        for (const other of [manager, revops]) await other.context().close();
      });
    });

    test.describe('as RevOps', () => {
      test.use(seenBy({ as: 'RevOps' }));

      test('errors are marked at the character, with a suggestion', async ({ page }) => {
        await page.goto('/rules/inbound-form');
        await page.getByRole('button', { name: 'Edit' }).click();
        const text = page.getByLabel('Text', { exact: true });
        const right = await text.inputValue();
        await text.fill(right.replace('company_size >= 1000', 'compny_size >= 1000'));
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        await expect(text).toHaveValue(/compny_size/);
        await page.getByLabel('What it does, in a line').fill('Misspelt');
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        await expect(flash(page)).toContainText('not submitted');
        const problem = page.locator('.problems li');
        await expect(problem).toHaveCount(1);
        await expect(problem.locator('mark')).toHaveText('compny_size');
        await expect(problem).toContainText('Did you mean company_size?');
        await text.fill(right.replace('company_size >= 1000', 'company_size >= 500'));
        await page.getByRole('button', { name: 'Save and check' }).click();
        await expect(flash(page)).toContainText('nothing is wrong');
        await expect(page.locator('.differences')).toContainText('company_size >= 500');
        // An unreachable rule is reported but does not prevent submitting.
        await text.fill(right.replace(/^rules:\n/m, 'rules:\n- id: never\n  when: company_size > 10 && company_size < 5\n  then:\n  - nurture\n'));
        await page.getByRole('button', { name: 'Save and check' }).click();
        await expect(flash(page)).toContainText('nothing is wrong');
        const found = page.getByRole('region', { name: 'Findings' }).getByRole('listitem').first();
        // Without scripts, a page whose impact is still being computed has a link to load it again.
        const refresh = main(page).getByRole('link', { name: 'Refresh' });
        await expect(async () => {
          if (await refresh.isVisible()) await refresh.click();
          await expect(found).toContainText('This rule never applies: `company_size > 10` and `company_size < 5` contradict each other.', { timeout: 2_000 });
        }).toPass({ timeout: 20_000 });
        await expect(found.locator('mark')).toHaveText('company_size > 10 && company_size < 5');
        await page.getByText('Discard', { exact: true }).click();
        await page.getByRole('button', { name: 'Discard the draft' }).click();
        await expect(main(page)).toContainText('Taken back');
      });

      test('the later of two people who save one draft keeps the text in a new draft', async ({ browser, organisation, page }) => {
        const { path } = await newList(page);
        const other = await pageOf(browser, organisation, 'Tove Lindholm');
        await other.goto(path);
        await page.getByLabel('Entries, one a line').fill('Initech\n');
        await page.getByRole('button', { name: 'Save and check' }).click();
        await expect(flash(page)).toContainText('Saved');
        await other.getByLabel('Entries, one a line').fill('Globex\n');
        await other.getByRole('button', { name: 'Save and check' }).click();
        await expect(flash(other)).toContainText('Somebody saved or submitted draft');
        expect(new URL(other.url()).pathname).not.toBe(path);
        await expect(other.getByLabel('Entries, one a line')).toHaveValue('Globex\n');
        await page.reload();
        await expect(page.getByLabel('Entries, one a line')).toHaveValue('Initech\n');
        await other.context().close();
      });

      test('a file is previewed, returned with a comment, resubmitted, approved and restored', async ({ browser, organisation, page }) => {
        const { name, path } = await newList(page);
        const upload = async (buffer: Buffer) => {
          await page.getByLabel(/Or a CSV file/).setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer });
          await page.getByRole('button', { name: 'Upload and preview' }).click();
        };
        await upload(Buffer.from([0x63, 0xff, 0xfe, 0x0a]));
        await expect(flash(page)).toContainText('not text in UTF-8');
        await upload(Buffer.from('id,company\n1,Initech\n2,Initech\n3,"Globex, Inc."\n'));
        await expect(flash(page)).toContainText('It changes 2\u00a0entries');
        await expect(page.locator('.problems')).toContainText('Line 3');
        await expect(page.locator('.differences')).toContainText('Globex, Inc.');
        await page.getByLabel('What it does, in a line').fill('A list');
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        await expect(flash(page)).toHaveText('Submitted. It waits for RevOps to approve.');

        const other = await pageOf(browser, organisation, 'Tove Lindholm');
        await other.goto(path);
        await other.getByText('Request changes', { exact: true }).click();
        await other.getByLabel('What is to be different').fill('Without Globex, please.');
        await other.getByRole('button', { name: 'Send it back' }).click();
        await expect(main(other)).toContainText('Sent back');

        await page.reload();
        await expect(page.locator('.comments')).toContainText('Without Globex, please.');
        await page.getByRole('button', { name: 'Begin a new draft from it' }).click();
        await page.getByLabel('Entries, one a line').fill('Initech\n');
        await page.getByLabel('What it does, in a line').fill('A shorter list');
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        await other.goto(new URL(page.url()).pathname);
        await other.getByRole('button', { name: 'Approve as RevOps' }).click();
        await expect(flash(other)).toContainText('It is version 1 now');

        // A second version, then back to the first one, which becomes the third.
        await page.goto(`/lists/${name}`);
        await expect(page.locator('.entries')).toHaveText('Initech');
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.getByLabel('Entries, one a line').fill('Initech\nUmbrella\n');
        await page.getByLabel('What it does, in a line').fill('Umbrella too');
        await page.getByRole('button', { name: 'Submit for sign-off' }).click();
        await other.goto(new URL(page.url()).pathname);
        await other.getByRole('button', { name: 'Approve as RevOps' }).click();
        await page.goto(`/lists/${name}`);
        await page.getByRole('link', { name: 'Compare version 2 with version 1' }).click();
        await expect(page.locator('.differences')).toContainText('Umbrella');
        await page.getByRole('button', { name: 'Restore version 1 as a new draft' }).click();
        await expect(page.locator('.differences')).toContainText('removed');
        await other.context().close();
      });

      test('new content needs a name that rules can use', async ({ page }) => {
        await page.goto('/pools');
        await page.getByText('New pool', { exact: true }).click();
        await page.getByLabel('Name', { exact: true }).fill('Enterprise AEs');
        await page.getByRole('button', { name: 'Begin a draft' }).click();
        await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription(/lower-case letters/);
        await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Enterprise AEs');
      });
    });

    test.describe('as an AE', () => {
      test.use(seenBy({ as: 'AE' }));

      test('people who cannot approve can comment', async ({ page }) => {
        await page.goto('/changes/1');
        await expect(page.getByRole('button', { name: /Approve as/ })).toHaveCount(0);
        await page.getByLabel('Comment').fill('I like it');
        await page.getByRole('button', { name: 'Comment', exact: true }).click();
        await expect(page.locator('.comments')).toContainText('I like it');
        // Other people's drafts are read-only.
        await page.goto('/changes/3');
        await expect(page.getByRole('button', { name: 'Save and check' })).toHaveCount(0);
        await expect(main(page)).toContainText('still writing this draft');
      });
    });
  });
}

test.describe('unsaved input', () => {
  test.use(seenBy({ as: 'RevOps' }));

  test('needs confirmation before the page is left, until it is saved', async ({ page }) => {
    const name = `l${randomUUID().slice(0, 8)}`;
    await page.goto('/lists');
    await page.getByText('New list', { exact: true }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Begin a draft' }).click();
    await page.waitForURL(/\/changes\/\d+$/);
    const draft = page.url();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    const entries = page.getByLabel('Entries, one a line');
    const leave = () => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Leads', exact: true }).click({ noWaitAfter: true });
    // The island is ready once the WebAssembly has loaded; until then the page would be left without a question.
    await page.waitForLoadState('networkidle');
    await entries.fill('Initech\n');
    await leave();
    await expect.poll(() => asked).toEqual(['beforeunload']);
    expect(page.url()).toBe(draft);
    await expect(entries).toHaveValue('Initech\n');

    await page.getByRole('button', { name: 'Save and check' }).click();
    await expect(flash(page)).toContainText('Saved');
    await page.waitForLoadState('networkidle');
    await leave();
    await page.waitForURL('/leads');
    expect(asked).toEqual(['beforeunload']);
  });
});
