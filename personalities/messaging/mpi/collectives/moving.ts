// Collective operations that move data: each block of elements goes from one rank's buffer into another's as it is.
// See: MPI standard, chapter 6; R. Thakur, R. Rabenseifner, W. Gropp, Optimization of Collective Communication Operations in MPICH, 2005.

import type { Datatype } from '../datatypes/datatype.ts';
import type { Waited } from '../engine.ts';
import { all, type Collective, type Steps } from './steps.ts';

/** Elements of a rank's buffer. */
export interface Block {
  readonly address: number;
  readonly count: number;
  readonly type: Datatype;
}

/** Blocks of a buffer, by rank. */
export type Blocks = (rank: number) => Block;

const NOTHING = new Uint8Array(0);

/**
 * Most ranks that meet by dissemination, which is the quickest while each has a processor: but each of them sleeps in each round when it has
 * none, while in a tree it sleeps once.
 */
const DISSEMINATION_MOST = 4;
/** Below each rank of that tree. */
const FAN = 16;

export function barrier(collective: Collective): Steps {
  return collective.size <= DISSEMINATION_MOST ? meetByDissemination(collective) : meetInTree(collective);
}

/** In round k each rank hears, through others, of 2^k ranks before it. */
function* meetByDissemination(collective: Collective): Steps {
  const { rank, size } = collective;
  for (let distance = 1; distance < size; distance *= 2) {
    const heard = collective.receiveBytes((rank - distance + size) % size, NOTHING);
    yield collective.sendBytes((rank + distance) % size, NOTHING);
    yield heard;
  }
}

/** Each hears of all below it, up to the top, and down again. */
function* meetInTree(collective: Collective): Steps {
  const { rank, size } = collective;
  const below: number[] = [];
  for (let other = FAN * rank + 1; other <= FAN * (rank + 1) && other < size; other++) below.push(other);
  yield* all(below.map((other) => collective.receiveBytes(other, NOTHING)));
  if (rank > 0) {
    const above = Math.floor((rank - 1) / FAN);
    const released = collective.receiveBytes(above, NOTHING);
    yield collective.sendBytes(above, NOTHING);
    yield released;
  }
  yield* all(below.map((other) => collective.sendBytes(other, NOTHING)));
}

/** Along a binomial tree. */
export function* broadcast(collective: Collective, { address, count, type }: Block, root: number): Steps {
  const { rank, size } = collective;
  const place = (rank - root + size) % size; // the root's is 0
  let bit = 1;
  for (; bit < size; bit *= 2) {
    if ((place & bit) === 0) continue;
    yield collective.receive((place - bit + root) % size, address, count, type);
    break;
  }
  const sends: (Waited | undefined)[] = [];
  for (bit /= 2; bit >= 1; bit /= 2) {
    if (place + bit < size) sends.push(collective.send((place + bit + root) % size, address, count, type));
  }
  yield* all(sends);
}

/** Each rank's block to the root. @param from this rank's; undefined at the root: it is in its place */
export function* gather(collective: Collective, from: Block | undefined, to: Blocks, root: number): Steps {
  const { rank, size } = collective;
  if (rank !== root) {
    if (from !== undefined) yield collective.send(root, from.address, from.count, from.type);
    return;
  }
  const waits: (Waited | undefined)[] = [];
  for (let other = 0; other < size; other++) {
    const { address, count, type } = to(other);
    if (other !== rank) waits.push(collective.receive(other, address, count, type));
  }
  if (from !== undefined) copyOwn(collective, from, to(rank));
  yield* all(waits);
}

/** The root's blocks, one to each rank. @param to this rank's; undefined at the root: it is in its place */
export function* scatter(collective: Collective, from: Blocks, to: Block | undefined, root: number): Steps {
  const { rank, size } = collective;
  if (rank !== root) {
    if (to !== undefined) yield collective.receive(root, to.address, to.count, to.type);
    return;
  }
  const waits: (Waited | undefined)[] = [];
  for (let other = 0; other < size; other++) {
    const { address, count, type } = from(other);
    if (other !== rank) waits.push(collective.send(other, address, count, type));
  }
  if (to !== undefined) copyOwn(collective, from(rank), to);
  yield* all(waits);
}

/**
 * Each rank's block to all. Where there are 2^n ranks, by doubling what each has; else around a ring.
 *
 * @param from this rank's; undefined: it is in its place
 * @param areAdjacent blocks of neighbours stand one behind the other, all of one size
 */
export function* gatherToAll(collective: Collective, from: Block | undefined, to: Blocks, areAdjacent: boolean): Steps {
  const { rank, size } = collective;
  if (from !== undefined) copyOwn(collective, from, to(rank));
  if (areAdjacent && (size & (size - 1)) === 0) {
    for (let held = 1; held < size; held *= 2) {
      const other = rank ^ held;
      const [own, theirs] = [to(rank & -held), to(other & -held)];
      const coming = collective.receive(other, theirs.address, theirs.count * held, theirs.type);
      yield collective.send(other, own.address, own.count * held, own.type);
      yield coming;
    }
    return;
  }
  const [left, right] = [(rank - 1 + size) % size, (rank + 1) % size];
  for (let step = 0; step < size - 1; step++) {
    const [own, theirs] = [to((rank - step + size) % size), to((rank - step - 1 + size) % size)];
    const coming = collective.receive(left, theirs.address, theirs.count, theirs.type);
    const going = collective.send(right, own.address, own.count, own.type);
    yield coming;
    yield going;
  }
}

/** A block of each rank to each rank: all at once, each rank beginning with the one behind it. */
export function* exchange(collective: Collective, from: Blocks, to: Blocks): Steps {
  const { rank, size } = collective;
  const waits: (Waited | undefined)[] = [];
  for (let step = 1; step < size; step++) {
    const other = (rank - step + size) % size;
    const { address, count, type } = to(other);
    waits.push(collective.receive(other, address, count, type));
  }
  for (let step = 1; step < size; step++) {
    const other = (rank + step) % size;
    const { address, count, type } = from(other);
    waits.push(collective.send(other, address, count, type));
  }
  copyOwn(collective, from(rank), to(rank));
  yield* all(waits);
}

/** Copies between two buffers of this rank, which may differ in their types but not in what they hold. */
export function copyOwn({ context }: Collective, from: Block, to: Block): void {
  const { memory, services } = context;
  const bytes = from.count * from.type.size;
  if (bytes === 0 || (from.address === to.address && from.type === to.type)) return;
  if (from.type.isContiguous) {
    const start = (from.address + from.type.trueLowerBound) >>> 0;
    return to.type.unpack(memory.bytes, start, memory.bytes, to.address >>> 0, to.count, bytes);
  }
  const packed = services.borrow(bytes);
  from.type.pack(memory.bytes, from.address >>> 0, from.count, memory.bytes, packed);
  to.type.unpack(memory.bytes, packed, memory.bytes, to.address >>> 0, to.count, bytes);
  services.giveBack(packed, bytes);
}
