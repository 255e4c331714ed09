// A datatype without its name and history: layout, signature and bounds, and the three ways to make one of others. Bounds are those of the
// standard's type map: an explicit one (MPI_Type_create_resized) outweighs all that are not, and where there is none the extent is rounded up
// to the strictest alignment of a basic type. See: MPI 4.0, 5.1 and 5.1.7.

import { MPI_ERR_ARG } from '../../../../runtime/abi/mpi/constants.ts';
import { MpiError } from '../errors.ts';
import { LayoutBuilder, NOTHING, type Placed, Run, repeated } from './layout.ts';
import {
  type Basic,
  basicSignature,
  NO_ELEMENTS,
  repeatedSignature,
  type Signature,
  SignatureBuilder,
} from './signature.ts';

export interface Shape {
  readonly size: number;
  readonly lowerBound: number;
  readonly extent: number;
  /** 0 where there is no byte, as is the extent. */
  readonly trueLowerBound: number;
  readonly trueExtent: number;
  /** The strictest of its basic types. */
  readonly alignment: number;
  /** Whether its bounds were set, here or in a type of which it is made. */
  readonly hasSetBounds: boolean;
  readonly placed: Placed;
  readonly signature: Signature;
}

/** From the first byte to behind the last; nothing yet. */
class Bounds {
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  add(low: number, high: number): void {
    this.low = Math.min(this.low, low);
    this.high = Math.max(this.high, high);
  }

  get isEmpty(): boolean {
    return this.low > this.high;
  }
}

export const EMPTY_SHAPE: Shape = {
  size: 0,
  lowerBound: 0,
  extent: 0,
  trueLowerBound: 0,
  trueExtent: 0,
  alignment: 1,
  hasSetBounds: false,
  placed: NOTHING,
  signature: NO_ELEMENTS,
};

/** A predefined type: its elements as a C struct has them. */
export function basicShape(basic: Basic, alignment: number): Shape {
  const layout = new LayoutBuilder();
  let end = 0;
  for (const bytes of basic.elementBytes) {
    const at = roundUp(end, Math.min(bytes, alignment));
    layout.add(at, new Run(bytes));
    end = at + bytes;
  }
  return {
    ...EMPTY_SHAPE,
    size: basic.bytes,
    extent: roundUp(end, alignment),
    trueExtent: end,
    alignment,
    placed: layout.finish(),
    signature: basicSignature(basic),
  };
}

/** Of one type so many times, one every `stride` bytes. */
export function repeatedShape(shape: Shape, count: number, stride: number): Shape {
  if (count === 0) return EMPTY_SHAPE;
  const data = new Bounds();
  const set = new Bounds();
  addRepeated(data, set, shape, 0, count, stride);
  const placed = repeated(shape.placed, count, stride);
  return finished(data, set, shape.alignment, placed, repeatedSignature(shape.signature, count));
}

/** The same data between other bounds. */
export function resizedShape(shape: Shape, lowerBound: number, extent: number): Shape {
  return checked({ ...shape, lowerBound, extent, hasSetBounds: true });
}

/** Of blocks at places of their own, in order. */
export class ShapeBuilder {
  readonly #data = new Bounds();
  readonly #set = new Bounds();
  readonly #layout = new LayoutBuilder();
  readonly #signature = new SignatureBuilder();
  #alignment = 1;
  // Most often one block is as the one before.
  #lastShape: Shape = EMPTY_SHAPE;
  #lastCount = 0;
  #lastPlaced: Placed = NOTHING;

  /** @param displacement in bytes; count: of elements, one behind the other */
  add(displacement: number, count: number, shape: Shape): void {
    if (count === 0) return;
    if (shape !== this.#lastShape || count !== this.#lastCount) {
      this.#lastShape = shape;
      this.#lastCount = count;
      this.#lastPlaced = repeated(shape.placed, count, shape.extent);
      this.#alignment = Math.max(this.#alignment, shape.alignment);
    }
    addRepeated(this.#data, this.#set, shape, displacement, count, shape.extent);
    this.#layout.add(displacement + this.#lastPlaced.offset, this.#lastPlaced.layout);
    this.#signature.add(shape.signature, count);
  }

  finish(): Shape {
    return finished(this.#data, this.#set, this.#alignment, this.#layout.finish(), this.#signature.finish());
  }
}

function addRepeated(
  data: Bounds,
  set: Bounds,
  shape: Shape,
  displacement: number,
  count: number,
  stride: number,
): void {
  const way = (count - 1) * stride;
  const first = displacement + Math.min(0, way);
  const last = displacement + Math.max(0, way);
  const { size, trueLowerBound, trueExtent, lowerBound, extent, hasSetBounds } = shape;
  if (size > 0) data.add(first + trueLowerBound, last + trueLowerBound + trueExtent);
  // An extent may be negative.
  if (hasSetBounds) {
    set.low = Math.min(set.low, first + lowerBound);
    set.high = Math.max(set.high, last + lowerBound + extent);
  }
}

function finished(data: Bounds, set: Bounds, alignment: number, placed: Placed, signature: Signature): Shape {
  const hasSetBounds = set.low !== Number.POSITIVE_INFINITY;
  const trueLowerBound = data.isEmpty ? 0 : data.low;
  const trueExtent = data.isEmpty ? 0 : data.high - data.low;
  return checked({
    size: signature.bytes,
    lowerBound: hasSetBounds ? set.low : trueLowerBound,
    extent: hasSetBounds ? set.high - set.low : roundUp(trueExtent, alignment),
    trueLowerBound,
    trueExtent,
    alignment,
    hasSetBounds,
    placed,
    signature,
  });
}

/** Numbers must be exact. */
function checked(shape: Shape): Shape {
  const { size, lowerBound, extent, trueLowerBound, trueExtent } = shape;
  const numbers = [size, lowerBound, lowerBound + extent, trueLowerBound, trueLowerBound + trueExtent];
  if (!numbers.every(Number.isSafeInteger)) throw new MpiError(MPI_ERR_ARG, 'the type would be too large');
  return shape;
}

function roundUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
