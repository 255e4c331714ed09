// Several guests shipping at once on few processors: the adaptive policy must not lose against parking.

import type { Library, Machine, PollPolicy } from '../../runtime/index.ts';
import { type Bench, type Environment, type Figure, pairwise, ratioFigure } from './figure.ts';

const GUESTS = [2, 8];
const POLICIES: readonly PollPolicy[] = ['adaptive', 'park'];

export const contentionBench: Bench = {
  name: 'contention',
  async run(environment): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const guests of GUESTS) figures.push(await compare(environment, guests));
    return figures;
  },
};

async function compare({ runtime, bench, quick, progress }: Environment, guests: number): Promise<Figure> {
  const rounds = quick ? 5 : 20;
  const call = bench.MEASURED_CALLS.find(({ id }) => id === 'yield');
  if (call === undefined) throw new Error('the list of calls has no empty one');
  const bytes = bench.generateGuest(call.plan);
  const machines = new Map<PollPolicy, Machine>();
  const times = new Map<PollPolicy, number[]>(POLICIES.map((policy) => [policy, []]));
  try {
    for (const pollPolicy of POLICIES) {
      machines.set(pollPolicy, await runtime.boot({ appCores: guests, spareCores: 0, linuxProcesses: 0, pollPolicy }));
    }
    for (let round = 0; round <= rounds; round++) {
      progress(`${guests} guests, round ${round} of ${rounds}`);
      for (const [policy, machine] of machines) {
        const ns = await shipAtOnce(machine, bytes, guests);
        if (round > 0) times.get(policy)?.push(ns);
      }
    }
  } finally {
    await Promise.all([...machines.values()].map((machine) => machine.close()));
  }
  const ratios = pairwise(times.get('adaptive') ?? [], times.get('park') ?? []);
  const figure = ratioFigure({ what: `${guests} guests shipping at once: adaptive / park`, most: 1.2 }, ratios);
  // “Never more than”: the bad rounds count too.
  return { ...figure, reached: (figure.measured?.p90 ?? Number.NaN) <= 1.2, detail: 'reached when p90 is' };
}

/** Enough that guests overlap for most of it. */
const BATCHES = 32;
const CALLS = 64;

/** @returns nanoseconds a call, from the first guest's first to the last one's last */
async function shipAtOnce(machine: Machine, bytes: Uint8Array, guests: number): Promise<number> {
  const program = await machine.compile(bytes);
  const route = { 'performance.now': 'cnk' } as const;
  const libraries: Library[] = [];
  try {
    for (let i = 0; i < guests; i++) libraries.push(await machine.load(program, { placement: 'fused', route }));
    const start = performance.now();
    await Promise.all(libraries.map((library) => library.call('sample', BATCHES, CALLS)));
    return ((performance.now() - start) * 1e6) / (guests * BATCHES * CALLS);
  } finally {
    await Promise.all(libraries.map((library) => library.close()));
  }
}
