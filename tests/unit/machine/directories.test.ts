import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseDirectory, parseTmpfs, planDirectories } from '../../../runtime/cli/run/directories.ts';

const host = mkdtempSync(join(tmpdir(), 'fusedos-dir-'));
mkdirSync(join(host, 'tmp'));
writeFileSync(join(host, 'file'), '');
afterAll(() => rmSync(host, { recursive: true }));

describe('the text of --dir', () => {
  test.each([
    ['data', { hostPath: 'data', name: 'data', access: 'live' }],
    ['data:ro', { hostPath: 'data', name: 'data', access: 'ro' }],
    ['/home/x::in', { hostPath: '/home/x', name: 'in', access: 'live' }],
    ['a::b::c:ro', { hostPath: 'a::b', name: 'c', access: 'ro' }],
    ['data::in:overlay', { hostPath: 'data', name: 'in', access: 'overlay' }],
    ['C:\\x::/in', { hostPath: 'C:\\x', name: '/in', access: 'live' }],
  ])('%j', (text, expected) => {
    expect(parseDirectory(text)).toEqual(expected);
  });

  test.each(['', ':ro', ':overlay', '::in', 'x::', 'x:::ro'])('%j lacks a part', (text) => {
    expect(parseDirectory(text)).toBeUndefined();
  });
});

describe('the text of --tmpfs', () => {
  test.each([
    ['/build', { path: '/build', size: undefined }],
    ['/build/:64MiB', { path: '/build', size: 64 << 20 }],
    ['//a/./b:0', { path: '/a/b', size: 0 }],
  ])('%j', (text, expected) => {
    expect(parseTmpfs(text)).toEqual(expected);
  });

  test.each(['/build:', '/build:lots', '/build:-1', '/a:b:1x'])('%j has no size', (text) => {
    expect(parseTmpfs(text)).toBeUndefined();
  });

  test.each(['', ':1', 'build', '/', '/..', '/a/../b', '/./'])('%j is no path to mount at', (text) => {
    expect(() => parseTmpfs(text)).toThrow('must be an absolute path below /, without ..');
  });
});

describe('where directories are mounted', () => {
  const planFor = (...names: string[]) =>
    planDirectories(
      names.map((name) => ({ hostPath: host, name, access: 'live' })),
      undefined,
    );

  test.each([
    ['data', '/data'],
    ['/data/x', '/data/x'],
    ['./a/../b', '/b'],
    ['.', '/mnt/0'],
    ['/', '/mnt/0'],
    ['..', '/mnt/0'],
    ['../x', '/mnt/0'],
    ['a/../..', '/mnt/0'],
  ])('the name %j stands at %s', (name, path) => {
    const { mounts, preopens } = planFor(name);
    expect(Object.keys(mounts)).toEqual([path]);
    expect(preopens[0]).toEqual({ name, path });
  });

  test('the last of equal names wins', () => {
    const { mounts } = planDirectories(
      [
        { hostPath: host, name: 'x', access: 'ro' },
        { hostPath: join(host, 'tmp'), name: 'x', access: 'live' },
      ],
      undefined,
    );
    expect(mounts).toEqual({ '/x': { path: join(host, 'tmp'), readOnly: false } });
  });

  test('a working directory of the host keeps its own tmp, and finds /dev and /proc', () => {
    const { preopens, cwd } = planFor('.');
    expect(cwd).toBe('/mnt/0');
    expect(preopens.map(({ name }) => name)).toEqual(['.', '/dev', '/proc', '/mnt']);
  });

  test('a missing directory or a file is refused', () => {
    const plan = (hostPath: string) => () => planDirectories([{ hostPath, name: 'x', access: 'live' }], undefined);
    expect(plan(join(host, 'nothing'))).toThrow('there is no such directory');
    expect(plan(join(host, 'file'))).toThrow('it is not a directory');
  });
});
