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
import type { Steps } from '../collectives/steps.ts';
import type { Communicator } from '../communicator.ts';
import { MpiError } from '../errors.ts';
import {
  checked,
  type Define,
  type Defined,
  type Five,
  familyOf,
  NO_BLOCKS,
  reductionOf,
  result,
  type Six,
} from './collective-arguments.ts';

/** Errors: MPI_ERR_ROOT: the other group has no such rank. */
function roleOf({ peers }: Communicator, root: number): Role {
  if (root === MPI_ROOT) return 'root';
  if (root === MPI_PROC_NULL) return 'besides the root';
  const { length } = peers.ranks;
  if (root < 0 || root >= length)
    throw new MpiError(MPI_ERR_ROOT, `there is no rank ${root} among the other ${length}`);
  return { root };
}

const MOVING: readonly Defined[] = [
  ...familyOf('Gather', 'gather', (_, communicator, from, to, root) => {
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    const isRoot = role === 'root';
    const own = isRoot ? undefined : from.block();
    const blocks = isRoot ? to.blocks(communicator.peers.ranks.length) : NO_BLOCKS;
    return (collective) => gatherAcross(collective, role, own, blocks);
  }),

  ...familyOf('Scatter', 'scatter', (_, communicator, from, to, root) => {
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    const isRoot = role === 'root';
    const blocks = isRoot ? from.blocks(communicator.peers.ranks.length) : NO_BLOCKS;
    const own = isRoot ? undefined : to.block();
    return (collective) => scatterAcross(collective, role, blocks, own);
  }),

  ...familyOf('Allgather', 'allgather', (_, { peers }, from, to) => {
    const own = from.block();
    const blocks = to.blocks(peers.ranks.length);
    return (collective) => exchangeAcross(collective, () => own, blocks);
  }),

  ...familyOf('Alltoall', 'alltoall', (_, { peers }, from, to) => {
    const sent = from.blocks(peers.ranks.length);
    const blocks = to.blocks(peers.ranks.length);
    return (collective) => exchangeAcross(collective, sent, blocks);
  }),
];

export const ACROSS: { readonly [name: string]: Define | undefined } = {
  ...Object.fromEntries(MOVING.map(({ name, define }) => [name, define])),

  Barrier: () => barrierAcross,

  Bcast: (context, communicator, args) => {
    const [buffer, count, type, root] = args as Five;
    const role = roleOf(communicator, root);
    if (role === 'besides the root') return nothing;
    const block = checked(context, buffer, count, type);
    return (collective) => scatterAcross(collective, role, () => block, block);
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
