// Lighthouse scores of the main pages on a desktop and on a slow phone, and the bytes of script and WebAssembly that each page
// downloads: npm run lighthouse. A measurement, not a test; `npx` downloads Lighthouse.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { HIGH_INTENT } from './support/organisation.ts';
import { test } from './support/test.ts';

const VERSION = '12';
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

interface Report {
  categories: Record<string, { score: number | null }>;
  audits: Record<string, { score: number | null; scoreDisplayMode: string; title: string; details?: { items?: { resourceType?: string; url: string; transferSize: number }[] } }>;
}

test('Lighthouse', async ({ organisation }) => {
  const { cookies } = await organisation.session('RevOps lead');
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const lead = (await organisation.send(HIGH_INTENT)).lead_id;
  const least: number[] = [];
  for (const path of ['/', '/queue', '/leads', `/leads/${lead}`, '/rules/inbound-form', '/changes', '/changes/1', '/sync', '/dashboard', '/audit']) {
    for (const form of ['desktop', 'phone']) {
      const report = await look(new URL(path, organisation.url).href, cookie, form === 'desktop' ? ['--preset=desktop'] : []);
      const scores = CATEGORIES.map((name) => Math.round(100 * (report.categories[name]?.score ?? 0)));
      least.push(Math.min(...scores));
      const scripts = (report.audits['network-requests']?.details?.items ?? []).filter(({ url }) => /\.(js|wasm)(\?|$)/.test(url));
      const kilobytes = scripts.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000;
      console.log(`${form.padEnd(8)} ${scores.map((score) => String(score).padStart(3)).join(' ')}  ${kilobytes.toFixed(1).padStart(6)} kB  ${path}`);
      for (const audit of Object.values(report.audits)) {
        if (audit.scoreDisplayMode === 'binary' && audit.score === 0) console.log(`           ${audit.title}`);
      }
    }
  }
  console.log(JSON.stringify({ categories: CATEGORIES, least: Math.min(...least) }));
});

/** Runs Lighthouse on a page, signed in with a cookie. */
async function look(url: string, cookie: string, options: string[]): Promise<Report> {
  const args = [
    '--yes', `lighthouse@${VERSION}`, url, '--quiet', '--output=json', '--output-path=stdout', `--only-categories=${CATEGORIES.join(',')}`,
    '--chrome-flags=--headless=new --no-sandbox', `--extra-headers=${JSON.stringify({ Cookie: cookie })}`, ...options,
  ];
  const env = { ...process.env, CHROME_PATH: process.env.CHROMIUM };
  const { stdout } = await promisify(execFile)('npx', args, { env, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as Report;
}
