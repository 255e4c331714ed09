// The first of the cases of MPI, over few ranks. All of them: tests/long/mpi.test.ts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { distDirectory, importBuilt } from '../support/built.ts';
import { compileMpiPrograms, runMpiProgram } from '../support/mpi-cases.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const missing = existsSync(join(distDirectory, 'sysroot/include/mpi.h')) ? undefined : 'there is no sysroot with MPI';

describe.skipIf(missing !== undefined)(`MPI${missing === undefined ? '' : ` (skipped, because ${missing})`}`, () => {
  beforeAll(() => compileMpiPrograms(['point-to-point', 'collectives']));

  test.each([
    ['point-to-point', 1, 'messages'],
    ['point-to-point', 2, 'persistent'],
    ['point-to-point', 3, 'derived'],
    ['collectives', 4, 'bcast'],
    ['collectives', 3, 'gather'],
  ])('%s over %i ranks: %s', async (program, n, cases) => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: n });
    const outcome = await runMpiProgram(machine, program, n, [cases]);
    expect(outcome.failures).toEqual([]);
    expect(outcome.right.length).toBeGreaterThan(0);
    // The job knows what each has sent.
    expect(outcome.messages.map((row) => row.some((count) => count > 0))).toEqual(new Array(n).fill(true));
  });
});
