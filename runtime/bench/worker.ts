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
import type { Answer, PeerHost, Request, Task } from './messages.ts';
import { builtin } from './platform.ts';
import { type RunningGuest, sampleGuest } from './sampling.ts';

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
      return sampleGuest(await instantiate(task.host, task.module, task.directory), task.warmUp, task.batches);
    case 'clock':
      return timeBatches(task.batches, clock);
    case 'ask':
      return ask(new Int32Array(task.words), task.isParked, task.batches);
    case 'answer':
      return answer(new Int32Array(task.words), task.isParked, task.batches);
    case 'copy':
      return copy(task.bytes, task.batches);
  }
}

// The other hosts.

async function instantiate(host: PeerHost, module: WebAssembly.Module, directory: string): Promise<RunningGuest> {
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
      const directories = [new PreopenDirectory('/', new Map()), new PreopenDirectory('/dev', devices)];
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

function timeBatches(batches: number, batch: (calls: number) => void): Float64Array {
  return new Float64Array(batches).map(() => {
    const start = performance.now();
    batch(BATCH);
    return ((performance.now() - start) * 1e6) / BATCH;
  });
}

/** Keeps the last time, so that no engine leaves the calls out. */
const last = new Float64Array(1);

function clock(calls: number): void {
  for (let i = 0; i < calls; i++) last[0] = performance.now();
}

/** The words of a ping-pong, each on cache lines of its own. */
const PING = 0;
const PONG = 64;

function ask(words: Int32Array, isParked: boolean, batches: number): Float64Array {
  let round = Atomics.load(words, PONG);
  return timeBatches(batches, (calls) => {
    for (let i = 0; i < calls; i++) {
      const last = round;
      round = (round + 1) | 0;
      Atomics.store(words, PING, round);
      if (isParked) {
        Atomics.notify(words, PING);
        while (Atomics.load(words, PONG) === last) Atomics.wait(words, PONG, last);
      } else while (Atomics.load(words, PONG) === last);
    }
  });
}

function answer(words: Int32Array, isParked: boolean, batches: number): Float64Array {
  let round = Atomics.load(words, PONG);
  for (let left = batches * BATCH; left > 0; left--) {
    if (isParked) while (Atomics.load(words, PING) === round) Atomics.wait(words, PING, round);
    else while (Atomics.load(words, PING) === round);
    round = (round + 1) | 0;
    Atomics.store(words, PONG, round);
    if (isParked) Atomics.notify(words, PONG);
  }
  return new Float64Array(0);
}

const BUFFER_PAGES = 1;
const source = new WebAssembly.Memory({ initial: BUFFER_PAGES, maximum: BUFFER_PAGES, shared: true });
const target = new WebAssembly.Memory({ initial: BATCH, maximum: BATCH, shared: true });

/** As the transfers do it: always the same buffer at one end, a walk through the file at the other. */
function copy(bytes: number, batches: number): Float64Array {
  const from = new Uint8Array(source.buffer);
  const into = new Uint8Array(target.buffer);
  return timeBatches(batches, (calls) => {
    for (let i = 0; i < calls; i++) into.set(from.subarray(0, bytes), i * bytes);
  });
}
