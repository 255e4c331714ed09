// What `fusedos mpirun --stats` prints of calls and messages.

import { expect, test } from 'vitest';
import { renderStats } from '../../../runtime/cli/run/job.ts';
import type { JobExit } from '../../../runtime/machine/job/job.ts';

const NOTHING = { ranks: [], traffic: { messages: [[0]], bytes: [[0]] } };

/** Without the table of ranks, which are none. */
function stats(exit: Partial<JobExit>): string[] {
  return renderStats({ ...NOTHING, ...exit } as unknown as JobExit)
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

test('nothing is said of a job that has called nothing', () => {
  expect(stats({})).toEqual([]);
  expect(stats({ times: [{}, {}] })).toEqual([]);
});

test('a column a rank says how long it was in which call', () => {
  const times = [{ MPI_Send: 1.5, MPI_Init: 0.25 }, { MPI_Recv: 20 }];
  expect(stats({ times })).toEqual([
    'milliseconds in MPI',
    'call  rank 0  rank 1',
    'all   1.750  20.000',
    'MPI_Recv   0.000  20.000',
    'MPI_Send   1.500   0.000',
    'MPI_Init   0.250   0.000',
  ]);
});

test('of many ranks the least, the mean and the most are said', () => {
  const times = Array.from({ length: 20 }, (_, rank) => ({ MPI_Barrier: rank === 7 ? 20 : 0.5 }));
  expect(stats({ times }).slice(1)).toEqual([
    'call  least   mean    most  rank',
    'all  0.500  1.475  20.000     7',
    'MPI_Barrier  0.500  1.475  20.000     7',
  ]);
});

test('who has sent what to whom stands behind that', () => {
  const traffic = {
    messages: [
      [0, 2],
      [1, 0],
    ],
    bytes: [
      [0, 16],
      [8, 0],
    ],
  };
  const messages = ['messages', 'from  to 0  to 1', '0     0     2', '1     1     0'];
  expect(stats({ traffic })).toEqual([...messages, 'bytes', 'from  to 0  to 1', '0     0    16', '1     8     0']);
});
