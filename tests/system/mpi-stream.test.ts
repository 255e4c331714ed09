// MPI between two processes of the host that share no memory: all that lies above the transport is as it was. The cases of tests/guests/mpi
// and the guest apps that communicate.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { distDirectory } from '../support/built.ts';
import { compileMpiApps, compileMpiPrograms, mpiProgram, outcomeOf } from '../support/mpi-cases.ts';
import { MachinePair } from '../support/stream/pair.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** Messages of which each crosses three times before the next one does, and long ones in many pieces. */
const LEFT_OUT = ['-x', 'all_may', '-x', 'a_hundred_thousand', '-x', 'a_message_of_64_megabytes', '-x', 'large_counts'];
const PROGRAMS = ['point-to-point', 'completion', 'collectives', 'reductions', 'mixed'];
const APPS = ['mpi-ring', 'mpi-heat', 'mpi-sort', 'mpi-workers'];

const missing = existsSync(join(distDirectory, 'sysroot/include/mpi.h')) ? undefined : 'there is no sysroot with MPI';

describe.skipIf(missing !== undefined)(`MPI over bytes${missing ? ` (skipped, because ${missing})` : ''}`, () => {
  beforeAll(async () => {
    await compileMpiPrograms(PROGRAMS);
    await compileMpiApps();
  });

  describe.each([
    [1, 1, 'all messages', true],
    [2, 2, 'messages between processes', false],
  ] as const)('%i + %i ranks, %s', (first, second, _what, isForAll) => {
    test('cases and apps', async () => {
      await using pair = await MachinePair.boot([first, second]);
      const failures: string[] = [];
      let right = 0;
      for (const program of PROGRAMS) {
        const outcome = outcomeOf(await pair.run(mpiProgram(program), LEFT_OUT, isForAll));
        failures.push(...outcome.failures.map((failure) => `${program}: ${failure}`));
        right += outcome.right.length;
        expect(outcome.messages.every((row) => row.some((count) => count > 0))).toBe(true);
      }
      expect(failures).toEqual([]);
      expect(right).toBeGreaterThan(300);
      for (const app of APPS) {
        const { stdout, stderr } = await pair.run(mpiProgram(app), [], isForAll);
        expect(`${stdout.trimEnd().split('\n').at(-1)}${stderr}`).toMatch(
          new RegExp(`^REPORT kernel=${app} .* check=pass .*$`),
        );
      }
    });
  });
});
