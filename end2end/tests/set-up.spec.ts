import { randomUUID } from 'node:crypto';

import type { Page } from '@playwright/test';

import { expect, NOBODY, test } from '../support/test.ts';

const PASSWORD = 'correct horse battery staple';

test.use({ storageState: NOBODY });

async function choose(page: Page, password: string, again = password): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Repeat password').fill(again);
  await page.getByRole('button', { name: 'Set password' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('a link sets a password, once', async ({ context, organisation, page }) => {
      const email = `kim-${randomUUID()}@corvane.example`;
      const printed = await organisation.command('user', 'add', email, '--name', 'Kim Sato', '--role', 'sdr', '--public-url', organisation.url);
      const link = printed.trim();
      expect(link).toMatch(new RegExp(`^${organisation.url}/setup/\\S+$`));

      // The link is also open in a second window, which submits it too late.
      const late = await context.newPage();
      await late.goto(link);

      await page.goto(link);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Set your password');
      await expect(page.getByText(`For Kim Sato, ${email}.`)).toBeVisible();

      // Errors are shown at the field and change nothing.
      await choose(page, PASSWORD, 'something else');
      await expect(page).toHaveURL(link);
      await expect(page.getByLabel('Repeat password')).toHaveAccessibleDescription('The two passwords differ.');
      await choose(page, 'too short');
      await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(/at least \d+ characters/);

      await choose(page, PASSWORD);
      await expect(page).toHaveURL('/sign-in');
      await expect(page.getByRole('status')).toHaveText('Password saved. You can sign in now.');

      // The link is used up, for new windows and for those that still have it open.
      const again = await late.request.get(link);
      expect(again.status()).toBe(404);
      await choose(late, 'an altogether different one');
      await expect(late).toHaveURL('/sign-in');
      await expect(late.getByRole('status')).toHaveText('This link has expired or was already used. Ask an administrator for a new one.');

      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page).toHaveURL('/');
      await expect(page.getByRole('link', { name: 'Kim Sato' })).toBeVisible();
    });

    test('an invalid link says what to do', async ({ page }) => {
      const response = await page.goto('/setup/no-such-token');
      expect(response?.status()).toBe(404);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link no longer works');
      await expect(page.getByText('ask an administrator for a new link')).toBeVisible();
      await page.getByRole('link', { name: 'Sign in' }).click();
      await expect(page).toHaveURL('/sign-in');
    });
  });
}

test('a newer link replaces the older one', async ({ organisation, page }) => {
  const add = ['user', 'add', `lee-${randomUUID()}@corvane.example`, '--role', 'sdr', '--public-url', organisation.url];
  const older = (await organisation.command(...add)).trim();
  const newer = (await organisation.command(...add)).trim();
  expect((await page.goto(older))?.status()).toBe(404);
  expect((await page.goto(newer))?.status()).toBe(200);
});
