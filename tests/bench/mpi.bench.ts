// Messages between two ranks against native MPI: the same C source, built for Debian's MPICH and Open MPI, in turns; of those that are
// there the quickest counts, Open MPI as it comes and with its copies from process to process. The guest is tests/bench/guest/mpi.c,
// which times itself.

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStamp } from '../../runtime/toolchain/linux-sysroot.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { type Bench, type Figure, ratioFigure, skippedFigure, type Target } from './figure.ts';
import { ROOT } from './guest-programs.ts';
import { nativeStarts, nativesHere, runGuest, type Times } from './mpi-programs.ts';

const SOURCE = 'tests/bench/guest/mpi.c';
const SIZES = Array.from({ length: 23 }, (_, power) => 2 ** power);
const FEW_BYTES = 64;
const MIB = 2 ** 20;
const RANKS = 2;

const TARGETS = {
  all: { what: 'MPI ping-pong, 1 B to 4 MiB, geometric mean / the quickest native', most: 1 },
  few: { what: 'MPI ping-pong, 1 to 64 B / the quickest native', most: 1.5 },
  bandwidth: { what: 'MPI bandwidth at 1 MiB / the quickest native', least: 1 },
  copy: { what: 'MPI bandwidth at 1 MiB / a bare copy between two memories', least: 0.6 },
  allreduce: { what: 'MPI_Allreduce of 8 B / the quickest native', most: 2 },
  barrier: { what: 'MPI_Barrier / the quickest native', most: 2 },
} as const satisfies Record<string, Target>;

export const mpiBench: Bench = {
  name: 'mpi',
  async run({ runtime, bench, dist, quick, progress }): Promise<Figure[]> {
    const sysroot = fileURLToPath(new URL('sysroot/', dist));
    const natives = nativesHere();
    const reason = missing(sysroot, natives.length);
    if (reason !== undefined) return Object.values(TARGETS).map((target) => skippedFigure(target, reason));
    const folder = mkdtempSync(join(tmpdir(), 'fusedos-bench-'));
    try {
      await using machine = await runtime.boot({
        appCores: RANKS,
        readyCores: RANKS,
        spareCores: 0,
        linuxProcesses: 0,
      });
      await using compiler = await createCompiler({ cacheDir: resolve(ROOT, 'build/cache'), sysroot });
      progress(`compiling ${SOURCE}`);
      const args = ['-O3', '-lmpi'];
      const program = await machine.compile(await compiler.build({ language: 'c', source: SOURCE, args, cwd: ROOT }));
      const starts = natives.flatMap((native) => nativeStarts(native, SOURCE, folder, RANKS));
      const part = quick ? '0.3' : '1';
      const rounds: { ours: Times; native: Times; copy: number }[] = [];
      for (let round = 0; round < (quick ? 3 : 7); round++) {
        progress(`round ${round}`);
        const ours = await runGuest(machine, program, RANKS, part);
        const native = quickest(starts.map((start) => start(part)));
        rounds.push({ ours, native, copy: bench.bareCopyUs(MIB) });
      }
      return figures(rounds, bench.median);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function missing(sysroot: string, natives: number): string | undefined {
  if (readStamp(sysroot) === undefined) return 'there is no sysroot: npm run sysroot';
  if (natives === 0) return 'neither MPICH nor Open MPI is installed';
  return availableParallelism() < RANKS ? 'the host has one processor' : undefined;
}

/** Of each operation the least. */
function quickest(all: readonly Times[]): Times {
  const names = new Set(all.flatMap((times) => [...times.keys()]));
  return new Map([...names].map((name) => [name, Math.min(...all.flatMap((times) => times.get(name) ?? []))]));
}

type Round = { readonly ours: Times; readonly native: Times; readonly copy: number };

function figures(rounds: readonly Round[], median: (values: readonly number[]) => number): Figure[] {
  const ratio = ({ ours, native }: Round, name: string): number =>
    (ours.get(name) ?? Number.NaN) / (native.get(name) ?? Number.NaN);
  const mean = (round: Round, sizes: readonly number[]): number =>
    Math.exp(sizes.reduce((sum, size) => sum + Math.log(ratio(round, `ping_pong_${size}`)), 0) / sizes.length);
  const microseconds = (name: string): string => {
    const of = (side: 'ours' | 'native'): string =>
      median(rounds.map((round) => round[side].get(name) ?? 0)).toPrecision(3);
    return `${of('ours')} µs, native ${of('native')} µs`;
  };
  const mib = `ping_pong_${MIB}`;
  return [
    ratioFigure(
      { ...TARGETS.all, detail: `at 4 KiB ${microseconds('ping_pong_4096')}` },
      rounds.map((round) => mean(round, SIZES)),
    ),
    ratioFigure(
      { ...TARGETS.few, detail: `at 8 B ${microseconds('ping_pong_8')}` },
      rounds.map((round) =>
        mean(
          round,
          SIZES.filter((size) => size <= FEW_BYTES),
        ),
      ),
    ),
    ratioFigure(
      { ...TARGETS.bandwidth, detail: microseconds(mib) },
      rounds.map((round) => 1 / ratio(round, mib)),
    ),
    ratioFigure(
      TARGETS.copy,
      rounds.map(({ ours, copy }) => copy / (ours.get(mib) ?? Number.NaN)),
    ),
    ...(['allreduce', 'barrier'] as const).map((name) =>
      ratioFigure(
        { ...TARGETS[name], detail: microseconds(name) },
        rounds.map((round) => ratio(round, name)),
      ),
    ),
  ];
}
