// What the loader refuses: each file with its code and one line that says what is wrong and what to do.

import { describe, expect, it } from 'vitest';
import { ModuleError, rewriteModule } from '../../../runtime/memory/module/index.ts';
import {
  type Bytes,
  buildModule,
  concat,
  customSection,
  HEADER,
  i32Const,
  type ModuleSpec,
  name,
  section,
  u32,
  vector,
} from '../../support/module-builder.ts';

const PROCESS_LIMIT = { maximumPages: 256 };

function refusalOf(input: Uint8Array): ModuleError {
  try {
    rewriteModule(input, PROCESS_LIMIT);
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
  throw new Error('the module was admitted');
}

function expectRefusal(input: Uint8Array, message: RegExp, code = 'ENOEXEC'): void {
  const refused = refusalOf(input);
  expect(refused.message).toMatch(message);
  expect(refused.message).toMatch(/^[ -~…]+[:;] [ -~…]+$/);
  expect(refused.code).toBe(code);
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const sections = (...parts: Bytes[]): Uint8Array => concat(HEADER, ...parts);

describe('a file that is no core module', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /an empty file/],
    ['four bytes of a module', Uint8Array.of(0, 0x61, 0x73, 0x6d), /the first bytes of one/],
    ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /this is a component; build a core module/],
    ['another version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), /version 2 of the format/],
    ['an ELF program', concat(text('\x7fELF'), [2, 1, 1, 0]), /an ELF program: compile its source with fusedos cc/],
    ['a Windows program', concat(text('MZ'), [0x90, 0]), /a Windows program/],
    ['a macOS program', Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe), /a macOS program/],
    ['an archive', text('!<arch>\nlibm.a'), /an archive of objects: link it/],
    ['bitcode', Uint8Array.of(0x42, 0x43, 0xc0, 0xde), /LLVM bitcode: link it/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8), /a gzip file: unpack it/],
    ['a shell script', text('#!/bin/sh\necho'), /a script/],
    ['text format', text(';; a comment\n(; another ;)\n (module (memory 1))'), /WebAssembly text: assemble it/],
    ['text format of a component', text('(component)'), /WebAssembly text/],
    ['a C source', text('/* hello */\n#include <stdio.h>\nint main() {}'), /C or C\+\+ source: compile it/],
    ['a JavaScript source', text("import fs from 'node:fs';"), /JavaScript or AssemblyScript source/],
    ['a page', text('<!DOCTYPE html><title>404</title>'), /an HTML or XML page/],
    ['base64', text('AGFzbQEAAAA='), /a module in base64: decode it/],
    ['other text', text('größer\n'), /a text file/],
    ['other bytes', Uint8Array.of(1, 2, 3, 4, 5), /begins with the bytes 01 02 03 04/],
    ['many zeroes', new Uint8Array(100_000), /begins with the bytes 00 00 00 00/],
  ])('%s', (_what, input, message) => expectRefusal(input, message));
});

describe('a module that uses what the machine does not run', () => {
  const oneType = (...form: number[]): Uint8Array => sections(section(1, vector([form])));
  const oneImport = (...type: number[]): Uint8Array =>
    sections(section(1, vector([[0x60, 0, 0]])), section(2, vector([concat(name('env'), name('x'), type)])));

  it.each<[string, Uint8Array, RegExp]>([
    [
      'more tables than the machine takes',
      buildModule({ tables: Array(101).fill({ initial: 0 }) }),
      /101 tables, the limit is 100/,
    ],
    ['memory64', sections(section(5, vector([[4, 1]]))), /64-bit memory.*wasm32/],
    ['an imported memory64', oneImport(2, 5, 1, 2), /64-bit memory/],
    ['shared memory64', sections(section(5, vector([[7, 1, 1]]))), /64-bit memory/],
    ['custom page sizes', sections(section(5, vector([[8, 1, 0]]))), /custom page size/],
    ['a strange memory', sections(section(5, vector([[0x40, 1]]))), /unknown memory limits flag 0x40/],
    ['table64', sections(section(4, vector([[0x70, 4, 1]]))), /64-bit table/],
    ['a shared table', sections(section(4, vector([[0x70, 3, 1, 1]]))), /shared-everything/],
    ['a table with an initializer', sections(section(4, vector([[0x40, 0, 0x70, 0, 1]]))), /initializer/],
    ['a table of exceptions', sections(section(4, vector([[0x69, 0, 1]]))), /a table of exceptions/],
    ['a table of GC references', sections(section(4, vector([[0x6e, 0, 1]]))), /anyref/],
    ['several memories', buildModule({ memories: [{ initial: 1 }, { initial: 1 }] }), /2 memories/],
    [
      'an imported memory and a defined one',
      buildModule({ imports: [{ module: 'm', name: 'n', memory: { initial: 1 } }], memories: [{ initial: 1 }] }),
      /2 memories/,
    ],
    ['a GC struct', oneType(0x5f, 0), /GC struct type; build it for linear memory/],
    ['a GC array', oneType(0x5e, 0x7f, 0), /GC array type/],
    ['a recursive group', oneType(0x4e, 1, 0x60, 0, 0), /recursive type group/],
    ['a subtype', oneType(0x50, 0, 0x60, 0, 0), /subtype/],
    ['a continuation', oneType(0x5d, 0), /stack switching/],
    ['a shared type', oneType(0x65, 0x60, 0, 0), /shared-everything/],
    ['an unknown type form', oneType(0x42, 0, 0), /unknown type form 0x42/],
    ['a typed reference', oneType(0x60, 1, 0x63, 0x70, 0), /typed reference/],
    ['an i31 parameter', oneType(0x60, 1, 0x6c, 0), /i31ref/],
    ['an unknown value type', oneType(0x60, 1, 0x40, 0), /unknown value type 0x40/],
    ['a shared global', oneImport(3, 0x7f, 3), /shared-everything/],
    ['an unknown import kind', oneImport(9, 0), /unknown import kind 0x09/],
    ['an unknown section', sections(section(14, [0])), /unknown section 0x0e/],
    [
      'a tag with a reference',
      buildModule({ types: [{ params: ['externref'] }], tags: [0] }),
      /exception tag with a reference/,
    ],
    ['a GC constant', buildModule({ globals: [{ type: 'externref', init: [0xfb, 0x1a] }] }), /a GC instruction/],
    ['an object file', sections(customSection({ name: 'linking', contents: [2] })), /object file; link it/],
    ['a dynamic library', sections(customSection({ name: 'dylink.0', contents: [] })), /dynamic linking; link it/],
    [
      'the reserved module',
      buildModule({ types: [{}], imports: [{ module: 'fusedos_machine', name: 'a\n\x1b[31mb', func: 0 }] }),
      /function "a\\u\{a\}\\u\{1b\}\[31mb" from "fusedos_machine", a reserved name/,
    ],
  ])('%s', (_what, input, message) => expectRefusal(input, message));

  it.each<[string, ModuleSpec, RegExp]>([
    ['initial memory', { memories: [{ initial: 257, maximum: 1024 }] }, /starts with 16448 KiB.*may have 16 MiB/],
    ['initial tables', { tables: [{ initial: 2 ** 20 }, { initial: 1 }] }, /start with 1048577 entries/],
  ])('%s beyond what a process may have', (_what, spec, message) =>
    expectRefusal(buildModule(spec), message, 'ENOMEM'),
  );
});

describe('a malformed module', () => {
  const nothing = { type: 0, body: [] };
  const program: ModuleSpec = {
    types: [{}],
    functions: [nothing, nothing],
    memories: [{ initial: 1 }],
    exports: [{ name: '_start', kind: 'func', index: 0 }],
    start: 1,
    dataCount: true,
    data: [{ at: 1, bytes: [1, 2, 3] }],
  };
  const dataOf = (...segment: number[]): Uint8Array => sections(section(5, [1, 0, 1]), section(11, vector([segment])));

  it.each<[string, Uint8Array, RegExp]>([
    ['sections in the wrong order', sections(section(3, [0]), section(1, [0])), /out of order or twice in the type/],
    ['a section twice', sections(section(1, [0]), section(1, [0])), /out of order or twice/],
    ['a section longer than the file', sections([1, 100, 0]), /100 bytes wanted where 1 are left/],
    ['bytes left over in a section', sections(section(1, [0, 0])), /1 bytes left over in the type section/],
    ['an empty section body', sections(section(1, [])), /unexpected end in the type section/],
    ['an absurd count of types', sections(section(1, u32(0xffff_ffff))), /4294967295 types declared where 0 bytes/],
    ['an absurd count of imports', sections(section(2, u32(0x7fff_ffff))), /imports declared/],
    ['an absurd count of exports', sections(section(7, concat(u32(5), [0, 0, 0]))), /5 exports declared/],
    ['an absurd count of functions', sections(section(3, u32(1e9))), /functions declared/],
    ['an absurd count of segments', sections(section(11, u32(1e9))), /data segments declared/],
    [
      'more parameters than engines take',
      sections(section(1, concat([1, 0x60], u32(2000), new Uint8Array(2000)))),
      /2000 parameters, the limit/,
    ],
    ['an integer of six bytes', sections(section(1, [0x80, 0x80, 0x80, 0x80, 0x80, 0])), /longer than 32 bits/],
    ['an integer of 35 bits', sections(section(1, [0x80, 0x80, 0x80, 0x80, 0x10])), /longer than 32 bits/],
    ['a signed integer of 33 bits', dataOf(0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x08, 0x0b, 0), /longer than 32 bits/],
    ['a name that is not UTF-8', sections(section(7, [1, 2, 0xc3, 0x28, 0, 0])), /not UTF-8/],
    ['an export of nothing', sections(section(7, vector([concat(name('f'), [0, 0])]))), /export of function 0, which/],
    ['an unknown export kind', sections(section(7, [1, 0, 7, 0])), /unknown export kind/],
    [
      'an export twice',
      buildModule({ ...program, exports: [program.exports, program.exports].flat().flatMap((e) => e ?? []) }),
      /the export "_start" twice/,
    ],
    [
      'an import of a missing type',
      buildModule({ imports: [{ module: 'm', name: 'n', func: 3 }] }),
      /type 3, which does not/,
    ],
    ['a missing start function', buildModule({ ...program, start: 2 }), /start function 2/],
    [
      'functions without bodies',
      sections(section(1, [1, 0x60, 0, 0]), section(3, [1, 0])),
      /1 functions with 0 bodies/,
    ],
    ['a body longer than its section', sections(section(10, [1, 9, 0, 0])), /9 bytes wanted/],
    ['a wrong data count', sections(section(12, [2]), section(11, [1, 1, 0])), /2 data segments declared, 1 present/],
    ['a segment of an unknown mode', dataOf(3, 0), /unknown mode 3/],
    ['a segment for another memory', dataOf(2, 1, 0x41, 0, 0x0b, 0), /memory 1, which does not exist/],
    ['a segment with a strange address', dataOf(0, 0x10, 0, 0x0b, 0), /unknown constant instruction 0x10/],
    ['a shared memory without a maximum', sections(section(5, [1, 2, 1])), /shared memory without a maximum/],
    ['a maximum below the initial size', sections(section(5, [1, 1, 2, 1])), /maximum \(1\) below/],
    ['a memory above 4 GiB', buildModule({ memories: [{ initial: 0, maximum: 65537 }] }), /more than 65536 pages/],
    ['a custom section without a name', sections([0, 0]), /unexpected end in the custom section/],
  ])('%s', (_what, input, message) => {
    expect(WebAssembly.validate(new Uint8Array(input))).toBe(false);
    expectRefusal(input, message);
  });

  it('is refused when cut off anywhere but between two sections', () => {
    const whole = buildModule(program);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      if (!WebAssembly.validate(cut)) expect(() => rewriteModule(cut, PROCESS_LIMIT)).toThrow(ModuleError);
    }
  });

  it('shows a long name only in part', () => {
    const imports = [{ module: 'fusedos_machine', name: '"'.repeat(10_000), func: 0 }];
    expect(refusalOf(buildModule({ types: [{}], imports })).message.length).toBeLessThan(600);
  });
});

describe('a module at the edge of what is admitted', () => {
  it.each<[string, ModuleSpec]>([
    ['constants with arithmetic', { globals: [{ type: 'i32', init: concat(i32Const(2), i32Const(3), [0x6c]) }] }],
    ['a constant null reference', { globals: [{ type: 'externref', init: [0xd0, 0x6f] }] }],
    ['a vector constant', { globals: [{ type: 'v128', init: concat([0xfd, 12], new Uint8Array(16)) }] }],
    ['floats', { globals: [{ type: 'f64', init: concat([0x44], new Uint8Array(8)) }] }],
    ['the smallest 64-bit integer', { globals: [{ type: 'i64', init: [0x42, ...Array(9).fill(0x80), 0x7f] }] }],
    ['a tag with a number', { types: [{ params: ['i32'] }], tags: [0] }],
    ['a tail call', { types: [{}], functions: [{ type: 0, body: [0x12, 0] }] }],
    ['a legacy exception handler', { types: [{}], functions: [{ type: 0, body: [0x06, 0x40, 0x19, 0x0b] }] }],
    ['empty sections', { types: [], imports: [], functions: [], tables: [], memories: [], exports: [], data: [] }],
    ['exactly the memory of the process', { memories: [{ initial: 256 }] }],
  ])('%s', (_what, spec) => {
    const input = buildModule(spec);
    const { bytes } = rewriteModule(input, PROCESS_LIMIT);
    // Node 20 does not know arithmetic in constants, which later engines do.
    expect(WebAssembly.validate(bytes)).toBe(WebAssembly.validate(input));
  });
});
