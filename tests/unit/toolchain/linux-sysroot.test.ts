// Linux's sysroot as a compile sees it: there or not, read as it is looked at, beside clang's own tree.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileTree, MemoryNode, readFile } from '../../../runtime/toolchain/files.ts';
import { addSysroot, readStamp, readSysroot, STAMP } from '../../../runtime/toolchain/linux-sysroot.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-sysroot-'));
  for (const [file, text] of [
    ['include/stdio.h', 'stdio'],
    ['lib/wasm32-linux-muslwali/libc.a', 'archive'],
    ['lib/wasm32-linux-muslwali/libclang_rt.builtins.a', 'builtins'],
  ] as const) {
    mkdirSync(join(directory, file, '..'), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
});
afterEach(() => rmSync(directory, { recursive: true }));

function finish(): void {
  writeFileSync(join(directory, STAMP), '{}');
}

function textOf(root: MemoryNode, path: string): string | undefined {
  const bytes = readFile(root, path);
  return bytes && new TextDecoder().decode(bytes);
}

/** What stands at `/@fusedos` before: clang's own tree, which compiles share. */
function makeFiles(): { files: MemoryNode; usr: MemoryNode } {
  const usr = MemoryNode.createDirectory();
  usr.add('include/stddef.h', new TextEncoder().encode('stddef'));
  usr.add('lib/wasm32-wasip1/libc.a', new TextEncoder().encode('wasi'));
  return { files: MemoryNode.createDirectory(new Map([['usr', usr]])), usr };
}

test('a directory without a stamp is none: an interrupted build, or no build at all', () => {
  expect(readStamp(directory)).toBeUndefined();
  expect(readSysroot(directory)).toBeUndefined();
  expect(readSysroot(join(directory, 'missing'))).toBeUndefined();
  finish();
  expect(readStamp(directory)).toBe('{}');
  expect(readSysroot(directory)).toMatchObject({ threads: 'without threads' });
});

test('libraries for threads are known by OpenMP’s, which older ones have not', () => {
  writeFileSync(join(directory, 'lib/wasm32-linux-muslwali/libomp.a'), '');
  finish();
  expect(readSysroot(directory)).toMatchObject({ threads: 'with threads' });
});

test('it stands beside clang’s tree, which gets the compiler’s library and stays what it is for others', () => {
  finish();
  const sysroot = readSysroot(directory);
  const { files, usr } = makeFiles();
  if (sysroot !== undefined) addSysroot(files, sysroot);
  expect(textOf(files, '/@fusedos/linux/include/stdio.h')).toBe('stdio');
  expect(textOf(files, '/@fusedos/usr/include/stddef.h')).toBe('stddef');
  expect(textOf(files, '/@fusedos/usr/lib/wasm32-wasip1/libc.a')).toBe('wasi');
  const library = '/@fusedos/usr/lib/wasm32-unknown-linux-muslwali/libclang_rt.builtins.a';
  expect(textOf(files, library)).toBe('builtins');
  expect([...(usr.entries?.get('lib')?.entries?.keys() ?? [])]).toEqual(['wasm32-wasip1']);
});

test('a file is read at the first look, once', () => {
  symlinkSync('stdio.h', join(directory, 'include/alias.h'));
  finish();
  const sysroot = readSysroot(directory);
  writeFileSync(join(directory, 'include/stdio.h'), 'changed before');
  const { files } = makeFiles();
  if (sysroot !== undefined) addSysroot(files, sysroot);
  const tree = new FileTree(files);
  expect(tree.stat('/@fusedos/linux/include/stdio.h', true).size).toBe(14n);
  writeFileSync(join(directory, 'include/stdio.h'), 'changed after');
  expect(textOf(files, '/@fusedos/linux/include/stdio.h')).toBe('changed before');
  expect(textOf(files, '/@fusedos/linux/include/alias.h')).toBe('changed after');
});

test('a file that disappears meanwhile is an error of the host’s, and may come back', () => {
  finish();
  const sysroot = readSysroot(directory);
  const { files } = makeFiles();
  if (sysroot !== undefined) addSysroot(files, sysroot);
  const file = join(directory, 'include/stdio.h');
  rmSync(file);
  const tree = new FileTree(files);
  expect(() => tree.stat('/@fusedos/linux/include/stdio.h', true)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  writeFileSync(file, 'back');
  expect(tree.stat('/@fusedos/linux/include/stdio.h', true).size).toBe(4n);
});
