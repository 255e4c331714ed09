// Images and changes of a machine's files, as users of the library and of the command line meet them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ImageSource, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

const { boot } = await importBuilt();
const files = guestPath('files');
const hasTar = spawnSync('tar', ['--version']).status === 0;
const withoutTar = hasTar ? '' : ' (skipped, because there is no tar)';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-image-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The machine that most tests save: a tree with a program's file in it. */
async function machineWithNote(): Promise<Machine> {
  const machine = await boot({ appCores: 1 });
  await machine.run(files, { args: ['write', '/tmp/note', 'text'], check: true });
  return machine;
}

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('machine.fs', () => {
  test('saves an image with which another machine boots', async () => {
    await using machine = await machineWithNote();
    const image = await machine.fs.save().bytes();
    await using other = await boot({ appCores: 1, image });
    expect((await other.run(files, { args: ['read', '/tmp/note'] })).stdout.text()).toBe('text');
    expect(await other.fs.changes()).toEqual({ created: [], changed: [], removed: [] });
  });

  test('restores the state that was saved', async () => {
    await using machine = await machineWithNote();
    const image = await machine.fs.save().bytes();
    await machine.fs.writeFile('/tmp/note', 'other');
    await machine.fs.writeFile('/tmp/more', 'more');
    await machine.fs.restore(image, { merge: true });
    expect((await machine.fs.readdir('/tmp')).sort()).toEqual(['more', 'note']);
    await machine.fs.restore(image);
    expect(await machine.fs.readdir('/tmp')).toEqual(['note']);
    expect(await machine.fs.readFile('/tmp/note', 'utf8')).toBe('text');
    expect((await machine.fs.readFile('/dev/null')).length).toBe(0);
  });

  test('saves what was there when it was asked to, as a stream for a file', async () => {
    await using machine = await machineWithNote();
    const image = machine.fs.save({ path: '/tmp', gzip: true });
    await machine.fs.unlink('/tmp/note');
    await writeFile(join(directory, 'tmp.tgz'), image as unknown as AsyncIterable<Uint8Array>);
    await machine.fs.restore(join(directory, 'tmp.tgz'), { path: '/tmp' });
    expect(await machine.fs.readFile('/tmp/note', 'utf8')).toBe('text');
    const plain = gunzipSync(readFileSync(join(directory, 'tmp.tgz')));
    expect(plain.subarray(512, 1024).toString('latin1')).toMatch(/mtime=/);
  });

  test.each<readonly [what: string, source: (image: Uint8Array) => ImageSource]>([
    ['bytes', (image) => image],
    ['a part of a larger buffer', (image) => new Uint8Array([0, ...image, 0]).subarray(1, image.length + 1)],
    ['compressed bytes', (image) => gzipSync(image)],
    ['an iterable of single bytes', (image) => inPieces(gzipSync(image), 1)],
    ['an iterable of pieces', (image) => inPieces(image, 1000)],
    ['a stream', (image) => new Blob([new Uint8Array(image)]).stream()],
    ['a path', (image) => written(image)],
    ['a URL', (image) => new URL(`file://${written(gzipSync(image))}`)],
  ])('takes an image as %s', async (_what, source) => {
    await using machine = await machineWithNote();
    const image = await machine.fs.save().bytes();
    await machine.fs.unlink('/tmp/note');
    await machine.fs.restore(source(image));
    expect(await machine.fs.readFile('/tmp/note', 'utf8')).toBe('text');
  });

  test('takes an image from a server', async () => {
    await using machine = await machineWithNote();
    const image = await machine.fs.save({ gzip: true }).bytes();
    const server = createServer((request, response) => {
      if (request.url === '/image') response.end(image);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await using other = await boot({ appCores: 1, image: `${site}/image` });
      expect(await other.fs.readFile('/tmp/note', 'utf8')).toBe('text');
      await expect(other.fs.restore(`${site}/nope`)).rejects.toMatchObject({ code: 'EIO', message: /HTTP 404/ });
    } finally {
      server.close();
    }
  });

  function written(image: Uint8Array): string {
    const path = join(directory, 'image');
    writeFileSync(path, image);
    return path;
  }

  test.each<readonly [what: string, code: string, source: (image: Uint8Array) => ImageSource]>([
    ['cut short', 'EBADMSG', (image) => image.subarray(0, 1000)],
    ['empty', 'EBADMSG', () => new Uint8Array(0)],
    ['compressed and cut short', 'EBADMSG', (image) => gzipSync(image).subarray(0, -20)],
    ['compressed and damaged', 'EBADMSG', (image) => gzipSync(image).fill(0xaa, 30, 60)],
    ['compressed, of something cut short', 'EBADMSG', (image) => gzipSync(image.subarray(0, 1000))],
    ['not there', 'ENOENT', () => '/nowhere/image.tar'],
    ['a directory', 'EISDIR', () => tmpdir()],
  ])('refuses an image that is %s; nothing has changed', async (_what, code, source) => {
    await using machine = await machineWithNote();
    const image = await machine.fs.save().bytes();
    const before = await machine.fs.checkpoint();
    await expect(machine.fs.restore(source(image))).rejects.toMatchObject({ name: 'FusedError', code });
    expect(await machine.fs.changes(before)).toEqual({ created: [], changed: [], removed: [] });
    await expect(boot({ appCores: 1, image: source(image) })).rejects.toMatchObject({ code });
  });

  test.each<[string, () => unknown]>([
    ['no image', () => 5],
    ['a stream of something else', () => new Blob(['x']).stream().pipeThrough(new TextDecoderStream())],
  ])('refuses %s as a wrong argument; nothing has changed', async (_what, source) => {
    await using machine = await machineWithNote();
    const before = await machine.fs.checkpoint();
    const refusal = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    await expect(machine.fs.restore(source() as ImageSource)).rejects.toMatchObject(refusal);
    expect(await machine.fs.changes(before)).toEqual({ created: [], changed: [], removed: [] });
    await expect(boot({ appCores: 1, image: source() as ImageSource })).rejects.toMatchObject(refusal);
  });

  test('fails as the source of an image fails', async () => {
    await using machine = await machineWithNote();
    const image = await machine.fs.save().bytes();
    for (const bytes of [image, gzipSync(image)]) {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 100);
        throw new RangeError('the source broke');
      };
      await expect(machine.fs.restore(failing())).rejects.toThrow(new RangeError('the source broke'));
    }
    expect(await machine.fs.readFile('/tmp/note', 'utf8')).toBe('text');
  });

  test('tells with the stream that there is nothing to save', async () => {
    await using machine = await boot({ appCores: 1 });
    await expect(machine.fs.save({ path: '/nope' }).bytes()).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(machine.fs.save({ path: '/dev', gzip: true }).bytes()).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
    const image = machine.fs.save();
    await image.cancel();
    await machine.fs.save({ gzip: true }).cancel();
  });

  test('tells what changed, since boot or a checkpoint', async () => {
    mkdirSync(join(directory, 'host'));
    await using machine = await boot({ appCores: 1, mounts: { '/host': directory } });
    await machine.fs.writeFile('/tmp/a', 'a');
    await using before = await machine.fs.checkpoint();
    await machine.run(files, { args: ['write', '/tmp/a', 'b'], check: true });
    await machine.run(files, { args: ['make', '/tmp/d'], check: true });
    await machine.run(files, { args: ['make', '/host/d'], check: true });
    expect(await machine.fs.changes(before)).toEqual({ created: ['/tmp/d'], changed: ['/tmp/a'], removed: [] });
    expect(await machine.fs.changes()).toEqual({ created: ['/tmp/a', '/tmp/d'], changed: [], removed: [] });
    await before.release();
    await expect(before.changes()).rejects.toMatchObject({ code: 'EBADF' });
  });

  test.each(['cnk', 'fused', 'linux'] as const)('tells with a run under %s what it changed', async (placement) => {
    await using machine = await machineWithNote();
    const options = { placement, changes: true, args: ['write', '/tmp/new', 'x'] };
    expect((await machine.run(files, options)).changes).toEqual({ created: ['/tmp/new'], changed: [], removed: [] });
    expect((await machine.run(files, { args: ['read', '/tmp/new'] })).changes).toBeUndefined();
  });

  test('a run whose files are its own cannot tell', async () => {
    await using machine = await boot({ appCores: 1 });
    const run = machine.run(files, { placement: 'library', changes: true, args: ['read', '/x'] });
    await expect(run).rejects.toMatchObject({ code: 'EINVAL', message: /library/ });
  });

  test('does the same without shared memory', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using whole = await machineWithNote();
    const image = await whole.fs.save().bytes();
    await using machine = await boot({ appCores: 1, sharedMemory: false, image });
    expect((await machine.run(files, { args: ['read', '/tmp/note'] })).stdout.text()).toBe('text');
    const { changes } = await machine.run(files, { args: ['write', '/tmp/note', 'other'], changes: true });
    expect(changes).toEqual({ created: [], changed: ['/tmp/note'], removed: [] });
    await whole.fs.restore(machine.fs.save({ gzip: true }));
    expect(await whole.fs.readFile('/tmp/note', 'utf8')).toBe('other');
    warn.mockRestore();
  });

  test('an image in flight does not keep the machine from closing', async () => {
    const machine = await machineWithNote();
    await machine.fs.writeFile('/tmp/large', new Uint8Array(5_000_000));
    const reader = machine.fs.save().getReader();
    await reader.read();
    await machine.close();
    await expect(reader.read()).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });
});

describe('fusedos run', () => {
  const run = (...args: string[]) => fusedos(['run', ...args], { cwd: directory });

  test('--save keeps the files, --image begins with them, also compressed', async () => {
    for (const name of ['state.tar', 'state.tar.gz', 'state.tgz']) {
      expect(await run('--save', name, files, 'write', '/tmp/note', name)).toEqual({
        status: 0,
        stdout: '',
        stderr: '',
      });
      expect(await run('--image', name, files, 'read', '/tmp/note')).toEqual({ status: 0, stdout: name, stderr: '' });
      expect(readFileSync(join(directory, name))[0] === 0x1f).toBe(name !== 'state.tar');
    }
    expect(readdirSync(directory).sort()).toEqual(['state.tar', 'state.tar.gz', 'state.tgz']);
  });

  test('--save onto the image that it began with', async () => {
    await run('--save', 'state.tar', files, 'write', '/tmp/a', 'a');
    await run('--image', 'state.tar', '--save', 'state.tar', files, 'write', '/tmp/b', 'b');
    const { stderr } = await run('--image', 'state.tar', '--changes', files, 'write', '/tmp/a', 'c');
    expect(stderr).toBe('C /tmp/a\n');
    expect((await run('--image', 'state.tar', files, 'read', '/tmp/b')).stdout).toBe('b');
  });

  test('--save saves what a program leaves that fails or runs out of time', async () => {
    const failed = await run('--save', 'failed.tar', files, 'read', '/nope');
    expect(failed.status).toBe(1);
    const late = await run('--save', 'late.tar', '--timeout', '100ms', guestPath('hang'));
    expect(late.status).toBe(124);
    for (const name of ['failed.tar', 'late.tar']) expect(existsSync(join(directory, name))).toBe(true);
  });

  test('--changes tells on stderr, after the program’s own words; odd names are quoted', async () => {
    const { status, stdout, stderr } = await run(
      '--changes',
      '--dir',
      '.::/host',
      files,
      'write',
      '/tmp/"ü\n\u001b[1m',
      'x',
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: 'A "/tmp/\\"\\303\\274\\012\\033[1m"\n',
    });
    expect((await run('--changes', files, 'write', '/tmp/ü', 'x')).stderr).toBe('A /tmp/ü\n');
    mkdirSync(join(directory, 'below'));
    writeFileSync(join(directory, 'below/old'), 'as it was');
    const overlay = ['--changes', '--dir', 'below::/host:overlay', files];
    expect((await run(...overlay, 'write', '/host/old', 'x')).stderr).toBe('C /host/old\n');
    expect((await run(...overlay, 'write', '/host/new', 'x')).stderr).toBe('A /host/new\n');
    expect(readFileSync(join(directory, 'below/old'), 'utf8')).toBe('as it was');
    const lost = await run('--changes', files, 'read', '/nope');
    expect(lost).toEqual({ status: 1, stdout: '', stderr: '/nope: No such file or directory\n' });
  });

  test.skipIf(!hasTar)(`reads what tar makes, and tar what it saves${withoutTar}`, async () => {
    mkdirSync(join(directory, 'root/work/sub'), { recursive: true });
    writeFileSync(join(directory, 'root/work/sub/file'), 'from tar');
    spawnSync('tar', ['-C', 'root', '-czf', 'root.tar.gz', '.'], { cwd: directory });
    expect((await run('--image', 'root.tar.gz', files, 'read', '/work/sub/file')).stdout).toBe('from tar');
    // With a directory of the host as the working directory too, by its absolute path.
    const both = await run('--image', 'root.tar.gz', '--dir', 'root', '--dir', '.', files, 'read', '/work/sub/file');
    expect(both.stdout).toBe('from tar');
    await run('--image', 'root.tar.gz', '--save', 'back.tar', files, 'write', '/work/new', 'to tar');
    spawnSync('tar', ['-xf', 'back.tar', 'work/new'], { cwd: directory });
    expect(readFileSync(join(directory, 'work/new'), 'utf8')).toBe('to tar');
  });

  test.each([
    [
      ['--image', 'nope.tar'],
      "fusedos run: the image cannot be read: ENOENT: no such file or directory, open 'nope.tar'\n",
    ],
    [['--image', '.'], /^fusedos run: the image cannot be read: EISDIR: [^\n]*\n$/],
    [['--image', 'torn.tar'], 'fusedos run: EBADMSG: the image is cut short, restore\n'],
    [['--image', 'torn.tgz'], 'fusedos run: the image is damaged: it does not decompress\n'],
    [['--save', 'nope/x.tar'], 'fusedos run: --save nope/x.tar: there is no directory nope\n'],
    [['--save', '.'], 'fusedos run: --save .: it is a directory\n'],
    [['--placement', 'library', '--save', 'x.tar'], /library.*see fusedos run --help\n$/],
    [['--placement', 'library', '--changes'], /library.*see fusedos run --help\n$/],
    [['--placement', 'library', '--image', 'x.tar'], /library.*see fusedos run --help\n$/],
  ])('%j fails with one line and status 125', async (options, message) => {
    await run('--save', 'whole.tgz', files, 'write', '/tmp/note', 'x');
    const whole = readFileSync(join(directory, 'whole.tgz'));
    writeFileSync(join(directory, 'torn.tgz'), whole.subarray(0, -10));
    writeFileSync(join(directory, 'torn.tar'), gunzipSync(whole).subarray(0, 700));
    const { status, stderr } = await run(...options, files, 'make', '/tmp/d');
    expect(stderr).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(status).toBe(125);
    expect(readdirSync(directory).sort()).toEqual(['torn.tar', 'torn.tgz', 'whole.tgz']);
  });
});
