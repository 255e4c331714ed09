// The line of an address by DWARF's line tables of each version, through a rewritten module; and tables that are damaged anywhere,
// which give no line, or another, but never an exception.

import { describe, expect, test } from 'vitest';
import { sourceLocator } from '../../../runtime/core/source-lines.ts';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { type Bytes, buildModule, concat } from '../../support/module-builder.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const text = (value: string): Bytes => [...new TextEncoder().encode(value), 0];
const word = (value: number): Bytes => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const half = (value: number): Bytes => [value & 255, value >> 8];

/** Bytes from a place in the code section: line 10 for 4 bytes, line 12 for 3, of file `file`; then the end of the sequence. */
function sequence(start: number, file: number): Bytes {
  return concat(
    [0, 5, 2],
    word(start),
    [4, file],
    [3, 9, 1], // line 10
    [2, 4, 3, 2, 1], // 4 bytes on, line 12
    [2, 3, 0, 1, 1], // 3 bytes on, the end
  );
}

const STANDARD = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

function unit(version: number, names: Bytes, program: Bytes): Uint8Array {
  const header = concat(version >= 4 ? [1, 1] : [1], [1, 0xfb, 14, 13], STANDARD, names);
  const body = concat(half(version), version >= 5 ? [4, 0] : [], word(header.length), header, program);
  return concat(word(body.length), body);
}

const NAMES_4 = concat(text('lib'), [0], text('main.c'), [0, 0, 0], text('list.c'), [1, 0, 0], [0]);
/** Directories and files with their names in place; of files also the directory. */
const NAMES_5 = concat(
  [1, 1, 0x08, 2],
  text('/build'),
  text('lib'),
  [2, 1, 0x08, 2, 0x0b, 3],
  concat(text('main.c'), [0]),
  concat(text('main.c'), [0]),
  concat(text('list.c'), [1]),
);

/** A module with two functions of 8 bytes each; `memory.grow` in the first makes the loader insert bytes. */
function moduleWith(lines: Uint8Array): {
  readonly module: WebAssembly.Module;
  readonly trapsAt: number;
} {
  const grow = [0x41, 0, 0x40, 0, 0x1a];
  const input = buildModule({
    types: [{}],
    functions: [
      { type: 0, body: grow },
      { type: 0, body: [0x01, 0x01, 0x00] },
    ],
    memories: [{ initial: 1 }],
    exports: [{ name: 'run', kind: 'func', index: 1 }],
    customs: [{ name: '.debug_line', contents: lines }],
  });
  const { bytes } = rewriteModule(input, { maximumPages: 4 });
  const module = new WebAssembly.Module(bytes);
  // Where the second function's `unreachable` stands now, by the place at which the engine says that it trapped.
  const trapAt = (): number => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    const { exports } = new WebAssembly.Instance(module, { fusedos_machine: { memory } });
    try {
      (exports['run'] as () => void)();
    } catch (error) {
      return Number(/wasm-function\[1\]:(0x[0-9a-f]+)/.exec((error as Error).stack ?? '')?.[1]);
    }
    return -1;
  };
  return { module, trapsAt: trapAt() };
}

/** In the original's code section: count, then the first body's length and locals, then its 5 bytes and `end`, then the second's two. */
const UNREACHABLE = 1 + 2 + 6 + 2 + 2;

describe.each([
  [2, NAMES_4, 2],
  [3, NAMES_4, 2],
  [4, NAMES_4, 2],
  [5, NAMES_5, 2],
] as const)('version %i', (version, names, file) => {
  test('tells file and line of what the loader has moved', () => {
    const { module, trapsAt } = moduleWith(unit(version, names, sequence(UNREACHABLE - 2, file)));
    const locate = sourceLocator(module);
    expect(locate(trapsAt)).toBe('lib/list.c:10');
    expect(locate(trapsAt + 1)).toBe('lib/list.c:10');
    expect(locate(trapsAt + 2)).toBe('lib/list.c:12');
    expect(locate(trapsAt + 5)).toBeUndefined();
  });

  test('a file of the directory where the compiler ran has no directory', () => {
    const { module, trapsAt } = moduleWith(unit(version, names, sequence(UNREACHABLE, 1)));
    expect(sourceLocator(module)(trapsAt)).toBe('main.c:10');
  });

  test('another unit, or what the linker has left out, tells nothing of it', () => {
    const lines = concat(
      unit(version, names, sequence(0, 1)),
      unit(version, names, sequence(0xffff_ffff, 1)),
      unit(version, names, sequence(4000, 1)),
      unit(version, names, sequence(UNREACHABLE, 2)),
    );
    const { module, trapsAt } = moduleWith(lines);
    expect(sourceLocator(module)(trapsAt)).toBe('lib/list.c:10');
  });
});

test('special opcodes advance both', () => {
  // Each: address + (opcode - 13) / 14, line - 5 + (opcode - 13) % 14.
  const program = concat([0, 5, 2], word(UNREACHABLE - 2), [13 + 5 + 3], [13 + 14 * 4 + 5, 0, 1, 1]);
  const { module, trapsAt } = moduleWith(unit(4, NAMES_4, program));
  expect(sourceLocator(module)(trapsAt)).toBe('main.c:4');
});

test('a module without line tables, and one that was not rewritten, tells nothing', () => {
  const plain = buildModule({ types: [{}], functions: [{ type: 0, body: [0x00] }] });
  expect(sourceLocator(new WebAssembly.Module(plain))(40)).toBeUndefined();
  const lines = unit(4, NAMES_4, sequence(UNREACHABLE, 1));
  const bare = buildModule({
    types: [{}],
    functions: [{ type: 0, body: [0x00] }],
    customs: [{ name: '.debug_line', contents: lines }],
  });
  expect(sourceLocator(new WebAssembly.Module(bare))(40)).toBeUndefined();
});

describe('damaged', () => {
  const whole = [unit(4, NAMES_4, sequence(UNREACHABLE, 2)), unit(5, NAMES_5, sequence(UNREACHABLE, 2))];

  test.each(whole.map((lines, i) => [i, lines] as const))('cut anywhere (%i)', (_i, lines) => {
    for (let length = 0; length < lines.length; length++) {
      const { module, trapsAt } = moduleWith(lines.slice(0, length));
      expect(() => sourceLocator(module)(trapsAt)).not.toThrow();
    }
  });

  test.each(whole.map((lines, i) => [i, lines] as const))('bytes changed at random (%i)', (i, lines) => {
    const random = seededRandom(4000 + i);
    for (let round = 0; round < 500; round++) {
      const changed = lines.slice();
      for (let n = 0; n < 3; n++) changed[random.below(changed.length)] = random.below(256);
      const { module, trapsAt } = moduleWith(changed);
      expect(() => sourceLocator(module)(trapsAt)).not.toThrow();
    }
  });
});
