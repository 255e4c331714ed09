// The first of the cases of MPI, over few ranks. All of them: tests/long/mpi.test.ts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { distDirectory, importBuilt } from '../support/built.ts';
import { fusedos } from '../support/command.ts';
import { compileMpiPrograms, mpiProgram, runMpiProgram } from '../support/mpi-cases.ts';

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

  test('a job tells how long its ranks were in calls, if that is wanted', async () => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: 2 });
    const run = { n: 2, args: ['persistent'] };
    const { times = [], durationMs } = await machine.mpirun(mpiProgram('point-to-point'), { ...run, times: true });
    expect(times).toHaveLength(2);
    for (const own of times) {
      expect(Object.keys(own)).toEqual(expect.arrayContaining(['MPI_Init', 'MPI_Start', 'MPI_Finalize']));
      expect(Object.values(own).reduce((sum, ms) => sum + ms, 0)).toBeLessThan(durationMs);
    }
    expect((await machine.mpirun(mpiProgram('point-to-point'), run)).times).toBeUndefined();
  });

  test('`mpirun --stats` prints how long ranks were in calls, and what they sent', async () => {
    const { stderr } = await fusedos(['mpirun', '-n', '2', '--stats', mpiProgram('point-to-point'), 'persistent']);
    const [, times, messages] = /\nmilliseconds in MPI\n(.*)messages\n(.*)bytes\n/s.exec(stderr) ?? [];
    expect(times).toMatch(/^ *call +rank 0 +rank 1\n *all +\d+\.\d{3} +\d+\.\d{3}\n/);
    expect(times).toMatch(/^ *MPI_Finalize +\d/m);
    expect(messages).toMatch(/^ *from +to 0 +to 1\n/);
  });
});
