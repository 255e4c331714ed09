// SQLite's work on files, as its test program measures it (tests/guests/sqlite/measure.c): on a machine's own tree, against the
// same module under node:wasi on a file system in memory. Both are warm, and run in turns.

import { type ChildProcess, fork } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine, Placement, PollPolicy, Program } from '../../runtime/index.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { buildSqlite } from '../support/sqlite.ts';
import { type Bench, type Environment, type Figure, pairwise, ratioFigure } from './figure.ts';
import { ROOT } from './guest-programs.ts';

const DATABASE = '/measured.db';
const WARM_UP_ROUNDS = 5;

interface Column {
  readonly what: string;
  readonly placement: Placement;
  readonly pollPolicy: PollPolicy;
}

const COLUMNS: readonly Column[] = [
  { what: '`cnk`, polling', placement: 'cnk', pollPolicy: 'poll' },
  { what: '`cnk`', placement: 'cnk', pollPolicy: 'adaptive' },
  { what: '`library`', placement: 'library', pollPolicy: 'adaptive' },
];

/** Nanoseconds by kind of work. */
type Times = ReadonlyMap<string, number>;

export const sqliteBench: Bench = {
  name: 'sqlite',
  async run({ runtime, bench, quick, progress }: Environment): Promise<Figure[]> {
    progress('building SQLite');
    const module = await build();
    const bootWith = (pollPolicy: PollPolicy): Promise<Machine> =>
      runtime.boot({ appCores: 1, spareCores: 0, linuxProcesses: 0, pollPolicy });
    await using polling = await bootWith('poll');
    await using adaptive = await bootWith('adaptive');
    const program = await adaptive.compile(module);
    await using peer = await Peer.start(module);
    const theirs: Times[] = [];
    const ours = COLUMNS.map((column) => ({ ...column, rounds: [] as Times[] }));
    const all = quick ? 5 : 25;
    for (let round = -WARM_UP_ROUNDS; round < all; round++) {
      progress(`round ${round}`);
      for (const { placement, pollPolicy, rounds } of ours) {
        const times = await measure(pollPolicy === 'poll' ? polling : adaptive, program, placement);
        if (round >= 0) rounds.push(times);
      }
      const times = await peer.measure();
      if (round >= 0) theirs.push(times);
    }
    return ours.map(({ what, rounds }) =>
      ratioFigure(
        {
          what: `SQLite, ten kinds of work: node:wasi on ${peer.isInMemory ? 'tmpfs' : 'a disk'} / ${what}`,
          least: 1,
          detail: byKind(bench, theirs, rounds),
        },
        pairwise(theirs.map(total), rounds.map(total)),
      ),
    );
  },
};

async function build(): Promise<Uint8Array> {
  await using compiler = await createCompiler({ cacheDir: resolve(ROOT, 'build/cache'), sysroot: null });
  return await buildSqlite(compiler, ROOT);
}

async function measure(machine: Machine, program: Program, placement: Placement): Promise<Times> {
  const { stdout } = await machine.run(program, { args: ['measure', DATABASE], placement, check: true });
  await machine.fs.rm(DATABASE, { force: true });
  return parseTimes(stdout.text());
}

/** The same under node:wasi, in a process of its own. */
class Peer implements AsyncDisposable {
  readonly isInMemory: boolean;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(isInMemory: boolean, directory: string, child: ChildProcess) {
    this.isInMemory = isInMemory;
    this.#directory = directory;
    this.#child = child;
  }

  static async start(module: Uint8Array): Promise<Peer> {
    const isInMemory = isWritable('/dev/shm');
    const directory = mkdtempSync(join(isInMemory ? '/dev/shm' : tmpdir(), 'fusedos-bench-'));
    mkdirSync(join(directory, 'tmp'));
    const file = join(directory, 'sqlite.wasm');
    writeFileSync(file, module);
    // Node 20's node:wasi crashes in its fast calls once a program's memory has grown.
    const execArgv = process.version.startsWith('v20.') ? ['--no-turbo-fast-api-calls'] : [];
    const entry = fileURLToPath(new URL('./plain-wasi.mjs', import.meta.url));
    const child = fork(entry, [file, directory], { execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv] });
    await answerOf(child);
    return new Peer(isInMemory, directory, child);
  }

  async measure(): Promise<Times> {
    const answered = answerOf(this.#child);
    this.#child.send(['measure', DATABASE]);
    const { status, output } = (await answered) as { readonly status: number; readonly output: string };
    if (status !== 0) throw new Error(`under node:wasi SQLite ended with status ${status}`);
    rmSync(join(this.#directory, DATABASE));
    return parseTimes(output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.disconnect();
    await new Promise((resolve) => this.#child.once('exit', resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The child's next message. Errors: an Error when it ends without one. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((settle, reject) => {
    const ended = (status: number | null, signal: string | null): void =>
      reject(new Error(`node:wasi ended with ${status ?? signal}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      settle(message);
    });
  });
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** From lines `KIND NANOSECONDS`. */
function parseTimes(output: string): Times {
  return new Map(Array.from(output.matchAll(/^(\S+) (\d+)$/gm), ([, kind = '', time]) => [kind, Number(time)]));
}

function total(times: Times): number {
  return [...times.values()].reduce((sum, time) => sum + time, 0);
}

/** The ratio of each kind of work, median over the rounds. */
function byKind({ median }: Environment['bench'], theirs: readonly Times[], ours: readonly Times[]): string {
  const kinds = [...(ours[0]?.keys() ?? [])];
  const timesOf = (rounds: readonly Times[], kind: string): number[] => rounds.map((times) => times.get(kind) ?? 0);
  return kinds
    .map((kind) => `${kind} ${median(pairwise(timesOf(theirs, kind), timesOf(ours, kind))).toFixed(2)}`)
    .join(', ');
}
