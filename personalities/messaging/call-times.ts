// How long each rank of a job is in calls of MPI: measured where that is wanted by other handlers, so that it costs nothing where it is not.
// A call that a function of the program makes which MPI calls counts as part of the outer one. Each rank writes its own row.

import { FOREIGN_MPI_ROWS } from '../../runtime/abi/mpi/foreign.ts';
import { MPI_ROWS } from '../../runtime/abi/mpi/rows.ts';
import type { AnyHandler } from '../../runtime/abi/row.ts';
import type { MessagingContext } from './mpi/context.ts';

/** Milliseconds in each call, by name; of those that were made. */
export type CallTimes = Readonly<Record<string, number>>;
type Handler = AnyHandler<MessagingContext>;

const ROWS = [...MPI_ROWS, ...FOREIGN_MPI_ROWS];
const FIRST = Math.min(...ROWS.map(({ number }) => number));
const LENGTH = Math.max(...ROWS.map(({ number }) => number)) - FIRST + 1;

export function callTimesBytes(size: number): number {
  return size * LENGTH * Float64Array.BYTES_PER_ELEMENT;
}

/** By rank. */
export function readCallTimes(times: SharedArrayBuffer, size: number): CallTimes[] {
  return Array.from({ length: size }, (_, rank) => {
    const own = rowOf(times, rank);
    const sums: Record<string, number> = {};
    for (const { name, number } of ROWS) {
      const ms = own[number - FIRST] as number;
      if (ms > 0) sums[name] = (sums[name] ?? 0) + ms;
    }
    return sums;
  });
}

/** Makes of a handler of a rank one that measures. */
export function measuring(times: SharedArrayBuffer, rank: number): (handler: Handler, number: number) => Handler {
  const own = rowOf(times, rank);
  let isInside = false;
  return (handler, number) => {
    const call = handler as (context: MessagingContext, ...args: readonly number[]) => number;
    const index = number - FIRST;
    return (context: MessagingContext, ...args: readonly number[]) => {
      if (isInside) return call(context, ...args);
      isInside = true;
      const start = performance.now();
      try {
        return call(context, ...args);
      } finally {
        own[index] = (own[index] as number) + performance.now() - start;
        isInside = false;
      }
    };
  };
}

function rowOf(times: SharedArrayBuffer, rank: number): Float64Array {
  return new Float64Array(times, rank * LENGTH * Float64Array.BYTES_PER_ELEMENT, LENGTH);
}
