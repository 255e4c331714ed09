// The rows of wasi-threads, module `wasi`: one. A module that imports it has an export `wasi_thread_start`, as which its threads begin.
// See: WebAssembly/wasi-threads.

import type { Abi, Row } from '../row.ts';

export const WASI_THREADS_ROWS = [
  {
    module: 'wasi',
    name: 'thread-spawn',
    number: 120,
    home: 'core',
    summary:
      'Starts a thread at the export `wasi_thread_start`, which is called with its id and an argument; gives that id.',
    params: [{ name: 'start_arg', kind: 'u32', type: 'address' }],
    result: 'value',
    errors: { EAGAIN: 'each core of the process has a thread, or the process has one core' },
    blocks: false,
    support: 'full',
  },
] as const satisfies readonly Row[];

/** An error is a number below zero: no other is given a meaning. */
export const WASI_THREADS: Abi = { rows: WASI_THREADS_ROWS, encodeError: (errno) => -errno };
