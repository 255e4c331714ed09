// What a machine takes when nothing happens, and what stays behind of many calls and many runs.

import type { Placement } from '../../runtime/index.ts';
import { type Bench, type Environment, type Figure, skippedFigure } from './figure.ts';
import { buildApp } from './guest-programs.ts';

const IDLE_PERCENT = 1;
/** Of resident memory or heap, over all runs or calls after the first part: the noise of a garbage-collected process. */
const LEVEL = 1.05;
const RUNS = 2000;
const FIRST_RUNS = 100;
const LOCAL_CALLS = 10_000_000;
const SHIPPED_CALLS = 1_000_000;

export const levelBench: Bench = {
  name: 'level',
  async run(environment): Promise<Figure[]> {
    const hello = await buildApp({ language: 'c', source: 'guest-apps/c/hello.c' });
    return [
      await idle(environment, hello),
      ...(await manyCalls(environment, 'cnk', LOCAL_CALLS)),
      ...(await manyCalls(environment, 'fused', SHIPPED_CALLS)),
      ...(await manyRuns(environment, hello)),
    ];
  },
};

async function idle({ runtime, quick, progress }: Environment, hello: Uint8Array): Promise<Figure> {
  progress('idle machine');
  await using machine = await runtime.boot();
  await machine.run(hello, { check: true });
  const shares: number[] = [];
  for (let second = 0; second < (quick ? 2 : 4); second++) {
    const before = process.cpuUsage();
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { user, system } = process.cpuUsage(before);
    // The first second still ends what the run began.
    if (second > 0) shares.push((100 * (user + system)) / 1000 / (performance.now() - start));
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return {
    what: 'idle machine: share of a processor',
    target: `< ${IDLE_PERCENT} %`,
    measured: { median: mean, p10: Math.min(...shares), p90: Math.max(...shares), unit: '%' },
    reached: mean < IDLE_PERCENT,
  };
}

/** Resident memory and this thread's heap after garbage collection. */
interface Usage {
  readonly rss: number;
  readonly heap: number;
}

async function takeUsage(): Promise<Usage> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

/** Calls between two looks. */
const SLICE = 16;

async function manyCalls({ runtime, bench, quick, progress }: Environment, placement: Placement, calls: number) {
  const call = bench.MEASURED_CALLS.find(({ id }) => id === 'yield');
  if (call === undefined) throw new Error('the list of calls has no empty one');
  const count = quick ? calls / 10 : calls;
  progress(`${count} calls, ${placement}`);
  await using machine = await runtime.boot({ appCores: 1, spareCores: 0, linuxProcesses: 0 });
  const route = { 'performance.now': 'cnk' } as const;
  await using library = await machine.load(bench.generateGuest(call.plan), { placement, route });
  const looks: Usage[] = [];
  for (let slice = 0; slice < SLICE; slice++) {
    await library.call('sample', 1, count / SLICE);
    looks.push(await takeUsage());
  }
  return growth(`${count.toLocaleString('en')} ${placement === 'cnk' ? 'local' : 'shipped'} calls`, looks);
}

async function manyRuns({ runtime, quick, progress }: Environment, hello: Uint8Array): Promise<Figure[]> {
  const runs = quick ? RUNS / 5 : RUNS;
  const what = `${runs.toLocaleString('en')} runs in a row, after the first ${FIRST_RUNS}`;
  if (globalThis.gc === undefined) return [skippedFigure({ what, most: LEVEL }, 'needs node --expose-gc')];
  await using machine = await runtime.boot({ appCores: 1, spareCores: 0, linuxProcesses: 0 });
  const program = await machine.compile(hello);
  const looks: Usage[] = [];
  for (let run = 1; run <= runs; run++) {
    await machine.run(program, { check: true });
    if (run < FIRST_RUNS || run % 50 !== 0) continue;
    progress(`run ${run} of ${runs}`);
    looks.push(await takeUsage());
  }
  return growth(what, looks);
}

/** Later looks against the first: the median of the last quarter. */
function growth(what: string, looks: readonly Usage[]): Figure[] {
  const late = looks.slice(Math.floor((3 * looks.length) / 4));
  return (['rss', 'heap'] as const).map((kind) => {
    const first = looks[0]?.[kind] ?? Number.NaN;
    const ratios = late.map((look) => look[kind] / first).sort((a, b) => a - b);
    const median = ratios[Math.floor(ratios.length / 2)] ?? Number.NaN;
    return {
      what: `${what}: ${kind === 'rss' ? 'resident memory' : 'heap'} at the end / at first`,
      target: `≤ ${LEVEL} ×`,
      measured: { median, p10: ratios[0] ?? Number.NaN, p90: ratios.at(-1) ?? Number.NaN, unit: '×' },
      reached: median <= LEVEL,
    };
  });
}
