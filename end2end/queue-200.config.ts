import { defineConfig } from '@playwright/test';

import base from './playwright.config.ts';

/** `npm run queue-200`: measures how quickly 200 leads are decided by keyboard. A measurement, not a test. */
export default defineConfig(base, {
  testDir: '.',
  testMatch: 'queue-200.ts',
  timeout: 900_000,
  retries: 0,
  workers: 1,
  use: { ...base.use, trace: 'off' },
});
