// What a call of a loaded library costs: alone, in a batch, and in the thread that calls, against a plain export of the same
// module that the engine instantiated without us.

import { summarize } from '../../runtime/bench/statistics.ts';
import { buildModule } from '../support/module-builder.ts';
import { type Bench, type Figure, pairwise, ratioFigure } from './figure.ts';

const BATCH = 1000;
const MOST_US = 1;
const CALLS = 20_000;

/** (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))), and one of i64 */
const MODULE = buildModule({
  types: [
    { params: ['i32', 'i32'], results: ['i32'] },
    { params: ['i64'], results: ['i64'] },
  ],
  functions: [
    { type: 0, body: [0x20, 0, 0x20, 1, 0x6a] },
    { type: 1, body: [0x20, 0] },
  ],
  exports: [
    { name: 'add', kind: 'func', index: 0 },
    { name: 'same', kind: 'func', index: 1 },
  ],
});

interface Functions {
  add(a: number, b: number): number;
  same(a: bigint): bigint;
}

export const libraryBench: Bench = {
  name: 'library',
  async run({ runtime, quick, progress }): Promise<Figure[]> {
    await using machine = await runtime.boot({ appCores: 1, spareCores: 0, linuxProcesses: 0 });
    const library = await machine.load(MODULE);
    const here = await machine.loadHere(MODULE);
    const plain = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports as unknown as Functions;
    const own = here.exports as unknown as Functions;
    const calls = Array.from({ length: BATCH }, (_, i) => ['add', i, 2] as const);
    const rounds = { batchUs: [], plain: [], here: [], plain64: [], here64: [] } as Record<string, number[]>;
    for (let round = 0; round < (quick ? 40 : 200); round++) {
      progress(`round ${round}`);
      const start = performance.now();
      await library.batch(calls);
      rounds['batchUs']?.push((1000 * (performance.now() - start)) / BATCH);
      rounds['plain']?.push(timeAdd(plain.add));
      rounds['here']?.push(timeAdd(own.add));
      rounds['plain64']?.push(timeSame(plain.same));
      rounds['here64']?.push(timeSame(own.same));
    }
    const { batchUs = [], plain: bare = [], here: inThread = [], plain64 = [], here64 = [] } = rounds;
    return [
      batchFigure(batchUs),
      ratioFigure({ what: '`loadHere`: a call of two i32 / a plain export', most: 3 }, pairwise(inThread, bare)),
      ratioFigure({ what: '`loadHere`: a call of an i64 / a plain export', most: 3 }, pairwise(here64, plain64)),
    ];
  },
};

function batchFigure(us: readonly number[]): Figure {
  const { p10, p50, p90 } = summarize(us);
  return {
    what: `\`library.batch\` of ${BATCH} calls`,
    target: `≤ ${MOST_US} µs a call`,
    measured: { median: p50, p10, p90, unit: 'µs a call' },
    reached: p50 <= MOST_US,
  };
}

/** Takes the time of one kind of call. */
function timeAdd(add: Functions['add']): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < CALLS; i++) sum = add(sum, 1);
  if (sum !== CALLS) throw new Error(`${CALLS} additions gave ${sum}`);
  return performance.now() - start;
}

function timeSame(same: Functions['same']): number {
  const start = performance.now();
  let value = 5n;
  for (let i = 0; i < CALLS; i++) value = same(value);
  if (value !== 5n) throw new Error(`the identity of 5 is ${value}`);
  return performance.now() - start;
}
