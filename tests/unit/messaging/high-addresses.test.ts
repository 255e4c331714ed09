// Buffers above 2 GiB: an address is an unsigned number, an MPI_Aint that holds one a signed one, below zero.

import { beforeAll, expect, test } from 'vitest';
import { ENTRIES } from '../../../personalities/messaging/mpi/entry/index.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { JobOfOne } from './job-of-one.ts';

const HIGH = 0x9000_0000;
const PAGE = 0x1_0000;
const COUNT = 4;

let job: JobOfOne;
beforeAll(() => {
  job = new JobOfOne(HIGH / PAGE + 1);
});

function call(name: string, ...args: readonly number[]): number {
  return ENTRIES[name]?.(job.context, ...args) ?? expect.fail(name);
}

/** A committed type of ints at absolute addresses. */
function typeAt(...addresses: readonly number[]): number {
  const lengths = job.ints(...addresses.map(() => 1));
  call('MPI_Type_create_hindexed', addresses.length, lengths, job.ints(...addresses), mpi.MPI_INT, job.result);
  call('MPI_Type_commit', job.result);
  return job.int(job.result);
}

function send(address: number, count: number, type: number, to: number, toCount: number, toType: number): void {
  call('MPI_Send', address, count, type, 0, 1, mpi.MPI_COMM_WORLD);
  call('MPI_Recv', to, toCount, toType, 0, 1, mpi.MPI_COMM_WORLD, 0);
}

/** Ints that a test has put there. */
function place(address: number, ...values: readonly number[]): void {
  for (const [i, value] of values.entries()) job.memory.writeU32(address + 4 * i, value);
}

test('are sent and received by their addresses', () => {
  place(HIGH, 1, 2, 3, 4);
  send(HIGH | 0, COUNT, mpi.MPI_INT, (HIGH + 64) | 0, COUNT, mpi.MPI_INT);
  expect([0, 1, 2, 3].map((i) => job.int(HIGH + 64 + 4 * i))).toEqual([1, 2, 3, 4]);
});

test.each([
  ['in one piece', [HIGH + 128, HIGH + 132]],
  ['in several', [HIGH + 128, HIGH + 140]],
])('are sent and received by a type of absolute addresses: %s', (_what, addresses) => {
  const type = typeAt(...addresses);
  const low = job.ints(0, 0);
  for (const [i, address] of addresses.entries()) place(address, 7 + i);
  send(mpi.MPI_BOTTOM, 1, type, low, 2, mpi.MPI_INT);
  expect([job.int(low), job.int(low + 4)]).toEqual([7, 8]);
  place(low, 20, 21);
  send(low, 2, mpi.MPI_INT, mpi.MPI_BOTTOM, 1, type);
  expect(addresses.map((address) => job.int(address))).toEqual([20, 21]);
});

test('beyond the memory are refused', () => {
  const end = HIGH + PAGE;
  expect(() => send(end - 4, 2, mpi.MPI_INT, HIGH, 2, mpi.MPI_INT)).toThrow('not in the program');
  expect(() => send(mpi.MPI_BOTTOM, 1, typeAt(end), HIGH, 1, mpi.MPI_INT)).toThrow('not in the program');
  expect(() => send(-8, COUNT, mpi.MPI_INT, HIGH, 1, mpi.MPI_INT)).toThrow('not in the program');
});
