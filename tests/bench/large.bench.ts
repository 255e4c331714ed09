// Large files, many files, deep trees: that time grows with the work and not faster, and what they take of memory.

import { median } from '../../runtime/bench/statistics.ts';
import type { Machine } from '../../runtime/index.ts';
import { type Bench, type Environment, type Figure, ratioFigure } from './figure.ts';
import { buildApp } from './guest-programs.ts';

const MIB = 1 << 20;
const KIB = 1 << 10;
/** What processes and garbage add to a large file, at most. */
const SLACK = 16e6;
/** Parts of equal work: later ones may take no longer than the first, but for noise. */
const LINEAR = 1.5;

interface Work {
  readonly mode: 'append' | 'grow' | 'names' | 'deep';
  readonly what: string;
  readonly amount: number;
  readonly quickAmount: number;
}

const WORKS: readonly Work[] = [
  // First, while no large file has left free memory behind.
  { mode: 'names', what: 'making 100,000 files in one directory', amount: 100_000, quickAmount: 20_000 },
  { mode: 'append', what: 'appending 100 MiB in 64-byte writes', amount: 104, quickAmount: 16 },
  { mode: 'grow', what: 'writing a file of 1 GiB', amount: 1024, quickAmount: 256 },
  { mode: 'deep', what: 'making directories 1,000 levels deep', amount: 1000, quickAmount: 1000 },
];

export const largeBench: Bench = {
  name: 'large',
  async run(environment): Promise<Figure[]> {
    const program = await buildApp({ language: 'c', source: 'tests/guests/large.c' });
    const figures: Figure[] = [];
    for (const work of WORKS) figures.push(...(await measure(environment, program, work)));
    return figures;
  },
};

async function measure(environment: Environment, program: Uint8Array, work: Work): Promise<Figure[]> {
  const { runtime, quick, progress } = environment;
  const { mode, what } = work;
  const amount = quick ? work.quickAmount : work.amount;
  const ratios: number[] = [];
  const resident: number[] = [];
  for (let round = 0; round < (quick ? 3 : 6); round++) {
    progress(`${what}, round ${round}`);
    await using machine = await runtime.boot({ appCores: 1, spareCores: 0, linuxProcesses: 0, storage: 2 ** 31 });
    // Warm, and the memory of the guest is there already.
    await run(machine, program, mode, '/tmp/warm', mode === 'names' ? 800 : mode === 'deep' ? 80 : 8);
    const before = residentBytes();
    const seconds = await run(machine, program, mode, '/tmp/work', amount);
    resident.push(residentBytes() - before);
    const half = seconds.length / 2;
    if (round > 0) ratios.push(median(seconds.slice(half)) / median(seconds.slice(0, half)));
  }
  const figures: Figure[] = [
    ratioFigure({ what: `${what}: a part of the second half / of the first`, most: LINEAR }, ratios),
  ];
  // The first machine's: what a later one takes may be what an earlier one gave back.
  const [taken = Number.NaN] = resident;
  if (mode === 'grow') {
    figures.push(
      ratioFigure({ what: `resident memory of a file of ${amount} MiB / its size, less 16 MB`, most: 1.1 }, [
        (taken - SLACK) / (amount * MIB),
      ]),
    );
  }
  if (mode === 'names') {
    figures.push(ratioFigure({ what: 'resident memory of an empty file / 1 KiB', most: 1 }, [taken / amount / KIB]));
  }
  return figures;
}

async function run(
  machine: Machine,
  program: Uint8Array,
  mode: string,
  path: string,
  amount: number,
): Promise<number[]> {
  if (mode === 'names' || mode === 'deep') await machine.fs.mkdir(path);
  const { stdout } = await machine.run(program, { args: [mode, path, `${amount}`], check: true });
  return stdout.text().trim().split('\n').map(Number);
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}
