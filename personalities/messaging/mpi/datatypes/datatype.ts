// A datatype as the rest of messaging uses it: its bounds, and how its elements get between memory and a packed stream. It is never
// changed but for its name and that it is committed; it lives as long as anybody uses it, whatever becomes of its handle.
// Whoever packs has checked the bounds: see `reach`.

import { MPI_COMBINER_NAMED } from '../../../../runtime/abi/mpi/constants.ts';
import { copyBytes } from './blocks.ts';
import { copyRepeatedPart, type Layout, PACK, Run, UNPACK } from './layout.ts';
import type { Shape } from './shape.ts';
import type { Signature } from './signature.ts';

/** By which constructor a type was made, with which arguments, in the order of the standard (5.1.13). */
export interface Envelope {
  /** MPI_COMBINER_… */
  readonly combiner: number;
  readonly integers: readonly number[];
  readonly addresses: readonly number[];
  readonly largeCounts: readonly number[];
  readonly types: readonly Datatype[];
}

export const NAMED: Envelope = {
  combiner: MPI_COMBINER_NAMED,
  integers: [],
  addresses: [],
  largeCounts: [],
  types: [],
};

export class Datatype {
  readonly shape: Shape;
  readonly envelope: Envelope;
  readonly size: number;
  readonly lowerBound: number;
  readonly extent: number;
  readonly trueLowerBound: number;
  readonly trueExtent: number;
  /** n elements are n * size bytes in one piece, from address + trueLowerBound on. */
  readonly isContiguous: boolean;
  /** Of which predefined type alone it consists, and how many in one element; undefined: of several kinds, or of none. */
  readonly basic: { readonly handle: number; readonly count: number } | undefined;
  readonly signature: Signature;
  name: string;
  isCommitted: boolean;
  /** By keyval. */
  readonly attributes = new Map<number, number>();
  readonly #layout: Layout;
  readonly #offset: number;

  constructor(shape: Shape, envelope: Envelope, name = '') {
    const { placed, signature } = shape;
    this.shape = shape;
    this.envelope = envelope;
    this.size = shape.size;
    this.lowerBound = shape.lowerBound;
    this.extent = shape.extent;
    this.trueLowerBound = shape.trueLowerBound;
    this.trueExtent = shape.trueExtent;
    this.isContiguous = placed.layout instanceof Run && (shape.extent === shape.size || shape.size === 0);
    this.signature = signature;
    const { uniform } = signature;
    this.basic = uniform && { handle: uniform.basic.handle, count: uniform.count };
    this.name = name;
    this.isCommitted = this.isPredefined;
    this.#layout = placed.layout;
    this.#offset = placed.offset;
  }

  get isPredefined(): boolean {
    return this.envelope.combiner === MPI_COMBINER_NAMED;
  }

  /** Copies elements from memory into a stream. @param address of the first, as the program told it; at: where its first byte goes */
  pack(from: Uint8Array, address: number, count: number, to: Uint8Array, at: number): void {
    const { size } = this;
    if (this.isContiguous) copyBytes(from, address + this.trueLowerBound, to, at, count * size);
    else this.#layout.copyAll(PACK, from, address + this.#offset, to, at, count, this.extent, size);
  }

  /** The other way. @param bytes how many came, if fewer than the elements have: the last may be a part of a basic element */
  unpack(from: Uint8Array, at: number, to: Uint8Array, address: number, count: number, bytes?: number): void {
    const { size } = this;
    const all = count * size;
    if (bytes !== undefined && bytes < all) this.unpackPart(from, at, to, address, 0, bytes);
    else if (this.isContiguous) copyBytes(from, at, to, address + this.trueLowerBound, all);
    else this.#layout.copyAll(UNPACK, to, address + this.#offset, from, at, count, this.extent, size);
  }

  /** Copies bytes [first, end) of what packing elements would give. @param at where byte `first` goes */
  packPart(from: Uint8Array, address: number, first: number, end: number, to: Uint8Array, at: number): void {
    if (this.isContiguous) copyBytes(from, address + this.trueLowerBound + first, to, at, end - first);
    else copyRepeatedPart(this.#layout, PACK, from, address + this.#offset, to, at, this.extent, first, end);
  }

  /** The other way. @param at where byte `first` comes from */
  unpackPart(from: Uint8Array, at: number, to: Uint8Array, address: number, first: number, end: number): void {
    if (this.isContiguous) copyBytes(from, at, to, address + this.trueLowerBound + first, end - first);
    else copyRepeatedPart(this.#layout, UNPACK, to, address + this.#offset, from, at, this.extent, first, end);
  }

  /** The lowest byte that so many elements touch, from their address on. */
  lowest(count: number): number {
    return this.trueLowerBound + Math.min(0, (count - 1) * this.extent);
  }

  /** Bytes from the lowest that so many elements touch to behind the highest. */
  reach(count: number): number {
    return count === 0 || this.size === 0 ? 0 : this.trueExtent + (count - 1) * Math.abs(this.extent);
  }

  /** How many whole elements a number of bytes is; undefined: it is not whole. */
  countIn(bytes: number): number | undefined {
    if (bytes === 0) return 0;
    return this.size !== 0 && bytes % this.size === 0 ? bytes / this.size : undefined;
  }

  /** How many basic elements a number of bytes is; undefined: the last is not whole. */
  elementsIn(bytes: number): number | undefined {
    if (bytes === 0) return 0;
    if (this.size === 0) return undefined;
    const whole = Math.floor(bytes / this.size);
    const rest = this.signature.elementsIn(bytes - whole * this.size);
    return rest === undefined ? undefined : whole * this.signature.elements + rest;
  }

  /** How many bytes so many basic elements are. */
  bytesOf(elements: number): number {
    const each = this.signature.elements;
    if (each === 0) return 0;
    const whole = Math.floor(elements / each);
    return whole * this.size + this.signature.bytesOf(elements - whole * each);
  }
}
