// What the benchmark asks of its own workers (worker.ts), and they answer.

import type { Extent } from './sampling.ts';

/** Hosts of a guest other than a machine of ours; `empty`: each call is a function that does nothing. */
export type PeerHost = 'node:wasi' | 'browser_wasi_shim' | 'empty';

export interface GuestTask {
  readonly kind: 'guest';
  readonly host: PeerHost;
  readonly module: WebAssembly.Module;
  /** A directory of the host's, with the entries; node:wasi's descriptor 3. */
  readonly directory: string;
  readonly entries: readonly string[];
  readonly extent: Extent;
}

export type Task =
  | GuestTask
  /** The clock alone, in a loop. */
  | { readonly kind: 'clock'; readonly extent: Extent }
  /** Round trips to the worker that was given the task `answer` with the same words. */
  | { readonly kind: 'ask'; readonly words: SharedArrayBuffer; readonly isParked: boolean; readonly extent: Extent }
  /** Until the worker that asks has its samples. */
  | { readonly kind: 'answer'; readonly words: SharedArrayBuffer; readonly isParked: boolean }
  /** TypedArray.set from one shared memory to another, piece by piece. */
  | { readonly kind: 'copy'; readonly bytes: number; readonly extent: Extent };

export interface Request {
  readonly id: number;
  readonly task: Task;
}

export interface Answer {
  readonly id: number;
  /** Nanoseconds a call, one a batch. */
  readonly samples?: Float64Array;
  readonly error?: string;
}
