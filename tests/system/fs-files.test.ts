// `machine.fs` as node:fs/promises is used: open files, streams, encodings, copies of trees, and times that no file can have.

import { mkdtempSync, rmSync } from 'node:fs';
import * as hostFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Volume } from 'memfs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();

describe.each([
  ['a machine', undefined],
  ['a machine without shared memory', false],
] as const)('%s', (_name, sharedMemory) => {
  let machine: Machine;
  beforeEach(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    machine = await boot({ appCores: 1, ...(sharedMemory === undefined ? {} : { sharedMemory }) });
  });
  afterEach(() => machine.close());

  test('an open file is read and written at positions and at its offset, and is one of the machine’s descriptors', async () => {
    const { fs } = machine;
    const file = await fs.open('/tmp/f', 'w+');
    expect(await fs.readdir('/proc/1/fd')).toEqual([`${file.fd}`]);
    expect(await file.write('0123456789')).toMatchObject({ bytesWritten: 10 });
    expect(await file.write(Buffer.from('ABCDEF'), 1, 3, 4)).toMatchObject({ bytesWritten: 3 });
    const { bytesRead, buffer } = await file.read(new Uint8Array(6), 1, 5, 2);
    expect([bytesRead, Buffer.from(buffer).toString()]).toEqual([5, '\x0023BCD']);
    expect((await file.read()).bytesRead).toBe(0);
    await file.writev([Uint8Array.of(120), new Uint16Array([0x7a79])]);
    const [head, tail] = [new Uint8Array(4), new Uint8Array(20)];
    expect(await file.readv([head, tail], 0)).toMatchObject({ bytesRead: 13 });
    expect(Buffer.concat([head, tail.subarray(0, 9)]).toString()).toBe('0123BCD789xyz');
    await file.truncate(3);
    await file.chmod(0o600);
    await file.utimes(1, new Date(2500));
    await file.sync();
    await file.datasync();
    const stat = await file.stat();
    expect([stat.size, stat.mode & 0o777, stat.atimeMs, stat.mtimeMs]).toEqual([3, 0o600, 1000, 2500]);
    expect((await file.stat({ bigint: true })).mtimeNs).toBe(2_500_000_000n);
    await Promise.all([file.appendFile('!'), file.close(), file.close()]);
    await expect(file.readFile()).rejects.toMatchObject({ code: 'EBADF' });
    expect(await fs.readdir('/proc/1/fd')).toEqual([]);
  });

  test('open files are limited, and closed with the machine', async () => {
    const { fs } = machine;
    const files = await Promise.all(Array.from({ length: 1021 }, () => fs.open('/tmp/f', 'a')));
    await expect(fs.open('/tmp/f')).rejects.toMatchObject({ code: 'EMFILE' });
    await files[7]?.close();
    await using again = await fs.open('/tmp/f');
    expect(again.fd).toBe(10);
    await machine.close();
    await files[8]?.close();
    await expect(files[9]?.stat()).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });

  test('whole files take and give every form of content', async () => {
    const { fs } = machine;
    const contents: [unknown, string][] = [
      [new ArrayBuffer(2), '\0\0'],
      [new DataView(new Uint8Array([0, 65, 66, 0]).buffer, 1, 2), 'AB'],
      [Uint16Array.of(0x4241), 'AB'],
      [['a', Buffer.from('b'), 'c'], 'abc'],
      [
        (async function* () {
          yield 'later';
          yield Uint8Array.of(33);
        })(),
        'later!',
      ],
      [new Blob(['blob']).stream(), 'blob'],
    ];
    for (const [content, text] of contents) {
      await fs.writeFile('/tmp/f', content as string);
      expect(await fs.readFile('/tmp/f', 'utf8')).toBe(text);
    }
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1', 'utf16le'] as const) {
      await fs.writeFile('/tmp/f', 'abcd', encoding);
      expect(Buffer.from(await fs.readFile('/tmp/f'))).toEqual(Buffer.from('abcd', encoding));
      expect(await fs.readFile('/tmp/f', { encoding })).toBe(Buffer.from('abcd', encoding).toString(encoding));
    }
    await fs.writeFile(new URL('file:///tmp/with%20space%25'), '\ufeffmark');
    expect(await fs.readFile('/tmp/with space%', 'utf8')).toBe('\ufeffmark');
    const bytes = Uint8Array.of(0x2f, 0x74, 0x6d, 0x70, 0x2f, 0xff);
    await fs.writeFile(bytes, 'not UTF-8');
    expect(await fs.readdir('/tmp', 'buffer')).toContainEqual(Uint8Array.of(0xff));
    expect(await fs.readdir('/tmp', 'hex')).toContain('ff');
    expect((await fs.readFile(bytes)).length).toBe(9);
  });

  test('a signal ends what is on its way', async () => {
    const { fs } = machine;
    const controller = new AbortController();
    const endless = (async function* () {
      for (let i = 0; ; i++) {
        if (i === 3) controller.abort('enough');
        yield 'more';
      }
    })();
    const aborted = { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' };
    await expect(fs.writeFile('/tmp/f', endless, { signal: controller.signal })).rejects.toMatchObject(aborted);
    await expect(fs.readFile('/tmp/f', { signal: controller.signal })).rejects.toMatchObject(aborted);
    expect(await fs.readdir('/proc/1/fd')).toEqual([]);
  });

  test('streams read parts of files, in pieces, as text; and write', async () => {
    const { fs } = machine;
    const writer = fs.createWriteStream('/tmp/f').getWriter();
    await writer.write('line one\nzwei ü\r\n');
    await writer.write(Float64Array.of(0).fill(0));
    await writer.close();
    const pieces: string[] = [];
    const stream = fs.createReadStream('/tmp/f', { encoding: 'utf8', start: 9, end: 15, highWaterMark: 6 });
    for await (const piece of stream as unknown as AsyncIterable<string>) pieces.push(piece);
    expect(pieces).toEqual(['zwei ', 'ü']);
    const lines: string[] = [];
    for await (const line of (await fs.open('/tmp/f')).readLines()) lines.push(line);
    expect(lines).toEqual(['line one', 'zwei ü', '\0'.repeat(8)]);
    await fs.createReadStream('/tmp/f').cancel();
    await expect(fs.createReadStream('/tmp/none').getReader().read()).rejects.toMatchObject({ code: 'ENOENT' });
    const file = await fs.open('/tmp/f');
    expect((await new Response(file.readableWebStream()).arrayBuffer()).byteLength).toBe(26);
    await file.close();
    expect(await fs.readdir('/proc/1/fd')).toEqual([]);
  });

  test('lists deep trees, makes temporary directories, resolves links', async () => {
    const { fs } = machine;
    const made = await fs.mkdtemp('/tmp/work-');
    expect(made).toMatch(/^\/tmp\/work-[A-Za-z0-9]{6}$/);
    expect((await fs.stat(made)).mode & 0o777).toBe(0o700);
    await fs.mkdir(`${made}/a/b`, { recursive: true, mode: '711' });
    await fs.writeFile(`${made}/a/b/file`, 'x');
    await fs.symlink('../../a', `${made}/a/b/up`);
    expect((await fs.readdir(made, { recursive: true })).sort()).toEqual(['a', 'a/b', 'a/b/file', 'a/b/up']);
    const entries = await fs.readdir(made, { recursive: true, withFileTypes: true });
    expect(entries.filter((entry) => entry.isSymbolicLink())).toMatchObject([
      { name: 'up', parentPath: `${made}/a/b` },
    ]);
    expect(await fs.realpath(`${made}/a/b/up/b/../b/file`)).toBe(`${made}/a/b/file`);
    const names: string[] = [];
    for await (const entry of await fs.opendir(`${made}/a`)) names.push(entry.name);
    expect(names).toEqual(['b']);
    expect(await fs.statfs('/tmp')).toMatchObject({ bsize: 4096 });
    await fs.chown(`${made}/a`, 5, -1);
    expect(await fs.stat(`${made}/a`)).toMatchObject({ uid: 5, gid: 0 });
    await fs.lutimes(`${made}/a/b/up`, 5, '6.5');
    expect(await fs.lstat(`${made}/a/b/up`)).toMatchObject({ atimeMs: 5000, mtimeMs: 6500 });
  });

  test('watch tells what comes, goes and changes, also deep down and from outside, until it is aborted', async () => {
    const volume = Volume.fromJSON({ '/there': 'x', '/sub/deep': 'x' });
    await machine.mount({ type: 'memfs', volume }, '/vol');
    const { fs } = machine;
    for (const [top, change] of [
      ['/tmp', (name: string, text: string) => fs.writeFile(`/tmp/${name}`, text)],
      ['/vol', async (name: string, text: string) => volume.writeFileSync(`/${name}`, text)],
    ] as const) {
      await fs.mkdir(`${top}/sub`, { recursive: true });
      const controller = new AbortController();
      const events = fs.watch(top, { recursive: true, signal: controller.signal });
      const first = events.next();
      await fs.statfs(top);
      await change('new', 'a');
      expect((await first).value).toEqual({ eventType: 'rename', filename: 'new' });
      const second = events.next();
      await change('new', 'abc');
      expect((await second).value).toEqual({ eventType: 'change', filename: 'new' });
      const third = events.next();
      await change('sub/inner', 'x');
      expect((await third).value).toEqual({ eventType: 'rename', filename: 'sub/inner' });
      const fourth = events.next();
      await fs.rm(`${top}/new`);
      expect((await fourth).value).toEqual({ eventType: 'rename', filename: 'new' });
      const last = events.next();
      controller.abort('enough');
      await expect(last).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    }
    await expect(fs.watch('/none').next()).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.watch(5 as never).next()).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    const file = fs.watch('/tmp/sub/inner');
    const gone = file.next();
    await fs.rm('/tmp/sub', { recursive: true });
    expect((await gone).value).toEqual({ eventType: 'rename', filename: 'inner' });
    expect((await file.next()).done).toBe(true);
  });

  test('copyFile writes over a file unless it is told not to', async () => {
    const { fs } = machine;
    await fs.writeFile('/tmp/a', 'new');
    await fs.writeFile('/tmp/b', 'older and longer');
    const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = fs.constants;
    await expect(fs.copyFile('/tmp/a', '/tmp/b', COPYFILE_EXCL)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(fs.copyFile('/tmp/a', '/tmp/b', COPYFILE_FICLONE_FORCE)).rejects.toMatchObject({
      syscall: 'copyfile',
    });
    expect(await fs.readFile('/tmp/b', 'utf8')).toBe('older and longer');
    await fs.copyFile('/tmp/a', '/tmp/b', COPYFILE_FICLONE);
    await fs.copyFile('/tmp/b', '/tmp/b');
    expect(await fs.readFile('/tmp/b', 'utf8')).toBe('new');
  });
});

describe('cp does what fs.cp does', () => {
  const hostRoot = mkdtempSync(join(tmpdir(), 'fusedos-cp-'));
  afterEach(() => rmSync(hostRoot, { recursive: true, force: true }));

  type Fs = Pick<
    typeof hostFs,
    'cp' | 'mkdir' | 'writeFile' | 'symlink' | 'readdir' | 'readFile' | 'lstat' | 'readlink' | 'chmod' | 'utimes'
  >;

  async function makeTree(fs: Fs, root: string): Promise<void> {
    await fs.mkdir(`${root}/from/sub`, { recursive: true });
    await fs.writeFile(`${root}/from/file`, 'one');
    await fs.writeFile(`${root}/from/sub/deep`, 'two');
    await fs.symlink('file', `${root}/from/link`);
    await fs.chmod(`${root}/from/file`, 0o640);
    await fs.utimes(`${root}/from/file`, 10, 20);
    await fs.mkdir(`${root}/there/sub`, { recursive: true });
    await fs.writeFile(`${root}/there/file`, 'old');
    await fs.symlink('../from/sub', `${root}/into`);
  }

  async function treeOf(fs: Fs, root: string, path = ''): Promise<string[]> {
    const lines: string[] = [];
    for (const name of (await fs.readdir(root + path)).sort()) {
      const at = `${path}/${name}`;
      const stats = await fs.lstat(root + at);
      if (stats.isDirectory()) lines.push(`${at}/`, ...(await treeOf(fs, root, at)));
      else if (stats.isSymbolicLink()) lines.push(`${at} -> ${(await fs.readlink(root + at)).replace(root, 'ROOT')}`);
      else {
        const time = stats.mtimeMs === 20_000 ? ' old' : '';
        lines.push(`${at} ${(stats.mode & 0o777).toString(8)} ${await fs.readFile(root + at, 'utf8')}${time}`);
      }
    }
    return lines;
  }

  test.each<[string, string, string, object?]>([
    ['a file', 'from/file', 'new'],
    ['a file below directories that are missing', 'from/file', 'x/y/new'],
    ['a file over another', 'from/file', 'there/file'],
    ['not over another', 'from/file', 'there/file', { force: false }],
    ['not over another, which is an error', 'from/file', 'there/file', { force: false, errorOnExist: true }],
    ['a directory, not asked to', 'from', 'new'],
    ['a directory', 'from', 'new', { recursive: true }],
    ['a directory with times', 'from', 'new', { recursive: true, preserveTimestamps: true }],
    ['a directory with links as they are', 'from', 'new', { recursive: true, verbatimSymlinks: true }],
    ['a directory without links', 'from', 'new', { recursive: true, dereference: true }],
    ['a directory over another', 'from', 'there', { recursive: true }],
    ['a part of a directory', 'from', 'new', { recursive: true, filter: (path: string) => !path.includes('sub') }],
    ['nothing', 'from', 'new', { recursive: true, filter: async () => false }],
    ['a directory into itself', 'from', 'from/sub/new', { recursive: true }],
    ['a directory onto itself', 'from', 'from', { recursive: true }],
    ['a directory into itself by a link', 'from', 'into/new', { recursive: true }],
    ['a directory over a file', 'from', 'there/file', { recursive: true }],
    ['a file over a directory', 'from/file', 'there'],
    ['what is not there', 'none', 'new'],
    ['with options that exclude each other', 'from', 'new', { dereference: true, verbatimSymlinks: true }],
  ])('%s', async (_what, from, to, options) => {
    await using machine = await boot({ appCores: 1 });
    const run = async (fs: Fs, root: string): Promise<unknown> => {
      await makeTree(fs, root);
      const failure = await fs.cp(`${root}/${from}`, `${root}/${to}`, options).then(
        () => 'ok',
        ({ code }: { code?: string }) => code,
      );
      return [failure, await treeOf(fs, root)];
    };
    expect(await run(machine.fs as unknown as Fs, '/tmp/root')).toEqual(await run(hostFs, `${hostRoot}/root`));
  });
});

describe('times that no file can have', () => {
  test.each([
    ['machine.fs', { mounts: {} }, '/tmp'],
    ['a Volume', { mounts: { '/m': { type: 'memfs', volume: new Volume() } } }, '/m'],
    ['a directory of the host', { mounts: { '/m': tmpdir() } }, '/m'],
  ] as const)('%s: are refused, or stored as what every other way lets out', async (_what, options, directory) => {
    await using machine = await boot({ appCores: 1, ...options });
    const { fs } = machine;
    const path = await fs.mkdtemp(`${directory}/times-`);
    for (const time of [1e15, -1e12, 1e-9, '-7', '12.5', new Date(8.64e15), new Date(-8.64e15), '-1e15', 1e18]) {
      await fs.writeFile(`${path}/f`, 'x');
      await fs.utimes(`${path}/f`, time, time);
      const { mtimeMs, mtime } = await fs.stat(`${path}/f`);
      expect(Number.isNaN(mtime.getTime())).toBe(false);
      await fs.cp(`${path}/f`, '/tmp/copy', { preserveTimestamps: true });
      const image = await fs.save().bytes();
      await using other = await boot({ appCores: 1, image });
      expect((await other.fs.stat('/tmp/copy')).mtimeMs).toBeCloseTo(mtimeMs, -1);
      const volume = new Volume();
      await other.fs.toVolume(volume, '/tmp');
      expect(Math.abs(Number(volume.statSync('/copy').mtimeMs) - mtimeMs)).toBeLessThan(2);
    }
    for (const time of ['abc', Number.NaN, Number.POSITIVE_INFINITY, 5n, null, undefined, {}]) {
      const failure = fs.utimes(`${path}/f`, time as number, 0);
      await expect(failure).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const time of [new Date(Number.NaN), 1e300, 'Infinity']) {
      await expect(fs.utimes(`${path}/f`, time, 0)).rejects.toMatchObject({ code: 'EINVAL' });
    }
    await fs.rm(path, { recursive: true });
  });
});
