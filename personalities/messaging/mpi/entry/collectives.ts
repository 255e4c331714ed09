// Entries of collective operations. Each is defined once, by what checks its arguments and gives its steps, and has three forms: blocking,
// non-blocking, persistent. See: MPI standard, chapter 6.

import { MPI_BYTE, MPI_ERR_COMM, MPI_IN_PLACE } from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult } from '../arguments.ts';
import {
  type Block,
  type Blocks,
  barrier,
  broadcast,
  exchange,
  gather,
  gatherToAll,
  scatter,
} from '../collectives/moving.ts';
import { type Reduction, Room, reduce, reduceToAll, scan } from '../collectives/reducing.ts';
import { Collective, runSteps, type Steps, StepsTask } from '../collectives/steps.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import type { Datatype } from '../datatypes/datatype.ts';
import { MpiError } from '../errors.ts';
import { Request } from '../requests.ts';
import { communicatorOf } from './arguments.ts';
import {
  type Begin,
  checked,
  type Define,
  type Defined,
  type Five,
  familyOf,
  LARGE_WIDTHS,
  NO_BLOCKS,
  operand,
  reductionOf,
  requireRoot,
  result,
  type Six,
  SMALL_WIDTHS,
} from './collective-arguments.ts';
import { ACROSS } from './intercommunicator-collectives.ts';
import { giveRequest } from './point-to-point.ts';
import type { Entry } from './wrap.ts';

/** How many operations have forms: each is of a kind of its own. */
let kinds = 0;

/** MPI_Name, MPI_Iname and MPI_Name_init, with counts of both widths. */
function forms(name: string, count: number, define: Define): { readonly [name: string]: Entry } {
  const kind = ++kinds;
  return { ...formsOf(name, '', count, kind, define), ...formsOf(name, '_c', count, kind, define) };
}

/** Those of each. */
export function formsOfAll(operations: readonly Defined[]): { readonly [name: string]: Entry } {
  return Object.assign({}, ...operations.map(({ name, count, define }) => forms(name, count, define)));
}

function formsOf(
  name: string,
  suffix: string,
  count: number,
  kind: number,
  define: Define,
): { readonly [name: string]: Entry } {
  const collectiveOf = (context: MessagingContext, communicator: Communicator): Collective =>
    new Collective(context, communicator, communicator.nextCollective(kind));
  const begin = (context: MessagingContext, args: readonly number[]): [Communicator, Begin] => {
    const communicator = communicatorOf(context, args[count - 1] as number);
    const own = communicator.isInter ? ACROSS[name] : define;
    if (own === undefined) throw new MpiError(MPI_ERR_COMM, `${communicator.label} joins two groups`);
    return [communicator, own(context, communicator, args, suffix === '' ? SMALL_WIDTHS : LARGE_WIDTHS)];
  };
  return {
    [`MPI_${name}${suffix}`]: (context, ...args: number[]) => {
      const [communicator, steps] = begin(context, args);
      runSteps(context, steps(collectiveOf(context, communicator)));
      return 0;
    },
    [`MPI_I${name[0]?.toLowerCase()}${name.slice(1)}${suffix}`]: (context, ...args: number[]) => {
      const request = args[count] as number;
      checkResult(context.memory, request);
      const [communicator, steps] = begin(context, args);
      const task = context.engine.begin(new StepsTask(steps(collectiveOf(context, communicator))));
      return giveRequest(context, new Request(task, communicator), request);
    },
    [`MPI_${name}_init${suffix}`]: (context, ...args: number[]) => {
      const request = args[count + 1] as number; // behind an info
      checkResult(context.memory, request);
      const [communicator, steps] = begin(context, args);
      const tag = communicator.nextPersistent(kind);
      const start = (): StepsTask =>
        context.engine.begin(new StepsTask(steps(new Collective(context, communicator, tag))));
      return giveRequest(context, new Request(undefined, communicator, start), request);
    },
  };
}

/** A copy of blocks that are to be replaced in place. */
function packedCopy(
  context: MessagingContext,
  ranks: number,
  blocks: Blocks,
  byte: Datatype,
): { blocks: Blocks; release(): void } {
  const { memory, services } = context;
  const sizes = Array.from({ length: ranks }, (_, rank) => blocks(rank).count * blocks(rank).type.size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const start = services.borrow(bytes);
  let at = start;
  const copies = sizes.map((count, rank): Block => {
    const { address, count: elements, type } = blocks(rank);
    type.pack(memory.bytes, address >>> 0, elements, memory.bytes, at);
    const copy = { address: at, count, type: byte };
    at += count;
    return copy;
  });
  return { blocks: (rank) => copies[rank] as Block, release: () => services.giveBack(start, bytes) };
}

/** Of ranks that exchange in place: what goes is copied first. */
function* exchangeInPlace(collective: Collective, blocks: Blocks): Steps {
  const { context, size } = collective;
  const copy = packedCopy(context, size, blocks, context.datatypes.get(MPI_BYTE));
  try {
    yield* exchange(collective, copy.blocks, blocks);
  } finally {
    copy.release();
  }
}

/** To each rank its part of a reduction: all of it at rank 0 first. */
function* reduceAndScatter(
  collective: Collective,
  whole: Reduction,
  from: number,
  to: number,
  counts: readonly number[],
): Steps {
  const { rank } = collective;
  const { type } = whole;
  const room = rank === 0 ? new Room(collective, whole) : undefined;
  const start = room?.address ?? 0;
  let before = 0;
  const places = counts.map((count) => {
    const place = { address: start + before * type.extent, count, type };
    before += count;
    return place;
  });
  try {
    yield* reduce(collective, whole, from, start, 0);
    yield* scatter(
      collective,
      (other) => places[other] as Block,
      { address: to, count: counts[rank] as number, type },
      0,
    );
  } finally {
    room?.release();
  }
}

const MOVING: readonly Defined[] = [
  ...familyOf('Gather', 'gather', (_, communicator, from, to, root) => {
    requireRoot(communicator, root);
    const isRoot = communicator.rank === root;
    const own = isRoot && from.isInPlace ? undefined : from.block();
    const blocks = isRoot ? to.blocks(communicator.size) : NO_BLOCKS;
    return (collective) => gather(collective, own, blocks, root);
  }),

  ...familyOf('Scatter', 'scatter', (_, communicator, from, to, root) => {
    requireRoot(communicator, root);
    const isRoot = communicator.rank === root;
    const own = isRoot && to.isInPlace ? undefined : to.block();
    const blocks = isRoot ? from.blocks(communicator.size) : NO_BLOCKS;
    return (collective) => scatter(collective, blocks, own, root);
  }),

  ...familyOf('Allgather', 'allgather', (_, { size }, from, to) => {
    const own = from.isInPlace ? undefined : from.block();
    const blocks = to.blocks(size);
    return (collective) => gatherToAll(collective, own, blocks, to.isEven);
  }),

  ...familyOf('Alltoall', 'alltoall', (_, { size }, from, to) => {
    const blocks = to.blocks(size);
    if (from.isInPlace) return (collective) => exchangeInPlace(collective, blocks);
    const sent = from.blocks(size);
    return (collective) => exchange(collective, sent, blocks);
  }),
];

export const COLLECTIVES: { readonly [name: string]: Entry } = {
  ...formsOfAll(MOVING),

  ...forms('Barrier', 1, () => barrier),

  ...forms('Bcast', 5, (context, communicator, args) => {
    const [buffer, count, type, root] = args as Five;
    requireRoot(communicator, root);
    const block = checked(context, buffer, count, type);
    return (collective) => broadcast(collective, block, root);
  }),

  ...forms('Reduce', 7, (context, communicator, args) => {
    const [from, to, count, type, op, root] = args as Six;
    requireRoot(communicator, root);
    const reduction = reductionOf(context, count, type, op);
    const isRoot = communicator.rank === root;
    if (isRoot) result(context, to, reduction);
    if (!isRoot) checked(context, from, count, type);
    const own = isRoot ? operand(context, from, to, reduction) : from;
    return (collective) => reduce(collective, reduction, own, to, root);
  }),

  ...forms('Allreduce', 6, (context, _, args) => {
    const [from, to, count, type, op] = args as Five;
    const reduction = reductionOf(context, count, type, op);
    result(context, to, reduction);
    const own = operand(context, from, to, reduction);
    return (collective) => reduceToAll(collective, reduction, own, to);
  }),

  ...forms('Reduce_scatter_block', 6, (context, { size }, args) => {
    const [from, to, count, type, op] = args as Five;
    const whole = reductionOf(context, count * size, type, op);
    checked(context, to, from === MPI_IN_PLACE ? count * size : count, type);
    const own = operand(context, from, to, whole);
    const counts = Array.from({ length: size }, () => count);
    return (collective) => reduceAndScatter(collective, whole, own, to, counts);
  }),

  ...forms('Reduce_scatter', 6, (context, { rank, size }, args, width) => {
    const [from, to, countsAt, type, op] = args as Five;
    const counts = width.counts(context.memory, countsAt, size, 'counts');
    const count = counts.reduce((sum, each) => sum + each, 0);
    const whole = reductionOf(context, count, type, op);
    checked(context, to, from === MPI_IN_PLACE ? count : (counts[rank] as number), type);
    const own = operand(context, from, to, whole);
    return (collective) => reduceAndScatter(collective, whole, own, to, counts);
  }),

  ...forms('Scan', 6, (context, _, args) => defineScan(context, args, false)),
  ...forms('Exscan', 6, (context, _, args) => defineScan(context, args, true)),
};

function defineScan(context: MessagingContext, args: readonly number[], isExclusive: boolean): Begin {
  const [from, to, count, type, op] = args as Five;
  const reduction = reductionOf(context, count, type, op);
  result(context, to, reduction);
  const own = operand(context, from, to, reduction);
  return (collective) => scan(collective, reduction, own, to, isExclusive);
}
