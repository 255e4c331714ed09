// The innermost loops of packing and unpacking: equal blocks, each at a constant distance from the one before, on both sides. Whoever calls
// has checked the bounds. A block below a cache line or two is moved by words: a `set` costs some 40 ns whatever its length, a word one.

import { copyBytes as copyRange } from '../../../../runtime/memory/copy.ts';

/** From here on a `set` is cheaper than words. */
const SET_BYTES = 128;
/** From that many blocks on it pays to look up the views. */
const MANY_BLOCKS = 4;
const WORD = 4;

const views = new WeakMap<Uint8Array, DataView>();

/** A view of the same bytes for words of any alignment. */
export function viewOf(bytes: Uint8Array): DataView {
  const known = views.get(bytes);
  if (known !== undefined) return known;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  views.set(bytes, view);
  return view;
}

/** Copies bytes that lie in one piece on both sides. An address may have wrapped: MPI_Aint is signed, and MPI_BOTTOM is 0. */
export function copyBytes(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, bytes: number): void {
  copyRange(from, fromAt >>> 0, to, toAt >>> 0, bytes);
}

/**
 * Copies `count` blocks of so many bytes.
 * @param fromStride bytes from the start of a block to that of the next, of either sign; toStride likewise
 */
export function copyBlocks(
  from: Uint8Array,
  fromAt: number,
  fromStride: number,
  to: Uint8Array,
  toAt: number,
  toStride: number,
  count: number,
  bytes: number,
): void {
  if (fromStride === bytes && toStride === bytes) {
    copyBytes(from, fromAt, to, toAt, count * bytes);
    return;
  }
  if (count < MANY_BLOCKS || bytes >= SET_BYTES || bytes === 1) {
    copyEach(from, fromAt >>> 0, fromStride, to, toAt >>> 0, toStride, count, bytes);
    return;
  }
  copyWords(viewOf(from), fromAt >>> 0, fromStride, viewOf(to), toAt >>> 0, toStride, count, bytes);
}

function copyEach(
  from: Uint8Array,
  fromAt: number,
  fromStride: number,
  to: Uint8Array,
  toAt: number,
  toStride: number,
  count: number,
  bytes: number,
): void {
  let source = fromAt;
  let target = toAt;
  if (bytes === 1) {
    for (let i = 0; i < count; i++, source += fromStride, target += toStride) to[target] = from[source] as number;
    return;
  }
  for (let i = 0; i < count; i++, source += fromStride, target += toStride) copyBytes(from, source, to, target, bytes);
}

function copyWords(
  from: DataView,
  fromAt: number,
  fromStride: number,
  to: DataView,
  toAt: number,
  toStride: number,
  count: number,
  bytes: number,
): void {
  let source = fromAt;
  let target = toAt;
  switch (bytes) {
    case 2:
      for (let i = 0; i < count; i++, source += fromStride, target += toStride)
        to.setInt16(target, from.getInt16(source, true), true);
      return;
    case 4:
      for (let i = 0; i < count; i++, source += fromStride, target += toStride) copyWord(from, source, to, target);
      return;
    case 8:
      for (let i = 0; i < count; i++, source += fromStride, target += toStride) {
        copyWord(from, source, to, target);
        copyWord(from, source + 4, to, target + 4);
      }
      return;
    case 16:
      for (let i = 0; i < count; i++, source += fromStride, target += toStride) {
        copyWord(from, source, to, target);
        copyWord(from, source + 4, to, target + 4);
        copyWord(from, source + 8, to, target + 8);
        copyWord(from, source + 12, to, target + 12);
      }
      return;
  }
  for (let i = 0; i < count; i++, source += fromStride, target += toStride) copyShort(from, source, to, target, bytes);
}

function copyWord(from: DataView, fromAt: number, to: DataView, toAt: number): void {
  to.setInt32(toAt, from.getInt32(fromAt, true), true);
}

/**
 * Copies blocks between where they are scattered and one piece.
 * @param isGathering from where they are scattered, `from`, into one piece, `to`; else the other way
 * @param place to which the offsets of the scattered ones are relative; at: of the one piece
 * @param starts of each in the one piece, and its end; undefined: all have `bytes`
 */
export function copyScattered(
  isGathering: boolean,
  from: Uint8Array,
  to: Uint8Array,
  place: number,
  offsets: ArrayLike<number>,
  at: number,
  starts: ArrayLike<number> | undefined,
  bytes: number,
): void {
  const source = viewOf(from);
  const target = viewOf(to);
  let packed = at;
  let length = bytes;
  for (let i = 0; i < offsets.length; i++, packed += length) {
    if (starts !== undefined) length = (starts[i + 1] as number) - (starts[i] as number);
    const scattered = (place + (offsets[i] as number)) >>> 0;
    const sourceAt = isGathering ? scattered : packed;
    const targetAt = isGathering ? packed : scattered;
    if (length === 8) {
      copyWord(source, sourceAt, target, targetAt);
      copyWord(source, sourceAt + 4, target, targetAt + 4);
    } else if (length < SET_BYTES) copyShort(source, sourceAt, target, targetAt, length);
    else copyRange(from, sourceAt, to, targetAt, length);
  }
}

function copyShort(from: DataView, fromAt: number, to: DataView, toAt: number, bytes: number): void {
  let i = 0;
  for (; i + WORD <= bytes; i += WORD) copyWord(from, fromAt + i, to, toAt + i);
  for (; i < bytes; i++) to.setInt8(toAt + i, from.getInt8(fromAt + i));
}
