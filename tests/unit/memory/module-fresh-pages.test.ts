// Bulk instructions in programs that have threads: they do and trap as they would, are polls still, and reach pages that another thread
// has just grown.

import { Worker } from 'node:worker_threads';
import { describe, expect, it, test } from 'vitest';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { type Bytes, buildModule, concat, i32Const, type ModuleSpec } from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';

const LIMIT = { maximumPages: 20_000, importMaximumPages: 20_000 };
const PAGE = 65536;
const RANGE = [0x20, 0, 0x20, 1, 0x20, 2] as const;
const COPY: Bytes = [0xfc, 0x0a, 0, 0];
const FILL: Bytes = [0xfc, 0x0b, 0];
const INIT: Bytes = [0xfc, 0x08, 0, 0];
const SPAWNS = { wasi: { imports: [{ module: 'wasi', name: 'thread-spawn', func: 1 }] }, nothing: {} } as const;

/** Exports copy, fill and init of memory. @param spawns whether it is a program that has threads */
function moduleOf(spawns: keyof typeof SPAWNS, more: ModuleSpec = {}): Uint8Array<ArrayBuffer> {
  const first = spawns === 'wasi' ? 1 : 0;
  return buildModule({
    types: [{ params: ['i32', 'i32', 'i32'] }, { params: ['i32'], results: ['i32'] }, { params: ['i32', 'i32'] }],
    ...SPAWNS[spawns],
    memories: [{ initial: 2, maximum: 20_000, shared: true }],
    functions: [...[COPY, FILL, INIT].map((each) => ({ type: 0, body: concat(RANGE, each) })), { type: 2, body: [] }],
    data: [{ bytes: [1, 2, 3, 4] }],
    dataCount: true,
    exports: [
      ...['copy', 'fill', 'init', 'wasi_thread_start'].map(
        (name, index) => ({ name, kind: 'func', index: first + index }) as const,
      ),
    ],
    ...more,
  });
}

type Bulk = (first: number, second: number, length: number) => void;
type Guest = Readonly<Record<'copy' | 'fill' | 'init', Bulk>>;

function start(spawns: keyof typeof SPAWNS, memory: WebAssembly.Memory): Guest {
  const imports = { wasi: { 'thread-spawn': () => -1 } };
  const instance = instantiateRewritten(rewriteModule(moduleOf(spawns), LIMIT), memory, imports);
  return instance.exports as unknown as Guest;
}

function memoryOf(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: 20_000, shared: true });
}

const END = 2 * PAGE;
const RANGES: readonly (readonly [name: keyof Guest, first: number, second: number, length: number])[] = [
  ['copy', 100, 200, 50],
  ['copy', END - 8, 0, 8],
  ['copy', 0, END - 8, 8],
  ['copy', END, END, 0],
  ['copy', END - 7, 0, 8],
  ['copy', 0, END - 7, 8],
  ['copy', -1, 0, 1],
  ['copy', 0, -1, 2],
  ['copy', -1, -1, -1],
  ['copy', END + 1, 0, 0],
  ['fill', 300, 7, 10],
  ['fill', END - 3, 255, 3],
  ['fill', END, 0, 0],
  ['fill', END - 3, 1, 4],
  ['fill', 4, 1, -4],
  ['fill', -4, 1, 8],
  ['fill', -1, 1, 0],
  ['init', 500, 0, 4],
  ['init', END - 2, 1, 2],
  ['init', END - 2, 1, 3],
  ['init', 0, 2, 3],
];

/** What memory is after an instruction, or how it trapped. */
function outcomeOf(spawns: keyof typeof SPAWNS, [name, first, second, length]: (typeof RANGES)[number]): unknown {
  const memory = memoryOf(2);
  const bytes = new Uint8Array(memory.buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 7;
  try {
    start(spawns, memory)[name](first, second, length);
    return Buffer.from(bytes).toString('base64');
  } catch (error) {
    return error;
  }
}

describe('in a program that has threads', () => {
  it.each(RANGES)('memory.%s of %i, %i and %i does what it does elsewhere', (...range) => {
    const [expected, actual] = [outcomeOf('nothing', range), outcomeOf('wasi', range)];
    expect(actual).toEqual(expected);
    if (expected instanceof Error) expect(expected).toBeInstanceOf(WebAssembly.RuntimeError);
  });
});

test('of another memory than the first a bulk instruction is as little valid as before', () => {
  for (const instruction of [
    [0xfc, 0x0a, 0, 1],
    [0xfc, 0x0a, 1, 0],
    [0xfc, 0x0b, 1],
  ]) {
    const first = { type: 0, body: concat(RANGE, instruction) };
    const functions = [
      first,
      ...[COPY, FILL].map((each) => ({ type: 0, body: concat(RANGE, each) })),
      { type: 2, body: [] },
    ];
    const { bytes } = rewriteModule(moduleOf('wasi', { functions }), LIMIT);
    expect(WebAssembly.validate(bytes)).toBe(false);
  }
});

test('numbers may be written with more bytes than they need', () => {
  const functions = [
    [0xfc, 0x8a, 0x80, 0x00, 0x80, 0x00, 0x00],
    [0xfc, 0x8b, 0x00, 0x80, 0x00],
    [0xfc, 0x88, 0x00, 0x80, 0x00, 0x00],
  ].map((each) => ({ type: 0, body: concat(RANGE, each) }));
  const long = moduleOf('wasi', { functions: [...functions, { type: 2, body: [] }] });
  const memory = memoryOf(2);
  const imports = { wasi: { 'thread-spawn': () => -1 } };
  const instance = instantiateRewritten(rewriteModule(long, LIMIT), memory, imports);
  const { copy, fill, init } = instance.exports as unknown as Guest;
  init(0, 0, 4);
  copy(4, 0, 4);
  fill(8, 9, 4);
  expect([...new Uint8Array(memory.buffer, 0, 12)]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 9, 9, 9, 9]);
});

const GROWN = 1500;
const READY = 0;
const DONE = 4;
const DEADLINE_MS = 60_000;

/**
 * (func (export "use") (param $seen i32) (param $size i32): waits, in no other code than a loop, until word READY is another than $seen,
 *   which is the address of fresh pages; then fills and copies $size bytes there, and says so in word DONE; returns the address)
 */
const USE = concat(
  [0x03, 0x40], // loop
  concat(i32Const(READY), [0xfe, 0x10, 2, 0, 0x22, 2, 0x20, 0, 0x46, 0x0d, 0, 0x0b]), // i32.atomic.load, local.tee, i32.eq, br_if, end
  concat([0x20, 2], i32Const(1), [0x20, 1], FILL),
  concat([0x20, 2], i32Const(8), [0x20, 1], COPY),
  concat(i32Const(DONE), [0x20, 2, 0xfe, 0x17, 2, 0, 0x20, 2]),
);
const RACING = buildModule({
  types: [
    { params: ['i32', 'i32'], results: ['i32'] },
    { params: ['i32'], results: ['i32'] },
    { params: ['i32', 'i32'] },
  ],
  ...SPAWNS.wasi,
  memories: [{ initial: 1, maximum: 20_000, shared: true }],
  functions: [
    { type: 0, locals: [[1, 'i32']], body: USE },
    { type: 2, body: [] },
  ],
  exports: [
    { name: 'use', kind: 'func', index: 1 },
    { name: 'wasi_thread_start', kind: 'func', index: 2 },
  ],
});

const USER = `
const { parentPort, workerData: { module, memory, count, size } } = require('node:worker_threads');
const imports = { wasi: { 'thread-spawn': () => -1 } };
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (kind === 'memory') imports[from] = { [name]: memory };
}
const { use } = new WebAssembly.Instance(module, imports).exports;
const words = new Int32Array(memory.buffer, 0, 2);
const traps = [];
for (let i = 0, seen = 0; i < count; i++) {
  try {
    seen = use(seen, size);
  } catch (error) {
    traps.push(error.message);
    seen = Atomics.load(words, 0);
    Atomics.store(words, 1, seen);
  }
}
parentPort.postMessage(traps);`;

test('pages that another thread has just grown are there', { timeout: 2 * DEADLINE_MS }, async () => {
  const module = new WebAssembly.Module(rewriteModule(RACING, LIMIT).bytes);
  const memory = memoryOf(1);
  const worker = new Worker(USER, { eval: true, workerData: { module, memory, count: GROWN, size: PAGE } });
  const traps = new Promise<string[]>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const words = new Int32Array(memory.buffer, 0, 2);
  for (let i = 0; i < GROWN; i++) {
    const address = memory.grow(1) * PAGE;
    Atomics.store(words, READY / 4, address);
    // The other thread may not be there yet, or has to wait for a processor: this one looks on, as it does, without a call.
    while (Atomics.load(words, DONE / 4) !== address);
  }
  expect(await traps).toEqual([]);
});
