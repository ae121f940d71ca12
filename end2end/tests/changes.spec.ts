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
      await page.getByRole('button', { name: 'Create draft' }).click();
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
        const entries = page.getByLabel('Entries, one per line', { exact: true });
        await entries.fill(`${await entries.inputValue()}${company}\n`);
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        // Submitting without a title keeps the input.
        await expect(page.getByLabel('Summary')).toHaveAccessibleDescription(/Add a summary/);
        await expect(entries).toHaveValue(new RegExp(company));
        await page.getByLabel('Summary').fill(`${company} is a target account`);
        await page.getByLabel('Reason').fill('They buy.\nOften.');
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        await expect(flash(page)).toHaveText('Submitted. RevOps and Sales manager must approve it.');
        await expect(main(page)).toContainText('You worked on this change, so someone else has to approve it.');
        await expect(page.getByRole('button', { name: /Approve as/ })).toHaveCount(0);
        await page.goto('/changes?show=mine');
        await expect(page.getByRole('row').filter({ hasText: company })).toContainText('Waiting for approval');

        const manager = await pageOf(browser, organisation, 'Sales manager');
        await manager.goto('/changes');
        await manager.getByRole('link', { name: `${company} is a target account` }).click();
        await expect(main(manager)).toContainText('They buy.');
        await expect(manager.locator('.differences')).toContainText(company);
        await manager.getByLabel('Comment', { exact: true }).fill('Agreed');
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
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        await expect(text).toHaveValue(/compny_size/);
        await page.getByLabel('Summary').fill('Misspelt');
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        await expect(flash(page)).toContainText('not submitted');
        const problem = page.locator('.problems li');
        await expect(problem).toHaveCount(1);
        await expect(problem.locator('mark')).toHaveText('compny_size');
        await expect(problem).toContainText('Did you mean company_size?');
        await text.fill(right.replace('company_size >= 1000', 'company_size >= 500'));
        await page.getByRole('button', { name: 'Save draft', exact: true }).click();
        await expect(flash(page)).toContainText('No problems found');
        await expect(page.locator('.differences')).toContainText('company_size >= 500');
        // An unreachable rule is reported but does not prevent submitting.
        await text.fill(right.replace(/^rules:\n/m, 'rules:\n- id: never\n  when: company_size > 10 && company_size < 5\n  then:\n  - nurture\n'));
        await page.getByRole('button', { name: 'Save draft', exact: true }).click();
        await expect(flash(page)).toContainText('No problems found');
        const found = page.getByRole('region', { name: 'Warnings' }).getByRole('listitem').first();
        // Without scripts, a page whose impact is still being computed has a link to load it again.
        const refresh = main(page).getByRole('link', { name: 'Refresh' });
        await expect(async () => {
          if (await refresh.isVisible()) await refresh.click();
          await expect(found).toContainText('This rule never applies: `company_size > 10` and `company_size < 5` contradict each other.', { timeout: 2_000 });
        }).toPass({ timeout: 20_000 });
        await expect(found.locator('mark')).toHaveText('company_size > 10 && company_size < 5');
        await page.getByText('Discard', { exact: true }).click();
        await page.getByRole('button', { name: 'Discard draft' }).click();
        await expect(main(page)).toContainText('Draft discarded');
      });

      test('the later of two people who save one draft keeps the text in a new draft', async ({ browser, organisation, page }) => {
        const { path } = await newList(page);
        const other = await pageOf(browser, organisation, 'Tove Lindholm');
        await other.goto(path);
        await page.getByLabel('Entries, one per line', { exact: true }).fill('Initech\n');
        await page.getByRole('button', { name: 'Save draft', exact: true }).click();
        await expect(flash(page)).toContainText('Saved');
        await other.getByLabel('Entries, one per line', { exact: true }).fill('Globex\n');
        await other.getByRole('button', { name: 'Save draft', exact: true }).click();
        await expect(flash(other)).toContainText(/Felix Brunner saved draft #\d+ while you were editing\. Your version is kept as draft #\d+/);
        expect(new URL(other.url()).pathname).not.toBe(path);
        await expect(other.getByLabel('Entries, one per line', { exact: true })).toHaveValue('Globex\n');
        await page.reload();
        await expect(page.getByLabel('Entries, one per line', { exact: true })).toHaveValue('Initech\n');
        await other.context().close();
      });

      test('a file is previewed, returned with a comment, resubmitted, approved and restored', async ({ browser, organisation, page }) => {
        const { name, path } = await newList(page);
        const upload = async (buffer: Buffer) => {
          await page.getByLabel('Replace the list').check();
          await page.getByLabel('Upload CSV or Excel').setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer });
          await page.getByRole('button', { name: 'Upload file' }).click();
        };
        await upload(Buffer.from([0x63, 0xff, 0xfe, 0x0a]));
        await expect(flash(page)).toContainText('not text in UTF-8');
        await expect(page.getByLabel('Upload CSV or Excel')).toHaveAccessibleDescription(/not text in UTF-8/);
        await expect(page.getByLabel('Upload CSV or Excel')).toBeFocused();
        await upload(Buffer.from(''));
        await expect(flash(page)).toHaveText('The file has no entries.');
        await upload(Buffer.from('id,company\n1,Initech\n2,Initech\n3,"Globex, Inc."\n'));
        await expect(flash(page)).toContainText('2 added');
        await expect(page.locator('.problems')).toContainText('Line 3');
        await expect(page.locator('.differences')).toContainText('Globex, Inc.');
        await page.getByLabel('Summary').fill('A list');
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        await expect(flash(page)).toHaveText('Submitted. RevOps must approve it.');

        const other = await pageOf(browser, organisation, 'Tove Lindholm');
        await other.goto(path);
        await other.getByText('Request changes', { exact: true }).click();
        await other.getByLabel('What should change?').fill('Without Globex, please.');
        await other.getByRole('button', { name: 'Return to author' }).click();
        await expect(main(other)).toContainText('Changes requested');

        await page.reload();
        await expect(page.locator('.comments')).toContainText('Without Globex, please.');
        await page.getByRole('button', { name: 'Continue in a new draft' }).click();
        await page.getByLabel('Entries, one per line', { exact: true }).fill('Initech\n');
        await page.getByLabel('Summary').fill('A shorter list');
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        await other.goto(new URL(page.url()).pathname);
        await other.getByRole('button', { name: 'Approve as RevOps' }).click();
        await expect(flash(other)).toContainText('Approved as version 1.');

        // A second version, then back to the first one, which becomes the third.
        await page.goto(`/lists/${name}`);
        await expect(page.locator('.entries')).toHaveText('Initech');
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.getByLabel('Entries, one per line', { exact: true }).fill('Initech\nUmbrella\n');
        await page.getByLabel('Summary').fill('Umbrella too');
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        await other.goto(new URL(page.url()).pathname);
        await other.getByRole('button', { name: 'Approve as RevOps' }).click();
        await page.goto(`/lists/${name}`);
        await page.getByRole('link', { name: 'Compare version 2 with version 1' }).click();
        await expect(page.locator('.differences')).toContainText('Umbrella');
        await page.getByRole('button', { name: 'Restore version 1 as a new draft' }).click();
        await expect(page.locator('.differences')).toContainText('removed');
        await other.context().close();
      });

      test('an outdated change is brought up to date, with a choice for each conflict', async ({ browser, organisation, page }) => {
        // Two people change the rules from the same version; one of them is approved first.
        const other = await pageOf(browser, organisation, 'Tove Lindholm');
        const edit = async (who: Page, change: (text: string) => string) => {
          await who.goto('/rules/inbound-form');
          await who.getByRole('button', { name: 'Edit' }).click();
          const text = who.getByLabel('Text', { exact: true });
          await text.fill(change(await text.inputValue()));
          await who.getByLabel('Summary').fill('Sizes');
          await who.getByLabel('Reason').fill('Smaller is fine.');
        };
        const name = (text: string, to: string) => text.replace(/^- id: (\S+)\n  name: .*$/m, `- id: $1\n  name: ${to}`);
        const [ours, theirs] = [`Ours ${randomUUID().slice(0, 6)}`, `Theirs ${randomUUID().slice(0, 6)}`];
        await edit(page, (text) => name(text, ours).replace('company_size >= 1000', 'company_size >= 700'));
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        const first = new URL(page.url()).pathname;
        await edit(other, (text) => name(text, theirs));
        await other.getByRole('button', { name: 'Submit for approval' }).click();
        const second = new URL(other.url()).pathname;
        await page.goto(second);
        await page.getByRole('button', { name: 'Approve as RevOps' }).click();
        if (await main(page).getByText(/must approve it too/).isVisible()) {
          const manager = await pageOf(browser, organisation, 'Sales manager');
          await manager.goto(second);
          await manager.getByRole('button', { name: 'Approve as Sales manager' }).click();
          await manager.context().close();
        }

        await other.goto(first);
        await expect(main(other)).toContainText('was approved after this change was submitted');
        await expect(other.getByRole('button', { name: /Approve as/ })).toHaveCount(0);
        await page.goto(first);
        await page.getByLabel('Comment', { exact: true }).fill('Still wanted');
        await page.getByRole('button', { name: 'Add comment' }).click();
        await page.getByRole('button', { name: /Update to version/ }).click();
        await expect(page.getByLabel('Summary')).toHaveValue('Sizes');
        await expect(page.getByLabel('Reason')).toHaveValue('Smaller is fine.');
        await expect(page.locator('.comments')).toContainText('Still wanted');
        const conflict = page.getByRole('group', { name: /^Rule / });
        await expect(conflict).toHaveCount(1);
        await expect(conflict).toContainText(ours);
        await expect(conflict).toContainText(theirs);
        await conflict.getByRole('radio', { name: 'Version' }).check();
        await page.getByRole('button', { name: /Update to version/ }).click();
        await expect(flash(page)).toContainText('Updated to version');
        const text = page.getByLabel('Text', { exact: true });
        await expect(text).toHaveValue(new RegExp(theirs));
        await expect(text).toHaveValue(/company_size >= 700/);
        await expect(text).not.toHaveValue(new RegExp(ours));
        await page.getByText('Discard', { exact: true }).click();
        await page.getByRole('button', { name: 'Discard draft' }).click();
        await other.context().close();
      });

      test('Edit opens the open draft, and someone else\u2019s change is withdrawn with a reason', async ({ browser, organisation, page }) => {
        const { path } = await newList(page);
        await page.getByLabel('Entries, one per line', { exact: true }).fill('Initech\n');
        await page.getByLabel('Summary').fill('A list');
        await page.getByRole('button', { name: 'Submit for approval' }).click();
        const other = await pageOf(browser, organisation, 'Tove Lindholm');
        await other.goto(path);
        await other.getByText('Withdraw', { exact: true }).click();
        await other.getByLabel('Reason').fill('Not this quarter');
        await other.getByRole('button', { name: 'Withdraw change' }).click();
        await expect(flash(other)).toContainText('Change withdrawn');
        await page.reload();
        await expect(page.locator('.comments')).toContainText('Not this quarter');
        await page.getByRole('button', { name: 'Continue in a new draft' }).click();
        await page.waitForURL((url) => url.pathname !== path);
        const draft = new URL(page.url()).pathname;
        await page.goto(draft);
        await page.getByText('Discard', { exact: true }).click();
        await page.getByRole('button', { name: 'Discard draft' }).click();
        await page.goto('/lists/tam');
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.waitForURL(/\/changes\/\d+$/);
        const mine = page.url();
        await page.goto('/lists/tam');
        await page.getByRole('button', { name: 'Edit' }).click();
        await expect(page).toHaveURL(mine);
        await page.getByText('Discard', { exact: true }).click();
        await page.getByRole('button', { name: 'Discard draft' }).click();
        await other.context().close();
      });

      test('new content needs a name that rules can use', async ({ page }) => {
        await page.goto('/pools');
        await page.getByText('New pool', { exact: true }).click();
        await page.getByLabel('Name', { exact: true }).fill('Enterprise AEs');
        await page.getByRole('button', { name: 'Create draft' }).click();
        await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription(/lower-case letters/);
        await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Enterprise AEs');
      });
    });

    test.describe('as an AE', () => {
      test.use(seenBy({ as: 'AE' }));

      test('people who cannot approve can comment', async ({ page }) => {
        await page.goto('/changes/1');
        await expect(page.getByRole('button', { name: /Approve as/ })).toHaveCount(0);
        await page.getByLabel('Comment', { exact: true }).fill('I like it');
        await page.getByRole('button', { name: 'Add comment' }).click();
        await expect(page.locator('.comments')).toContainText('I like it');
        // Other people's drafts are read-only.
        await page.goto('/changes/3');
        await expect(page.getByRole('button', { name: 'Save draft', exact: true })).toHaveCount(0);
        await expect(main(page)).toContainText('still working on this draft');
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
    await page.getByRole('button', { name: 'Create draft' }).click();
    await page.waitForURL(/\/changes\/\d+$/);
    const draft = page.url();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    const entries = page.getByLabel('Entries, one per line', { exact: true });
    const leave = () => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Leads', exact: true }).click({ noWaitAfter: true });
    // The island is ready once the WebAssembly has loaded; until then the page would be left without a question.
    await page.waitForLoadState('networkidle');
    await entries.fill('Initech\n');
    await leave();
    await expect.poll(() => asked).toEqual(['beforeunload']);
    expect(page.url()).toBe(draft);
    await expect(entries).toHaveValue('Initech\n');
    // Another form of the page would lose the input, too.
    await page.getByLabel('Add entries, one per line').fill('Globex');
    await page.getByRole('button', { name: 'Add entries' }).click({ noWaitAfter: true });
    await expect.poll(() => asked).toEqual(['beforeunload', 'beforeunload']);
    await expect(entries).toHaveValue('Initech\n');

    await page.getByRole('button', { name: 'Save draft', exact: true }).click();
    await expect(flash(page)).toContainText('Saved');
    await page.waitForLoadState('networkidle');
    await leave();
    await page.waitForURL('/leads');
    expect(asked).toHaveLength(2);
  });
});
