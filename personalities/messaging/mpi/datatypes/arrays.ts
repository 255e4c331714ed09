// Parts of arrays as datatypes: a box out of it, and a process's share of one that is distributed over a grid of processes. Both have the
// extent of the whole array. Built from the dimension whose index moves fastest outwards. See: MPI 4.0, 5.1.3 and 5.1.4.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import { MpiError } from '../errors.ts';
import { repeatedShape, resizedShape, type Shape, ShapeBuilder } from './shape.ts';

/** One dimension of a box: of `size` indices those from `start` on. */
export interface BoxSide {
  readonly size: number;
  readonly subsize: number;
  readonly start: number;
}

/** How one dimension is dealt out to the processes along it. */
export interface Distribution {
  readonly size: number;
  /** MPI_DISTRIBUTE_… */
  readonly kind: number;
  /** Indices in a block, or MPI_DISTRIBUTE_DFLT_DARG. */
  readonly argument: number;
  readonly processes: number;
}

export function subarray(sides: readonly BoxSide[], order: number, old: Shape): Shape {
  for (const { size, subsize, start } of sides)
    if (size < 1 || subsize < 1 || subsize > size || start < 0 || start > size - subsize)
      throw new MpiError(mpi.MPI_ERR_ARG, `a subarray of ${subsize} from ${start} on does not fit into ${size}`);
  let part = old;
  let unit = old.extent;
  let displacement = 0;
  for (const { size, subsize, start } of fastestFirst(sides, order)) {
    part = repeatedShape(part, subsize, unit);
    displacement += start * unit;
    unit *= size;
  }
  return ofWholeArray(part, displacement, unit);
}

/** @param rank of the process, whose place in the grid is that of MPI_Cart_create: its last coordinate moves fastest */
export function darray(
  processes: number,
  rank: number,
  dimensions: readonly Distribution[],
  order: number,
  old: Shape,
): Shape {
  const grid = dimensions.reduce((product, { processes: along }) => product * along, 1);
  if (dimensions.some(({ processes: along }) => along < 1) || grid !== processes)
    throw new MpiError(mpi.MPI_ERR_ARG, `the grid has not ${processes} processes`);
  if (rank < 0 || rank >= processes) throw new MpiError(mpi.MPI_ERR_RANK, `${rank} is not in a grid of ${processes}`);
  const shares: Share[] = [];
  let rest = rank;
  for (const dimension of dimensions.toReversed()) {
    shares.unshift({ size: dimension.size, ...shareOf(dimension, rest % dimension.processes) });
    rest = Math.floor(rest / dimension.processes);
  }
  let part = old;
  let unit = old.extent;
  for (const share of fastestFirst(shares, order)) {
    part = dealtShape(part, share, unit);
    unit *= share.size;
  }
  return ofWholeArray(part, 0, unit);
}

/** Blocks of `block` indices, one every `cycle` from `start` on, as far as there are indices. */
interface Share {
  readonly size: number;
  readonly start: number;
  readonly block: number;
  readonly cycle: number;
}

function shareOf({ size, kind, argument, processes }: Distribution, coordinate: number): Omit<Share, 'size'> {
  const isDefault = argument === mpi.MPI_DISTRIBUTE_DFLT_DARG;
  if (size < 1) throw new MpiError(mpi.MPI_ERR_ARG, `an array of ${size} along a dimension`);
  switch (kind) {
    case mpi.MPI_DISTRIBUTE_NONE:
      if (processes !== 1)
        throw new MpiError(mpi.MPI_ERR_ARG, `${processes} processes along a dimension that is not distributed`);
      return { start: 0, block: size, cycle: size };
    case mpi.MPI_DISTRIBUTE_BLOCK: {
      const block = isDefault ? Math.ceil(size / processes) : argument;
      if (block < 1 || block * processes < size)
        throw new MpiError(mpi.MPI_ERR_ARG, `${processes} blocks of ${block} are not ${size}`);
      return { start: coordinate * block, block, cycle: block * processes };
    }
    case mpi.MPI_DISTRIBUTE_CYCLIC: {
      const block = isDefault ? 1 : argument;
      if (block < 1) throw new MpiError(mpi.MPI_ERR_ARG, `blocks of ${block}`);
      return { start: coordinate * block, block, cycle: block * processes };
    }
    default:
      throw new MpiError(mpi.MPI_ERR_ARG, `${kind} is no distribution`);
  }
}

function dealtShape(part: Shape, { size, start, block, cycle }: Share, unit: number): Shape {
  const whole = Math.max(0, Math.floor((size - start - block) / cycle) + 1);
  const behind = start + whole * cycle;
  const builder = new ShapeBuilder();
  if (whole > 0) builder.add(start * unit, 1, repeatedShape(repeatedShape(part, block, unit), whole, cycle * unit));
  if (behind < size) builder.add(behind * unit, 1, repeatedShape(part, size - behind, unit));
  return builder.finish();
}

function fastestFirst<T>(dimensions: readonly T[], order: number): readonly T[] {
  if (order === mpi.MPI_ORDER_FORTRAN) return dimensions;
  if (order === mpi.MPI_ORDER_C) return dimensions.toReversed();
  throw new MpiError(mpi.MPI_ERR_ARG, `${order} is no order of arrays`);
}

function ofWholeArray(part: Shape, displacement: number, bytes: number): Shape {
  const builder = new ShapeBuilder();
  builder.add(displacement, 1, part);
  return resizedShape(builder.finish(), 0, bytes);
}
