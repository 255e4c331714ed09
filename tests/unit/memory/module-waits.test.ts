// Waits and notifications as calls: which instructions become calls, what they find before they sleep, what the machine is told, and that
// two threads with instances of one module wake each other on the real engine.

import { Worker } from 'node:worker_threads';
import { describe, expect, it, test } from 'vitest';
import type { WaitEnd, Waits } from '../../../runtime/core/wait-calls.ts';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { type Bytes, buildModule, concat, i32Const, type ModuleSpec, u32 } from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';
import { bundledForTests } from '../files/support.ts';

const LIMIT = { maximumPages: 64, importMaximumPages: 64 };
const PAGE = 65536;
const NUMBER = { notify: 0, wait32: 1, wait64: 2 } as const;
const ALIGNMENT = { notify: 2, wait32: 2, wait64: 3 } as const;
type Kind = keyof typeof NUMBER;
const KINDS = ['wait32', 'wait64', 'notify'] as const;

const TYPES = [
  { params: ['i32', 'i32', 'i64'], results: ['i32'] },
  { params: ['i32', 'i64', 'i64'], results: ['i32'] },
  { params: ['i32', 'i32'], results: ['i32'] },
] as const;

function instruction(kind: Kind, offset = 0): Uint8Array {
  return concat([0xfe, NUMBER[kind], ALIGNMENT[kind]], u32(offset));
}

function locals(count: number): number[] {
  return Array.from({ length: count }, (_, i) => [0x20, i]).flat();
}

/** Exports the three instructions as functions, each with an offset. */
function moduleOf(offset = 0, more: ModuleSpec = {}): Uint8Array<ArrayBuffer> {
  const functions = KINDS.map((kind, type) => ({
    type,
    body: concat(locals(kind === 'notify' ? 2 : 3), instruction(kind, offset)),
  }));
  return buildModule({
    types: TYPES,
    functions,
    memories: [{ initial: 1, maximum: 2, shared: true }],
    exports: KINDS.map((name, index) => ({ name, kind: 'func', index }) as const),
    ...more,
  });
}

interface Guest {
  wait32(address: number, expected: number, timeoutNs: bigint): number;
  wait64(address: number, expected: bigint, timeoutNs: bigint): number;
  notify(address: number, count: number): number;
}

/** What the machine was asked for: an address, and a time or a count. */
type Asked = [call: 'wait' | 'notify', address: number, number: number];

interface Case {
  readonly guest: Guest;
  readonly memory: WebAssembly.Memory;
  readonly asked: Asked[];
}

/** @param during what happens while the guest sleeps, once it is told that it does */
function start(input: Uint8Array<ArrayBuffer>, answer: WaitEnd = 0, during: () => void = () => {}): Case {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 64, shared: true });
  const asked: Asked[] = [];
  const waits: Waits = {
    wait: (address, isUnchanged, timeoutNs) => {
      during();
      asked.push(['wait', address, timeoutNs]);
      return isUnchanged() ? answer : 1;
    },
    notify: (address, most) => {
      asked.push(['notify', address, most]);
      return 3;
    },
  };
  const instance = instantiateRewritten(rewriteModule(input, LIMIT), memory, {}, waits);
  return { guest: instance.exports as unknown as Guest, memory, asked };
}

describe('a wait', () => {
  it.each([0, 2] as const)('on a word that is as expected sleeps, and tells how that ended: %i', (answer) => {
    const { guest, memory, asked } = start(moduleOf(), answer);
    new Int32Array(memory.buffer)[2] = -5;
    expect(guest.wait32(8, -5, 1500n)).toBe(answer);
    new BigInt64Array(memory.buffer)[2] = -(2n ** 40n);
    expect(guest.wait64(16, -(2n ** 40n), 2_000_000_000n)).toBe(answer);
    expect(asked).toEqual([
      ['wait', 8, 1500],
      ['wait', 16, 2e9],
    ]);
  });

  it('on one that differs does not leave the guest', () => {
    const { guest, memory, asked } = start(moduleOf());
    new BigInt64Array(memory.buffer)[1] = 1n << 32n;
    expect([guest.wait32(8, 1, -1n), guest.wait64(8, 0n, -1n), guest.wait64(8, 1n, -1n)]).toEqual([1, 1, 1]);
    expect(asked).toEqual([]);
  });

  it('on one that is changed before the thread sleeps does not sleep', () => {
    let words: Int32Array;
    const { guest, memory } = start(moduleOf(), 0, () => Atomics.add(words, 3, 1));
    words = new Int32Array(memory.buffer);
    expect([guest.wait32(12, 0, -1n), guest.wait64(8, 1n << 32n, -1n)]).toEqual([1, 1]);
  });

  it('may be for ever, and for longer than a number of 53 bits can say', () => {
    const { guest, asked } = start(moduleOf());
    for (const timeout of [-1n, -(2n ** 63n), 0n, 2n ** 63n - 1n]) guest.wait32(0, 0, timeout);
    expect(asked.map(([, , timeoutNs]) => timeoutNs)).toEqual([-1, -(2 ** 63), 0, 2 ** 63]);
  });

  it('finds its word in memory that another thread has grown', () => {
    const { guest, memory, asked } = start(moduleOf());
    guest.wait32(0, 0, 0n);
    memory.grow(3);
    new Int32Array(memory.buffer)[3 * (PAGE / 4)] = 9;
    expect([guest.wait32(3 * PAGE, 9, 0n), guest.wait64(3 * PAGE, 9n, 0n)]).toEqual([0, 0]);
    expect(asked).toHaveLength(3);
  });
});

test('a notification is told with its count, and gives how many were woken', () => {
  const { guest, asked } = start(moduleOf());
  expect([guest.notify(4, 0), guest.notify(PAGE - 4, 1), guest.notify(8, -1)]).toEqual([3, 3, 3]);
  expect(asked).toEqual([
    ['notify', 4, 0],
    ['notify', PAGE - 4, 1],
    ['notify', 8, 0xffff_ffff],
  ]);
});

const FAR = 0xffff_fff8;
const OUTSIDE = 2 ** 32 - 16;

describe('an address', () => {
  const calls: readonly (readonly [Kind, number, (guest: Guest, address: number) => number])[] = [
    ['wait32', 4, (guest, address) => guest.wait32(address, 0, 0n)],
    ['wait64', 8, (guest, address) => guest.wait64(address, 0n, 0n)],
    ['notify', 4, (guest, address) => guest.notify(address, 1)],
  ];

  describe.each(calls)('of %s', (_kind, bytes, call) => {
    it.each([0, 1, 8, 63, 64, 8192, PAGE - bytes, 40 * PAGE])('is that of the operand and the offset %d', (offset) => {
      const { guest, memory, asked } = start(moduleOf(offset));
      memory.grow(40);
      const address = bytes * 3 - (offset % bytes);
      call(guest, address);
      expect(asked[0]?.[1]).toBe(address + offset);
    });

    it.each([0, 4096, 0x7fff_fff8, FAR])('that is outside of memory traps, with the offset %d', (offset) => {
      const { guest, asked } = start(moduleOf(offset));
      for (const address of [PAGE, OUTSIDE, -bytes]) {
        expect(() => call(guest, address)).toThrow(/out of bounds/);
      }
      expect(asked).toEqual([]);
    });

    it.each([0, 16])('that is not a multiple of %#d bytes traps', (offset) => {
      const { guest, asked } = start(moduleOf(offset));
      for (let address = 1; address < bytes; address++) expect(() => call(guest, address)).toThrow(/unaligned/);
      expect(asked).toEqual([]);
    });

    it('traps as the instruction itself does', () => {
      const original = new WebAssembly.Module(moduleOf(8));
      const own = new WebAssembly.Instance(original).exports as unknown as Guest;
      const { guest } = start(moduleOf(8));
      for (const address of [1, 2, PAGE - 8, PAGE, OUTSIDE, 2 ** 32 - 8]) {
        const trapOf = (each: Guest): string => {
          try {
            return String(call(each, address));
          } catch (error) {
            return (error as Error).message;
          }
        };
        // A wait that would not trap is not tried: this thread must not sleep.
        const expected = trapOf(own);
        if (/^\d/.test(expected)) continue;
        expect(trapOf(guest), String(address)).toBe(expected);
      }
    });
  });
});

describe('what is replaced', () => {
  const wrapped = (bytes: Bytes): Uint8Array<ArrayBuffer> =>
    buildModule({
      types: [{}, ...TYPES],
      memories: [{ initial: 1, maximum: 1, shared: true }],
      functions: [{ type: 0, body: bytes }],
    });
  const hasWaits = (bytes: Bytes): boolean => rewriteModule(wrapped(bytes), LIMIT).memoryCalls?.hasWaits ?? false;
  const notified = (encoded: Bytes): Uint8Array => concat(i32Const(0), i32Const(1), encoded, [0x1a]);

  it('is found however its numbers are written', () => {
    for (const encoded of [
      [0xfe, 0x00, 2, 0],
      [0xfe, 0x80, 0x00, 2, 0],
      [0xfe, 0x00, 1, 0], // some engines take a smaller alignment
      [0xfe, 0x00, 0x82, 0x00, 0x80, 0x80, 0x00],
      [0xfe, 0x00, 0x42, 0, 8], // of a numbered memory
      [0xfe, 0x00, 0x42, 0x80, 0x00, 8],
    ]) {
      expect(hasWaits(notified(encoded)), String(encoded)).toBe(true);
      expect(WebAssembly.validate(rewriteModule(wrapped(notified(encoded)), LIMIT).bytes)).toBe(true);
    }
  });

  it('is nothing that only looks like one', () => {
    for (const bytes of [
      concat([0x41, 0xfe, 0x00, 0x1a]), // i32.const, whose bytes end so
      concat([0xfe, 0x03, 0]), // atomic.fence
      concat(i32Const(0), [0xfe, 0x10, 2, 0, 0x1a]), // i32.atomic.load
    ]) {
      expect(hasWaits(bytes)).toBe(false);
    }
  });

  it.each<[string, Bytes]>([
    ['a larger alignment', notified([0xfe, 0x00, 3, 0])],
    ['another memory', notified([0xfe, 0x00, 0x42, 1, 0])],
  ])('is nothing that is not valid: %s', (_what, bytes) => {
    expect(WebAssembly.validate(rewriteModule(wrapped(bytes), LIMIT).bytes)).toBe(false);
  });

  it('leaves a module without them as it was rewritten before', () => {
    const input = buildModule({
      types: [{ params: ['i32'], results: ['i32'] }],
      memories: [{ initial: 1, maximum: 1 }],
      functions: [{ type: 0, body: [0x20, 0, 0x40, 0] }],
      exports: [{ name: 'grow', kind: 'func', index: 0 }],
    });
    // The table of two entries, and a function for `memory.grow` alone.
    const expected = buildModule({
      types: [
        { params: ['i32'], results: ['i32'] },
        { params: ['i32'], results: ['i32'] },
      ],
      imports: [{ module: 'fusedos_machine', name: 'memory', memory: { initial: 1, maximum: 1, shared: true } }],
      tables: [{ initial: 2, maximum: 2 }],
      functions: [
        { type: 0, body: [0x20, 0, 0x10, 1] },
        { type: 1, body: [0x20, 0, 0x41, 1, 0x11, 1, 0] },
      ],
      exports: [
        { name: 'grow', kind: 'func', index: 0 },
        { name: 'fusedos_memory_calls', kind: 'table', index: 0 },
      ],
    });
    expect(rewriteModule(input, { maximumPages: 64 }).bytes).toEqual(expected);
  });

  it('is the same in memory that is not shared', () => {
    const input = moduleOf(0, { memories: [{ initial: 1, maximum: 2 }] });
    const result = rewriteModule(input, { ...LIMIT, isShared: false });
    const asked: number[] = [];
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const waits: Waits = {
      wait: (_, isUnchanged) => (isUnchanged() ? 2 : 1),
      notify: (address) => asked.push(address),
    };
    const guest = instantiateRewritten(result, memory, {}, waits).exports as unknown as Guest;
    expect([guest.wait32(0, 0, 5n), guest.wait32(0, 1, 5n), guest.wait64(8, 0n, 5n), guest.notify(4, 1)]).toEqual([
      2, 1, 2, 1,
    ]);
    memory.grow(1);
    expect([guest.wait32(PAGE, 0, 5n), guest.wait64(PAGE, 0n, 5n)]).toEqual([2, 2]);
    expect(asked).toEqual([4]);
  });
});

test('a start function may wait', () => {
  const body = concat(i32Const(0), i32Const(0), [0x42, 7], instruction('wait32'), [0x1a]);
  const { asked } = start(
    buildModule({
      types: [{}],
      memories: [{ initial: 1, maximum: 1, shared: true }],
      functions: [{ type: 0, body }],
      start: 0,
    }),
  );
  expect(asked).toEqual([['wait', 0, 7]]);
});

const ROUNDS = 20_000;
const TURN = 16;
const DEADLINE_MS = 60_000;

/**
 * (func (export "play") (param $mine i32) (param $rounds i32): rounds times: while turn ≠ mine, wait32(turn); turn = 1 − mine;
 *   notify(turn); once more for the locals that an engine which compiles an inlined wait wrong would lose: adds what they should be)
 */
const PLAY = buildModule({
  types: [{ params: ['i32', 'i32'], results: ['i32'] }],
  memories: [{ initial: 1, maximum: 1, shared: true }],
  functions: [
    {
      type: 0,
      locals: [[2, 'i32']], // $turn, $sum
      body: concat(
        [0x03, 0x40], // loop
        concat([0x03, 0x40]), // loop
        concat(i32Const(0), [0xfe, 0x10, 2, TURN, 0x22, 2, 0x20, 0, 0x47]), // local.tee $turn, i32.ne $mine
        concat([0x04, 0x40], i32Const(0), [0x20, 2], [0x42, 0x7f], [0xfe, 0x01, 2, TURN, 0x1a, 0x0c, 1, 0x0b, 0x0b]), // if: wait32, br; end
        concat([0x20, 3, 0x20, 0, 0x6a], i32Const(1), [0x6a, 0x21, 3]), // $sum += $mine + 1
        concat(i32Const(0), i32Const(1), [0x20, 0, 0x6b], [0xfe, 0x17, 2, TURN]), // turn = 1 − $mine
        concat(i32Const(0), i32Const(1), [0xfe, 0x00, 2, TURN, 0x1a]), // notify
        concat([0x20, 1], i32Const(1), [0x6b, 0x22, 1, 0x0d, 0, 0x0b, 0x20, 3]), // br_if while --$rounds; end; $sum
      ),
    },
  ],
  exports: [{ name: 'play', kind: 'func', index: 0 }],
});

const player = bundledForTests('tests/support/waiting-player.ts');

test('two threads wait for and notify each other, on the real engine', { timeout: 2 * DEADLINE_MS }, async () => {
  const rewritten = rewriteModule(PLAY, LIMIT);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 64, shared: true });
  const module = new WebAssembly.Module(rewritten.bytes);
  const { memoryCalls } = rewritten;
  const sums = [0, 1].map(
    (mine) =>
      new Promise<number>((resolve, reject) => {
        const worker = new Worker(player.path, { workerData: { module, memory, memoryCalls, mine, rounds: ROUNDS } });
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  expect(await Promise.all(sums)).toEqual([ROUNDS, 2 * ROUNDS]);
});
