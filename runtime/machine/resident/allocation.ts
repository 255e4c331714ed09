// Memory that an embedder gets inside a program, by the program's own allocator: C's `malloc` and `free`, or AssemblyScript's
// runtime, whose objects are pinned so that its collector keeps them. Which it is shows in the program's exports.

import { FusedError } from '../errors.ts';
import { invalidValue } from '../values/arguments.ts';
import type { BatchCall, Functions } from './batch.ts';

/** Class ids of AssemblyScript's runtime. */
const AS_ARRAY_BUFFER = 1;
const AS_STRING = 2;

/** The calls that give memory, the address as the last one's result; and those that take it back. */
export interface Allocator {
  allocate(bytes: number, what: 'bytes' | 'string'): readonly BatchCall[];
  free(address: number): BatchCall;
}

const C: Allocator = {
  // malloc(0) may give null, which would look like a lack of memory.
  allocate: (bytes) => [['malloc', Math.max(1, bytes)]],
  free: (address) => ['free', address],
};

const ASSEMBLYSCRIPT: Allocator = {
  allocate: (bytes, what) => [
    ['__new', bytes, what === 'string' ? AS_STRING : AS_ARRAY_BUFFER],
    ['__pin', { result: 0 }],
  ],
  free: (address) => ['__unpin', address],
};

/** Errors: ENOSYS: the program exports no allocator. */
export function allocatorOf(functions: Functions): Allocator {
  if (functions.has('malloc') && functions.has('free')) return C;
  if (['__new', '__pin', '__unpin'].every((name) => functions.has(name))) return ASSEMBLYSCRIPT;
  throw new FusedError(
    'ENOSYS',
    'the program exports no allocator: link C with -Wl,--export=malloc,--export=free, compile AssemblyScript with --exportRuntime',
  );
}

/** The address that an allocator gave. Errors: ENOMEM: none. */
export function checkAllocated(address: unknown, bytes: number): number {
  if (typeof address !== 'number') throw invalidValue('malloc', address, 'must give an i32');
  if (address === 0) throw new FusedError('ENOMEM', `the program has no ${bytes} bytes left`);
  return address >>> 0;
}
