// Entry of the benchmark's own workers: runs the measured guest under the other hosts, and the bare floors. One task at a
// time; between tasks it waits in its event loop.

import {
  ConsoleStdout,
  Directory,
  type Fd,
  Inode,
  OpenFile,
  PreopenDirectory,
  WASI as Shim,
  File as ShimFile,
  type wasi,
} from '@bjorn3/browser_wasi_shim';
import { BATCH } from './calls.ts';
import type { GuestExports } from './guest.ts';
import type { Answer, GuestTask, Request, Task } from './messages.ts';
import { builtin } from './platform.ts';
import { type Extent, type RunningGuest, sampleGuest, sampleInTime } from './sampling.ts';

const { parentPort } = builtin('node:worker_threads');
if (parentPort === null) throw new Error('this file is the entry of a worker');
const port = parentPort;

port.on('message', ({ id, task }: Request) => {
  perform(task).then(
    (samples) => port.postMessage({ id, samples } satisfies Answer),
    (error: unknown) => port.postMessage({ id, error: String(error) } satisfies Answer),
  );
});

async function perform(task: Task): Promise<Float64Array> {
  switch (task.kind) {
    case 'guest':
      return sampleGuest(await instantiate(task), task.extent);
    case 'clock':
      return timeBatches(task.extent, clock);
    case 'ask':
      return ask(new Int32Array(task.words), task.isParked, task.extent);
    case 'answer':
      return answer(new Int32Array(task.words), task.isParked);
    case 'copy':
      return copy(task.bytes, task.extent);
  }
}

// The other hosts.

async function instantiate({ host, module, directory, entries }: GuestTask): Promise<RunningGuest> {
  const env = { 'performance.now': () => performance.now() };
  switch (host) {
    case 'empty': {
      const nothing = () => 0;
      const functions = WebAssembly.Module.imports(module).map(({ name }) => [name, nothing]);
      return running(
        await WebAssembly.instantiate(module, { env, wasi_snapshot_preview1: Object.fromEntries(functions) }),
      );
    }
    case 'node:wasi': {
      const { WASI } = builtin('node:wasi');
      const host = new WASI({ version: 'preview1', preopens: { '/': directory, '/dev': '/dev' } });
      const instance = await WebAssembly.instantiate(module, { env, wasi_snapshot_preview1: host.wasiImport });
      host.initialize(instance);
      return running(instance);
    }
    case 'browser_wasi_shim': {
      const stdio = Array.from({ length: 3 }, () => new OpenFile(new ShimFile([])));
      const devices = new Map([['null', new NullDevice()]]);
      const directories = [
        new PreopenDirectory('/', new Map(entries.map((name) => [name, new ShimFile([])]))),
        new PreopenDirectory('/dev', devices),
      ];
      const host = new Shim([], [], [...stdio, ...directories], { debug: false });
      const instance = await WebAssembly.instantiate(module, { env, wasi_snapshot_preview1: host.wasiImport });
      const { memory } = instance.exports;
      if (!(memory instanceof WebAssembly.Memory)) throw new Error('the measured program exports no memory');
      host.initialize({ exports: { memory } });
      return running(instance);
    }
  }
}

/** The shim has no devices: this is the least that one can be. */
class NullDevice extends Inode {
  override path_open(): { ret: number; fd_obj: Fd | null } {
    return { ret: 0, fd_obj: new ConsoleStdout(() => {}) };
  }
  override stat(): wasi.Filestat {
    return new Directory(new Map()).stat();
  }
}

function running({ exports }: WebAssembly.Instance): RunningGuest {
  const { memory } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('the measured program exports no memory');
  const functions = exports as unknown as Record<keyof GuestExports, (...args: number[]) => number>;
  return {
    call: (name, ...args) => functions[name](...args),
    read: (address, length) => new Uint8Array(memory.buffer.slice(address, address + length) as ArrayBuffer),
  };
}

// The floors.

async function timeBatches(extent: Extent, batch: (calls: number) => void): Promise<Float64Array> {
  const { calls, batches, limitMs, warmUp } = extent;
  const take = (count: number): Float64Array =>
    new Float64Array(count).map(() => {
      const start = performance.now();
      batch(calls);
      return ((performance.now() - start) * 1e6) / calls;
    });
  if (warmUp > 0) await sampleInTime(warmUp, limitMs, take);
  return sampleInTime(batches, limitMs, take);
}

/** Keeps the last time, so that no engine leaves the calls out. */
const last = new Float64Array(1);

function clock(calls: number): void {
  for (let i = 0; i < calls; i++) last[0] = performance.now();
}

/** The words of a ping-pong, each on cache lines of its own: the number of the last round, from 0 to LAST_ROUND. */
const PING = 0;
const PONG = 64;
const LAST_ROUND = 0x3fff_ffff;
/** In place of a round's number: there are no more. */
const END = -1;

async function ask(words: Int32Array, isParked: boolean, extent: Extent): Promise<Float64Array> {
  let round = Atomics.load(words, PONG);
  const ping = (value: number): void => {
    Atomics.store(words, PING, value);
    if (isParked) Atomics.notify(words, PING);
  };
  const samples = await timeBatches(extent, (calls) => {
    for (let i = 0; i < calls; i++) {
      const last = round;
      round = (round + 1) & LAST_ROUND;
      ping(round);
      if (isParked) while (Atomics.load(words, PONG) === last) Atomics.wait(words, PONG, last);
      else while (Atomics.load(words, PONG) === last);
    }
  });
  ping(END);
  return samples;
}

function answer(words: Int32Array, isParked: boolean): Float64Array {
  for (let round = Atomics.load(words, PONG); ; ) {
    let ping = Atomics.load(words, PING);
    for (; ping === round; ping = Atomics.load(words, PING)) if (isParked) Atomics.wait(words, PING, round);
    if (ping === END) {
      // As the next two find it.
      Atomics.store(words, PING, round);
      return new Float64Array(0);
    }
    round = ping;
    Atomics.store(words, PONG, round);
    if (isParked) Atomics.notify(words, PONG);
  }
}

const BUFFER_PAGES = 1;
const source = new WebAssembly.Memory({ initial: BUFFER_PAGES, maximum: BUFFER_PAGES, shared: true });
const target = new WebAssembly.Memory({ initial: BATCH, maximum: BATCH, shared: true });

/** As the transfers do it: always the same buffer at one end, a walk through the file at the other. */
function copy(bytes: number, extent: Extent): Promise<Float64Array> {
  const from = new Uint8Array(source.buffer);
  const into = new Uint8Array(target.buffer);
  return timeBatches(extent, (calls) => {
    for (let i = 0; i < calls; i++) into.set(from.subarray(0, bytes), i * bytes);
  });
}
