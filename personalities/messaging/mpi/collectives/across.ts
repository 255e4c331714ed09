// Collective operations of intercommunicators: what one group has goes to the other.

import type { Waited } from '../engine.ts';
import { type Block, type Blocks, barrier, broadcast, scatter } from './moving.ts';
import { type Reduction, Room, reduce } from './reducing.ts';
import { all, Collective, type Steps } from './steps.ts';

/** What a rank is of an operation that has a root. */
export type Role = 'root' | 'besides the root' | { readonly root: number };

/** Of its local group alone, where nobody else uses its tag. */
function localOf({ context, communicator, tag }: Collective): Collective {
  return new Collective(context, communicator.local, tag);
}

export function* barrierAcross(collective: Collective): Steps {
  const local = localOf(collective);
  const nothing = new Uint8Array(0);
  yield* barrier(local);
  if (collective.rank === 0) {
    const heard = collective.receiveBytes(0, nothing);
    yield collective.sendBytes(0, nothing);
    yield heard;
  }
  yield* barrier(local); // a second one: messages between two ranks stay in order
}

/** A block to each of the other group, and one of each. */
export function* exchangeAcross(collective: Collective, from: Blocks, to: Blocks): Steps {
  const { length } = collective.communicator.peers.ranks;
  yield* all([...receiveAll(collective, length, to), ...sendAll(collective, length, from)]);
}

function receiveAll(collective: Collective, count: number, to: Blocks): Waited[] {
  return Array.from({ length: count }, (_, other) => {
    const { address, count: elements, type } = to(other);
    return collective.receive(other, address, elements, type);
  });
}

function sendAll(collective: Collective, count: number, from: Blocks): (Waited | undefined)[] {
  return Array.from({ length: count }, (_, other) => {
    const { address, count: elements, type } = from(other);
    return collective.send(other, address, elements, type);
  });
}

/** The root's blocks, one to each of the other group. */
export function* scatterAcross(collective: Collective, role: Role, from: Blocks, to: Block | undefined): Steps {
  if (role === 'besides the root') return;
  if (role === 'root') yield* all(sendAll(collective, collective.communicator.peers.ranks.length, from));
  else if (to !== undefined) yield collective.receive(role.root, to.address, to.count, to.type);
}

/** A block of each of the other group to the root. */
export function* gatherAcross(collective: Collective, role: Role, from: Block | undefined, to: Blocks): Steps {
  if (role === 'besides the root') return;
  if (role === 'root') yield* all(receiveAll(collective, collective.communicator.peers.ranks.length, to));
  else if (from !== undefined) yield collective.send(role.root, from.address, from.count, from.type);
}

/** What the other group has, combined, to the root. */
export function* reduceAcross(
  collective: Collective,
  role: Role,
  reduction: Reduction,
  from: number,
  to: number,
): Steps {
  const { count, type } = reduction;
  if (role === 'besides the root') return;
  if (role === 'root') {
    yield collective.receive(0, to, count, type);
    return;
  }
  const local = localOf(collective);
  const room = new Room(collective, reduction);
  try {
    yield* reduce(local, reduction, from, room.address, 0);
    if (collective.rank === 0) yield collective.send(role.root, room.address, count, type);
  } finally {
    room.release();
  }
}

/** What the other group has, combined: all of it to each, or to each its part. @param parts of this group, by rank */
export function* reduceToAllAcross(
  collective: Collective,
  reduction: Reduction,
  from: number,
  to: number,
  parts?: readonly number[],
): Steps {
  const { rank } = collective;
  const { count, type } = reduction;
  const local = localOf(collective); // up to its first rank, then down: no message is taken for another
  const [own, theirs] = [new Room(collective, reduction), new Room(collective, reduction)];
  try {
    yield* reduce(local, reduction, from, own.address, 0);
    const whole = parts === undefined ? to : theirs.address;
    if (rank === 0) {
      const coming = collective.receive(0, whole, count, type);
      yield collective.send(0, own.address, count, type);
      yield coming;
    }
    if (parts === undefined) return yield* broadcast(local, { address: to, count, type }, 0);
    const places = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part, 0));
    const blocks: Blocks = (other) => ({
      address: whole + (places[other] ?? 0) * type.extent,
      count: parts[other] ?? 0,
      type,
    });
    yield* scatter(local, blocks, { address: to, count: parts[rank] ?? 0, type }, 0);
  } finally {
    own.release();
    theirs.release();
  }
}
