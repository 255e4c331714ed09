// How communicators are made of others, as steps of a collective operation. Its context is one that a member gives to the others (see
// Communicators.takeContext): of an intercommunicator, that of one group, and that of the other for what each group does by itself.

import { MPI_ERR_COMM } from '../../../runtime/abi/mpi/constants.ts';
import { Collective, type StepsTo } from './collectives/steps.ts';
import { tellAcross, tellAll, tellFrom } from './collectives/telling.ts';
import { Communicator } from './communicator.ts';
import type { MessagingContext } from './context.ts';
import { MpiError } from './errors.ts';
import { Group } from './groups.ts';

/** Of a rank that is to be in none of the communicators that are made. */
export const IN_NONE = -1;

/** One of the same ranks. */
export function duplicate(context: MessagingContext, old: Communicator): StepsTo<Communicator> {
  return old.isInter
    ? duplicateInter(context, old)
    : among(context, old, old.group.ranks, new Collective(context, old));
}

function* duplicateInter(context: MessagingContext, old: Communicator): StepsTo<Communicator> {
  const [across, local] = [new Collective(context, old), new Collective(context, old.local)];
  const { own, theirs } = yield* tellAcross(across, local, Int32Array.of(context.communicators.takeContext()), 1);
  return joined(context, old.group.ranks, old.peers.ranks, own[0] as number, theirs[0] as number);
}

/**
 * One of ranks of another, which know them already, in their order.
 *
 * @param ranks of the job; this rank is one of them
 * @param collective of the other
 * @param tag
 */
export function* among(
  context: MessagingContext,
  old: Communicator,
  ranks: readonly number[],
  { tag }: Pick<Collective, 'tag'>,
): StepsTo<Communicator> {
  const { communicators, engine } = context;
  const group = new Group(ranks);
  // The ranks of the new one, by the messages of the old.
  const members = new Collective(context, new Communicator(old.context, group, engine.rank), tag);
  const own = Int32Array.of(members.rank === 0 ? communicators.takeContext() : 0);
  const told = yield* tellFrom(members, 0, own);
  return inherit(old, new Communicator(told[0] as number, group, engine.rank));
}

/** What a new one has of the one that it is made of. */
export function inherit(old: Communicator, fresh: Communicator): Communicator {
  fresh.errorHandler = old.errorHandler;
  return fresh;
}

/** One for each color, its ranks in the order of keys, those of the same key as in the old. @returns undefined: this rank is in none */
export function* split(
  context: MessagingContext,
  old: Communicator,
  color: number,
  key: number,
): StepsTo<Communicator | undefined> {
  const { communicators, engine } = context;
  const collective = new Collective(context, old.local);
  const across = old.isInter ? new Collective(context, old) : undefined;
  const local = old.isInter ? new Collective(context, old.local) : undefined;
  const own = Int32Array.of(color, key, color === IN_NONE ? 0 : communicators.takeContext());
  const given = yield* tellAll(collective, own);
  if (across === undefined || local === undefined) {
    if (color === IN_NONE) return undefined;
    const { ranks, contextNumber } = ofColor(old.group.ranks, given, color);
    return inherit(old, new Communicator(contextNumber, new Group(ranks), engine.rank));
  }
  const { theirs } = yield* tellAcross(across, local, given, old.peers.ranks.length * own.length);
  if (color === IN_NONE) return undefined;
  const [ours, others] = [ofColor(old.group.ranks, given, color), ofColor(old.peers.ranks, theirs, color)];
  if (others.ranks.length === 0) return undefined;
  return inherit(old, joined(context, ours.ranks, others.ranks, ours.contextNumber, others.contextNumber));
}

/** @param given color, key and context of each rank */
function ofColor(
  ranks: readonly number[],
  given: Int32Array,
  color: number,
): { readonly ranks: readonly number[]; readonly contextNumber: number } {
  const chosen = ranks.flatMap((jobRank, i) => {
    const [itsColor, key = 0, contextNumber = 0] = given.subarray(3 * i, 3 * i + 3);
    return itsColor === color ? [{ jobRank, key, contextNumber }] : [];
  });
  chosen.sort((a, b) => a.key - b.key);
  return { ranks: chosen.map(({ jobRank }) => jobRank), contextNumber: chosen[0]?.contextNumber ?? 0 };
}

/** Of parts of both groups of an intercommunicator. @param ranks this group's part @returns undefined: this rank is in none */
export function* amongInter(
  context: MessagingContext,
  old: Communicator,
  ranks: readonly number[],
): StepsTo<Communicator | undefined> {
  const [across, local] = [new Collective(context, old), new Collective(context, old.local)];
  const given = Int32Array.of(context.communicators.takeContext(), ...ranks);
  const { own, theirs } = yield* tellAcross(across, local, given, context.engine.size + 1);
  const others = [...theirs.subarray(1)];
  if (others.length === 0 || !ranks.includes(context.engine.rank)) return undefined;
  return inherit(old, joined(context, ranks, others, own[0] as number, theirs[0] as number));
}

/**
 * An intercommunicator of the group of one communicator and another one's.
 *
 * @param leader the rank in `local` that speaks with the other group
 * @param bridge of the leader: by which, and with whom
 * @param tag of its messages: see exchangeTag
 */
export function* join(
  context: MessagingContext,
  local: Communicator,
  leader: number,
  bridge: { readonly peers: Communicator; readonly remoteLeader: number; readonly tag: number } | undefined,
): StepsTo<Communicator> {
  const { communicators, engine } = context;
  const collective = new Collective(context, local);
  const room = engine.size + 2;
  let told: Int32Array = new Int32Array(room);
  if (bridge !== undefined) {
    const { peers, remoteLeader, tag } = bridge;
    const across = new Collective(context, peers, tag);
    const own = Int32Array.of(communicators.takeContext(), ...local.group.ranks);
    const theirs = new Uint8Array(told.buffer, 4);
    const arriving = across.receiveBytes(remoteLeader, theirs);
    yield across.sendBytes(remoteLeader, new Uint8Array(own.buffer));
    yield arriving;
    told[0] = own[0] as number;
    told = told.subarray(0, 1 + arriving.gotBytes / 4);
  }
  const [ours = 0, others = 0, ...remote] = yield* tellFrom(collective, leader, told);
  if (remote.some((jobRank) => local.group.rankOf(jobRank) !== undefined)) {
    throw new MpiError(MPI_ERR_COMM, 'the two groups have a rank in common');
  }
  return inherit(local, joined(context, local.group.ranks, remote, ours, others));
}

/** @param own the context that the first of this group has given @param others that of the other one */
function joined(
  { engine }: MessagingContext,
  ranks: readonly number[],
  remote: readonly number[],
  own: number,
  others: number,
): Communicator {
  const inter = { remote: new Group(remote), localContext: Math.max(own, others) };
  return new Communicator(Math.min(own, others), new Group(ranks), engine.rank, inter);
}

/** One of both groups of an intercommunicator. @param isHigh this group comes behind the other, if that wants it otherwise */
export function* merge(context: MessagingContext, old: Communicator, isHigh: boolean): StepsTo<Communicator> {
  const [across, local] = [new Collective(context, old), new Collective(context, old.local)];
  const given = Int32Array.of(context.communicators.takeContext(), Number(isHigh));
  const { own, theirs } = yield* tellAcross(across, local, given, given.length);
  const [ownContext = 0, ownHigh] = own;
  const [theirContext = 0, theirHigh] = theirs;
  const [ranks, remote] = [old.group.ranks, old.peers.ranks];
  const isFirst = ownHigh === theirHigh ? (ranks[0] as number) < (remote[0] as number) : ownHigh === 0;
  const group = new Group(isFirst ? [...ranks, ...remote] : [...remote, ...ranks]);
  return inherit(old, new Communicator(Math.min(ownContext, theirContext), group, context.engine.rank));
}

/** Of messages by which a communicator is made without all ranks of another: a collective operation's tags are below. */
export function exchangeTag(tag: number): number {
  return 0x4000_0000 | (tag & 0x3fff_ffff);
}
