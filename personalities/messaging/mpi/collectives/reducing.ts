// Collective operations that compute: reductions and scans. The guest's side computes (see operations.ts); this side moves the operands.
// Operands are combined in the order of their ranks, lower ones on the left, so that operations need not be commutative.

import type { Datatype } from '../datatypes/datatype.ts';
import type { Operation } from '../operations.ts';
import { type Block, copyOwn } from './moving.ts';
import type { Collective, Steps } from './steps.ts';

/** What is combined how. */
export interface Reduction {
  readonly operation: Operation;
  readonly count: number;
  readonly type: Datatype;
  /** Of the type, as the program has named it. */
  readonly handle: number;
}

/** Room for elements of a type, until the steps that need it have ended. */
export class Room {
  readonly address: number;
  readonly #start: number;
  readonly #span: number;
  readonly #collective: Collective;

  constructor(collective: Collective, { count, type }: Pick<Reduction, 'count' | 'type'>) {
    const span = type.trueExtent + Math.max(0, count - 1) * Math.abs(type.extent);
    this.#collective = collective;
    this.#span = span;
    this.#start = collective.context.services.borrow(span);
    this.address = this.#start - type.trueLowerBound - Math.min(0, type.extent * (count - 1));
  }

  release(): void {
    this.#collective.context.services.giveBack(this.#start, this.#span);
  }
}

/** Along a binomial tree; of an operation that is not commutative by way of rank 0, so that the order stays. @param to at the root */
export function* reduce(collective: Collective, reduction: Reduction, from: number, to: number, root: number): Steps {
  const { rank, size } = collective;
  const { operation, count, type } = reduction;
  const top = operation.isCommutative ? root : 0;
  const place = (rank - top + size) % size;
  const sum = rank === root ? undefined : new Room(collective, reduction);
  const other = new Room(collective, reduction);
  const own = sum?.address ?? to;
  let [left, right] = [own, other.address];
  try {
    copyOwn(collective, block(from, reduction), block(left, reduction));
    for (let bit = 1; bit < size; bit *= 2) {
      if ((place & bit) !== 0) {
        yield collective.send((place - bit + top) % size, left, count, type);
        break;
      }
      if (place + bit >= size) continue;
      yield collective.receive((place + bit + top) % size, right, count, type);
      apply(collective, reduction, left, right);
      [left, right] = [right, left];
    }
    if (top !== root && rank === top) yield collective.send(root, left, count, type);
    else if (top !== root && rank === root) yield collective.receive(top, to, count, type);
    else if (rank === root) copyOwn(collective, block(left, reduction), block(to, reduction));
  } finally {
    sum?.release();
    other.release();
  }
}

/** By doubling over the greatest power of two of ranks; the ranks beyond give theirs to a neighbour first. */
export function* reduceToAll(collective: Collective, reduction: Reduction, from: number, to: number): Steps {
  const { rank, size } = collective;
  const { operation, count, type } = reduction;
  copyOwn(collective, block(from, reduction), block(to, reduction));
  if (size === 1) return;
  const room = new Room(collective, reduction);
  let [own, other] = [to, room.address];
  const power = 1 << (31 - Math.clz32(size));
  const rest = size - power;
  try {
    // Of the first 2 × rest ranks, those with even numbers give theirs to the next, so that the order stays.
    const isBeyond = rank < 2 * rest && rank % 2 === 0;
    if (isBeyond) {
      yield collective.send(rank + 1, own, count, type);
    } else {
      if (rank < 2 * rest) {
        yield collective.receive(rank - 1, other, count, type);
        apply(collective, reduction, other, own);
      }
      const place = rank < 2 * rest ? (rank - 1) / 2 : rank - rest;
      for (let bit = 1; bit < power; bit *= 2) {
        const partner = place ^ bit;
        const peer = partner < rest ? 2 * partner + 1 : partner + rest;
        const coming = collective.receive(peer, other, count, type);
        yield collective.send(peer, own, count, type);
        yield coming;
        if (partner < place || operation.isCommutative) {
          apply(collective, reduction, other, own);
        } else {
          apply(collective, reduction, own, other);
          [own, other] = [other, own];
        }
      }
      if (own !== to) copyOwn(collective, block(own, reduction), block(to, reduction));
    }
    if (rank < 2 * rest) {
      if (isBeyond) yield collective.receive(rank + 1, to, count, type);
      else yield collective.send(rank - 1, to, count, type);
    }
  } finally {
    room.release();
  }
}

/** Of all ranks up to this one, or before it: what comes from 2^k ranks before is put before what is there. */
export function* scan(
  collective: Collective,
  reduction: Reduction,
  from: number,
  to: number,
  isExclusive: boolean,
): Steps {
  const { rank, size } = collective;
  const { count, type } = reduction;
  const rooms = [new Room(collective, reduction), new Room(collective, reduction)] as const;
  // Of the ranks that this one has heard of, itself included.
  const partial = rooms[0].address;
  const coming = rooms[1].address;
  let isEmpty = true;
  try {
    copyOwn(collective, block(from, reduction), block(partial, reduction));
    if (!isExclusive) {
      copyOwn(collective, block(from, reduction), block(to, reduction));
      isEmpty = false;
    }
    for (let distance = 1; distance < size; distance *= 2) {
      const going = rank + distance < size ? collective.send(rank + distance, partial, count, type) : undefined;
      const arriving = rank >= distance ? collective.receive(rank - distance, coming, count, type) : undefined;
      // What goes is copied from where it stands: it must have gone before that changes.
      yield going;
      yield arriving;
      if (arriving === undefined) continue;
      if (isEmpty) copyOwn(collective, block(coming, reduction), block(to, reduction));
      else apply(collective, reduction, coming, to);
      isEmpty = false;
      apply(collective, reduction, coming, partial);
    }
  } finally {
    for (const room of rooms) room.release();
  }
}

/** right = left operation right */
function apply(
  { context }: Collective,
  { operation, count, type, handle }: Reduction,
  left: number,
  right: number,
): void {
  operation.apply(context, left, right, count, type, handle);
}

function block(address: number, { count, type }: Reduction): Block {
  return { address, count, type };
}
