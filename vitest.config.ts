// Tests: `unit` runs the sources as they are; `system` runs what the build makes, as its users do; both together are
// `npm test`, which a change is tried by, in minutes. `slow` is of the same kind as `system`, in files that take longest or
// start a browser; `long` makes all rounds of the sweeps that the others make a part of (tests/support/long.ts); `fuzz` makes
// random calls of what the build makes: these three are `npm run test:long`.

import { defineConfig } from 'vitest/config';

/** Those with rounds, of which `unit` and `system` make a part. */
const SWEEPS = [
  'unit/cnk/staged-model',
  'unit/files/host-directory-race',
  'unit/linux/{changes,file-model,image,image-refused,overlay-model,posix-oracle}',
  'unit/memory/module-fuzz',
  'unit/messaging/datatypes-model',
  'unit/opfs/opfs-model',
  'unit/shm/mailbox',
  'unit/volume/volume-model',
  'system/{api-kill,argument-sweep,fs-arguments,placements}',
].map((name) => `tests/${name}.test.ts`);

/** Files that take 10 s and more on two processors. */
const SLOW = [
  'browser/*',
  'system/cli-{bad-input,build,daemon,directories,help,mpirun,options,status,stdin,streams,toolchain}',
  'system/{compile,conformance,deadlock,embedding,fs-files,host-directories,image,limits,mounts,mpi-endings,mpi-library,mpi-stream,procfs,stage,sysroot,torus,types}',
  'unit/toolchain/service',
].map((name) => `tests/${name}.test.ts`);

const README = 'tests/system/readme.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // By default one processor is left to vitest, which needs next to none: half of two.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/{unit,architecture}/**/*.test.ts'], exclude: SLOW } },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/system/**/*.test.ts'],
          exclude: [...SLOW, README],
          globalSetup: ['tests/support/build.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'slow', include: SLOW, globalSetup: ['tests/support/build.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: ['tests/long/**/*.test.ts', README, ...SWEEPS],
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
