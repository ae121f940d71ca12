// Decides 200 leads by keyboard and measures the time from the first key of each to the next lead being ready for input:
// npm run queue-200

import { SILENT } from './support/organisation.ts';
import { expect, seenBy, test } from './support/test.ts';

const LEADS = 200;
const EARLY = 80;

test.use(seenBy({ as: 'SDR' }));

test('200 leads', async ({ organisation, page }) => {
  const [{ count }] = (await organisation.rows<{ count: number }>('SELECT count(*)::int AS count FROM lead_states WHERE queue IS NOT NULL')) as [{ count: number }];
  for (let n = count; n < LEADS + EARLY; n++) await organisation.send({ ...SILENT, name: `Robin ${n}` });
  const listens = (old: string | null) =>
    page.waitForFunction((old) => document.querySelector<HTMLInputElement>('form input[name=decision]')?.value !== old && document.documentElement.dataset.keys === '', old);
  await page.goto('/queue');
  await listens(null);

  /** The open lead, according to the form that decides it. */
  const open = () => page.locator('form input[name=decision]').first().getAttribute('value');
  const took: number[] = [];
  for (let n = 0; n < LEADS; n++) {
    const before = await open();
    const start = performance.now();
    // Four of five suggestions are accepted; the fifth lead is disqualified with a reason.
    if (n % 5 < 4) {
      await page.keyboard.press('a');
    } else {
      await page.keyboard.press('d');
      await page.keyboard.type('Not our market');
      await page.keyboard.press('Enter');
    }
    await listens(before);
    took.push(performance.now() - start);
  }
  const [{ decided }] = (await organisation.rows<{ decided: number }>('SELECT count(*)::int AS decided FROM queue_verdicts')) as [{ decided: number }];
  expect(decided).toBe(LEADS);
  took.sort((a, b) => a - b);
  const at = (share: number) => Math.round(took[Math.min(took.length - 1, Math.floor(share * took.length))]!);
  console.log(`${LEADS} leads decided by keyboard: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms an item`);
  console.log(JSON.stringify({ items: LEADS, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) }));
});
