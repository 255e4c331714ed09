// Where a call is measured: the columns of the table, and the floors below it. Each is something that gives samples; this
// file boots the machines and the workers that they need and ends them.

import { boot, type Machine, type Placement, type PollPolicy, type Program } from '../index.ts';
import type { MeasuredCall } from './calls.ts';
import { generateGuest, rowOf } from './guest.ts';
import type { Answer, PeerHost, Request, Task } from './messages.ts';
import { builtin } from './platform.ts';
import { check, type Extent, type RunningGuest, sampleGuest } from './sampling.ts';

/** Gives nanoseconds a call, one a batch. */
export type Sampler = (extent: Extent) => Promise<Float64Array>;

export const COLUMNS = ['local', 'poll', 'adaptive', 'park', 'node:wasi', 'browser_wasi_shim'] as const;
export type Column = (typeof COLUMNS)[number];

export const FLOORS = [
  'empty import',
  'performance.now()',
  'ping-pong, spinning',
  'ping-pong, parked',
  'copy 8 B',
  'copy 4 KiB',
  'copy 64 KiB',
] as const;
export type Floor = (typeof FLOORS)[number];

const COPY_BYTES = { 'copy 8 B': 8, 'copy 4 KiB': 4096, 'copy 64 KiB': 65536 } as const;

/** A measured call as every host gets it. */
interface BuiltCall {
  readonly call: MeasuredCall;
  readonly program: Program;
  /** The same module, not rewritten. */
  readonly module: WebAssembly.Module;
}

export class Hosts {
  /** Where node:wasi's files are. */
  readonly directory: string;
  readonly #machines: ReadonlyMap<PollPolicy, Machine>;
  readonly #worker = new BenchWorker();
  readonly #partner = new BenchWorker();
  readonly #built = new Map<string, BuiltCall>();

  private constructor(directory: string, machines: ReadonlyMap<PollPolicy, Machine>) {
    this.directory = directory;
    this.#machines = machines;
  }

  static async open(): Promise<Hosts> {
    const machines = new Map<PollPolicy, Machine>();
    for (const pollPolicy of ['poll', 'adaptive', 'park'] as const) {
      machines.set(pollPolicy, await boot({ appCores: 1, spareCores: 0, linuxProcesses: 0, pollPolicy }));
    }
    return new Hosts(makeDirectory(), machines);
  }

  /** Other hosts know no calls of Linux's. */
  serves({ plan }: MeasuredCall, column: Column): boolean {
    const isPeer = column === 'node:wasi' || column === 'browser_wasi_shim';
    return !(isPeer && plan.measured.some(({ call }) => call.startsWith('SYS_')));
  }

  async sampler(call: MeasuredCall, column: Column): Promise<Sampler> {
    const built = await this.#build(call);
    switch (column) {
      case 'local':
        return this.#ours(built, 'adaptive', isServedByCnk(call) ? 'cnk' : 'library');
      case 'poll':
      case 'adaptive':
      case 'park':
        return this.#ours(built, column, 'fused');
      case 'node:wasi':
      case 'browser_wasi_shim':
        return this.#peer(built, column);
    }
  }

  /** @param empty the call that an empty import stands for: one without parameters */
  async floor(floor: Floor, empty: MeasuredCall): Promise<Sampler> {
    switch (floor) {
      case 'empty import':
        return this.#peer(await this.#build(empty), 'empty');
      case 'performance.now()':
        return this.#task((extent) => ({ kind: 'clock', extent }));
      case 'ping-pong, spinning':
        return this.#pingPong(false);
      case 'ping-pong, parked':
        return this.#pingPong(true);
      case 'copy 8 B':
      case 'copy 4 KiB':
      case 'copy 64 KiB':
        return this.#task((extent) => ({ kind: 'copy', bytes: COPY_BYTES[floor], extent }));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#machines.values(), this.#worker, this.#partner].map((each) => each.close()));
    builtin('node:fs').rmSync(this.directory, { recursive: true, force: true });
  }

  async #build(call: MeasuredCall): Promise<BuiltCall> {
    const known = this.#built.get(call.id);
    if (known !== undefined) return known;
    const bytes = generateGuest(call.plan);
    const [program, module] = await Promise.all([this.#machine('adaptive').compile(bytes), WebAssembly.compile(bytes)]);
    const built = { call, program, module };
    this.#built.set(call.id, built);
    return built;
  }

  #machine(policy: PollPolicy): Machine {
    const machine = this.#machines.get(policy);
    if (machine === undefined) throw new Error(`no machine for the policy ${policy}`);
    return machine;
  }

  /** A guest a turn: a machine without one burns no processor while the others are measured. */
  #ours({ call, program }: BuiltCall, policy: PollPolicy, placement: Placement): Sampler {
    const machine = this.#machine(policy);
    const { entries } = call.plan;
    const isPrivate = placement === 'library';
    // Not by the guest: so many shipped calls, each turn, would take longer than all that is measured.
    let shared: Promise<string> | undefined;
    return async (extent) => {
      shared ??= isPrivate ? Promise.resolve('/tmp') : makeEntries(machine, entries);
      const preopens = [
        { name: '/', path: await shared },
        { name: '/dev', path: '/dev' },
      ];
      const route = { 'performance.now': 'cnk' } as const;
      await using library = await machine.load(program, { placement, route, preopens });
      if (isPrivate) await check(library, 'populate');
      return await sampleGuest(library satisfies RunningGuest, extent);
    };
  }

  #peer({ call, module }: BuiltCall, host: PeerHost): Sampler {
    const { entries } = call.plan;
    const directory = host === 'node:wasi' ? makeHostEntries(this.directory, entries) : this.directory;
    return (extent) => this.#worker.perform({ kind: 'guest', host, module, directory, entries, extent });
  }

  #task(task: (extent: Extent) => Task): Sampler {
    return (extent) => this.#worker.perform(task(extent));
  }

  #pingPong(isParked: boolean): Sampler {
    const words = new SharedArrayBuffer(512);
    return async (extent) => {
      const answered = this.#partner.perform({ kind: 'answer', words, isParked });
      const samples = await this.#worker.perform({ kind: 'ask', words, isParked, extent });
      await answered;
      return samples;
    };
  }
}

/** Whether CNK serves the measured calls, so that the column `local` is CNK. */
export function isServedByCnk({ plan }: MeasuredCall): boolean {
  return plan.measured.every(({ call }) => rowOf(call)?.home === 'cnk');
}

/** One of the benchmark's own workers, with the stack that a core has. */
class BenchWorker {
  readonly #worker;
  readonly #waiting = new Map<number, { resolve(samples: Float64Array): void; reject(error: Error): void }>();
  #last = 0;

  constructor() {
    const { Worker } = builtin('node:worker_threads');
    this.#worker = new Worker(new URL('./bench-worker.js', import.meta.url), {
      name: 'fusedos bench',
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { stackSizeMb: 16 },
    });
    this.#worker.on('message', ({ id, samples, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (samples === undefined) waiting?.reject(new Error(error));
      else waiting?.resolve(samples);
    });
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  perform(task: Task): Promise<Float64Array> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, task } satisfies Request);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** In memory where the host has a file system there, so that node:wasi is not measured with a disk. */
function makeDirectory(): string {
  const { accessSync, constants, mkdtempSync, rmSync } = builtin('node:fs');
  let parent = builtin('node:os').tmpdir();
  try {
    accessSync('/dev/shm', constants.W_OK);
    parent = '/dev/shm';
  } catch {
    // None, or not ours.
  }
  const directory = mkdtempSync(`${parent}/fusedos-bench-`);
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** @returns a directory of the machine's that holds the entries and nothing else */
async function makeEntries(machine: Machine, entries: readonly string[]): Promise<string> {
  if (entries.length === 0) return '/tmp';
  const directory = `/tmp/${entries.length}`;
  await machine.fs.mkdir(directory);
  await Promise.all(entries.map((name) => machine.fs.writeFile(`${directory}/${name}`, '')));
  return directory;
}

/** The same on the host. */
function makeHostEntries(directory: string, entries: readonly string[]): string {
  if (entries.length === 0) return directory;
  const { mkdirSync, writeFileSync } = builtin('node:fs');
  const own = `${directory}/${entries.length}`;
  mkdirSync(own);
  for (const name of entries) writeFileSync(`${own}/${name}`, '');
  return own;
}
