// The time of calls: by rank and name, of the outermost alone.

import { expect, test, vi } from 'vitest';
import {
  callTimesBytes,
  type MessagingContext,
  measuring,
  readCallTimes,
} from '../../../personalities/messaging/index.ts';
import { FOREIGN_MPI_ROWS } from '../../../runtime/abi/mpi/foreign.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';

const SIZE = 3;
const context = {} as MessagingContext;

function numberOf(name: string, rows = MPI_ROWS): number {
  return rows.find((row) => row.name === name)?.number ?? expect.fail(name);
}

/** A rank whose calls take what they are given, in milliseconds. */
function rank(number: number, times: SharedArrayBuffer) {
  const measured = measuring(times, number);
  const take = (_: MessagingContext, ms: number): number => {
    vi.advanceTimersByTime(ms);
    return 7;
  };
  return (name: string, ms: number, rows = MPI_ROWS) =>
    (measured(take, numberOf(name, rows)) as typeof take)(context, ms);
}

test('is summed up by rank and name, whichever ABI the program has', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const times = new SharedArrayBuffer(callTimesBytes(SIZE));
    const [first, last] = [rank(0, times), rank(2, times)];
    expect(first('MPI_Send', 3)).toBe(7);
    first('MPI_Send', 4);
    first('MPI_Send', 1, FOREIGN_MPI_ROWS);
    last('MPI_Recv', 5);
    expect(readCallTimes(times, SIZE)).toEqual([{ MPI_Send: 8 }, {}, { MPI_Recv: 5 }]);
  } finally {
    vi.useRealTimers();
  }
});

test('of a call that MPI’s call of a function of the program makes is part of that', () => {
  const times = new SharedArrayBuffer(callTimesBytes(1));
  const measured = measuring(times, 0);
  const inner = measured(() => 0, numberOf('MPI_Comm_rank')) as (context: MessagingContext) => number;
  const outer = measured(() => inner(context), numberOf('MPI_Allreduce')) as typeof inner;
  const failing = measured(() => {
    inner(context);
    throw new Error('the guest has ended');
  }, numberOf('MPI_Recv')) as typeof inner;
  while (Object.keys(readCallTimes(times, 1)[0] ?? {}).length < 2) {
    outer(context);
    expect(() => failing(context)).toThrow('the guest has ended');
  }
  expect(Object.keys(readCallTimes(times, 1)[0] ?? {}).toSorted()).toEqual(['MPI_Allreduce', 'MPI_Recv']);
});
