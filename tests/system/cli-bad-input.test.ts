// Files that `fusedos run` cannot run: each is told in one line that says why, with the status that env(1) would give.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guestPath } from '../support/built.ts';
import { fusedos } from '../support/command.ts';
import { buildModule, concat, HEADER, i32Const, type ModuleSpec, section, u32 } from '../support/module-builder.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-bad-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** A module whose _start has this body. */
function program(body: readonly number[], spec: Partial<ModuleSpec> = {}): Uint8Array {
  const imports = spec.imports?.filter((entry) => 'func' in entry).length ?? 0;
  return buildModule({
    types: [{ params: [], results: [] }],
    functions: [{ type: 0, body }],
    exports: [{ name: '_start', kind: 'func', index: imports }],
    ...spec,
  });
}

const hello = readFileSync(guestPath('status'));
const NOTHING: readonly number[] = [];
const CALL_FIRST = [0x10, 0];
/** Of a deep program's frame, 8 bytes each. */
const LOCALS = 300;

describe('a file that cannot be read', () => {
  test.each([
    ['that there is not', () => join(directory, 'missing.wasm'), 127, 'there is no such file'],
    ['below a file', () => join(file('plain', ''), 'x.wasm'), 127, 'there is no such file'],
    ['that is a directory', () => directory, 126, 'it is a directory'],
  ])('%s', async (_what, path, status, reason) => {
    const name = path();
    const expected = { status, stdout: '', stderr: `fusedos run: ${name}: ${reason}\n` };
    expect(await fusedos(['run', name])).toEqual(expected);
  });
});

describe('a file that is no program', () => {
  test.each([
    ['an empty file', '', /empty/],
    ['text', 'hello, this is text\n', /not a WebAssembly module/],
    ['a script', '#!/bin/sh\necho x\n', /not a WebAssembly module/],
    ['an ELF program', '\x7fELF\x02\x01\x01\0\0\0\0\0', /not a WebAssembly module/],
    ['a truncated module', hello.subarray(0, hello.length >> 1), /./],
    ['the header alone', Uint8Array.from(HEADER), /exports no _start and no other function/],
    ['a body that does not validate', program([0x6a]), /not a valid WebAssembly module/],
    ['an absurd count', concat(HEADER, section(1, u32(0xffffffff))), /./],
    ['a 64-bit memory', concat(HEADER, section(5, [1, 4, 1])), /./],
    ['two memories', buildModule({ memories: [{ initial: 1 }, { initial: 1 }] }), /memor/],
    [
      'an imported table',
      program(NOTHING, { imports: [{ module: 'env', name: 't', table: { initial: 1 } }] }),
      /table "env"."t"/,
    ],
    [
      'an imported global',
      program(NOTHING, { imports: [{ module: 'env', name: 'g', global: { type: 'i32' } }] }),
      /global "env"."g"/,
    ],
  ])('%s', async (_what, bytes, reason) => {
    const path = file('program.wasm', bytes);
    const { status, stdout, stderr } = await fusedos(['run', path]);
    expect({ status, stdout }).toEqual({ status: 126, stdout: '' });
    expect(stderr).toMatch(/^fusedos run: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
  });

  test('a library is not run, but its functions are named', async () => {
    const { status, stderr } = await fusedos(['run', guestPath('library')]);
    expect(status).toBe(126);
    expect(stderr).toMatch(/exports no _start; it exports add, wide/);
  });

  test('a module on stdin that is none', async () => {
    const result = await fusedos(['run', '-'], { stdin: 'nonsense' });
    expect(result).toMatchObject({ status: 126, stdout: '' });
  });
});

describe('memory', () => {
  test('more from the start than a process may have', async () => {
    const path = file('large.wasm', program(NOTHING, { memories: [{ initial: 2048 }] }));
    const { status, stderr } = await fusedos(['run', '--memory', '64MiB', path]);
    expect(status).toBe(126);
    expect(stderr).toMatch(/^fusedos run: [^\n]*128 MiB[^\n]*\n$/);
  });

  test('a table without bound', async () => {
    const path = file('table.wasm', program(NOTHING, { tables: [{ initial: 0xffffffff }] }));
    expect(await fusedos(['run', path])).toMatchObject({ status: 126, stdout: '' });
  });
});

describe('imports', () => {
  const unknown = (body: readonly number[]): Uint8Array =>
    program(body, { imports: [{ module: 'env', name: 'mystery', func: 0 }] });

  test('that nobody provides do no harm until they are called', async () => {
    expect(await fusedos(['run', file('idle.wasm', unknown(NOTHING))])).toMatchObject({ status: 0, stderr: '' });
  });

  test('that nobody provides end the program by SIGSYS when they are called', async () => {
    const { status, stderr } = await fusedos(['run', file('mystery.wasm', unknown(CALL_FIRST))]);
    expect(status).toBe(159);
    expect(stderr).toMatch(/^fusedos: SIGSYS: the program called env\.mystery, which nobody provides\n/);
  });

  test('that nobody provides fail when --unknown-imports=enosys says so', async () => {
    const path = file('enosys.wasm', unknown(CALL_FIRST));
    expect(await fusedos(['run', '--unknown-imports', 'enosys', path])).toMatchObject({ status: 0, stderr: '' });
  });
});

test('a program that recurses through an import ends by SIGSEGV', async () => {
  // _start: load LOCALS words; sched_yield(); call itself; store the words. So a frame is large, and a few thousand calls are deep.
  const words = Array.from({ length: LOCALS }, (_, i) => [...u32(i)]);
  const body = [
    ...words.flatMap((i) => [0x41, 0, 0x29, 3, ...i, 0x21, ...i]), // i32.const 0, i64.load, local.set
    ...[0x10, 0, 0x1a, 0x10, 1],
    ...words.flatMap((i) => [0x41, 0, 0x20, ...i, 0x37, 3, ...i]), // i32.const 0, local.get, i64.store
  ];
  const bytes = program([], {
    types: [
      { params: [], results: [] },
      { params: [], results: ['i32'] },
    ],
    imports: [{ module: 'wasi_snapshot_preview1', name: 'sched_yield', func: 1 }],
    functions: [{ type: 0, locals: [[LOCALS, 'i64']], body }],
    memories: [{ initial: 1 }],
  });
  for (const placement of ['cnk', 'fused', 'library']) {
    const { status, stderr } = await fusedos(['run', '--placement', placement, file('deep.wasm', bytes)]);
    expect([placement, status]).toEqual([placement, 139]);
    expect(stderr).toMatch(/^fusedos: SIGSEGV: stack overflow\n/);
  }
});

test('a program whose start function never returns is ended by its time', async () => {
  const bytes = program([0x03, 0x40, 0x0c, 0, 0x0b], { start: 0 });
  expect(await fusedos(['run', '--timeout', '300ms', file('start.wasm', bytes)])).toMatchObject({ status: 124 });
});

test('pointers and lengths that lie outside of memory are EFAULT', async () => {
  // proc_exit(fd_write(1, iovec at the last word of memory, 1, 0))
  const bytes = program([...i32Const(1), ...i32Const(65532), ...i32Const(1), ...i32Const(0), 0x10, 0, 0x10, 1], {
    types: [
      { params: [], results: [] },
      { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
      { params: ['i32'], results: [] },
    ],
    imports: [
      { module: 'wasi_snapshot_preview1', name: 'fd_write', func: 1 },
      { module: 'wasi_snapshot_preview1', name: 'proc_exit', func: 2 },
    ],
    memories: [{ initial: 1, maximum: 1 }],
  });
  const WASI_EFAULT = 21;
  for (const placement of ['cnk', 'fused', 'linux', 'library']) {
    const { status, stdout } = await fusedos(['run', '--placement', placement, file('efault.wasm', bytes)]);
    expect({ placement, status, stdout }).toEqual({ placement, status: WASI_EFAULT, stdout: '' });
  }
});

test('names in a module cannot forge lines or sequences of ours', async () => {
  const bytes = program(NOTHING, { imports: [{ module: 'e\nv\x1b[2J', name: 'g', global: { type: 'i32' } }] });
  const { status, stderr } = await fusedos(['run', file('forge.wasm', bytes)]);
  expect(status).toBe(126);
  expect(stderr).toMatch(/^[ -~]*\n$/);
});

test('a file that may not be read', async (context) => {
  context.skip(process.getuid?.() === 0, 'root may read everything');
  const path = file('locked.wasm', hello);
  chmodSync(path, 0);
  expect(await fusedos(['run', path])).toMatchObject({
    status: 126,
    stderr: `fusedos run: ${path}: you may not read it\n`,
  });
});
