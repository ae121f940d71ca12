// Helpers for specs that go through the list of leads.

import type { Locator, Page } from '@playwright/test';

/** Returns the visible rows. */
export const rows = (page: Page) =>
  page.getByRole('table', { name: 'Leads and their decisions' }).getByRole('row').filter({ has: page.getByRole('rowheader') });

/** Returns the visible leads by their URLs, in order. */
export const shown = (page: Page) =>
  rows(page).getByRole('rowheader').getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));

/** Follows a link and waits for its page. */
export async function follow(link: Locator): Promise<void> {
  const href = await link.getAttribute('href');
  await link.click();
  await link.page().waitForURL((url) => url.pathname + url.search === href);
}

/** Returns the leads of this page and of all older ones. */
export async function throughAllPages(page: Page): Promise<string[]> {
  const leads = await shown(page);
  for (let older = page.getByRole('link', { name: 'Older' }); (await older.count()) > 0; ) {
    await follow(older);
    leads.push(...(await shown(page)));
  }
  return leads;
}
