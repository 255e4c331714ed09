// Reductions for programs of another ABI: every operation that is defined for a type, at any address.

import { expect, test } from 'vitest';
import { reduce, supports } from '../../../personalities/messaging/foreign/reductions.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';

const CONSTANTS: { readonly [name: string]: unknown } = { ...mpi };
const bit = (value: boolean): number => Number(value);
const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  MPI_MAX: Math.max,
  MPI_MIN: Math.min,
  MPI_SUM: (a, b) => a + b,
  MPI_PROD: (a, b) => a * b,
  MPI_LAND: (a, b) => bit(a !== 0 && b !== 0),
  MPI_LOR: (a, b) => bit(a !== 0 || b !== 0),
  MPI_BAND: (a, b) => a & b,
  MPI_BOR: (a, b) => a | b,
};
const VIEWS = {
  MPI_INT8_T: Int8Array,
  MPI_UINT8_T: Uint8Array,
  MPI_INT16_T: Int16Array,
  MPI_INT: Int32Array,
  MPI_UNSIGNED: Uint32Array,
  MPI_FLOAT: Float32Array,
  MPI_DOUBLE: Float64Array,
  MPI_INT64_T: BigInt64Array,
  MPI_UINT64_T: BigUint64Array,
};
const LEFT = [0, 1, 2, 7, 5, 0, 3];
const RIGHT = [0, 3, 1, 2, 5, 4, 0];

/** The bytes of numbers in a type. */
function bytesOf(type: keyof typeof VIEWS, numbers: readonly number[]): Uint8Array {
  const View = VIEWS[type];
  const view =
    View === BigInt64Array || View === BigUint64Array
      ? View.from(numbers.map(BigInt))
      : (View as typeof Float64Array).from(numbers);
  return new Uint8Array(view.buffer);
}

const pairs = Object.keys(OPERATIONS).flatMap((operation) =>
  Object.keys(VIEWS).map((type) => [operation, type as keyof typeof VIEWS] as const),
);

test.each(pairs)('%s of %s', (name, type) => {
  const operation = CONSTANTS[name] as number;
  const handle = CONSTANTS[type] as number;
  const isDefined = !(type === 'MPI_FLOAT' || type === 'MPI_DOUBLE') || !/AND|OR/.test(name);
  expect(supports(operation, handle)).toBe(Number(isDefined));
  if (!isDefined) return;
  const operate = OPERATIONS[name] as (a: number, b: number) => number;
  const expected = bytesOf(
    type,
    LEFT.map((left, i) => operate(left, RIGHT[i] as number)),
  );
  for (const [from, to] of [
    [64, 256],
    [67, 256],
    [64, 257],
    [65, 259],
  ] as const) {
    const memory = new Uint8Array(new SharedArrayBuffer(512));
    memory.set(bytesOf(type, LEFT), from);
    memory.set(bytesOf(type, RIGHT), to);
    reduce(memory, operation, handle, from, to, LEFT.length);
    expect([...memory.subarray(to, to + expected.length)]).toEqual([...expected]);
    expect([...memory.subarray(from, from + expected.length)]).toEqual([...bytesOf(type, LEFT)]);
  }
});
