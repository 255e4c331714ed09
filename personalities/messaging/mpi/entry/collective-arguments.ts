// Arguments of collective operations, checked: blocks of buffers, operands and results of reductions.

import { MPI_ERR_BUFFER, MPI_ERR_ROOT, MPI_IN_PLACE } from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, readCounts, readInts } from '../arguments.ts';
import type { Block, Blocks } from '../collectives/moving.ts';
import type { Reduction } from '../collectives/reducing.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';

/** How arrays of counts and of displacements are read. */
export interface Widths {
  readonly counts: typeof readInts;
  readonly places: typeof readInts;
}

export const SMALL_WIDTHS: Widths = { counts: readInts, places: readInts };
/** Displacements are MPI_Aints, which have 32 bits. */
export const LARGE_WIDTHS: Widths = { counts: readCounts, places: readInts };

export function requireRoot({ size }: Communicator, root: number): void {
  if (root < 0 || root >= size) throw new MpiError(MPI_ERR_ROOT, `there is no rank ${root} among ${size}`);
}

/** Errors: MPI_ERR_BUFFER: this rank may not say MPI_IN_PLACE there. */
export function checked(context: MessagingContext, address: number, count: number, typeHandle: number): Block {
  const type = context.datatypes.committed(typeHandle);
  if (address === MPI_IN_PLACE) throw new MpiError(MPI_ERR_BUFFER, 'MPI_IN_PLACE stands where it may not');
  checkBuffer(context.memory, address, count, type);
  return { address, count, type };
}

/** Blocks of the same size one behind the other. */
export function evenBlocks(
  context: MessagingContext,
  ranks: number,
  address: number,
  count: number,
  typeHandle: number,
): Blocks {
  const type = context.datatypes.committed(typeHandle);
  checkBuffer(context.memory, address, count * ranks, type);
  return (rank) => ({ address: address + rank * count * type.extent, count, type });
}

/** Blocks of sizes of their own, where displacements in elements say. */
export function variedBlocks(
  context: MessagingContext,
  width: Widths,
  ranks: number,
  address: number,
  counts: number,
  displacements: number,
  typeHandle: number,
): Blocks {
  const type = context.datatypes.committed(typeHandle);
  const sizes = width.counts(context.memory, counts, ranks, 'counts');
  const places = width.places(context.memory, displacements, ranks, 'displacements');
  const blocks = sizes.map((count, i) => ({ address: address + (places[i] as number) * type.extent, count, type }));
  for (const each of blocks) checkBuffer(context.memory, each.address, each.count, type);
  return (rank) => blocks[rank] as Block;
}

/** Blocks of sizes and types of their own, where displacements in bytes say. */
export function typedBlocks(
  context: MessagingContext,
  width: Widths,
  ranks: number,
  address: number,
  counts: number,
  displacements: number,
  types: number,
): Blocks {
  const sizes = width.counts(context.memory, counts, ranks, 'counts');
  const places = width.places(context.memory, displacements, ranks, 'displacements');
  const handles = readInts(context.memory, types, ranks, 'types');
  const blocks = sizes.map((count, i): Block => {
    const type = context.datatypes.committed(handles[i] as number);
    const block = { address: address + (places[i] as number), count, type };
    checkBuffer(context.memory, block.address, count, type);
    return block;
  });
  return (rank) => blocks[rank] as Block;
}

export function reductionOf(context: MessagingContext, count: number, typeHandle: number, op: number): Reduction {
  const type = context.datatypes.committed(typeHandle);
  const operation = context.operations.get(op);
  operation.check(context, type);
  return { operation, count, type, handle: typeHandle };
}

/** Where this rank's operand stands: behind MPI_IN_PLACE in the place of the result. */
export function operand(context: MessagingContext, from: number, to: number, { count, type }: Reduction): number {
  const address = from === MPI_IN_PLACE ? to : from;
  checkBuffer(context.memory, address, count, type);
  return address;
}

export function result(context: MessagingContext, to: number, { count, type }: Reduction): void {
  if (to === MPI_IN_PLACE) throw new MpiError(MPI_ERR_BUFFER, 'MPI_IN_PLACE stands where it may not');
  checkBuffer(context.memory, to, count, type);
}

export type Eight = [number, number, number, number, number, number, number, number];

/** Of a rank that has none. */
export const NO_BLOCKS: Blocks = () => {
  throw new RangeError('this rank has no blocks');
};
