// Calls before bulk instructions: where they are put, that nothing else is taken for one, and that a thread which runs nothing but
// them can be ended.

import { Worker } from 'node:worker_threads';
import { expect, it, test } from 'vitest';
import { type Edit, edited } from '../../../runtime/memory/module/edit/bytes.ts';
import { codeEdits } from '../../../runtime/memory/module/edit/code.ts';
import { POLL } from '../../../runtime/memory/module/edit/polls.ts';
import { ModuleError, rewriteModule } from '../../../runtime/memory/module/index.ts';
import { parseModule } from '../../../runtime/memory/module/parse.ts';
import { type Bytes, buildModule, concat, HEADER, i32Const, type ModuleSpec } from '../../support/module-builder.ts';

const FILL: Bytes = [0xfc, 0x0b, 0];
const NOTHING: ModuleSpec = { types: [{ params: ['i32'] }], imports: [{ module: 'env', name: 'call', func: 0 }] };
/** Behind the import and two functions. */
const CALL: Bytes = [0x10, 3];
const DEADLINE_MS = 10_000;

function pollEdits(input: Uint8Array): readonly Edit[] {
  return codeEdits(parseModule(input), [POLL]).edits;
}

function polled(input: Uint8Array<ArrayBuffer>): Uint8Array {
  return edited(input, pollEdits(input));
}

/** A module of two functions, of which the second has a body; with `isPolled`, as it ought to become. */
function moduleWith(body: Bytes, isPolled: boolean): Uint8Array<ArrayBuffer> {
  const functions = [
    { type: 0, body: [0x01] },
    { type: 0, locals: [[2, 'i64'] as const], body },
  ];
  if (!isPolled) return buildModule({ ...NOTHING, functions });
  return buildModule({
    ...NOTHING,
    types: [{ params: ['i32'] }, {}],
    functions: [...functions, { type: 1, body: [] }],
  });
}

const SLOW: readonly (readonly [name: string, instruction: Bytes])[] = [
  ['memory.init', [0xfc, 0x08, 0, 0]],
  ['memory.copy', [0xfc, 0x0a, 0, 0]],
  ['memory.fill', FILL],
  ['table.init', [0xfc, 0x0c, 0, 0]],
  ['table.copy', [0xfc, 0x0e, 0, 0]],
  ['table.grow', [0xfc, 0x0f, 0]],
  ['table.fill', [0xfc, 0x11, 0]],
  ['memory.fill, its number written with two bytes', [0xfc, 0x8b, 0x00, 0]],
  ['memory.copy, its number written with five bytes', [0xfc, 0x8a, 0x80, 0x80, 0x80, 0x00, 0, 0]],
];

test.each(SLOW)('a call is put before each %s', (_name, instruction) => {
  const input = moduleWith(concat([0x01], instruction, instruction, [0x01]), false);
  expect(polled(input)).toEqual(moduleWith(concat([0x01], CALL, instruction, CALL, instruction, [0x01]), true));
});

const INSTRUCTIONS: readonly (readonly [name: string, instruction: Bytes])[] = [
  ['i32.const', [0x41, 0xfc, 0x0a]],
  ['i64.const', [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xfc, 0x00]],
  ['f32.const', [0x43, 0xfc, 0x0b, 0xfc, 0x0b]],
  ['f64.const', [0x44, 0xfc, 0x0a, 0, 0xfc, 0x0b, 0, 0xfc, 0x0b]],
  ['v128.const', [0xfd, 12, 0xfc, 0x0a, 0, 0, 0xfc, 0x0b, 0, 0xfc, 0x0b, 0, 0xfc, 0x0b, 0, 0, 0, 0xfc]],
  ['i8x16.shuffle', [0xfd, 13, ...Array.from({ length: 16 }, (_, i) => (i % 2 ? 0x0b : 0xfc))]],
  ['i8x16.extract_lane_s', [0xfd, 21, 0x0f]],
  ['v128.load8_lane', [0xfd, 84, 0, 0xfc, 0x0b, 3]],
  ['v128.load32_zero', [0xfd, 92, 2, 0xfc, 0x0b]],
  ['v128.store', [0xfd, 11, 4, 0xfc, 0x0b]],
  ['i8x16.relaxed_swizzle', [0xfd, 0x80, 0x02]],
  ['i32.load', [0x28, 2, 0xfc, 0x0b]],
  ['i32.load of a numbered memory', [0x28, 0x42, 0xfc, 0x0a, 0xfc, 0x0b]],
  ['i64.store32', [0x3e, 2, 0xfc, 0x0b]],
  ['memory.size', [0x3f, 0]],
  ['memory.grow', [0x40, 0]],
  ['i32.atomic.load', [0xfe, 0x10, 2, 0xfc, 0x0b]],
  ['atomic.fence', [0xfe, 0x03, 0]],
  ['local.get', [0x20, 0xfc, 0x0b]],
  ['global.set', [0x24, 0xfc, 0x0b]],
  ['table.get', [0x25, 0xfc, 0x0b]],
  ['call', [0x10, 0xfc, 0x0b]],
  ['call_indirect', [0x11, 0xfc, 0x0a, 0xfc, 0x0b]],
  ['return_call', [0x12, 0xfc, 0x0b]],
  ['return_call_indirect', [0x13, 0xfc, 0x0a, 0xfc, 0x0b]],
  ['br_table', [0x0e, 2, 0xfc, 0x0a, 0xfc, 0x0b, 0xfc, 0x0b]],
  ['block of a type of its own', [0x02, 0xfc, 0x0a, 0x0b]],
  ['loop', [0x03, 0x40, 0x0b]],
  ['if and else', [0x04, 0x7f, 0x05, 0x0b]],
  ['select of a type', [0x1c, 1, 0x7f]],
  ['ref.null', [0xd0, 0x70]],
  ['ref.func', [0xd2, 0xfc, 0x0b]],
  ['try, catch, catch_all and rethrow', [0x06, 0x40, 0x07, 0xfc, 0x0b, 0x19, 0x09, 0, 0x0b]],
  ['delegate', [0x18, 0xfc, 0x0b]],
  ['throw', [0x08, 0xfc, 0x0b]],
  ['throw_ref', [0x0a]],
  ['try_table', [0x1f, 0x40, 4, 0, 0xfc, 0x0b, 0xfc, 0x0b, 1, 0xfc, 0x0b, 0, 2, 0xfc, 0x0b, 3, 0xfc, 0x0b, 0x0b]],
  ['i32.add', [0x6a]],
  ['i64.extend32_s', [0xc4]],
  ['i32.trunc_sat_f32_s', [0xfc, 0x00]],
  ['data.drop', [0xfc, 0x09, 0xfc, 0x0b]],
  ['elem.drop', [0xfc, 0x0d, 0xfc, 0x0b]],
  ['table.size', [0xfc, 0x10, 0xfc, 0x0b]],
];

test.each(INSTRUCTIONS)('%s is stepped over whole, whatever its immediates look like', (_name, instruction) => {
  const body = concat(instruction, FILL, instruction);
  expect(polled(moduleWith(body, false))).toEqual(moduleWith(concat(instruction, CALL, FILL, instruction), true));
});

test.each(INSTRUCTIONS)('%s alone changes nothing', (_name, instruction) => {
  expect(pollEdits(moduleWith(instruction, false))).toEqual([]);
});

test.each([
  ['a GC instruction', [0xfb, 0x1c]],
  ['an opcode that nobody has given out', [0x27]],
  ['a bulk instruction that nobody has given out', [0xfc, 0x40]],
  ['a vector instruction that nobody has given out', [0xfd, 0x94, 0x02]],
  ['an atomic instruction that nobody has given out', [0xfe, 0x4f]],
  ['a catch that nobody has given out', [0x1f, 0x40, 1, 4]],
] as const)('%s before a bulk one is refused', (_name, instruction) => {
  const input = moduleWith(concat(instruction, FILL), false);
  expect(() => pollEdits(input)).toThrow(ModuleError);
});

it('refuses a body that ends within an instruction', () => {
  // br_table of more labels than there are bytes; what looks like memory.fill is among them.
  const input = moduleWith(concat([0x0e, 0x7f], FILL), false);
  expect(() => pollEdits(input)).toThrow(ModuleError);
});

it('leaves a module without functions alone', () => {
  expect(pollEdits(new Uint8Array(HEADER))).toEqual([]);
});

/** Fills 256 MiB again and again, in no other code than a loop. */
const SPINNING: ModuleSpec = {
  types: [{}],
  memories: [{ initial: 4096, maximum: 4096 }],
  functions: [
    { type: 0, body: concat([0x03, 0x40], i32Const(0), i32Const(1), i32Const(1 << 28), FILL, [0x0c, 0, 0x0b]) },
  ],
  exports: [{ name: 'run', kind: 'func', index: 0 }],
};

const SPINNER = `
const { workerData: { module, memory } } = require('node:worker_threads');
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) imports[from] = { [name]: memory };
new WebAssembly.Instance(module, imports).exports.run();`;

it('lets a thread that does nothing but fill memory be ended', { timeout: 3 * DEADLINE_MS }, async () => {
  const { bytes } = rewriteModule(buildModule(SPINNING), { maximumPages: 4096 });
  const memory = new WebAssembly.Memory({ initial: 4096, maximum: 4096, shared: true });
  const worker = new Worker(SPINNER, { eval: true, workerData: { module: new WebAssembly.Module(bytes), memory } });
  const filled = new Uint8Array(memory.buffer);
  while (Atomics.load(filled, filled.length - 1) === 0) await new Promise((resolve) => setImmediate(resolve));
  const ended = worker.terminate().then(() => 'ended');
  const late = new Promise((resolve) => setTimeout(resolve, DEADLINE_MS, 'runs on').unref());
  // Without the calls it ran for minutes.
  expect(await Promise.race([ended, late])).toBe('ended');
});
