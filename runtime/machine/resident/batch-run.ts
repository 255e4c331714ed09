// Runs the calls of a batch in the guest's worker. Called by core-worker under the monitor's guard: a trap leaves it in the
// middle, and what was done by then stands in the object. See batch.ts for the layout.

import type { Batch, BatchFunction } from './batch.ts';

type Target = (...args: (number | bigint)[]) => unknown;

export class BatchRun {
  /** Calls that have returned. */
  done = 0;
  readonly results: ArrayBuffer;
  readonly #batch: Batch;
  readonly #targets: readonly Target[];

  /** @param exports of the guest's instance; every function of the batch is among them */
  constructor(batch: Batch, exports: WebAssembly.Exports) {
    this.#batch = batch;
    this.#targets = batch.functions.map(({ name }) => exports[name] as Target);
    this.results = new ArrayBuffer(8 * batch.resultCount);
  }

  run(): void {
    const { functions, calls, args, references } = this.#batch;
    const f64 = new Float64Array(args);
    const i64 = new BigInt64Array(args);
    const results = { f64: new Float64Array(this.results), i64: new BigInt64Array(this.results), at: 0 };
    const fetch = references && fetcher(references, args, this.results);
    let at = 0;
    for (let i = 0; i < calls.length; i++) {
      const index = calls[i] as number;
      const { params, results: types } = functions[index] as BatchFunction;
      const target = this.#targets[index] as Target;
      const count = params.length;
      fetch?.(at, count);
      const read = (k: number): number | bigint =>
        params[k] === 'i64' ? (i64[at + k] as bigint) : (f64[at + k] as number);
      let value: unknown;
      if (count === 0) value = target();
      else if (count === 1) value = target(read(0));
      else if (count === 2) value = target(read(0), read(1));
      else if (count === 3) value = target(read(0), read(1), read(2));
      else value = target(...params.map((_, k) => read(k)));
      at += count;
      if (types.length === 1) put(results, value as number | bigint);
      else if (types.length > 1) for (const one of value as (number | bigint)[]) put(results, one);
      this.done = i + 1;
    }
  }
}

interface Results {
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  at: number;
}

function put(results: Results, value: number | bigint): void {
  if (typeof value === 'bigint') results.i64[results.at++] = value;
  else results.f64[results.at++] = value;
}

/** Puts earlier results where arguments want them: by halves, since an i64's bits may be those of no float64. */
function fetcher(references: Int32Array, args: ArrayBuffer, results: ArrayBuffer): (at: number, count: number) => void {
  const to = new Int32Array(args);
  const from = new Int32Array(results);
  return (at, count) => {
    for (let k = at; k < at + count; k++) {
      const reference = references[k] as number;
      if (reference === 0) continue;
      to[2 * k] = from[2 * (reference - 1)] as number;
      to[2 * k + 1] = from[2 * (reference - 1) + 1] as number;
    }
  };
}
