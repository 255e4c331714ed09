// Jobs of many ranks: operations of 16 on however few processors there are, against bare workers that meet by Atomics and against MPICH
// (oversubscribed, as we are), in turns; and what it takes to start and end a job. The guest is tests/bench/guest/ranks.c.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { readStamp } from '../../runtime/toolchain/linux-sysroot.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { type Bench, type Environment, type Figure, ratioFigure, skippedFigure, type Target } from './figure.ts';
import { buildApp, ROOT } from './guest-programs.ts';
import { nativeStarts, nativesHere, runGuest, type Times } from './mpi-programs.ts';

const SOURCE = 'tests/bench/guest/ranks.c';
const RANKS = 16;
const FEW_RANKS = 4;
const MANY_RANKS = 256;
const MANY_TIMEOUT_MS = 120_000;
/** The argument by which the guest only meets, gathers and ends. */
const NO_OPERATIONS = '0';

const BARRIER: Target = { what: 'MPI_Barrier of 16 ranks / a bare Atomics barrier of 16 workers', most: 1.5 };
const AGAINST_MPICH = {
  allreduce: { what: 'MPI_Allreduce of 8 B by 16 ranks / MPICH, oversubscribed', most: 1 },
  alltoall: { what: 'MPI_Alltoall of 512 B by 16 ranks / MPICH, oversubscribed', most: 1 },
  halo: { what: 'halo exchange of 4 KiB by 16 ranks / MPICH, oversubscribed', most: 1 },
} as const satisfies Record<string, Target>;
const WARM: Target = { what: 'a job of 4 ranks, warm / `machine.run(hello)`, warm', most: 6 };
const MANY: Target = {
  what: '256 ranks that start, meet, gather and end / 256 bare workers, each made, sent a message and ended',
  most: 1.3,
};

export const ranksBench: Bench = {
  name: 'ranks',
  async run(environment): Promise<Figure[]> {
    const sysroot = fileURLToPath(new URL('sysroot/', environment.dist));
    if (readStamp(sysroot) === undefined) {
      const targets = [BARRIER, ...Object.values(AGAINST_MPICH), WARM, MANY];
      return targets.map((target) => skippedFigure(target, 'there is no sysroot: npm run sysroot'));
    }
    environment.progress(`compiling ${SOURCE}`);
    await using compiler = await createCompiler({ cacheDir: resolve(ROOT, 'build/cache'), sysroot });
    const guest = await compiler.build({ language: 'c', source: SOURCE, args: ['-O3', '-lmpi'], cwd: ROOT });
    return [
      ...(await measureOperations(environment, guest)),
      await measureWarm(environment, guest),
      await measureMany(environment, guest),
    ];
  },
};

async function measureOperations({ runtime, bench, quick, progress }: Environment, guest: Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'fusedos-bench-'));
  try {
    await using machine = await runtime.boot({ appCores: RANKS, spareCores: 0, linuxProcesses: 0 });
    const program = await machine.compile(guest);
    const mpich = nativesHere().find(({ name }) => name === 'mpich');
    const [native] = mpich === undefined ? [] : nativeStarts(mpich, SOURCE, folder, RANKS);
    const part = quick ? '0.3' : '1';
    const rounds: { ours: Times; theirs: Times | undefined; bareUs: number }[] = [];
    for (let round = 0; round < (quick ? 3 : 7); round++) {
      progress(`16 ranks, round ${round}`);
      const ours = await runGuest(machine, program, RANKS, part);
      rounds.push({ ours, theirs: native?.(part), bareUs: await bareBarrierUs() });
    }
    const median = (name: string, side: 'ours' | 'theirs'): string =>
      `${bench.median(rounds.map((round) => round[side]?.get(name) ?? 0)).toPrecision(3)} µs`;
    const ratios = (name: string, under: (round: (typeof rounds)[number]) => number | undefined): number[] =>
      rounds.map((round) => (round.ours.get(name) ?? Number.NaN) / (under(round) ?? Number.NaN));
    const bareUs = bench.median(rounds.map((round) => round.bareUs)).toPrecision(3);
    const beside = native === undefined ? '' : `, MPICH ${median('barrier', 'theirs')}`;
    const detail = `${median('barrier', 'ours')}, bare ${bareUs} µs${beside}`;
    return [
      ratioFigure(
        { ...BARRIER, detail },
        ratios('barrier', (round) => round.bareUs),
      ),
      ...Object.entries(AGAINST_MPICH).map(([name, target]) =>
        native === undefined
          ? skippedFigure(target, 'MPICH is not installed')
          : ratioFigure(
              { ...target, detail: `${median(name, 'ours')}, MPICH ${median(name, 'theirs')}` },
              ratios(name, ({ theirs }) => theirs?.get(name)),
            ),
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Meets the others: whoever comes last begins the next generation and wakes all. Tells microseconds a meeting, the best of some rounds. */
const MEET = `
import { parentPort, workerData } from 'node:worker_threads';
const { words, count, meetings } = workerData;
const meet = () => {
  const generation = Atomics.load(words, 1);
  if (Atomics.add(words, 0, 1) === count - 1) {
    Atomics.store(words, 0, 0);
    Atomics.add(words, 1, 1);
    Atomics.notify(words, 1);
  } else while (Atomics.load(words, 1) === generation) Atomics.wait(words, 1, generation);
};
let best = Infinity;
for (let round = 0; round <= 3; round++) {
  meet();
  const start = performance.now();
  for (let i = 0; i < meetings; i++) meet();
  if (round > 0) best = Math.min(best, (performance.now() - start) / meetings * 1000);
}
parentPort.postMessage(best);
`;

const BARE = `
import { parentPort } from 'node:worker_threads';
parentPort.once('message', (message) => parentPort.postMessage(message));
`;

function moduleUrl(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function heardFrom(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

async function bareBarrierUs(): Promise<number> {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { words, count: RANKS, meetings: 100 };
  const workers = Array.from({ length: RANKS }, () => new Worker(moduleUrl(MEET), { workerData }));
  const [us] = await Promise.all(workers.map(heardFrom));
  await Promise.all(workers.map((worker) => worker.terminate()));
  return us as number;
}

async function measureWarm({ runtime, quick, progress }: Environment, guest: Uint8Array): Promise<Figure> {
  await using machine = await runtime.boot({ appCores: FEW_RANKS, spareCores: 0, linuxProcesses: 0 });
  const job = await machine.compile(guest);
  const hello = await machine.compile(await buildApp({ language: 'c', source: 'guest-apps/c/hello.c' }));
  const ratios: number[] = [];
  for (let round = -2; round < (quick ? 10 : 50); round++) {
    progress(`a warm job, round ${round}`);
    const jobMs = await timeMs(() => machine.mpirun(job, { n: FEW_RANKS, args: [NO_OPERATIONS], check: true }));
    const runMs = await timeMs(() => machine.run(hello, { check: true }));
    if (round >= 0) ratios.push(jobMs / runMs);
  }
  return ratioFigure(WARM, ratios);
}

async function measureMany({ runtime, quick, progress }: Environment, guest: Uint8Array): Promise<Figure> {
  const ratios: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    progress(`256 ranks, round ${round}`);
    const machine = await runtime.boot({ appCores: MANY_RANKS, readyCores: 0, spareCores: 0, linuxProcesses: 0 });
    const options = { n: MANY_RANKS, args: [NO_OPERATIONS], check: true, timeoutMs: MANY_TIMEOUT_MS };
    const oursMs = await timeMs(async () => {
      try {
        await machine.mpirun(guest, options);
      } finally {
        await machine.close();
      }
    });
    ratios.push(oursMs / (await timeMs(bareWorkers)));
  }
  return ratioFigure(MANY, ratios);
}

async function bareWorkers(): Promise<void> {
  await Promise.all(
    Array.from({ length: MANY_RANKS }, async () => {
      const worker = new Worker(moduleUrl(BARE));
      const heard = heardFrom(worker);
      worker.postMessage(0);
      await heard;
      await worker.terminate();
    }),
  );
}

async function timeMs(operation: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await operation();
  return performance.now() - startMs;
}
