import type { Page } from '@playwright/test';

import { expect, NOBODY, test } from '../support/test.ts';

test.use({ storageState: NOBODY });

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('a wrong password is reported at the form, and the address is kept', async ({ organisation, page }) => {
      const { email } = organisation.person('SDR');
      await page.goto('/sign-in?next=/dashboard');
      await signIn(page, email, 'not the password');
      await expect(page).toHaveURL('/sign-in?next=/dashboard');
      await expect(page.getByRole('alert')).toHaveText('The e-mail address or password is wrong.');
      await expect(page.getByLabel('E-mail')).toHaveValue(email);
      await expect(page.getByLabel('Password')).toHaveValue('');
      await expect(page.getByLabel('Password')).toBeFocused();
      for (const field of ['E-mail', 'Password']) {
        await expect(page.getByLabel(field)).toHaveAttribute('aria-invalid', 'true');
        await expect(page.getByLabel(field)).toHaveAccessibleDescription('The e-mail address or password is wrong.');
      }
      // An unknown address gets the same message, so that accounts cannot be discovered.
      await signIn(page, 'nobody@corvane.example', 'not the password');
      await expect(page.getByRole('alert')).toHaveText('The e-mail address or password is wrong.');
      // The message is shown once.
      await page.reload();
      await expect(page.getByRole('alert')).toHaveCount(0);
      // The requested page is remembered.
      await signIn(page, email, organisation.password);
      await expect(page).toHaveURL('/dashboard');
    });

    test('the right password leads to the home page', async ({ organisation, page }) => {
      const person = organisation.person('SDR');
      await page.goto('/sign-in');
      await expect(page.getByLabel('E-mail')).toBeFocused();
      await signIn(page, ` ${person.email.toUpperCase()}`.trim(), organisation.password);
      await expect(page).toHaveURL('/');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Home');
      await expect(page.getByRole('link', { name: person.name })).toBeVisible();
    });

    test('a page without a session is shown after signing in', async ({ organisation, page }) => {
      await page.goto('/dashboard');
      await expect(page).toHaveURL('/sign-in?next=/dashboard');
      await page.goto('/leads?action=hold&period=30d');
      await expect(page).toHaveURL(/\/sign-in\?next=/);
      await signIn(page, organisation.person('SDR').email, organisation.password);
      await expect(page).toHaveURL('/leads?action=hold&period=30d');
    });

    test('signing out ends the session', async ({ context, organisation, page }) => {
      await page.goto('/sign-in?next=/dashboard');
      await signIn(page, organisation.person('SDR').email, organisation.password);
      await expect(page).toHaveURL('/dashboard');
      const session = await context.cookies();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect(page).toHaveURL('/sign-in');
      await expect(page.getByRole('status')).toHaveText('You are signed out.');
      // The page is no longer in the browser's cache.
      await page.goBack();
      await expect(page).toHaveURL('/sign-in?next=/dashboard');
      // The old cookie is invalid too.
      await context.addCookies(session);
      await page.goto('/leads');
      await expect(page).toHaveURL('/sign-in?next=/leads');
    });
  });
}

for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '/\t/evil.example', 'javascript:alert(1)', '/sign-in']) {
  test(`next is restricted to our own pages: ${JSON.stringify(next)}`, async ({ organisation, page }) => {
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await signIn(page, organisation.person('SDR').email, organisation.password);
    await expect(page).toHaveURL(`${organisation.url}/`);
  });
}

test('guessing is blocked, even if the sixth guess is right', async ({ organisation, page }) => {
  // No other test signs in as this person, because this one blocks the account.
  const { email } = organisation.person('SDR manager');
  await page.goto('/sign-in');
  for (let guess = 1; guess <= 5; guess++) {
    await signIn(page, email, `guess number ${guess}`);
    await expect(page.getByRole('alert')).toHaveText('The e-mail address or password is wrong.');
  }
  await signIn(page, email, organisation.password);
  await expect(page.getByRole('alert')).toHaveText(/^Too many wrong passwords\. Try again in 1[45] minutes\.$/);
  await expect(page.getByLabel('E-mail')).toHaveValue(email);
});
