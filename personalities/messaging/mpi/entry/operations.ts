// The entries of operations of reductions: a program's own, and a reduction within a process. See: MPI 4.0, 6.9.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, checkResult, storeInt } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { requireInitialized } from './arguments.ts';

const { MPI_ERR_BUFFER, MPI_IN_PLACE, MPI_OP_NULL, MPI_SUCCESS } = mpi;

function createEntry(isLarge: boolean) {
  return (context: MessagingContext, index: number, commute: number, op: number): number => {
    const { memory, operations, services } = context;
    requireInitialized(context);
    checkResult(memory, op, 'the operation');
    services.functionAt(index);
    memory.writeU32(op, operations.add(index, commute !== 0, isLarge));
    return MPI_SUCCESS;
  };
}

export const MPI_Op_create = createEntry(false);
export const MPI_Op_create_c = createEntry(true);

/** Reductions that have begun keep it. */
export function MPI_Op_free({ memory, operations }: MessagingContext, op: number): number {
  checkResult(memory, op, 'the operation');
  operations.free(memory.readU32(op));
  memory.writeU32(op, MPI_OP_NULL);
  return MPI_SUCCESS;
}

export function MPI_Op_commutative({ memory, operations }: MessagingContext, op: number, commute: number): number {
  const { isCommutative } = operations.get(op);
  return storeInt(memory, commute, Number(isCommutative), 'the flag');
}

export function MPI_Reduce_local(
  context: MessagingContext,
  inbuf: number,
  inoutbuf: number,
  count: number,
  datatype: number,
  op: number,
): number {
  const { memory, operations } = context;
  requireInitialized(context);
  const type = context.datatypes.committed(datatype);
  const operation = operations.get(op);
  for (const buffer of [inbuf, inoutbuf]) {
    if (buffer === MPI_IN_PLACE) throw new MpiError(MPI_ERR_BUFFER, 'a reduction within a process has two buffers');
    checkBuffer(memory, buffer, count, type);
  }
  operation.check(context, type);
  if (count > 0) operation.apply(context, inbuf, inoutbuf, count, type, datatype);
  return MPI_SUCCESS;
}
