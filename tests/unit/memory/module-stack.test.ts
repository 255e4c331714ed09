// Stacks of threads: in programs whose libc says where they end, a function's frame beyond that end traps before it is made.

import { describe, expect, it } from 'vitest';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { type Bytes, buildModule, concat, i32Const, type ModuleSpec, u32 } from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';

const LIMIT = { maximumPages: 4, importMaximumPages: 4 };
const [STACK, LOWEST] = [0, 1];
const MUTABLE = { type: 'i32', mutable: true } as const;
const LAST_LOCAL = 200;

/** Makes a frame, in the local given, and gives it back. */
function frameIn(local: Bytes, pointer = u32(STACK)): Bytes {
  return concat(
    ...[[0x23], pointer, [0x20, 0, 0x6b, 0x22], local, [0x24], pointer], // i32.sub, local.tee, global.set
    ...[[0x20], local, [0x20, 0, 0x6a, 0x24], pointer], // i32.add, global.set
  );
}

/** Exports `frame`, of a size, for each body, and `begin`, which says where a stack is. */
function moduleOf(bodies: readonly Bytes[], more: ModuleSpec = {}): Uint8Array {
  const first = 1;
  const start = bodies.length;
  return buildModule({
    types: [{ params: ['i32', 'i32'] }, { params: ['i32'] }, { params: ['i32'], results: ['i32'] }],
    imports: [{ module: 'wasi', name: 'thread-spawn', func: 2 }],
    memories: [{ initial: 1, maximum: 4, shared: true }],
    globals: [
      { ...MUTABLE, init: i32Const(1000) },
      { ...MUTABLE, init: i32Const(0) },
    ],
    functions: [
      ...bodies.map((body) => ({ type: 1, locals: [[LAST_LOCAL, 'i32']] as const, body })),
      { type: 0, body: [0x20, 0, 0x24, STACK, 0x20, 1, 0x24, LOWEST] },
    ],
    exports: [
      ...bodies.map((_, i) => ({ name: `frame${i}`, kind: 'func', index: first + i }) as const),
      { name: 'wasi_thread_start', kind: 'func', index: first + start },
      { name: '__stack_limit', kind: 'global', index: LOWEST },
    ],
    ...more,
  });
}

type Guest = Readonly<Record<'frame0' | 'frame1' | 'frame2', (size: number) => void>> & {
  readonly wasi_thread_start: (stack: number, lowest: number) => void;
};

function start(module: Uint8Array): Guest {
  const rewritten = rewriteModule(module, LIMIT);
  const imports = { wasi: { 'thread-spawn': () => -1 } };
  return instantiateRewritten(rewritten, undefined, imports).exports as unknown as Guest;
}

const FORMS: readonly Bytes[] = [frameIn([1]), frameIn(u32(LAST_LOCAL)), frameIn(u32(1, 5), u32(STACK, 5))];

describe('a frame', () => {
  it('that ends where the stack does is made, one beyond traps as an access out of bounds, however it is encoded', () => {
    const guest = start(moduleOf(FORMS));
    guest.wasi_thread_start(1000, 600);
    for (const frame of [guest.frame0, guest.frame1, guest.frame2]) {
      frame(400);
      expect(() => frame(401)).toThrow(/out of bounds/);
      frame(400);
    }
  });

  it('beyond half of the memory’s addresses is made, too', () => {
    const guest = start(moduleOf(FORMS));
    guest.wasi_thread_start(0xc000_0000, 0x9000_0000);
    guest.frame0(0x3000_0000);
    expect(() => guest.frame0(0x3000_0001)).toThrow(/out of bounds/);
  });

  it('of a thread that says nothing is not checked', () => {
    const guest = start(moduleOf(FORMS));
    guest.frame0(1000);
    guest.wasi_thread_start(1000, 0);
    guest.frame0(1000);
  });
});

describe('nothing is checked', () => {
  const body = FORMS[0] ?? [];
  it.each<[string, Uint8Array]>([
    ['in a program without threads', moduleOf([body], { imports: [{ module: 'env', name: 'f', func: 2 }] })],
    ['without the export', moduleOf([body], { exports: [{ name: 'wasi_thread_start', kind: 'func', index: 2 }] })],
    ['of another global', moduleOf([frameIn([1], u32(LOWEST))])],
    [
      'of a constant',
      moduleOf([[0x01]], {
        globals: [
          { ...MUTABLE, init: i32Const(1000) },
          { type: 'i32', init: i32Const(0) },
        ],
        functions: [
          { type: 1, body: [0x01] },
          { type: 0, body: [] },
        ],
      }),
    ],
  ])('%s', (_what, module) => {
    const { functionCount, bytes } = rewriteModule(module, LIMIT);
    expect(functionCount).toBeGreaterThan(0);
    // The code section is as it was.
    const code = Buffer.from(module.slice(-20));
    expect(Buffer.from(bytes).includes(code)).toBe(true);
  });
});
