// A machine whose whole tree stands on a memfs Volume: `boot({ root })`, `mounts: { '/': … }`, `fusedos run --root-volume`.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Volume } from 'memfs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { guestPath, importBuilt } from '../support/built.ts';
import { fusedos } from '../support/command.ts';
import { FileOperations } from '../support/fileops.ts';

const { boot } = await importBuilt();
const directory = mkdtempSync(join(tmpdir(), 'fusedos-root-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(['cnk', 'linux', 'fused', 'library'] as const)('under placement %s', (placement) => {
  test('a program works on the Volume, which shows what it does and what its owner does', async () => {
    const volume = Volume.fromJSON({ '/etc/motd': 'hello', '/home/me/x': 'one' });
    await using machine = await boot({ appCores: 1, root: volume, mounts: { '/scratch': { type: 'tmpfs' } } });
    const files = await FileOperations.start(machine, { placement });
    expect(await files.run('list', '/')).toBe('dev etc home proc scratch tmp');
    const fd = await files.run('open', '/home/me/new', 'wc');
    expect(await files.run('write', fd, 'text')).toBe('ok');
    expect(volume.readFileSync('/home/me/new', 'utf8')).toBe('text');
    volume.mkdirSync('/home/later');
    expect(await files.run('list', '/home')).toBe('later me');
    expect(await files.run('rename', '/home/me', '/home/you')).toBe('ok');
    expect(volume.readdirSync('/home/you')).toEqual(['new', 'x']);
    expect(await files.run('open', '/scratch/s', 'wc')).toMatch(/^\d+$/);
    expect(volume.readdirSync('/scratch')).toEqual([]);
    expect(await files.run('open', '/dev/null', 'w')).toMatch(/^\d+$/);
    expect(await files.run('open', '/tmp/t', 'wc')).toMatch(/^\d+$/);
    expect(volume.readdirSync('/tmp')).toEqual(['t']);
    expect(await files.end()).toBe(0);
  });
});

test('machine.fs works on it; images, which are of files in memory, refuse it', async () => {
  const volume = Volume.fromJSON({ '/a/b': 'x' });
  await using machine = await boot({ appCores: 1, mounts: { '/': { type: 'memfs', volume } } });
  const { fs } = machine;
  await fs.cp('/a', '/c/d', { recursive: true });
  expect(volume.readFileSync('/c/d/b', 'utf8')).toBe('x');
  expect(await fs.realpath('/c/../c/d')).toBe('/c/d');
  expect((await fs.stat('/tmp')).mode & 0o7777).toBe(0o1777);
  expect(await fs.readFile('/proc/mounts', 'utf8')).toMatch(/^memfs \/ memfs rw 0 0\n/);
  await expect(fs.save().bytes()).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  await machine.mount({ type: 'tmpfs' }, '/t');
  await fs.writeFile('/t/f', 'x');
  expect((await fs.save({ path: '/t' }).bytes()).length).toBeGreaterThan(512);
  expect(await fs.changes()).toEqual({ created: ['/t/f'], changed: [], removed: [] });
  await expect(machine.mount({ type: 'tmpfs' }, '/')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  const image = new Uint8Array(1024);
  await expect(boot({ appCores: 1, root: new Volume(), image })).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
});

test('a machine without shared memory stores what a program did when it has ended', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const volume = Volume.fromJSON({ '/in': 'x' });
  await using machine = await boot({ appCores: 1, sharedMemory: false, root: volume });
  const { exitCode } = await machine.run(guestPath('fileops'), { stdin: 'rename\t/in\t/out\n' });
  expect([exitCode, volume.readFileSync('/out', 'utf8')]).toEqual([0, 'x']);
});

test('other file systems may be the root too: a directory of the host, an overlay on it', async () => {
  const top = join(directory, 'top');
  mkdirSync(top);
  writeFileSync(join(top, 'on-host'), 'x');
  {
    await using machine = await boot({ appCores: 1, root: { type: 'overlay', lower: top } });
    await machine.fs.writeFile('/new', 'y');
    expect((await machine.fs.readdir('/')).sort()).toEqual(['dev', 'new', 'on-host', 'proc', 'tmp']);
    expect(readdirSync(top)).toEqual(['on-host']);
  }
  await using machine = await boot({ appCores: 1, root: top });
  await machine.fs.writeFile('/new', 'y');
  expect(readdirSync(top).sort()).toEqual(['dev', 'new', 'on-host', 'proc', 'tmp']);
});

test.each([
  [{ root: new Volume(), mounts: { '/': '/tmp' } }, 'ERR_INVALID_ARG_VALUE'],
  [{ root: 5 }, 'ERR_INVALID_ARG_TYPE'],
  [{ root: {} }, 'ERR_INVALID_ARG_TYPE'],
  [{ root: { type: 'memfs' } }, 'ERR_INVALID_ARG_TYPE'],
])('a root that is none is refused', async (options, code) => {
  await expect(boot(options as never)).rejects.toMatchObject({ code });
});

describe('fusedos run --root-volume', () => {
  const json = join(directory, 'tree.json');
  writeFileSync(json, JSON.stringify({ '/in': 'text', '/empty': null }));

  test('begins with the Volume of a JSON file, and --save writes one', async () => {
    const saved = join(directory, 'saved.json');
    const args = ['run', '--root-volume', json, '--save', saved, guestPath('fileops')];
    const result = await fusedos(args, { stdin: 'rename\t/in\t/empty/out\n' });
    expect(result).toMatchObject({ status: 0, stdout: 'ok\n', stderr: '' });
    const tree = JSON.parse(readFileSync(saved, 'utf8'));
    expect(tree).toEqual({ '/dev': null, '/empty/out': 'text', '/proc': null, '/tmp': null });
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual({ '/in': 'text', '/empty': null });
  });

  test.each([
    [['--root-volume', join(directory, 'none.json')], 125, /none\.json: there is no such file/],
    [['--root-volume', guestPath('copy')], 125, /it is no JSON of a memfs Volume/],
    [['--root-volume', json, '--image', 'x.tar'], 125, /--root-volume .*--image/],
    [['--root-volume', json, '--save', 'x.tar'], 125, /--save: .*\.json/],
  ])('refuses what cannot be: %j', async (options, status, message) => {
    const result = await fusedos(['run', ...options, guestPath('show')]);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(message);
  });
});
