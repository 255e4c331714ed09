// Threads against native ones: the same C source by the same version of clang, in turns. The guest is tests/bench/guest/threads.c,
// which times itself; the speed-up on two processors is told by two of the guest apps. OpenMP's waits are active in both.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine, Program } from '../../runtime/index.ts';
import { readStamp } from '../../runtime/toolchain/linux-sysroot.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import {
  type Bench,
  type Environment,
  type Figure,
  pairwise,
  ratioFigure,
  skippedFigure,
  type Target,
} from './figure.ts';
import { ROOT } from './guest-programs.ts';

const COMPILERS = ['clang-22', 'clang'];
const ENVIRONMENT = { OMP_NUM_THREADS: '2', OMP_WAIT_POLICY: 'active' };
/** Main, and as many as there are processors. */
const THREADS = 3;

/** Of molecular dynamics: cells and steps. About a second, of which the engine's optimising is little; by default it is a third. */
const MD_SIZE = ['8', '60'];

const TARGETS = {
  create_join: { what: 'pthread create and join, warm / native', most: 1 },
  mutex: { what: 'uncontended mutex lock and unlock / native', most: 2 },
  lesser_share: {
    what: 'a mutex that two threads want all the time: the share of the one that gets it less',
    least: 0.05,
  },
  malloc: { what: 'malloc and free on two threads: the rate / that of one thread', least: 1.6 },
  region: { what: 'OpenMP parallel region on two threads, empty / native', most: 3 },
  barrier: { what: 'OpenMP barrier of two threads / native', most: 3 },
  dgemm: { what: 'speed-up of the matrix product on two processors / that of native threads', least: 0.95 },
  md: { what: 'speed-up of molecular dynamics on two processors / that of native threads', least: 0.95 },
} as const satisfies Record<string, Target>;

/** What one run tells: numbers by name. */
type Numbers = ReadonlyMap<string, number>;

/** The same program on both sides. */
interface Pair {
  readonly guest: () => Promise<Numbers>;
  readonly native: () => Numbers;
}

export const threadsBench: Bench = {
  name: 'threads',
  async run(environment): Promise<Figure[]> {
    const sysroot = fileURLToPath(new URL('sysroot/', environment.dist));
    const compiler = COMPILERS.find((name) => spawnSync(name, ['--version']).status === 0);
    const reason = missing(sysroot, compiler);
    if (compiler === undefined || reason !== undefined) {
      return Object.values(TARGETS).map((target) => skippedFigure(target, reason ?? ''));
    }
    const folder = mkdtempSync(join(tmpdir(), 'fusedos-bench-'));
    try {
      await using machine = await environment.runtime.boot({ appCores: THREADS, spareCores: 0, linuxProcesses: 0 });
      await using guestCompiler = await createCompiler({ cacheDir: resolve(ROOT, 'build/cache'), sysroot });
      const pairOf = async (source: string, args: readonly string[]): Promise<Pair> => {
        environment.progress(`compiling ${source}`);
        const bytes = await guestCompiler.build({ language: 'c', source, args: ['-O3', '-fopenmp'], cwd: ROOT });
        const program = await machine.compile(bytes);
        const native = buildNative(compiler, source, folder);
        return { guest: () => runGuest(machine, program, args), native: () => runNative(native, args) };
      };
      const part = environment.quick ? '0.2' : '1';
      const operations = await pairOf('tests/bench/guest/threads.c', [part]);
      const dgemm = await pairOf('guest-apps/c/dgemm-omp.c', []);
      const md = await pairOf('guest-apps/c/md-omp.c', MD_SIZE);
      return [
        ...(await measureOperations(environment, operations)),
        await measureSpeedUp(environment, TARGETS.dgemm, dgemm),
        await measureSpeedUp(environment, TARGETS.md, md),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function missing(sysroot: string, compiler: string | undefined): string | undefined {
  if (readStamp(sysroot) === undefined) return 'there is no sysroot: npm run sysroot';
  if (compiler === undefined) return `neither of ${COMPILERS.join(', ')} is installed`;
  return availableParallelism() < 2 ? 'the host has one processor' : undefined;
}

function buildNative(compiler: string, source: string, folder: string): string {
  const output = join(folder, source.replaceAll('/', '-'));
  const args = ['-O3', '-fopenmp', source, '-o', output, '-lm'];
  const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler} cannot build ${source}:\n${stderr}`);
  return output;
}

async function runGuest(machine: Machine, program: Program, args: readonly string[]): Promise<Numbers> {
  const { stdout } = await machine.run(program, { args, env: ENVIRONMENT, threads: THREADS, check: true });
  return numbersIn(stdout.text());
}

function runNative(file: string, args: readonly string[]): Numbers {
  const { status, stdout, stderr } = spawnSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, ...ENVIRONMENT },
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return numbersIn(stdout);
}

/** Lines `name number`, and what a guest app says of its speed-up. */
function numbersIn(output: string): Numbers {
  return new Map(
    [...output.matchAll(/^(\w+) ([\d.e+-]+)$|(speed-up) ([\d.]+)/gm)].map(([, name, value, speedUp, times]) => [
      name ?? speedUp ?? '',
      Number(value ?? times),
    ]),
  );
}

async function inTurns({ quick, progress }: Environment, what: string, { guest, native }: Pair) {
  const rounds: { guest: Numbers[]; native: Numbers[] } = { guest: [], native: [] };
  // The first round is not counted.
  for (let round = 0; round <= (quick ? 3 : 9); round++) {
    progress(`${what}, round ${round}`);
    const ours = await guest();
    const theirs = native();
    if (round === 0) continue;
    rounds.guest.push(ours);
    rounds.native.push(theirs);
  }
  return rounds;
}

async function measureOperations(environment: Environment, pair: Pair): Promise<Figure[]> {
  const rounds = await inTurns(environment, 'operations', pair);
  const ours = (name: string): number[] => rounds.guest.map((numbers) => numbers.get(name) ?? Number.NaN);
  const theirs = (name: string): number[] => rounds.native.map((numbers) => numbers.get(name) ?? Number.NaN);
  const { median } = environment.bench;
  const nanoseconds = (name: string): string =>
    `${median(ours(name)).toPrecision(3)} ns, native ${median(theirs(name)).toPrecision(3)} ns`;
  const against = (name: 'create_join' | 'mutex' | 'region' | 'barrier'): Figure =>
    ratioFigure({ ...TARGETS[name], detail: nanoseconds(name) }, pairwise(ours(name), theirs(name)));
  const nativeShare = median(theirs('lesser_share')).toFixed(2);
  const nativeScale = median(pairwise(theirs('malloc_1'), theirs('malloc_2'))).toFixed(2);
  return [
    against('create_join'),
    against('mutex'),
    ratioFigure(
      { ...TARGETS.lesser_share, detail: `native ${nativeShare}; a turn ${nanoseconds('contended')}` },
      ours('lesser_share'),
    ),
    ratioFigure(
      { ...TARGETS.malloc, detail: `native ${nativeScale}; on one thread ${nanoseconds('malloc_1')}` },
      pairwise(ours('malloc_1'), ours('malloc_2')),
    ),
    against('region'),
    against('barrier'),
  ];
}

async function measureSpeedUp(environment: Environment, target: Target, pair: Pair): Promise<Figure> {
  const rounds = await inTurns(environment, target.what, pair);
  const of = (all: readonly Numbers[]): number[] => all.map((numbers) => numbers.get('speed-up') ?? Number.NaN);
  const { median } = environment.bench;
  const detail = `${median(of(rounds.guest)).toFixed(2)}, native ${median(of(rounds.native)).toFixed(2)}`;
  return ratioFigure({ ...target, detail }, pairwise(of(rounds.guest), of(rounds.native)));
}
