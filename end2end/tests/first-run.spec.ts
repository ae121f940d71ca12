import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import * as databases from '../support/databases.ts';
import { privateFolder } from '../support/environment.ts';
import { meshline, Server } from '../support/program.ts';
import { expect, NOBODY, test } from '../support/test.ts';

const PASSWORD = 'correct horse battery staple';
test.use({ storageState: NOBODY });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('the first administrator signs up with the printed link', async ({ browser }, info) => {
      const database = `meshline_first_${randomUUID().slice(0, 8)}`;
      const folder = privateFolder();
      await databases.create(database);
      await meshline(database, folder, ['migrate']);
      const log = info.outputPath('server.log');
      fs.mkdirSync(path.dirname(log), { recursive: true });
      const server = await Server.start(database, folder, log);
      try {
        await expect(() => expect(fs.readFileSync(log, 'utf8')).toContain('/first-run?code=')).toPass();
        const link = /http\S+first-run\?code=\S+/.exec(fs.readFileSync(log, 'utf8'))![0];
        const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, storageState: NOBODY });
        const page = await context.newPage();
        await page.goto('/');
        await expect(page).toHaveURL('/first-run');
        await expect(page.getByLabel('Password', { exact: true })).toHaveCount(0);
        await page.getByLabel('Code').fill('0123456789');
        await page.getByRole('button', { name: 'Continue' }).click();
        await expect(page.getByText('This is not the code')).toBeVisible();
        await page.goto(link);
        await page.getByLabel('Your name').fill('Ana Ruiz');
        await page.getByLabel('E-mail').fill('ana@acme.example');
        await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
        await page.getByLabel('Repeat password').fill(`${PASSWORD}!`);
        await page.getByRole('button', { name: 'Create account' }).click();
        await expect(page.getByText('The two passwords differ.')).toBeVisible();
        await expect(page.getByLabel('Your name')).toHaveValue('Ana Ruiz');
        await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
        await page.getByLabel('Repeat password').fill(PASSWORD);
        await page.getByRole('button', { name: 'Create account' }).click();
        await expect(page.getByRole('link', { name: 'Ana Ruiz' })).toBeVisible();
        await page.goto('/keys');
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('API keys');
        const late = await (await browser.newContext({ baseURL: server.url, javaScriptEnabled, storageState: NOBODY })).newPage();
        expect((await late.goto(link))?.status()).toBe(404);
        await expect(late.getByRole('heading', { level: 1 })).toHaveText('Already set up');
        await late.goto('/');
        await expect(late).toHaveURL('/sign-in');
        await late.context().close();
        await context.close();
      } finally {
        await server.stop();
        await databases.drop(database);
        fs.rmSync(folder, { recursive: true });
      }
    });

    test('a forgotten password page says what to do', async ({ page }) => {
      await page.goto('/sign-in');
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await expect(page).toHaveURL('/forgot');
      await expect(page.getByText('This installation sends no e-mail. Ask an administrator')).toBeVisible();
      await page.getByRole('link', { name: 'Back to sign-in' }).click();
      await expect(page).toHaveURL('/sign-in');
    });
  });
}
