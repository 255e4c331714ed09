// Source trees: edits that no longer fit, archives that are damaged, and trees that are never there by half.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SourcePackage } from '../../../tools/sysroot/packages.ts';
import { applyEdit, digestOf, makeTree, type Port } from '../../../tools/sysroot/tree.ts';

let directory = '';
let archive = '';
const pinned: SourcePackage = { name: 'p', version: '1', archive: 'p_1.orig.tar.gz', sha256: '', leastFiles: 2 };
const port: Port = { copies: [], edits: [] };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-sysroot-'));
  archive = join(directory, pinned.archive);
  mkdirSync(join(directory, 'p-1/src'), { recursive: true });
  writeFileSync(join(directory, 'p-1/src/a.c'), 'int a = 1;\n');
  writeFileSync(join(directory, 'p-1/src/b.h'), '#define B 1\n');
  execFileSync('tar', ['-czf', archive, '-C', directory, 'p-1']);
});

afterEach(() => rmSync(directory, { recursive: true }));

test('an edit whose text is not there fails and names the file', () => {
  expect(() => applyEdit('int a;', { file: 'src/a.c', find: 'int b;', replace: '' })).toThrow(
    /src\/a\.c has "int b;" 0 times, not 1/,
  );
});

test('an edit whose text stands there more often than it should fails', () => {
  expect(() => applyEdit('x x', { file: 'f', find: 'x', replace: 'y' })).toThrow(/2 times, not 1/);
  expect(applyEdit('x x', { file: 'f', find: 'x', replace: '$&', times: 2 })).toBe('$& $&');
});

test('a tree has the archive, the copies, the edits and our files over it', async () => {
  const overlay = join(directory, 'overlay');
  mkdirSync(join(overlay, 'src'), { recursive: true });
  writeFileSync(join(overlay, 'src/ours.c'), 'ours\n');
  const tree = await makeTree(
    pinned,
    archive,
    {
      overlay,
      copies: [{ from: 'src/b.h', to: 'new/c.h' }],
      edits: [{ file: 'src/a.c', find: '= 1', replace: '= 2' }],
    },
    directory,
  );
  expect(readFileSync(join(tree, 'src/a.c'), 'utf8')).toBe('int a = 2;\n');
  expect(readFileSync(join(tree, 'new/c.h'), 'utf8')).toBe('#define B 1\n');
  expect(readFileSync(join(tree, 'src/ours.c'), 'utf8')).toBe('ours\n');
});

test('a tree is made anew when an edit changes, and the old one goes', async () => {
  const first = await makeTree(pinned, archive, port, directory);
  expect(await makeTree(pinned, archive, port, directory)).toBe(first);
  const edits = [{ file: 'src/a.c', find: '1', replace: '3' }];
  const second = await makeTree(pinned, archive, { copies: [], edits }, directory);
  expect(readdirSync(join(directory, 'trees'))).toEqual([second.split('/').at(-1)]);
});

test('an edit that fails leaves no tree behind, and the next build makes one', async () => {
  const edits = [{ file: 'src/a.c', find: 'nothing like it', replace: '' }];
  await expect(makeTree(pinned, archive, { copies: [], edits }, directory)).rejects.toThrow('another version');
  expect(readdirSync(join(directory, 'trees')).filter((name) => !name.endsWith('.part'))).toEqual([]);
  expect(existsSync(await makeTree(pinned, archive, port, directory))).toBe(true);
});

test('an archive that is cut short, or lacks files, says what to do', async () => {
  writeFileSync(archive, readFileSync(archive).subarray(0, 60));
  await expect(makeTree(pinned, archive, port, directory)).rejects.toThrow(
    /cannot be unpacked .*: remove .*p_1\.orig\.tar\.gz/,
  );
  execFileSync('tar', ['-czf', archive, '-C', directory, 'p-1']);
  await expect(makeTree({ ...pinned, leastFiles: 3 }, archive, port, directory)).rejects.toThrow('not the files');
});

test('only the members that are asked for are unpacked', async () => {
  const tree = await makeTree({ ...pinned, members: ['src/b.h'], leastFiles: 1 }, archive, port, directory);
  expect(readdirSync(join(tree, 'src'))).toEqual(['b.h']);
});

test("a directory's checksum follows names and contents", () => {
  const before = digestOf(join(directory, 'p-1'));
  expect(digestOf(join(directory, 'p-1'))).toBe(before);
  writeFileSync(join(directory, 'p-1/src/b.h'), '#define B 2\n');
  expect(digestOf(join(directory, 'p-1'))).not.toBe(before);
});
