// Arguments of collective operations, checked: blocks of buffers, operands and results of reductions.

import { MPI_BYTE, MPI_ERR_BUFFER, MPI_ERR_ROOT, MPI_IN_PLACE } from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, readCounts, readInts } from '../arguments.ts';
import type { Block, Blocks } from '../collectives/moving.ts';
import type { Reduction } from '../collectives/reducing.ts';
import type { Collective, Steps } from '../collectives/steps.ts';
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
function evenBlocks(
  context: MessagingContext,
  _width: Widths,
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
function variedBlocks(
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
function typedBlocks(
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
    // Of nothing the type does not count: MPI_DATATYPE_NULL stands there in many programs.
    const type = context.datatypes.committed(count === 0 ? MPI_BYTE : (handles[i] as number));
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

export type Five = [number, number, number, number, number];
export type Six = [...Five, number];

/** Of a rank that has none. */
export const NO_BLOCKS: Blocks = () => {
  throw new RangeError('this rank has no blocks');
};

/** What makes the steps of an operation, as often as it is begun. */
export type Begin = (collective: Collective) => Steps;
/** Checks arguments, the last of which is the communicator. */
export type Define = (
  context: MessagingContext,
  communicator: Communicator,
  args: readonly number[],
  width: Widths,
) => Begin;

/** By the end of its name an operation says how the blocks of several ranks stand in a buffer. */
const LAYOUTS = {
  '': { length: 3, blocksOf: evenBlocks },
  v: { length: 4, blocksOf: variedBlocks },
  w: { length: 4, blocksOf: typedBlocks },
} as const;
type LayoutName = keyof typeof LAYOUTS;

/** A buffer among the arguments of an operation: read where it counts for this rank. */
export class BufferArguments {
  readonly isInPlace: boolean;
  /** All blocks are of one size. */
  readonly isEven: boolean;
  readonly #context: MessagingContext;
  readonly #width: Widths;
  readonly #layout: LayoutName;
  readonly #args: readonly number[];

  constructor(context: MessagingContext, width: Widths, layout: LayoutName, args: readonly number[]) {
    this.isInPlace = args[0] === MPI_IN_PLACE;
    this.isEven = layout === '';
    this.#context = context;
    this.#width = width;
    this.#layout = layout;
    this.#args = args;
  }

  block(): Block {
    const [address, count, type] = this.#args as [number, number, number];
    return checked(this.#context, address, count, type);
  }

  blocks(ranks: number): Blocks {
    const args = this.#args as [number, number, number, number];
    return LAYOUTS[this.#layout].blocksOf(this.#context, this.#width, ranks, ...args);
  }
}

/** Checks what is sent and what is received. @param root there is none in most */
type DefineBuffers = (
  context: MessagingContext,
  communicator: Communicator,
  from: BufferArguments,
  to: BufferArguments,
  root: number,
) => Begin;

/** The buffers of a family of operations: where all blocks stand, and whether a root follows. */
interface Family {
  readonly sends: 'block' | 'blocks';
  readonly receives: 'block' | 'blocks';
  readonly hasRoot: boolean;
  readonly layouts: readonly LayoutName[];
}

const FAMILIES = {
  gather: { sends: 'block', receives: 'blocks', hasRoot: true, layouts: ['', 'v'] },
  scatter: { sends: 'blocks', receives: 'block', hasRoot: true, layouts: ['', 'v'] },
  allgather: { sends: 'block', receives: 'blocks', hasRoot: false, layouts: ['', 'v'] },
  alltoall: { sends: 'blocks', receives: 'blocks', hasRoot: false, layouts: ['', 'v', 'w'] },
} as const satisfies { readonly [name: string]: Family };

/** An operation, and how many arguments it has with its communicator. */
export interface Defined {
  readonly name: string;
  readonly count: number;
  readonly define: Define;
}

/** The operations of a family, one for each layout, from what they have in common. */
export function familyOf(name: string, kind: keyof typeof FAMILIES, define: DefineBuffers): Defined[] {
  const { sends, receives, hasRoot, layouts }: Family = FAMILIES[kind];
  return layouts.map((layout) => {
    const lengthOf = (buffer: 'block' | 'blocks'): number => (buffer === 'block' ? 3 : LAYOUTS[layout].length);
    const middle = lengthOf(sends);
    const end = middle + lengthOf(receives);
    return {
      name: `${name}${layout}`,
      count: end + Number(hasRoot) + 1,
      define: (context, communicator, args, width) => {
        const from = new BufferArguments(context, width, layout, args.slice(0, middle));
        const to = new BufferArguments(context, width, layout, args.slice(middle, end));
        return define(context, communicator, from, to, args[end] as number);
      },
    };
  });
}
