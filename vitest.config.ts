// Tests: `unit` runs the sources as they are; `system` runs what the build makes, as its users do;
// `fuzz` makes random calls of what the build makes.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/{unit,architecture}/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/{system,browser}/**/*.test.ts'],
          globalSetup: ['tests/support/build.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'fuzz', include: ['tests/{fuzz,long}/**/*.test.ts'], globalSetup: ['tests/support/build.ts'] },
      },
    ],
  },
});
