// Collective operations of intercommunicators, by the names of those of one group: what checks their arguments and gives their steps.
// See: MPI standard, "Applying Collective Operations to Intercommunicators".

import { MPI_ERR_ROOT, MPI_PROC_NULL, MPI_ROOT } from '../../../../runtime/abi/mpi/constants.ts';
import {
  barrierAcross,
  exchangeAcross,
  gatherAcross,
  type Role,
  reduceAcross,
  reduceToAllAcross,
  scatterAcross,
} from '../collectives/across.ts';
import type { Block } from '../collectives/moving.ts';
import type { Collective, Steps } from '../collectives/steps.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import {
  checked,
  type Eight,
  evenBlocks,
  NO_BLOCKS,
  reductionOf,
  result,
  typedBlocks,
  variedBlocks,
  type Widths,
} from './collective-arguments.ts';

type Define = (
  context: MessagingContext,
  communicator: Communicator,
  args: readonly number[],
  width: Widths,
) => (collective: Collective) => Steps;
type Five = [number, number, number, number, number];
type Six = [...Five, number];
type Seven = [...Six, number];

/** Errors: MPI_ERR_ROOT: the other group has no such rank. */
function roleOf({ peers }: Communicator, root: number): Role {
  if (root === MPI_ROOT) return 'root';
  if (root === MPI_PROC_NULL) return 'besides the root';
  const { length } = peers.ranks;
  if (root < 0 || root >= length)
    throw new MpiError(MPI_ERR_ROOT, `there is no rank ${root} among the other ${length}`);
  return { root };
}

export const ACROSS: { readonly [name: string]: Define | undefined } = {
  Barrier: () => barrierAcross,

  Bcast: (context, communicator, args) => {
    const [buffer, count, type, root] = args as Five;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    const block = checked(context, buffer, count, type);
    return (collective) => scatterAcross(collective, role, () => block, block);
  },

  Gather: (context, communicator, args) => {
    const [from, count, type, to, toCount, toType, root] = args as Seven;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    if (role !== 'root') return sendTo(role, checked(context, from, count, type));
    return gatherAtRoot(evenBlocks(context, communicator.peers.ranks.length, to, toCount, toType));
  },

  Gatherv: (context, communicator, args, width) => {
    const [from, count, type, to, counts, places, toType, root] = args as Eight;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    if (role !== 'root') return sendTo(role, checked(context, from, count, type));
    return gatherAtRoot(variedBlocks(context, width, communicator.peers.ranks.length, to, counts, places, toType));
  },

  Scatter: (context, communicator, args) => {
    const [from, fromCount, fromType, to, count, type, root] = args as Seven;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    if (role !== 'root') return receiveOf(role, checked(context, to, count, type));
    return scatterAtRoot(evenBlocks(context, communicator.peers.ranks.length, from, fromCount, fromType));
  },

  Scatterv: (context, communicator, args, width) => {
    const [from, counts, places, fromType, to, count, type, root] = args as Eight;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    if (role !== 'root') return receiveOf(role, checked(context, to, count, type));
    return scatterAtRoot(variedBlocks(context, width, communicator.peers.ranks.length, from, counts, places, fromType));
  },

  Allgather: (context, { peers }, args) => {
    const [from, count, type, to, toCount, toType] = args as Six;
    const own = checked(context, from, count, type);
    const blocks = evenBlocks(context, peers.ranks.length, to, toCount, toType);
    return (collective) => exchangeAcross(collective, () => own, blocks);
  },

  Allgatherv: (context, { peers }, args, width) => {
    const [from, count, type, to, counts, places, toType] = args as Seven;
    const own = checked(context, from, count, type);
    const blocks = variedBlocks(context, width, peers.ranks.length, to, counts, places, toType);
    return (collective) => exchangeAcross(collective, () => own, blocks);
  },

  Alltoall: (context, { peers }, args) => {
    const [from, count, type, to, toCount, toType] = args as Six;
    const sent = evenBlocks(context, peers.ranks.length, from, count, type);
    const blocks = evenBlocks(context, peers.ranks.length, to, toCount, toType);
    return (collective) => exchangeAcross(collective, sent, blocks);
  },

  Alltoallv: (context, { peers }, args, width) => {
    const [from, fromCounts, fromPlaces, fromType, to, counts, places, type] = args as Eight;
    const sent = variedBlocks(context, width, peers.ranks.length, from, fromCounts, fromPlaces, fromType);
    const blocks = variedBlocks(context, width, peers.ranks.length, to, counts, places, type);
    return (collective) => exchangeAcross(collective, sent, blocks);
  },

  Alltoallw: (context, { peers }, args, width) => {
    const [from, fromCounts, fromPlaces, fromTypes, to, counts, places, types] = args as Eight;
    const sent = typedBlocks(context, width, peers.ranks.length, from, fromCounts, fromPlaces, fromTypes);
    const blocks = typedBlocks(context, width, peers.ranks.length, to, counts, places, types);
    return (collective) => exchangeAcross(collective, sent, blocks);
  },

  Reduce: (context, communicator, args) => {
    const [from, to, count, type, op, root] = args as Six;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    const reduction = reductionOf(context, count, type, op);
    if (role === 'root') result(context, to, reduction);
    else checked(context, from, count, type);
    return (collective) => reduceAcross(collective, role, reduction, from, to);
  },

  Allreduce: (context, _, args) => {
    const [from, to, count, type, op] = args as Five;
    const reduction = reductionOf(context, count, type, op);
    result(context, to, reduction);
    checked(context, from, count, type);
    return (collective) => reduceToAllAcross(collective, reduction, from, to);
  },

  /** Of as many elements for each of this group. */
  Reduce_scatter_block: (context, { size }, args) => {
    const [from, to, count, type, op] = args as Five;
    const whole = reductionOf(context, count * size, type, op);
    checked(context, to, count, type);
    checked(context, from, whole.count, type);
    return (collective) => reduceToAllAcross(collective, whole, from, to, new Array<number>(size).fill(count));
  },

  Reduce_scatter: (context, { rank, size }, args, width) => {
    const [from, to, countsAt, type, op] = args as Five;
    const counts = width.counts(context.memory, countsAt, size, 'counts');
    const count = counts.reduce((sum, each) => sum + each, 0);
    const whole = reductionOf(context, count, type, op);
    checked(context, to, counts[rank] ?? 0, type);
    checked(context, from, count, type);
    return (collective) => reduceToAllAcross(collective, whole, from, to, counts);
  },
};

function* nothing(): Steps {}

function sendTo(role: Role, block: Block) {
  return (collective: Collective): Steps => gatherAcross(collective, role, block, NO_BLOCKS);
}

function gatherAtRoot(blocks: (rank: number) => Block) {
  return (collective: Collective): Steps => gatherAcross(collective, 'root', undefined, blocks);
}

function receiveOf(role: Role, block: Block) {
  return (collective: Collective): Steps => scatterAcross(collective, role, NO_BLOCKS, block);
}

function scatterAtRoot(blocks: (rank: number) => Block) {
  return (collective: Collective): Steps => scatterAcross(collective, 'root', blocks, undefined);
}
