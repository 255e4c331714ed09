// Tests: `unit` runs the sources as they are; `system` runs what the build makes, as its users do; both together are
// `npm test`, which a change is tried by, in minutes. `long` has what takes its time, and makes all rounds of the sweeps
// that the others make a part of (tests/support/long.ts); `fuzz` makes random calls of what the build makes: both are
// `npm run test:long`.

import { defineConfig } from 'vitest/config';

/** Those with rounds. */
const SWEEPS = [
  'unit/cnk/staged-model',
  'unit/hostfs/host-directory-race',
  'unit/linux/{changes,file-model,image,image-refused,locks,overlay-model}',
  'unit/memory/module-fuzz',
  'unit/opfs/opfs-model',
  'unit/volume/volume-model',
  // With SQLite, which it shows.
  'system/readme',
  'system/{api-kill,argument-sweep,fs-arguments,placements}',
].map((name) => `tests/${name}.test.ts`);

export default defineConfig({
  test: {
    pool: 'forks',
    // By default one processor is left to vitest, which needs next to none: half of two.
    maxWorkers: '100%',
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
        test: {
          name: 'long',
          include: ['tests/long/**/*.test.ts', ...SWEEPS],
          env: { FUSEDOS_LONG: '1' },
          // A sweep's own limit is for the part of its rounds.
          testTimeout: 300_000,
          globalSetup: ['tests/support/build.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'fuzz', include: ['tests/fuzz/**/*.test.ts'], globalSetup: ['tests/support/build.ts'] },
      },
    ],
  },
});
