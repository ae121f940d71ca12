import { defineConfig } from '@playwright/test';

import base from './playwright.config.ts';

/** `npm run screenshots`: takes screenshots with the test runner. `SHOTS` is the folder to write them to. */
export default defineConfig(base, {
  testDir: '.',
  testMatch: 'screenshots.ts',
  use: { ...base.use, trace: 'off' },
});
