import { expect, seenBy, test } from '../support/test.ts';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled, ...seenBy({ as: 'Administrator' }) });

    test('the organisation is named, and content and rules keep two owners', async ({ organisation, page }) => {
      await page.goto('/settings');
      const name = page.getByLabel('Name', { exact: true });
      await name.fill('Corvane Labs');
      await page.getByRole('button', { name: 'Save organization' }).click();
      await expect(page.getByRole('link', { name: 'Meshline' })).toContainText('Corvane Labs');
      await name.fill('Corvane');
      await page.getByRole('button', { name: 'Save organization' }).click();
      await expect(page.getByRole('link', { name: 'Meshline' })).toContainText('Corvane');

      // A person who holds both roles could be chosen for both.
      const felix = organisation.person('RevOps');
      await organisation.rows("INSERT INTO person_roles SELECT id, 'enablement' FROM people WHERE email = $1 ON CONFLICT DO NOTHING", [felix.email]);
      await page.reload();
      const content = page.getByRole('combobox', { name: 'Content' });
      const before = await content.inputValue();
      await content.selectOption(felix.email);
      await page.getByRole('button', { name: 'Save owners' }).click();
      await expect(page.getByText('Content and rules need two different owners, so')).toBeVisible();
      await expect(page.getByRole('combobox', { name: 'Rules' })).toHaveAttribute('aria-invalid', 'true');
      await content.selectOption(before);
      await page.getByRole('button', { name: 'Save owners' }).click();
      await expect(page.getByRole('status')).toContainText('Saved.');
      await organisation.rows("DELETE FROM person_roles WHERE role = 'enablement' AND person_id = (SELECT id FROM people WHERE email = $1)", [felix.email]);
    });
  });
}

test('everyone can read them and only administrators can change them', async ({ page }) => {
  await page.goto('/settings');
  await expect(page.getByText('Administrators can change these.')).toBeVisible();
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
});
