// Operations of reductions, and reductions within a process.

import { expect, it } from 'vitest';
import * as datatypes from '../../../personalities/messaging/mpi/datatypes/entries.ts';
import * as entries from '../../../personalities/messaging/mpi/entry/operations.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { JobOfOne } from './job-of-one.ts';
import { errorClassOf } from './rank.ts';

it('a predefined operation is the guest’s', () => {
  const job = new JobOfOne();
  const [from, to] = [job.ints(1, 2), job.ints(10, 20)];
  entries.MPI_Reduce_local(job.context, from, to, 2, mpi.MPI_INT, mpi.MPI_SUM);
  expect([job.int(to), job.int(to + 4)]).toEqual([11, 22]);
  entries.MPI_Op_commutative(job.context, mpi.MPI_SUM, job.result);
  expect(job.int(job.result)).toBe(1);
});

it('a program’s own is called with the addresses of its count and its type', () => {
  const job = new JobOfOne();
  const { context, result } = job;
  datatypes.MPI_Type_vector(context, 2, 1, 2, mpi.MPI_INT, result);
  datatypes.MPI_Type_commit(context, result);
  const type = job.int(result);
  for (const isLarge of [false, true]) {
    const calls: unknown[] = [];
    const index = job.function((left, right, count = 0, typeAt = 0) => {
      const number = isLarge ? Number(job.memory.readU64(count)) : job.int(count);
      calls.push([left, right, number, job.int(typeAt)]);
      return 0;
    });
    const create = isLarge ? entries.MPI_Op_create_c : entries.MPI_Op_create;
    create(context, index, 0, result);
    const operation = job.int(result);
    entries.MPI_Op_commutative(context, operation, result);
    expect(job.int(result)).toBe(0);
    const [from, to] = [job.place(64), job.place(64)];
    entries.MPI_Reduce_local(context, from, to, 3, type, operation);
    entries.MPI_Reduce_local(context, from, to, 0, type, operation);
    expect(calls).toEqual([[from, to, 3, type]]);
    const place = job.ints(operation);
    entries.MPI_Op_free(context, place);
    expect(job.int(place)).toBe(mpi.MPI_OP_NULL);
    const reduce = () => entries.MPI_Reduce_local(context, from, to, 1, type, operation);
    expect(errorClassOf(reduce)).toBe(mpi.MPI_ERR_OP);
  }
});

it('what cannot be reduced is refused', () => {
  const job = new JobOfOne();
  const { context } = job;
  const [from, to] = [job.ints(1), job.ints(2)];
  const error = (left: number, right: number, count: number, type: number, operation: number): number =>
    errorClassOf(() => entries.MPI_Reduce_local(context, left, right, count, type, operation));
  const { MPI_INT, MPI_SUM } = mpi;
  expect(error(from, to, -1, MPI_INT, MPI_SUM)).toBe(mpi.MPI_ERR_COUNT);
  expect(error(from, to, 1, mpi.MPI_DATATYPE_NULL, MPI_SUM)).toBe(mpi.MPI_ERR_TYPE);
  expect(error(from, to, 1, MPI_INT, mpi.MPI_OP_NULL)).toBe(mpi.MPI_ERR_OP);
  expect(error(mpi.MPI_IN_PLACE, to, 1, MPI_INT, MPI_SUM)).toBe(mpi.MPI_ERR_BUFFER);
  expect(error(from, job.memory.size, 1, MPI_INT, MPI_SUM)).toBe(mpi.MPI_ERR_BUFFER);
  expect(errorClassOf(() => entries.MPI_Op_free(context, job.ints(MPI_SUM)))).toBe(mpi.MPI_ERR_OP);
});
