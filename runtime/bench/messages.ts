// What the benchmark asks of its own workers (worker.ts), and they answer.

/** Hosts of a guest other than a machine of ours; `empty`: each call is a function that does nothing. */
export type PeerHost = 'node:wasi' | 'browser_wasi_shim' | 'empty';

export type Task =
  | {
      readonly kind: 'guest';
      readonly host: PeerHost;
      readonly module: WebAssembly.Module;
      /** A directory of the host's, empty; node:wasi's descriptor 3. */
      readonly directory: string;
      readonly warmUp: number;
      readonly batches: number;
    }
  /** The clock alone, in a loop. */
  | { readonly kind: 'clock'; readonly batches: number }
  /** Round trips to the worker that was given the task `answer` with the same words. */
  | { readonly kind: 'ask'; readonly words: SharedArrayBuffer; readonly isParked: boolean; readonly batches: number }
  | { readonly kind: 'answer'; readonly words: SharedArrayBuffer; readonly isParked: boolean; readonly batches: number }
  /** TypedArray.set from one shared memory to another, piece by piece. */
  | { readonly kind: 'copy'; readonly bytes: number; readonly batches: number };

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
