// Copies bytes between memories of which one may be shared with a guest. Engines copy shared memory word by word, and byte
// by byte when the two ends are aligned differently (V8, ECMAScript's shared memory rules); Node's `Buffer.fill` copies it
// at full speed. Called for every transfer between files or streams and guests. See tests/bench for the figures.

type Fill = (this: Uint8Array, value: Uint8Array, start: number, end: number) => unknown;

/** Up to here a loop copies quicker than a call with a new view. */
const LOOP_MOST = 32;
/** Likewise words, into lines that come from another processor. */
const WORDS_MOST = 64;
const WORD_ALIGNMENT = 4;
/** From here on a call of Node's is quicker than `set`: where both ends are aligned alike, and where not. */
const FILL_LEAST = 2048;
const FILL_LEAST_UNALIGNED = 128;
/** A call of Node's copies more at a fraction of the speed. */
const FILL_MOST = 2 ** 18;
const STAGE_BYTES = 16384;
const WORD = 8;

const fill = (globalThis as { Buffer?: { readonly prototype: { readonly fill: Fill } } }).Buffer?.prototype.fill;
/** Not shared; one copy at a time uses it. */
let stage: Uint8Array | undefined;

/** The same memory by bytes and by words, both from its beginning. */
export interface MemoryViews {
  readonly bytes: Uint8Array;
  /** Undefined: nobody has made it. */
  readonly words: Uint32Array | undefined;
}

/**
 * As copyBytes, for lines that come from another processor: by stores that are wide, so that few wait for them; few words backwards, since
 * somebody may watch what stands before them, and would fetch that line away in between.
 */
export function copyAcross(from: MemoryViews, start: number, into: MemoryViews, at: number, count: number): void {
  const source = from.words;
  const target = into.words;
  const areWords = ((start | at) & (WORD_ALIGNMENT - 1)) === 0 && source !== undefined && target !== undefined;
  if (count <= WORDS_MOST && areWords) {
    const words = count >>> 2;
    const [first, place] = [start >>> 2, at >>> 2];
    for (let i = words << 2; i < count; i++) into.bytes[at + i] = from.bytes[start + i] as number;
    for (let i = words - 1; i >= 0; i--) target[place + i] = source[first + i] as number;
  } else if (count > WORDS_MOST && fill !== undefined) fillFrom(fill, from.bytes, start, into.bytes, at, count);
  else copyBytes(from.bytes, start, into.bytes, at, count);
}

/** Copies `count` checked bytes; the ranges do not overlap. */
export function copyBytes(from: Uint8Array, start: number, into: Uint8Array, at: number, count: number): void {
  if (count <= LOOP_MOST) {
    for (let i = 0; i < count; i++) into[at + i] = from[start + i] as number;
    return;
  }
  const isAlignedAlike = (((from.byteOffset + start) ^ (into.byteOffset + at)) & (WORD - 1)) === 0;
  if (fill !== undefined && count >= (isAlignedAlike ? FILL_LEAST : FILL_LEAST_UNALIGNED)) {
    fillFrom(fill, from, start, into, at, count);
  } else if (isAlignedAlike || fill !== undefined) into.set(from.subarray(start, start + count), at);
  else copyStaged(from, start, into, at, count);
}

function fillFrom(call: Fill, from: Uint8Array, start: number, into: Uint8Array, at: number, count: number): void {
  for (let done = 0; done < count; done += FILL_MOST) {
    const piece = Math.min(count - done, FILL_MOST);
    call.call(into, from.subarray(start + done, start + done + piece), at + done, at + done + piece);
  }
}

/** Through memory that is not shared, placed so that the shared end is met with its own alignment. */
function copyStaged(from: Uint8Array, start: number, into: Uint8Array, at: number, count: number): void {
  stage ??= new Uint8Array(STAGE_BYTES + WORD);
  const isFromShared = !(from.buffer instanceof ArrayBuffer);
  const lead = (isFromShared ? from.byteOffset + start : into.byteOffset + at) & (WORD - 1);
  for (let done = 0; done < count; ) {
    // Whole words, so that each piece begins with the same alignment.
    const piece = Math.min(count - done, STAGE_BYTES);
    const staged = stage.subarray(lead, lead + piece);
    staged.set(from.subarray(start + done, start + done + piece));
    into.set(staged, at + done);
    done += piece;
  }
}
