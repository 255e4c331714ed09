// Where the bytes of a datatype lie, in the order in which they are packed: a tree whose leaves are runs of bytes, whose inner nodes repeat a
// part at a constant distance or put parts at places of their own. A vector of a million blocks is one node; what touches is one run.
// Nodes know no types and are never changed, so that types share them. See: Träff, Hempel, Ritzdorf, Zimmermann, "Flattening on the Fly"
// (EuroPVM/MPI 1999), for the idea.
//
// Every node copies `count` repetitions of itself at once, so that the innermost loop is the longest: an array of structs is moved member by
// member, a piece of the array at a time.

import { copyBlocks, copyBytes, copyScattered } from './blocks.ts';

/** Between the memory, where the bytes are spread, and the stream, where they are packed. */
export const PACK = true;
export const UNPACK = false;
export type Direction = typeof PACK | typeof UNPACK;

/** So many bytes of the stream are moved member by member at a time: they stay in a processor's nearest cache. */
const CHUNK_BYTES = 16384;
const MIN_CHUNK = 16;
/** A part of at most so many runs is taken apart for what it is put into: its runs may touch others. */
const FEW_RUNS = 16;

export abstract class Layout {
  /** Of one repetition, in the stream. */
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /**
   * Copies whole repetitions.
   * @param address of the first, in memory; stride: bytes from one to the next
   * @param at of the first, in the stream; step: bytes from one to the next
   */
  abstract copy(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void;

  /** Copies bytes [first, end) of one repetition. @param at of byte `first`, in the stream */
  abstract copyPart(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    first: number,
    end: number,
  ): void;

  /** As `copy`, of any count. */
  copyAll(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void {
    const chunk = Math.max(MIN_CHUNK, Math.floor(CHUNK_BYTES / this.bytes));
    for (let i = 0; i < count; i += chunk) {
      const some = Math.min(chunk, count - i);
      this.copy(direction, memory, address + i * stride, stream, at + i * step, some, stride, step);
    }
  }
}

/** A layout, and where it begins: bytes from the address of what it is a part of. */
export interface Placed {
  readonly offset: number;
  readonly layout: Layout;
}

/** Bytes in one piece. */
export class Run extends Layout {
  override copy(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void {
    if (direction === PACK) copyBlocks(memory, address, stride, stream, at, step, count, this.bytes);
    else copyBlocks(stream, at, step, memory, address, stride, count, this.bytes);
  }

  override copyAll(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void {
    this.copy(direction, memory, address, stream, at, count, stride, step);
  }

  override copyPart(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    first: number,
    end: number,
  ): void {
    if (direction === PACK) copyBytes(memory, address + first, stream, at, end - first);
    else copyBytes(stream, at, memory, address + first, end - first);
  }
}

export const NOTHING: Placed = { offset: 0, layout: new Run(0) };

/** A part so many times, at a constant distance. */
export class Loop extends Layout {
  readonly times: number;
  readonly stride: number;
  readonly body: Layout;

  constructor(times: number, stride: number, body: Layout) {
    super(times * body.bytes);
    this.times = times;
    this.stride = stride;
    this.body = body;
  }

  override copy(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void {
    const { times, stride: own, body } = this;
    if (times < count)
      for (let i = 0; i < times; i++)
        body.copyAll(direction, memory, address + i * own, stream, at + i * body.bytes, count, stride, step);
    else
      for (let i = 0; i < count; i++)
        body.copyAll(direction, memory, address + i * stride, stream, at + i * step, times, own, body.bytes);
  }

  override copyPart(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    first: number,
    end: number,
  ): void {
    copyRepeatedPart(this.body, direction, memory, address, stream, at, this.stride, first, end);
  }
}

/** Copies bytes [first, end) of repetitions that follow each other in the stream. */
export function copyRepeatedPart(
  body: Layout,
  direction: Direction,
  memory: Uint8Array,
  address: number,
  stream: Uint8Array,
  at: number,
  stride: number,
  first: number,
  end: number,
): void {
  const { bytes } = body;
  if (first >= end) return;
  let index = Math.floor(first / bytes);
  const last = Math.floor(end / bytes);
  const skipped = first - index * bytes;
  const rest = end - last * bytes;
  if (index === last) {
    body.copyPart(direction, memory, address + index * stride, stream, at, skipped, rest);
    return;
  }
  let position = at;
  if (skipped > 0) {
    body.copyPart(direction, memory, address + index * stride, stream, position, skipped, bytes);
    position += bytes - skipped;
    index++;
  }
  body.copyAll(direction, memory, address + index * stride, stream, position, last - index, stride, bytes);
  position += (last - index) * bytes;
  if (rest > 0) body.copyPart(direction, memory, address + last * stride, stream, position, 0, rest);
}

/** Runs, each where it is. */
export class Runs extends Layout {
  readonly offsets: Int32Array | Float64Array;
  /** Where each begins in the stream, and their end; undefined: all have the same length. */
  readonly starts: Int32Array | Float64Array | undefined;
  /** Of each, if all have the same length. */
  readonly runBytes: number;

  constructor(offsets: readonly number[], lengths: readonly number[]) {
    const starts = [0];
    let bytes = 0;
    for (const length of lengths) {
      bytes += length;
      starts.push(bytes);
    }
    super(bytes);
    const [first = 0] = lengths;
    this.offsets = packedNumbers(offsets);
    this.starts = lengths.every((length) => length === first) ? undefined : packedNumbers(starts);
    this.runBytes = first;
  }

  /** Of a run, in the stream; of one behind the last, the end. */
  startOf(index: number): number {
    return this.starts === undefined ? index * this.runBytes : (this.starts[index] as number);
  }

  override copy(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void {
    const { offsets, starts, runBytes } = this;
    const [from, to] = direction === PACK ? [memory, stream] : [stream, memory];
    if (count < offsets.length) {
      for (let i = 0; i < count; i++)
        copyScattered(direction, from, to, address + i * stride, offsets, at + i * step, starts, runBytes);
      return;
    }
    for (let i = 0; i < offsets.length; i++) {
      const start = this.startOf(i);
      const length = this.startOf(i + 1) - start;
      const place = address + (offsets[i] as number);
      if (direction === PACK) copyBlocks(from, place, stride, to, at + start, step, count, length);
      else copyBlocks(from, at + start, step, to, place, stride, count, length);
    }
  }

  override copyPart(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    first: number,
    end: number,
  ): void {
    const { offsets, starts, runBytes } = this;
    let index = starts === undefined ? Math.floor(first / runBytes) : lastNotAbove(starts, first);
    for (let done = first; done < end; index++) {
      const skipped = done - this.startOf(index);
      const some = Math.min(this.startOf(index + 1), end) - done;
      const place = address + (offsets[index] as number) + skipped;
      if (direction === PACK) copyBytes(memory, place, stream, at + done - first, some);
      else copyBytes(stream, at + done - first, memory, place, some);
      done += some;
    }
  }
}

/** Parts of any kind, each where it is. */
export class Parts extends Layout {
  readonly offsets: Int32Array | Float64Array;
  readonly layouts: readonly Layout[];
  /** Where each begins in the stream. */
  readonly starts: Int32Array | Float64Array;

  constructor(offsets: readonly number[], layouts: readonly Layout[]) {
    const starts: number[] = [];
    let bytes = 0;
    for (const layout of layouts) {
      starts.push(bytes);
      bytes += layout.bytes;
    }
    super(bytes);
    this.offsets = packedNumbers(offsets);
    this.layouts = layouts;
    this.starts = packedNumbers(starts);
  }

  override copy(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    count: number,
    stride: number,
    step: number,
  ): void {
    const { offsets, layouts, starts } = this;
    for (let i = 0; i < layouts.length; i++) {
      const layout = layouts[i] as Layout;
      const place = address + (offsets[i] as number);
      layout.copyAll(direction, memory, place, stream, at + (starts[i] as number), count, stride, step);
    }
  }

  override copyPart(
    direction: Direction,
    memory: Uint8Array,
    address: number,
    stream: Uint8Array,
    at: number,
    first: number,
    end: number,
  ): void {
    const { offsets, layouts, starts } = this;
    for (let i = lastNotAbove(starts, first); i < layouts.length; i++) {
      const layout = layouts[i] as Layout;
      const start = starts[i] as number;
      if (start >= end) return;
      const from = Math.max(first - start, 0);
      const to = Math.min(end - start, layout.bytes);
      layout.copyPart(direction, memory, address + (offsets[i] as number), stream, at + start + from - first, from, to);
    }
  }
}

/** Index of the last of ascending numbers that is not above a value; the first is not. */
function lastNotAbove(numbers: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = numbers.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

function packedNumbers(numbers: readonly number[]): Int32Array | Float64Array {
  return numbers.every((value) => value === (value | 0)) ? Int32Array.from(numbers) : Float64Array.from(numbers);
}

/** A layout so many times, one every `stride` bytes. */
export function repeated({ offset, layout }: Placed, count: number, stride: number): Placed {
  if (count === 0 || layout.bytes === 0) return NOTHING;
  if (count === 1) return { offset, layout };
  if (layout instanceof Run && stride === layout.bytes) return { offset, layout: new Run(count * layout.bytes) };
  if (layout instanceof Loop && stride === layout.times * layout.stride)
    return { offset, layout: new Loop(count * layout.times, layout.stride, layout.body) };
  return { offset, layout: new Loop(count, stride, layout) };
}

/** Puts layouts behind one another in the stream. */
export class LayoutBuilder {
  readonly #offsets: number[] = [];
  readonly #layouts: Layout[] = [];

  add(offset: number, layout: Layout): void {
    if (layout.bytes === 0) return;
    if (layout instanceof Runs && layout.offsets.length <= FEW_RUNS) {
      for (const [index, place] of layout.offsets.entries())
        this.#append(offset + place, new Run(layout.startOf(index + 1) - layout.startOf(index)));
    } else if (layout instanceof Parts && layout.layouts.length <= FEW_RUNS) {
      for (const [index, part] of layout.layouts.entries()) this.add(offset + (layout.offsets[index] as number), part);
    } else this.#append(offset, layout);
  }

  /** What touches the run before it makes that longer. */
  #append(offset: number, layout: Layout): void {
    const last = this.#layouts.length - 1;
    const before = this.#layouts[last];
    if (layout instanceof Run && before instanceof Run && (this.#offsets[last] as number) + before.bytes === offset)
      this.#layouts[last] = new Run(before.bytes + layout.bytes);
    else {
      this.#offsets.push(offset);
      this.#layouts.push(layout);
    }
  }

  finish(): Placed {
    const offsets = this.#offsets;
    const layouts = this.#layouts;
    const [first] = layouts;
    if (first === undefined) return NOTHING;
    const offset = offsets[0] as number;
    if (layouts.length === 1) return { offset, layout: first };
    const areEqual = layouts.every((layout) => isSame(layout, first));
    if (areEqual) {
      const stride = (offsets[1] as number) - offset;
      if (offsets.every((place, index) => place === offset + index * stride))
        return repeated({ offset, layout: first }, layouts.length, stride);
    }
    if (layouts.every((layout) => layout instanceof Run)) {
      const lengths = layouts.map(({ bytes }) => bytes);
      return { offset: 0, layout: new Runs(offsets, lengths) };
    }
    return { offset: 0, layout: new Parts(offsets, layouts) };
  }
}

function isSame(one: Layout, other: Layout): boolean {
  return one === other || (one instanceof Run && other instanceof Run && one.bytes === other.bytes);
}
