// Which message goes to which receive is tested by programs (tests/guests/mpi); here is what stays of contexts that were freed.

import { describe, expect, test } from 'vitest';
import { ENTRIES } from '../../../personalities/messaging/mpi/entry/index.ts';
import { Matching } from '../../../personalities/messaging/mpi/matching.ts';
import { Receive, type Unexpected } from '../../../personalities/messaging/mpi/requests.ts';
import { PACKET } from '../../../personalities/messaging/transport/transport.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { JobOfOne } from './job-of-one.ts';

function receiveOf(context: number): Receive {
  return Object.assign(new Receive(), { context, source: 0, tag: 1 });
}

function messageOf(matching: Matching): Unexpected {
  const order = matching.nextOrder();
  return {
    next: undefined,
    source: 0,
    tag: 1,
    bytes: 0,
    kind: PACKET.eager,
    id: 0,
    address: 0,
    payload: undefined,
    order,
  };
}

describe('a context that was freed', () => {
  test('takes no room when nothing waits there', () => {
    const matching = new Matching();
    matching.keep(8, messageOf(matching));
    expect(matching.find(8, 0, 1, true)).toBeDefined();
    matching.free(8);
    expect(matching.size).toBe(0);
  });

  test('stays while a receive waits there, and goes with another one', () => {
    const matching = new Matching();
    const receive = receiveOf(8);
    matching.post(receive);
    matching.free(8);
    expect(matching.isAwaited(8)).toBe(true);
    expect(matching.takeReceive(8, 0, 1)).toBe(receive);
    matching.free(10);
    expect(matching.size).toBe(0);
  });

  test('stays while a message waits there', () => {
    const matching = new Matching();
    matching.keep(8, messageOf(matching));
    matching.free(8);
    expect(matching.isAwaited(8)).toBe(false);
    expect(matching.find(8, 0, 1, true)).toBeDefined();
  });
});

test('10,000 communicators that come and go leave as little behind as one', () => {
  const job = new JobOfOne();
  const { context, result } = job;
  const place = job.place(4);
  const call = (name: string, ...args: readonly number[]): void => void ENTRIES[name]?.(context, ...args);
  const round = (): void => {
    call('MPI_Comm_dup', mpi.MPI_COMM_WORLD, result);
    const comm = job.int(result);
    call('MPI_Send', place, 1, mpi.MPI_INT, 0, 7, comm);
    call('MPI_Barrier', comm);
    call('MPI_Recv', place, 1, mpi.MPI_INT, 0, 7, comm, 0);
    call('MPI_Comm_free', result);
  };
  round();
  const before = context.engine.contexts;
  for (let i = 0; i < 10_000; i++) round();
  expect(context.engine.contexts).toBe(before);
  expect(job.int(result)).toBe(mpi.MPI_COMM_NULL);
});
