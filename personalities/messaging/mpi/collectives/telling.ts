// What the ranks of a communicator tell each other for its own sake: a few whole numbers each, which stand on this side.

import type { Receive } from '../requests.ts';
import type { Collective, StepsTo } from './steps.ts';

const INT_BYTES = 4;

/** Each rank's numbers to all, in rounds that double what each has. @param own as many at each rank @returns those of all, by rank */
export function* tellAll(collective: Collective, own: Int32Array): StepsTo<Int32Array> {
  const { rank, size } = collective;
  const { length } = own;
  // Of this rank, the next, and so on around.
  const told = new Int32Array(size * length);
  told.set(own);
  for (let held = 1; held < size; held *= 2) {
    const more = Math.min(held, size - held);
    const coming = told.subarray(held * length, (held + more) * length);
    const arriving = receiveInts(collective, (rank + held) % size, coming);
    yield sendInts(collective, (rank - held + size) % size, told.subarray(0, more * length));
    yield arriving;
  }
  const byRank = new Int32Array(size * length);
  for (let i = 0; i < size; i++) {
    byRank.set(told.subarray(i * length, (i + 1) * length), ((rank + i) % size) * length);
  }
  return byRank;
}

/**
 * The root's numbers to all, along a binomial tree.
 *
 * @param numbers what the root tells; of others: room for it
 * @returns what was told
 */
export function* tellFrom(collective: Collective, root: number, numbers: Int32Array): StepsTo<Int32Array> {
  const { rank, size } = collective;
  const place = (rank - root + size) % size;
  let told = numbers;
  let bit = 1;
  for (; bit < size && (place & bit) === 0; bit *= 2);
  if (place !== 0) {
    const arriving = receiveInts(collective, (place - bit + root) % size, numbers);
    yield arriving;
    told = numbers.subarray(0, arriving.gotBytes / INT_BYTES);
  }
  for (bit /= 2; bit >= 1; bit /= 2) {
    if (place + bit < size) yield sendInts(collective, (place + bit + root) % size, told);
  }
  return told;
}

/**
 * Of an intercommunicator: numbers of each group's first rank to all of both groups.
 *
 * @param local of its local group
 * @param own of the first rank; of others as many, that do not matter
 * @param most how many the other group tells at most
 */
export function* tellAcross(
  collective: Collective,
  local: Collective,
  own: Int32Array,
  most: number,
): StepsTo<{ own: Int32Array; theirs: Int32Array }> {
  const isFirst = collective.rank === 0;
  const theirs = new Int32Array(most);
  let got = theirs;
  if (isFirst) {
    const arriving = receiveInts(collective, 0, theirs);
    yield sendInts(collective, 0, own);
    yield arriving;
    got = theirs.subarray(0, arriving.gotBytes / INT_BYTES);
  }
  return {
    own: yield* tellFrom(local, 0, isFirst ? own : new Int32Array(own.length)),
    theirs: yield* tellFrom(local, 0, got),
  };
}

function sendInts(collective: Collective, to: number, numbers: Int32Array) {
  return collective.sendBytes(to, bytesOf(numbers));
}

function receiveInts(collective: Collective, from: number, numbers: Int32Array): Receive {
  return collective.receiveBytes(from, bytesOf(numbers));
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
