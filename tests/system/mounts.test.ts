// What is mounted in a machine, as embedders use it: tmpfs, live Volumes, unmounting, and what is refused.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memfs, Volume } from 'memfs';
import { afterAll, describe, expect, test } from 'vitest';
import type { MountSource } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { FileOperations } from '../support/fileops.ts';

const { boot } = await importBuilt();
const directory = mkdtempSync(join(tmpdir(), 'fusedos-mounts-'));
afterAll(() => rmSync(directory, { recursive: true }));

const MIB = 1 << 20;

describe.each(['cnk', 'linux', 'library'] as const)('under placement %s', (placement) => {
  const small = { appCores: 1, linuxProcesses: 1, spareCores: 0 };

  test('a Volume is live in both directions', async () => {
    const volume = Volume.fromJSON({ '/a/file': 'contents' });
    await using machine = await boot({ ...small, mounts: { '/vol': { type: 'memfs', volume } } });
    const files = await FileOperations.start(machine, { placement });
    const fd = await files.run('open', '/vol/a/file', 'rw');
    expect(await files.run('read', fd, 100)).toBe('contents');
    volume.writeFileSync('/a/file', 'changed');
    volume.writeFileSync('/a/more', '');
    expect(await files.run('seek', fd, 0)).toBe('ok');
    expect(await files.run('read', fd, 100)).toBe('changed');
    expect(await files.run('list', '/vol/a')).toBe('file more');
    expect(await files.run('write', fd, ' again')).toBe('ok');
    expect(await files.run('mkdir', '/vol/d')).toBe('ok');
    expect(await files.run('symlink', '../a/file', '/vol/d/link')).toBe('ok');
    expect(await files.run('rename', '/vol/a/more', '/vol/d/less')).toBe('ok');
    expect(await files.run('utime', '/vol/d/less', 1_000_000)).toBe('ok');
    expect(volume.toJSON()).toEqual({ '/a/file': 'changed again', '/d/less': '' });
    expect(volume.readlinkSync('/d/link')).toBe('../a/file');
    expect(volume.statSync('/d/less').mtimeMs).toBe(1_000_000_000);
    volume.unlinkSync('/a/file');
    expect(await files.run('stat', '/vol/a/file')).toBe('ENOENT');
    expect(await files.run('unlink', '/vol/d/link')).toBe('ok');
    expect(volume.readdirSync('/d')).toEqual(['less']);
    expect(await files.end()).toBe(0);
  });

  test('an overlay keeps changes away from what is below: the host, a Volume, another overlay', async () => {
    const host = join(directory, `below-${placement}`);
    mkdirSync(join(host, 'd'), { recursive: true });
    writeFileSync(join(host, 'file'), 'contents');
    writeFileSync(join(host, 'd', 'inner'), 'inner');
    const volume = Volume.fromJSON({ '/file': 'contents', '/d/inner': 'inner' });
    const lowers: MountSource[] = [
      host,
      { type: 'memfs', volume },
      { type: 'overlay', lower: { type: 'memfs', volume }, size: MIB },
    ];
    for (const lower of lowers) {
      await using machine = await boot({ ...small, mounts: { '/over': { type: 'overlay', lower } } });
      const before = await machine.fs.checkpoint();
      const guest = await FileOperations.start(machine, { placement });
      const fd = await guest.run('open', '/over/file', 'rw');
      expect(await guest.run('read', fd, 3)).toBe('con');
      expect(await guest.run('write', fd, 'TENTS')).toBe('ok');
      expect(await guest.run('seek', fd, 0)).toBe('ok');
      expect(await guest.run('read', fd, 100)).toBe('conTENTS');
      expect(await guest.run('rename', '/over/d', '/over/e')).toBe('ok');
      expect(await guest.run('stat', '/over/d')).toBe('ENOENT');
      expect(await guest.run('list', '/over/e')).toBe('inner');
      expect(await guest.run('unlink', '/over/e/inner')).toBe('ok');
      expect(await guest.run('list', '/over/e')).toBe('');
      expect(await guest.end()).toBe(0);
      const changes = { created: ['/over/e'], changed: ['/over/file'], removed: ['/over/d'] };
      expect(await before.changes()).toEqual(
        placement === 'library' ? { created: [], changed: [], removed: [] } : changes,
      );
    }
    expect(volume.toJSON()).toEqual({ '/file': 'contents', '/d/inner': 'inner' });
    expect(readdirSync(host, { recursive: true }).sort()).toEqual(['d', join('d', 'inner'), 'file']);
    expect(readFileSync(join(host, 'file'), 'utf8')).toBe('contents');
  });

  test('large transfers to a Volume are whole', async () => {
    const volume = new Volume();
    const text = Array.from({ length: 3 * MIB }, (_, i) => String.fromCharCode(97 + (i % 23))).join('');
    volume.writeFileSync('/in', text);
    await using machine = await boot({ ...small, mounts: { '/vol': { type: 'memfs', volume } } });
    const { stdout } = await machine.run(guestPath('files'), { placement, args: ['read', '/vol/in'] });
    expect(stdout.text() === text).toBe(true);
    const files = await FileOperations.start(machine, { placement });
    const fd = await files.run('open', '/vol/out', 'wc');
    for (let i = 0; i < 40; i++) await files.run('write', fd, text.slice(i * 60_000, (i + 1) * 60_000));
    expect(await files.end()).toBe(0);
    expect(volume.readFileSync('/out', 'utf8') === text.slice(0, 40 * 60_000)).toBe(true);
  });

  test('a program begins below a Volume, and below an overlay on one', async () => {
    const volume = Volume.fromJSON({ '/d/text': 'from below' });
    const source: MountSource = { type: 'memfs', volume };
    const mounts = { '/vol': source, '/over': { type: 'overlay', lower: source } as const };
    await using machine = await boot({ ...small, mounts });
    for (const top of ['/vol', '/over']) {
      const cwd = `${top}/d`;
      const { stdout } = await machine.run(guestPath('files'), { placement, cwd, args: ['read', 'text'] });
      expect(stdout.text()).toBe('from below');
      const options = { placement, preopens: [{ name: '/in', path: cwd }], args: ['read', '/in/text'] };
      expect((await machine.run(guestPath('files'), options)).stdout.text()).toBe('from below');
      const missing = machine.run(guestPath('files'), { placement, cwd: `${top}/none`, args: ['read', 'text'] });
      await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  test('a read-only mount refuses changes', async () => {
    const volume = Volume.fromJSON({ '/file': 'x' });
    const mounts = {
      '/vol': { type: 'memfs', volume, readOnly: true },
      '/t': { type: 'tmpfs', readOnly: true },
    } as const;
    await using machine = await boot({ ...small, mounts });
    const files = await FileOperations.start(machine, { placement });
    expect(await files.run('open', '/vol/file', 'r')).toMatch(/^\d+$/);
    for (const path of ['/vol/file', '/vol/new', '/t/new']) expect(await files.run('open', path, 'wc')).toBe('EROFS');
    expect(await files.run('mkdir', '/vol/d')).toBe('EROFS');
    expect(await files.run('rename', '/vol/file', '/vol/g')).toBe('EROFS');
    expect(await files.run('unlink', '/vol/file')).toBe('EROFS');
    await files.end();
    expect(volume.toJSON()).toEqual({ '/file': 'x' });
  });

  test('a tmpfs is full at its limit, and loses nothing', async () => {
    await using machine = await boot({ ...small, mounts: { '/t': { type: 'tmpfs', size: 64 * 1024 } } });
    const files = await FileOperations.start(machine, { placement });
    const fd = await files.run('open', '/t/f', 'wc');
    // An inode and a name of one character: 642 bytes; the rest in grains of 512.
    const room = Math.floor((64 * 1024 - 642) / 512) * 512;
    expect(await files.run('fill', fd, 1000)).toBe(`${room} ENOSPC`);
    expect(await files.run('stat', '/t/f')).toMatch(`file ${room} 1 `);
    expect(await files.run('mkdir', '/t/d')).toBe('ENOSPC');
    expect(await files.run('mkdir', '/tmp/d')).toBe('ok');
    expect(await files.run('truncate', '/t/f', 0)).toBe('ok');
    expect(await files.run('mkdir', '/t/d')).toBe('ok');
    await files.end();
  });

  test('mounts below mounts, whatever their order in the table', async () => {
    const host = join(directory, placement);
    mkdirSync(host);
    writeFileSync(join(host, 'file'), 'host');
    const volume = Volume.fromJSON({ '/file': 'volume' });
    const mounts: Record<string, MountSource> = {
      '/work/deep/vol': { type: 'memfs', volume },
      '/work/deep': { type: 'tmpfs' },
      '/work': host,
    };
    await using machine = await boot({ ...small, mounts });
    const files = await FileOperations.start(machine, { placement });
    expect(await files.run('list', '/work')).toBe('deep file');
    expect(await files.run('list', '/work/deep')).toBe('vol');
    expect(await files.run('list', '/work/deep/vol')).toBe('file');
    expect(await files.run('list', '/work/deep/vol/../..')).toBe('deep file');
    expect(await files.run('rename', '/work/file', '/work/deep/file')).toBe('EXDEV');
    expect(await files.run('rmdir', '/work/deep')).toBe('EBUSY');
    await files.end();
    expect(readdirSync(join(host, 'deep'))).toEqual([]);
  });

  test('a guest that is killed while it waits for a Volume is gone at once, and the machine goes on', async () => {
    const volume = Volume.fromJSON({ '/file': 'x' });
    await using machine = await boot({ ...small, mounts: { '/vol': { type: 'memfs', volume } } });
    const files = await FileOperations.start(machine, { placement });
    const { readdirSync: readdir } = volume;
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    volume.readdirSync = (...args: Parameters<typeof readdir>) => {
      files.process.kill('SIGKILL');
      isAsked();
      return readdir(...args);
    };
    void files.run('list', '/vol').catch(() => {});
    await asked;
    expect(await files.process.exit).toMatchObject({ signal: 'SIGKILL' });
    volume.readdirSync = readdir;
    const next = await FileOperations.start(machine, { placement });
    expect(await next.run('list', '/vol')).toBe('file');
    expect(await next.end()).toBe(0);
  });
});

describe('unmounting', () => {
  test('while a process has something open there: EBUSY; then what was hidden is seen again', async () => {
    await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
    await machine.fs.mkdir('/d/hidden', { recursive: true });
    await machine.mount({ type: 'tmpfs' }, '/d');
    const files = await FileOperations.start(machine);
    const fd = await files.run('open', '/d/f', 'wc');
    await expect(machine.unmount('/d')).rejects.toMatchObject({ code: 'EBUSY' });
    await files.run('close', fd);
    await machine.unmount('/d');
    expect(await files.run('list', '/d')).toBe('hidden');
    await expect(machine.unmount('/d')).rejects.toMatchObject({ code: 'EINVAL' });
    await files.end();
  });

  test('a directory of the host, a Volume, an overlay: nothing stays open', async () => {
    const volume = Volume.fromJSON({ '/file': 'x' });
    const overlay: MountSource = { type: 'overlay', lower: directory };
    await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
    for (const source of [directory, { type: 'memfs', volume }, overlay] as const) {
      await machine.mount(source, '/m');
      const files = await FileOperations.start(machine);
      expect(await files.run('list', '/m')).not.toBe('');
      expect(await files.run('cd', '/m')).toBe('ok');
      expect(await files.end()).toBe(0);
      await machine.unmount('/m');
      expect(await machine.fs.readdir('/m')).toEqual([]);
    }
  });

  test('what the machine has for itself stays', async () => {
    await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
    await expect(machine.unmount('/dev')).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('refused in one line', () => {
  test.each([
    [{ data: '/tmp' }, 'VALUE', /'options\.mounts\['data'\]' must be an absolute path below \/, without \.\.\. /],
    [{ '/a/../b': { type: 'tmpfs' } }, 'VALUE', /without \.\./],
    [{ '/a': { type: 'tmpfs' }, '/a/': '/tmp' }, 'VALUE', /'options\.mounts' has \/a twice/],
    [{ '/a': { type: 'tmpfs', size: -1 } }, 'RANGE', /"options\.mounts\['\/a'\]\.size" is out of range\. .* -1$/],
    [
      { '/a': { type: 'tmpfs', size: 1.5 } },
      'RANGE',
      /"options\.mounts\['\/a'\]\.size" .* an integer\. Received 1\.5$/,
    ],
    [{ '/a': { type: 'tmpfs', mode: 0o10000 } }, 'RANGE', /\.mode" is out of range\. .* Received 4096$/],
    [{ '/a': { type: 'tmpfs', readOnly: 1 } }, 'TYPE', /\.readOnly" property must be of type boolean/],
    [{ '/a': { type: 'tmpfs', read: true } }, 'VALUE', /no property "read"; did you mean readOnly\?/],
    [{ '/a': { type: 'memfs', volume: {} } }, 'TYPE', /\.volume" property must be an instance of Volume/],
    [{ '/a': { type: 'overlay' } }, 'TYPE', /\.lower" property must be of type string or an object .* undefined$/],
    [{ '/a': { type: 'overlay', lower: '/', size: 'x' } }, 'TYPE', /\.size" property must be of type number/],
    [{ '/a': { type: 'opfs', path: 'a/../b' } }, 'VALUE', /\.path' must be names with \/ between them/],
    [{ '/a': { type: 'nfs' } }, 'VALUE', /\.type' must be one of: host, tmpfs, opfs, memfs, overlay\. /],
    [{ '/a': null }, 'TYPE', /\['\/a'\]" property must be of type string or an object with a type\. Received null$/],
    [{ '/a': '' }, 'VALUE', /must be the path of a directory of the host/],
  ])('%j', async (mounts, kind, message) => {
    const code = kind === 'RANGE' ? 'ERR_OUT_OF_RANGE' : `ERR_INVALID_ARG_${kind}`;
    const failure = boot({ mounts } as unknown as Parameters<typeof boot>[0]);
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('OPFS, which is a page’s', async () => {
    const message = /^the origin private file system is a page’s; in Node, mount a directory of the host instead$/;
    const mounts = { '/a': { type: 'opfs' } } as const;
    await expect(boot({ mounts })).rejects.toMatchObject({ code: 'ENOSYS', message: expect.stringMatching(message) });
  });

  test('a directory that the host has not', async () => {
    await expect(boot({ mounts: { '/a': join(directory, 'none') } })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('memfs’s `fs` is as good as its Volume', async () => {
  const { fs } = memfs({ '/file': 'x' });
  await using machine = await boot({ appCores: 1, mounts: { '/vol': { type: 'memfs', volume: fs } } });
  expect(await machine.fs.readFile('/vol/file', 'utf8')).toBe('x');
});

describe('copies', () => {
  test('a Volume’s tree becomes the machine’s, and comes back', async () => {
    const volume = Volume.fromJSON({ '/a/b/file': 'contents', '/a/empty': '' });
    volume.symlinkSync('b/file', '/a/link');
    volume.linkSync('/a/b/file', '/a/hard');
    volume.chmodSync('/a/b/file', 0o640);
    volume.utimesSync('/a/b', new Date(1500), new Date(-2500));
    await using machine = await boot({ appCores: 1, mounts: { '/t': { type: 'tmpfs' } } });
    await machine.fs.fromVolume(volume, '/t/tree');
    expect(await machine.fs.readFile('/t/tree/a/link', 'utf8')).toBe('contents');
    expect(await machine.fs.stat('/t/tree/a/hard')).toMatchObject({ nlink: 2, mode: 0o100640 });
    expect(await machine.fs.stat('/t/tree/a/b')).toMatchObject({ mtimeMs: -2500 });
    await machine.fs.fromVolume(volume, '/t/tree');
    await machine.fs.writeFile('/t/tree/a/new', 'new');
    const back = Volume.fromJSON({ '/a/empty': 'not empty' });
    for (let round = 0; round < 2; round++) await machine.fs.toVolume(back, '/t/tree');
    expect(back.toJSON()).toEqual({ '/a/b/file': 'contents', '/a/hard': 'contents', '/a/empty': '', '/a/new': 'new' });
    expect(back.readlinkSync('/a/link')).toBe('b/file');
    expect(back.statSync('/a/hard').nlink).toBe(2);
    expect(back.statSync('/a/b').mtimeMs).toBe(-2500);
    expect(Number(back.statSync('/a/b/file').mode) & 0o777).toBe(0o640);
  });

  test('what is mounted below is left out', async () => {
    await using machine = await boot({ appCores: 1, mounts: { '/t': { type: 'tmpfs' } } });
    await machine.fs.writeFile('/t/file', 'x');
    await machine.fs.writeFile('/file', 'y');
    const volume = new Volume();
    await machine.fs.toVolume(volume);
    expect(volume.toJSON()).toMatchObject({ '/file': 'y', '/t': null, '/dev': null });
  });

  test('what does not fit is refused', async () => {
    const volume = Volume.fromJSON({ '/file': 'x'.repeat(10_000) });
    await using machine = await boot({ appCores: 1, mounts: { '/t': { type: 'tmpfs', size: 5000 } } });
    await expect(machine.fs.fromVolume(volume, '/t')).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(machine.fs.toVolume(volume, '/none')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a machine without shared memory', () => {
  test('has tmpfs and Volumes: a program gets a copy, and what it changed is stored when it ends', async () => {
    const volume = Volume.fromJSON({ '/file': 'x' });
    const mounts: Record<string, MountSource> = {
      '/vol': { type: 'memfs', volume },
      '/t': { type: 'tmpfs', size: MIB },
    };
    await using machine = await boot({ sharedMemory: false, appCores: 1, mounts });
    const run = (...args: string[]) => machine.run(guestPath('files'), { args });
    expect((await run('read', '/vol/file')).stdout.text()).toBe('x');
    expect((await run('write', '/vol/new', 'text')).exitCode).toBe(0);
    expect((await run('write', '/t/new', 'text')).exitCode).toBe(0);
    expect(volume.toJSON()).toEqual({ '/file': 'x', '/new': 'text' });
    expect(await machine.fs.readFile('/t/new', 'utf8')).toBe('text');
    await machine.unmount('/t');
    expect(await machine.fs.readdir('/t')).toEqual([]);
    await expect(machine.unmount('/t')).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test.each([
    [directory, 'host directories'],
    [{ type: 'tmpfs', readOnly: true } as const, 'read-only mounts'],
  ])('lacks %j', async (source, what) => {
    const options = { sharedMemory: false, appCores: 1, mounts: { '/m': source } };
    const message = `this machine lacks ${what}: shared memory was not wanted`;
    await expect(boot(options)).rejects.toMatchObject({ code: 'ENOSYS', message });
  });
});
