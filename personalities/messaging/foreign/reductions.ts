// Reductions for programs that were linked without this library's guest side, which computes for all others: over the datatypes that
// MPIWasm's ABI has. In place, on the program's memory.

import * as mpi from '../../../runtime/abi/mpi/constants.ts';

/** A view of elements; of 64-bit integers as big ones. */
type Elements = { [index: number]: number } & { readonly length: number };
type Make = (buffer: ArrayBufferLike, at: number, count: number) => Elements;

interface Kind {
  readonly size: number;
  readonly make: Make;
  readonly isFloat?: true;
}

const kindOf = (
  View: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBufferLike, at: number, count: number): unknown },
  isFloat?: true,
): Kind => ({
  size: View.BYTES_PER_ELEMENT,
  make: (buffer, at, count) => new View(buffer, at, count) as Elements,
  ...(isFloat && { isFloat }),
});

const KINDS: ReadonlyMap<number, Kind> = new Map([
  [mpi.MPI_INT8_T, kindOf(Int8Array)],
  [mpi.MPI_CHAR, kindOf(Int8Array)],
  [mpi.MPI_INT16_T, kindOf(Int16Array)],
  [mpi.MPI_INT32_T, kindOf(Int32Array)],
  [mpi.MPI_INT, kindOf(Int32Array)],
  [mpi.MPI_INT64_T, kindOf(BigInt64Array)],
  [mpi.MPI_LONG_LONG, kindOf(BigInt64Array)],
  [mpi.MPI_UINT8_T, kindOf(Uint8Array)],
  [mpi.MPI_BYTE, kindOf(Uint8Array)],
  [mpi.MPI_C_BOOL, kindOf(Uint8Array)],
  [mpi.MPI_UINT16_T, kindOf(Uint16Array)],
  [mpi.MPI_UINT32_T, kindOf(Uint32Array)],
  [mpi.MPI_UNSIGNED, kindOf(Uint32Array)],
  [mpi.MPI_UINT64_T, kindOf(BigUint64Array)],
  [mpi.MPI_FLOAT, kindOf(Float32Array, true)],
  [mpi.MPI_DOUBLE, kindOf(Float64Array, true)],
]);

/** A value and its index: as C has { double; int; }. */
const PAIR = { BYTES: 16, INDEX: 8 } as const;

type Operate = (left: Elements, right: Elements, count: number) => void;

// Of numbers and of big integers alike. Each has a loop of its own, which the engine optimises for the types that it meets.
const OPERATIONS: ReadonlyMap<number, Operate> = new Map<number, Operate>([
  [
    mpi.MPI_MAX,
    (left, right, count) => {
      for (let i = 0; i < count; i++) if (at(left, i) > at(right, i)) right[i] = at(left, i);
    },
  ],
  [
    mpi.MPI_MIN,
    (left, right, count) => {
      for (let i = 0; i < count; i++) if (at(left, i) < at(right, i)) right[i] = at(left, i);
    },
  ],
  [
    mpi.MPI_SUM,
    (left, right, count) => {
      for (let i = 0; i < count; i++) right[i] = at(left, i) + at(right, i);
    },
  ],
  [
    mpi.MPI_PROD,
    (left, right, count) => {
      for (let i = 0; i < count; i++) right[i] = at(left, i) * at(right, i);
    },
  ],
  [
    mpi.MPI_LAND,
    (left, right, count) => {
      for (let i = 0; i < count; i++) right[i] = truth(at(left, i) && at(right, i), at(left, i));
    },
  ],
  [
    mpi.MPI_LOR,
    (left, right, count) => {
      for (let i = 0; i < count; i++) right[i] = truth(at(left, i) || at(right, i), at(left, i));
    },
  ],
  [
    mpi.MPI_BAND,
    (left, right, count) => {
      for (let i = 0; i < count; i++) right[i] = at(left, i) & at(right, i);
    },
  ],
  [
    mpi.MPI_BOR,
    (left, right, count) => {
      for (let i = 0; i < count; i++) right[i] = at(left, i) | at(right, i);
    },
  ],
]);

const multiply32: Operate = (left, right, count) => {
  for (let i = 0; i < count; i++) right[i] = Math.imul(at(left, i), at(right, i));
};

function at(elements: Elements, index: number): number {
  return elements[index] as number;
}

const PRODUCTS_OF_32_BITS: ReadonlySet<number> = new Set([
  mpi.MPI_INT,
  mpi.MPI_INT32_T,
  mpi.MPI_LONG,
  mpi.MPI_UNSIGNED,
  mpi.MPI_UINT32_T,
]);
const OF_BITS: ReadonlySet<number> = new Set([mpi.MPI_BAND, mpi.MPI_BOR, mpi.MPI_LAND, mpi.MPI_LOR]);
const OF_PAIRS: ReadonlySet<number> = new Set([mpi.MPI_MAXLOC, mpi.MPI_MINLOC]);

/** @param like of the type that the answer is to have */
function truth(value: number, like: number): number {
  return typeof like === 'bigint' ? (BigInt(Boolean(value)) as unknown as number) : Number(Boolean(value));
}

/** Whether an operation is defined for a type. */
export function supports(operation: number, type: number): number {
  if (type === mpi.MPI_DOUBLE_INT) return Number(OF_PAIRS.has(operation));
  const kind = KINDS.get(type);
  return Number(kind !== undefined && OPERATIONS.has(operation) && !(kind.isFloat && OF_BITS.has(operation)));
}

/** inout = from op inout, for an operation that is defined for the type. */
export function reduce(
  bytes: Uint8Array,
  operation: number,
  type: number,
  from: number,
  inout: number,
  count: number,
): void {
  if (type === mpi.MPI_DOUBLE_INT) return reducePairs(bytes, operation === mpi.MPI_MAXLOC, from, inout, count);
  const kind = KINDS.get(type);
  const given = OPERATIONS.get(operation);
  if (kind === undefined || given === undefined || count === 0) return;
  const operate = operation === mpi.MPI_PROD && PRODUCTS_OF_32_BITS.has(type) ? multiply32 : given;
  const isAligned = (from | inout) % kind.size === 0;
  const left = isAligned ? kind.make(bytes.buffer, from, count) : copyOf(bytes, kind, from, count);
  const right = isAligned ? kind.make(bytes.buffer, inout, count) : copyOf(bytes, kind, inout, count);
  operate(left, right, count);
  if (!isAligned) bytes.set(new Uint8Array((right as unknown as Int8Array).buffer), inout);
}

function copyOf(bytes: Uint8Array, { make, size }: Kind, at: number, count: number): Elements {
  return make(bytes.slice(at, at + count * size).buffer, 0, count);
}

function reducePairs(bytes: Uint8Array, isMost: boolean, from: number, inout: number, count: number): void {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count * PAIR.BYTES; at += PAIR.BYTES) {
    const [a, b] = [view.getFloat64(from + at, true), view.getFloat64(inout + at, true)];
    const [i, j] = [view.getInt32(from + at + PAIR.INDEX, true), view.getInt32(inout + at + PAIR.INDEX, true)];
    const isLeft = isMost ? a > b : a < b;
    if (isLeft) view.setFloat64(inout + at, a, true);
    if (isLeft || (a === b && i < j)) view.setInt32(inout + at + PAIR.INDEX, i, true);
  }
}
