/** The file tree of a compiler run, and the archive that fills it. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileTree, MemoryNode, memoryRoot, type Observation } from '../../../runtime/toolchain/files.ts';
import { hostTree } from '../../../runtime/toolchain/host-tree.ts';
import { unpackTar } from '../../../runtime/toolchain/tar.ts';

const reading = {
  read: true,
  write: false,
  append: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
};
const writing = { ...reading, write: true, create: true };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function memoryTree(): FileTree {
  const root = MemoryNode.createDirectory();
  root.add('usr/include/a.h', bytes('header'));
  root.addDirectory(['tmp']);
  return new FileTree(root);
}

function text(tree: FileTree, file: string): string {
  const target = new Uint8Array(100);
  return new TextDecoder().decode(target.subarray(0, tree.open(file, reading).read(target, 0)));
}

describe('the memory part', () => {
  test('resolves . and ..', () => {
    const tree = memoryTree();
    expect(text(tree, `${memoryRoot}/usr/../usr/./include/a.h`)).toBe('header');
    expect(tree.stat(`${memoryRoot}/tmp/..`, true).kind).toBe('directory');
  });

  test('creates, grows, renames, lists and removes files', () => {
    const tree = memoryTree();
    const file = tree.open(`${memoryRoot}/tmp/x`, { ...writing, exclusive: true });
    file.write(bytes('end'), 7);
    file.write(bytes('start'), 0);
    expect(text(tree, `${memoryRoot}/tmp/x`)).toBe('start\0\0end');
    file.resize(3);
    file.resize(5);
    expect(text(tree, `${memoryRoot}/tmp/x`)).toBe('sta\0\0');
    tree.rename(`${memoryRoot}/tmp/x`, `${memoryRoot}/tmp/y`);
    expect(tree.list(`${memoryRoot}/tmp`).map(({ name }) => name)).toEqual(['y']);
    tree.remove(`${memoryRoot}/tmp/y`, 'file');
    expect(tree.list(`${memoryRoot}/tmp`)).toEqual([]);
  });

  test.each([
    ['ENOENT', () => memoryTree().open(`${memoryRoot}/none`, reading)],
    ['ENOENT', () => memoryTree().open(`${memoryRoot}/none/x`, writing)],
    ['EEXIST', () => memoryTree().open(`${memoryRoot}/usr/include/a.h`, { ...writing, exclusive: true })],
    ['EISDIR', () => memoryTree().open(`${memoryRoot}/usr`, writing)],
    ['EROFS', () => memoryTree().open(`${memoryRoot}/usr/include/a.h`, writing)],
    ['ENOTDIR', () => memoryTree().open(`${memoryRoot}/usr/include/a.h`, { ...reading, directory: true })],
    ['ENOTDIR', () => memoryTree().list(`${memoryRoot}/usr/include/a.h`)],
    ['EEXIST', () => memoryTree().makeDirectory(`${memoryRoot}/usr`)],
    ['EISDIR', () => memoryTree().remove(`${memoryRoot}/usr`, 'file')],
    ['ENOTDIR', () => memoryTree().remove(`${memoryRoot}/usr/include/a.h`, 'directory')],
    ['ENOTEMPTY', () => memoryTree().remove(`${memoryRoot}/usr`, 'directory')],
    ['EXDEV', () => memoryTree().rename(`${memoryRoot}/usr`, '/usr')],
    ['EINVAL', () => memoryTree().readLink(`${memoryRoot}/usr`)],
  ])('answers %s', (code, attempt) => {
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });
});

describe('the host part', () => {
  test('is the disk, and tells what was looked at', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'fusedos-files-'));
    const seen: [string, Observation][] = [];
    const tree = new FileTree(MemoryNode.createDirectory(), hostTree, (file, what) =>
      seen.push([path.basename(file), what]),
    );
    const file = tree.open(path.join(directory, 'x'), writing);
    file.write(bytes('text'), 0);
    file.close();
    expect(text(tree, path.join(directory, 'x'))).toBe('text');
    expect(() => tree.stat(path.join(directory, 'none'), true)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(tree.stat(directory, true).kind).toBe('directory');
    expect(seen).toEqual([
      ['x', 'file'],
      ['none', 'absent'],
      [path.basename(directory), 'directory'],
    ]);
    fs.rmSync(directory, { recursive: true });
  });
});

test('a tar archive gives its files, long names too', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'fusedos-tar-'));
  const long = `${'d'.repeat(90)}/${'f'.repeat(60)}`;
  fs.mkdirSync(path.join(directory, 'd'.repeat(90)));
  fs.writeFileSync(path.join(directory, long), 'x'.repeat(513));
  fs.writeFileSync(path.join(directory, 'empty'), '');
  const archive = execFileSync('tar', ['--format=ustar', '-C', directory, '-cf', '-', 'empty', long]);
  const files = Array.from(unpackTar(archive), ({ name, content }) => [name, new TextDecoder().decode(content)]);
  expect(files).toEqual([
    ['empty', ''],
    [long, 'x'.repeat(513)],
  ]);
  fs.rmSync(directory, { recursive: true });
});

test('without a host there is nothing but memory', () => {
  const tree = memoryTree();
  const thrown = (code: string) => expect.objectContaining({ code });
  expect(tree.stat('/', true).kind).toBe('directory');
  expect(() => tree.open('/etc/passwd', reading)).toThrow(thrown('ENOENT'));
  expect(() => tree.stat('/etc', true)).toThrow(thrown('ENOENT'));
  expect(() => tree.list('/')).toThrow(thrown('ENOENT'));
  expect(() => tree.open('/tmp/new', writing)).toThrow(thrown('EROFS'));
  expect(() => tree.makeDirectory('/tmp/new')).toThrow(thrown('EROFS'));
  expect(() => tree.rename(`${memoryRoot}/usr/include/a.h`, '/a.h')).toThrow(thrown('EXDEV'));
});
