import net from 'node:net';

import { HIGH_INTENT, SILENT } from '../support/organisation.ts';
import { expect, test } from '../support/test.ts';

/** Resolves when the page has subscribed, which it does once its islands are hydrated. */
const hearing = (page: import('@playwright/test').Page) => page.waitForRequest((request) => new URL(request.url()).pathname === '/refresh');

test('a job shows its result without the page being loaded again', async ({ page }) => {
  await page.goto('/sync/jobs');
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^Delete expired sessions/ }) });
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText('Done', { timeout: 500 });
  }).toPass();
  const last = (await row.getByRole('time').first().getAttribute('datetime'))!;
  const heard = hearing(page);
  await row.getByRole('button', { name: 'Run now' }).click();
  await heard;
  await expect(page.getByRole('status').first()).toContainText('runs within seconds');
  await expect(row.getByRole('time').first()).not.toHaveAttribute('datetime', last);
  await expect(row).toContainText('Done');
});

test('a lead appears in the list while it is open, and an open panel is left alone', async ({ organisation, page }) => {
  const heard = hearing(page);
  await page.goto('/leads');
  await heard;
  await page.locator('summary', { hasText: 'Columns' }).click();
  const { lead_id: id } = await organisation.send({ ...HIGH_INTENT, name: 'Noa Brandt' });
  await expect(page.locator(`a[href^="/leads/${id}"]`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Show columns' })).toBeVisible();
});

test('a part with ticked boxes is refreshed only after they are cleared', async ({ organisation, page }) => {
  await organisation.failed();
  const heard = hearing(page);
  await page.goto('/sync/effects?state=failed');
  await heard;
  const box = page.getByRole('checkbox').first();
  await box.check();
  await organisation.rows("UPDATE outbox SET last_error = 'Status 418' WHERE state = 'dead'");
  await organisation.rows("SELECT pg_notify('meshline_refresh', 'sync')");
  await page.waitForTimeout(3_000);
  await expect(box).toBeChecked();
  await expect(page.getByText('Status 418')).toHaveCount(0);
  await box.uncheck();
  await expect(page.getByText('Status 418').first()).toBeVisible();
});

test('the queue shows new leads and who claimed the open one, and keeps the input', async ({ browser, organisation, page }) => {
  // The list shows the most urgent leads, so those already waiting are moved out of the way of the two new ones.
  await organisation.rows("UPDATE lead_states SET queued_at = queued_at + interval '100 days' WHERE queue IS NOT NULL", []);
  const { lead_id: id } = await organisation.send({ ...SILENT, name: 'Open Lead', company: 'Open Company' });
  const heard = hearing(page);
  await page.goto(`/queue?lead=${id}&in=inbound-form`);
  await heard;
  const waiting = page.getByRole('list', { name: 'Leads waiting' });
  await organisation.send({ ...SILENT, name: 'Came Later', company: 'Came Later' });
  await expect(waiting.getByRole('link', { name: 'Came Later' })).toBeVisible();

  await page.locator('summary', { hasText: 'Disqualify' }).click();
  const why = page.getByLabel('Note').last();
  await why.fill('They sell to us');
  const colleague = await browser.newContext({ baseURL: organisation.url, storageState: await organisation.session('SDR manager') });
  const other = await colleague.newPage();
  await other.goto(`/queue?lead=${id}&in=inbound-form`);
  await other.getByRole('button', { name: /^Claim/ }).click();
  await expect(waiting.locator('[data-taken]')).toContainText(['Ruth Osei']);
  await expect(why).toHaveValue('They sell to us');
  await expect(why).toBeVisible();

  // The open lead says who works on it, above the text that is being written; its forms go once the panel is closed and empty.
  await expect(page.locator('#work').getByText(/^Claimed by Ruth Osei/)).toBeVisible();
  await expect(why).toHaveValue('They sell to us');
  await why.fill('');
  await page.locator('summary', { hasText: 'Disqualify' }).click();
  await expect(page.locator('summary', { hasText: 'Disqualify' })).toHaveCount(0);
  await other.getByRole('button', { name: /^Put back/ }).click();
  await expect(page.getByRole('button', { name: /^Claim/ })).toBeVisible();
  await expect(page.locator('#work .whom')).toContainText('Open Lead');
  await colleague.close();
});

/** A connection to the server that can be cut: requests in progress fail, and new ones get no response. */
async function wire(url: string) {
  const server = new URL(url);
  const open = new Set<net.Socket>();
  let isCut = false;
  const proxy = net.createServer((near) => {
    if (isCut) return void near.destroy();
    const far = net.connect(Number(server.port), server.hostname);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => (open.delete(one), other.destroy()));
    }
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`,
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    close: () => proxy.close(),
  };
}

test('what changed while the connection was lost appears once it is back', async ({ organisation, page, complaints }) => {
  const line = await wire(organisation.url);
  const heard = hearing(page);
  await page.goto(`${line.url}/leads`);
  await heard;
  await page.waitForTimeout(1_000);
  const tried = page.waitForEvent('requestfailed', (request) => new URL(request.url()).pathname === '/refresh');
  line.cut();
  await tried;
  const { lead_id: id } = await organisation.send({ ...HIGH_INTENT, name: 'Mia Away' });
  // Long enough for the event to have been sent and missed.
  await page.waitForTimeout(2_000);
  const row = page.locator(`a[href^="/leads/${id}"]`);
  await expect(row).toHaveCount(0);
  line.mend();
  await expect(row).toBeVisible();
  line.close();
  // The browser logs each failed attempt, which this test provokes.
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/net::ERR_(EMPTY_RESPONSE|CONNECTION_|INCOMPLETE_CHUNKED)/.test(text)));
});
