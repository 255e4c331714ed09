// A host directory as a guest sees it, against Node's own fs and against node:wasi, on a file system in memory and on disk:
// the same work in turns. The guest is tests/bench/guest/hostfs.c, which times itself; nothing is remembered between the
// turns but what the host's own cache holds.

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { summarize } from '../../runtime/bench/statistics.ts';
import type { Library, Placement } from '../../runtime/index.ts';
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
import type { PlainData, Work } from './plain/hostfs.ts';

const MIB = 1 << 20;
const KIB = 1 << 10;
const ENTRIES = 1000;
/** Not measured: until engines have compiled what is called, and both sides know how long to look. */
const WARM_ROUNDS = 8;

interface Measured {
  readonly what: string;
  readonly work: Omit<Work, 'by'>;
  /** Times of the work of which a figure tells one. */
  readonly times: number;
  /** `rate`: how fast against the peer; `time`: how much longer. */
  readonly as: 'rate' | 'time';
  readonly target: Pick<Target, 'most' | 'least'>;
}

const PLACEMENTS: readonly Placement[] = ['cnk', 'library'];

export const hostfsBench: Bench = {
  name: 'hostfs',
  async run(environment): Promise<Figure[]> {
    await using compiler = await createCompiler({ cacheDir: resolve(ROOT, 'build/cache'), sysroot: null });
    const guest = await compiler.build({
      language: 'c',
      source: 'tests/bench/guest/hostfs.c',
      args: ['-O3', '-mexec-model=reactor'],
      cwd: ROOT,
    });
    const figures: Figure[] = [];
    for (const [kind, parent] of [
      ['in memory', '/dev/shm'],
      ['on disk', tmpdir()],
    ] as const) {
      if (existsSync(parent)) figures.push(...(await measureIn(environment, guest, kind, parent)));
      else figures.push(skippedFigure({ what: `a host directory ${kind}`, least: 0 }, `there is no ${parent}`));
    }
    return figures;
  },
};

function measuredIn(quick: boolean): Measured[] {
  const total = quick ? 64 * MIB : 256 * MIB;
  const calls = 4000;
  const transfer = (name: 'read_all' | 'write_all', request: number): Measured => ({
    what: `sequential ${name === 'read_all' ? 'read' : 'write'} of ${total / MIB} MiB, ${request / KIB} KiB a request`,
    work: { name, path: 'large', numbers: [request, total] },
    times: total / request,
    as: 'rate',
    target: { least: 0.7 },
  });
  const repeated = (what: string, name: Work['name'], path: string, most: number): Measured => ({
    what,
    work: { name, path, numbers: [calls] },
    times: calls,
    as: 'time',
    target: { most },
  });
  return [
    // Writes first: they make the file.
    ...[MIB, 64 * KIB].map((request) => transfer('write_all', request)),
    ...[MIB, 64 * KIB].map((request) => transfer('read_all', request)),
    repeated('open and close', 'open_close', 'file', 6),
    repeated('open and close, three directories down', 'open_close', 'a/b/c/file', 12),
    repeated('stat', 'stat_all', 'file', 6),
    {
      what: `list ${ENTRIES} entries`,
      work: { name: 'list_all', path: 'entries', numbers: [ENTRIES] },
      times: 1,
      as: 'time',
      target: { most: 12 },
    },
  ];
}

async function measureIn(
  { runtime, quick, progress }: Environment,
  guest: Uint8Array,
  kind: string,
  parent: string,
): Promise<Figure[]> {
  using directory = new TestDirectory(parent);
  const plain = new Worker(new URL('plain-hostfs.mjs', pathToFileURL(`${resolve(ROOT, 'build/bench')}/`)), {
    workerData: {
      directory: directory.path,
      module: await WebAssembly.compile(new Uint8Array(guest)),
    } satisfies PlainData,
  });
  const ask = async (work: Work): Promise<number> => {
    plain.postMessage(work);
    const [nanoseconds] = await once(plain, 'message');
    return nanoseconds as number;
  };
  await using machine = await runtime.boot({ mounts: { '/mnt': directory.path }, appCores: 2, linuxProcesses: 0 });
  const figures: Figure[] = [];
  for (const placement of PLACEMENTS) {
    await using library = await machine.load(guest, { placement });
    const address = (await library.call('path_buffer')) as number;
    const measured = measuredIn(quick);
    for (const [index, { what, work, times, as, target }] of measured.entries()) {
      const ours: number[] = [];
      const fs: number[] = [];
      const wasi: number[] = [];
      for (let round = -WARM_ROUNDS; round < (quick ? 5 : 15); round++) {
        if (round === 0) for (const rounds of [ours, fs, wasi]) rounds.length = 0;
        progress(`${kind}, ${placement}: ${index + 1} of ${measured.length}, round ${round}`);
        // In turns: what one side leaves behind (bytes to be written back, a processor just woken) meets each of them.
        const turns = [
          async () => void ours.push(await callGuest(library, address, work)),
          async () => void fs.push(await ask({ by: 'node:fs', ...work })),
          async () => void wasi.push(await ask({ by: 'node:wasi', ...work })),
        ];
        const first = (round + WARM_ROUNDS) % turns.length;
        for (const turn of [...turns.slice(first), ...turns.slice(0, first)]) await turn();
      }
      const middle = (all: readonly number[]): string => (summarize(all).p50 / times / 1000).toFixed(2);
      const ratios = as === 'rate' ? pairwise(fs, ours) : pairwise(ours, fs);
      figures.push(
        ratioFigure(
          {
            what: `host directory ${kind}, ${placement}: ${what} / node:fs`,
            ...target,
            detail: `µs each: ${middle(ours)}, node:fs ${middle(fs)}, node:wasi ${middle(wasi)}`,
          },
          ratios,
        ),
      );
    }
  }
  await plain.terminate();
  return figures;
}

/** @returns nanoseconds. Errors: an Error when the guest's call failed */
async function callGuest(
  library: Library,
  address: number,
  { name, path, numbers }: Omit<Work, 'by'>,
): Promise<number> {
  library.write(address, new TextEncoder().encode(`/mnt/${path}\0`));
  const nanoseconds = (await library.call(name, ...numbers)) as number;
  if (nanoseconds < 0) throw new Error(`${name} ${path}: error ${-nanoseconds}`);
  return nanoseconds;
}

/** What the guest works on. */
class TestDirectory implements Disposable {
  readonly path: string;

  constructor(parent: string) {
    this.path = mkdtempSync(join(parent, 'fusedos-bench-'));
    mkdirSync(join(this.path, 'a', 'b', 'c'), { recursive: true });
    mkdirSync(join(this.path, 'entries'));
    for (const path of ['file', 'a/b/c/file']) writeFileSync(join(this.path, path), 'content');
    for (let i = 0; i < ENTRIES; i++) writeFileSync(join(this.path, 'entries', `entry-${i}`), '');
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
