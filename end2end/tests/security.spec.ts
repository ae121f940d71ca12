import type { Page } from '@playwright/test';

import { HIGH_INTENT } from '../support/organisation.ts';
import { PAGES } from '../support/pages.ts';
import { expect, NOBODY, seenBy, test } from '../support/test.ts';

for (const { name, open, as, status = 200, path } of PAGES) {
  test.describe(name, () => {
    test.use(seenBy({ open, as }));

    test('has a strict policy and contains nothing that violates it', async ({ organisation, page }) => {
      const address = await path(organisation);
      const response = (await page.goto(address))!;
      expect(response.status()).toBe(status);
      const headers = response.headers();
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("style-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("form-action 'self'");
      expect(policy).not.toMatch(/'unsafe-inline'|'unsafe-eval'|\*|https?:/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin', 'cache-control': 'no-store' });

      const found = await page.evaluate((html) => {
        const parsed = new DOMParser().parseFromString(html, 'text/html');
        const all = [...parsed.querySelectorAll('*')];
        const attributes = all.flatMap((one) => [...one.attributes].map(({ name }) => `${one.localName}.${name}`));
        return {
          styles: all.filter((one) => one.localName === 'style').length,
          lax: attributes.filter((name) => /\.(style|on\w+)$/.test(name)),
          nonces: [...parsed.scripts].map((script) => script.getAttribute('nonce')),
          elsewhere: [...parsed.querySelectorAll('[src], link[href]')].map((one) => one.getAttribute('src') ?? one.getAttribute('href')!).filter((to) => !/^(\/(?!\/)|data:)/.test(to)),
        };
      }, await response.text());
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
      expect(found).toEqual({ styles: 0, lax: [], nonces: found.nonces.map(() => nonce), elsewhere: [] });

      const again = await page.request.get(address);
      expect(again.headers()['content-security-policy']).not.toContain(`'nonce-${nonce}'`);
    });
  });
}

test('the policy is enforced: injected scripts do not run', async ({ complaints, page }) => {
  await page.goto('/leads');
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken over"';
    document.body.append(script);
    document.body.setAttribute('style', 'display: none');
  });
  await expect(page).toHaveTitle('Leads · Meshline');
  await expect(page.locator('body')).toBeVisible();
  expect(complaints.join('\n')).toMatch(/script-src/);
  expect(complaints.join('\n')).toMatch(/style-src/);
  complaints.length = 0;
});

test('user input is shown as text everywhere', async ({ organisation, page }) => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const { lead_id: id } = await organisation.send({ ...HIGH_INTENT, name: evil, company: `Initech ${evil}`, payload: { message: `send a quote ${evil}`, [evil]: evil } });
  await page.goto(`/leads/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(evil);
  await expect(page.getByRole('article')).toContainText(`send a quote`);
  await page.getByRole('article').locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
  await expect(page.locator('main img, main script')).toHaveCount(0);
  await page.goto(`/leads?q=${encodeURIComponent(evil)}`);
  await expect(page.getByRole('searchbox')).toHaveValue(evil);
  await expect(page.getByRole('rowheader')).toContainText([evil]);
  await expect(page.locator('main img, main script')).toHaveCount(0);
  await expect(page).toHaveTitle('Leads · Meshline');
});

test.describe('cookies', () => {
  test.use({ storageState: NOBODY });

  test('are only for the server', async ({ organisation, page }) => {
    const cookies: string[] = [];
    page.on('response', async (response) => {
      const headers = await response.headersArray();
      cookies.push(...headers.filter(({ name }) => name.toLowerCase() === 'set-cookie').map(({ value }) => value));
    });
    await page.goto('/sign-in');
    for (const password of ['not the password', organisation.password]) {
      await page.getByLabel('E-mail').fill(organisation.person('AE').email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    }
    await expect(page).toHaveURL('/');
    await page.getByRole('button', { name: 'Dark' }).click();
    await expect(page.getByRole('button', { name: 'Dark' })).toHaveAttribute('aria-pressed', 'true');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL('/sign-in');
    const names = new Set(cookies.map((cookie) => cookie.split('=')[0]));
    expect([...names].sort()).toEqual(['meshline_flash', 'meshline_session', 'meshline_theme']);
    // A deleted cookie has no value.
    for (const cookie of cookies.filter((cookie) => !/; Max-Age=0(;|$)/i.test(cookie))) {
      expect(cookie).toMatch(/; HttpOnly(;|$)/i);
      expect(cookie).toMatch(/; SameSite=(Lax|Strict)(;|$)/i);
    }
  });
});

test.describe('a form from another site', () => {
  /** Opens a page at another address that submits a form to us when its button is clicked. */
  async function lure(page: Page, address: string, action: string): Promise<void> {
    const html = `<!DOCTYPE html><form method="post" action="${action}"><button>Win a prize</button></form>`;
    await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: html }));
    await page.goto(address);
  }

  // To the browser, the second address is the same site, so it sends the cookie: only the server can tell them apart.
  for (const address of ['http://evil.example/', 'http://127.0.0.1:1/']) {
    test(`is rejected: ${address}`, async ({ organisation, page }) => {
      await lure(page, address, `${organisation.url}/actions/sign-out`);
      const answer = page.waitForResponse(/\/actions\/sign-out$/);
      await page.getByRole('button').click();
      expect((await answer).status()).toBe(403);
      await expect(page.getByText('This form came from another site.')).toBeVisible();
      await page.goto(`${organisation.url}/leads`);
      await expect(page).toHaveURL('/leads');
    });
  }

  test('is rejected for older browsers too', async ({ organisation, page, playwright }) => {
    const browser = await playwright.request.newContext({ baseURL: organisation.url, storageState: await page.context().storageState() });
    const send = (headers: Record<string, string>) => browser.post('/actions/set-theme', { form: { theme: 'dark' }, headers, maxRedirects: 0 });
    expect((await send({ origin: organisation.url })).status()).toBe(303);
    expect((await send({ origin: 'https://evil.example' })).status()).toBe(403);
    expect((await send({ origin: 'null' })).status()).toBe(403);
    expect((await send({})).status(), 'a session, and no word where it comes from').toBe(403);
    await browser.dispose();
  });
});
