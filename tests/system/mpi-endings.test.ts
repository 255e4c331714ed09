// How jobs end that do not end well, as a user of the command line sees it: which rank, in which function, by what; and what threads of a
// rank may call.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { distDirectory, guestDirectory } from '../support/built.ts';
import { fusedos as command } from '../support/command.ts';
import { compilePrograms } from '../support/compile-programs.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 });

const sysroot = join(distDirectory, 'sysroot');
const missing = existsSync(join(sysroot, 'include/mpi.h')) ? undefined : 'there is no sysroot with MPI';
const folder = join(guestDirectory, 'endings');
const file = join(folder, 'ranks.wasm');

describe.skipIf(missing !== undefined)(`a job${missing === undefined ? '' : ` (skipped, because ${missing})`}`, () => {
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    const source = 'tests/guests/endings/ranks.c';
    await compilePrograms(sysroot, [{ language: 'c', source, args: ['-O2', '-pthread', '-lmpi'], file }]);
  });

  test.each([
    ['argument', 'rank 0: MPI_Send: MPI_ERR_RANK: there is no rank 99 among the 2 of MPI_COMM_WORLD', 6],
    ['abort', 'rank 1 called MPI_Abort on MPI_COMM_WORLD with 7', 7],
    ['operations', 'rank 1 waits in MPI_Barrier of MPI_COMM_WORLD for rank 0', 134],
    ['counts', 'rank 1: MPI_Bcast: MPI_ERR_TRUNCATE: rank 0 sends more than the 8 bytes that are its part here', 15],
    ['requests', 'rank 1: MPI_Wait: MPI_ERR_TRUNCATE', 15],
    ['leave', 'rank 1', 3],
    ['thread', 'MPI_Comm_rank was called by another thread than main: only main may (MPI_THREAD_FUNNELED)', 134],
  ])('says why it ended: %s', async (how, expected, status) => {
    const ended = await command(['mpirun', '-n', '2', '--threads', '2', file, how]);
    expect(ended.stderr.replace(/ \(pid \d+, ranks\.wasm\)/, '')).toContain(expected);
    expect(ended.status).toBe(status);
  });

  test('lets any thread ask where MPI stands, and the time', async () => {
    const { stdout, stderr, status } = await command(['mpirun', '-n', '1', '--threads', '2', file, 'threads']);
    const rest = 'main 0 time 1 tick 1';
    expect(stdout.trim().split('\n')).toEqual([
      `initialized 0 finalized 0 funneled 0 ${rest}`,
      `initialized 1 finalized 0 funneled 1 ${rest}`,
      `initialized 1 finalized 1 funneled 1 ${rest}`,
    ]);
    expect([stderr, status]).toEqual(['', 0]);
  });
});
