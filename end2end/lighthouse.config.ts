import { defineConfig } from '@playwright/test';

import base from './playwright.config.ts';

/** `npm run lighthouse`: measures the main pages with Lighthouse. A measurement, not a test. */
export default defineConfig(base, {
  testDir: '.',
  testMatch: 'lighthouse.ts',
  timeout: 1_800_000,
  retries: 0,
  workers: 1,
  use: { ...base.use, trace: 'off' },
});
