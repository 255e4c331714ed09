// The same file work without a machine: by Node's own fs, and by the benchmark's guest on node:wasi; in a worker, as guests
// are. Answers each message with nanoseconds.

import * as fs from 'node:fs';
import { WASI } from 'node:wasi';
import { parentPort, workerData } from 'node:worker_threads';

/** One piece of work; the guest's exported function of that name takes the numbers. */
export interface Work {
  readonly by: 'node:fs' | 'node:wasi';
  readonly name: 'write_all' | 'read_all' | 'open_close' | 'stat_all' | 'list_all';
  /** Below the directory. */
  readonly path: string;
  readonly numbers: readonly number[];
}

export interface PlainData {
  readonly directory: string;
  readonly module: WebAssembly.Module;
}

const { directory, module } = workerData as PlainData;
const wasi = new WASI({ version: 'preview1', preopens: { '/mnt': directory } });
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
wasi.initialize(instance);

const nodeFs: Readonly<Record<Work['name'], (path: string, ...numbers: number[]) => void>> = {
  write_all: (path, request = 0, total = 0) =>
    transfer(path, fs.constants.O_WRONLY | fs.constants.O_CREAT, request, total),
  read_all: (path, request = 0, total = 0) => transfer(path, fs.constants.O_RDONLY, request, total),
  open_close: (path, count = 0) => {
    for (let i = 0; i < count; i++) fs.closeSync(fs.openSync(path, 'r'));
  },
  stat_all: (path, count = 0) => {
    for (let i = 0; i < count; i++) fs.statSync(path, { bigint: true });
  },
  list_all: (path) => {
    fs.readdirSync(path, { withFileTypes: true });
  },
};

let bytes: Uint8Array = new Uint8Array(0);
let transferNs = 0;

function transfer(path: string, flags: number, request: number, total: number): void {
  if (bytes.length < request) bytes = new Uint8Array(new SharedArrayBuffer(request)).fill(0x5a);
  const fd = fs.openSync(path, flags, 0o600);
  const start = performance.now();
  for (let done = 0; done < total; done += request) {
    if (flags === fs.constants.O_RDONLY) fs.readSync(fd, bytes, 0, request, null);
    else fs.writeSync(fd, bytes, 0, request, null);
  }
  transferNs = (performance.now() - start) * 1e6;
  fs.closeSync(fd);
}

function byFs({ name, path, numbers }: Work): number {
  transferNs = 0;
  const start = performance.now();
  nodeFs[name](`${directory}/${path}`, ...numbers);
  return transferNs || (performance.now() - start) * 1e6;
}

function byWasi({ name, path, numbers }: Work): number {
  const { exports } = instance;
  const call = (function_: string, ...args: number[]): number =>
    (exports[function_] as (...args: number[]) => number)(...args);
  const memory = exports['memory'] as WebAssembly.Memory;
  new Uint8Array(memory.buffer, call('path_buffer')).set(new TextEncoder().encode(`/mnt/${path}\0`));
  return call(name, ...numbers);
}

parentPort?.on('message', (work: Work) => {
  parentPort?.postMessage(work.by === 'node:fs' ? byFs(work) : byWasi(work));
});
