import { defineConfig } from '@playwright/test';

import base from './playwright.config.ts';

/** `npm run screenshots`: not tests, but made the way tests are. `SHOTS` names the folder they go to. */
export default defineConfig(base, {
  testDir: '.',
  testMatch: 'screenshots.ts',
  use: { ...base.use, trace: 'off' },
});
