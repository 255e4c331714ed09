// Files staged into a program: served in its own worker, by the shim's and by users' own Fds, beside Linux's.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine, RunOptions } from '../../runtime/index.ts';
import { guestPath, importBuilt, root } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

const { boot } = await importBuilt();
const MODULE = pathToFileURL(join(root, 'tests/support/staged-module.mjs'));
/** A module that is never there. */
const HANGING = 'data:text/javascript,await new Promise(() => setTimeout(() => {}, 1e6))';

let machine: Machine;
beforeAll(async () => {
  machine = await boot({ appCores: 1 });
});
afterAll(() => machine.close());

function files(args: readonly string[], options: RunOptions): ReturnType<Machine['run']> {
  return machine.run(guestPath('files'), { args, ...options });
}

describe('bytes and text', () => {
  test('are read without a shipped call', async () => {
    const text = 'staged text, '.repeat(1000);
    const { stdout, exitCode, counts } = await files(['read', '/data/in.txt'], { stage: { '/data/in.txt': text } });
    expect({ exitCode, text: stdout.text() }).toEqual({ exitCode: 0, text });
    expect(counts['path_open']).toEqual({ local: 1, shipped: 0 });
    expect(counts['fd_read']).toMatchObject({ shipped: 0 });
    expect(counts['fd_write']).toMatchObject({ local: 0 });
  });

  test('are copies, changed by nobody else', async () => {
    const bytes = Uint8Array.of(65, 66, 67);
    const stage = { '/data/in.txt': bytes.subarray(1) };
    const running = files(['read', '/data/in.txt'], { stage });
    bytes.fill(90);
    expect((await running).stdout.text()).toBe('BC');
  });

  test('hide a file of Linux’s while the program runs; what is written to them ends with it', async () => {
    await machine.fs.mkdir('/hidden');
    await machine.fs.writeFile('/hidden/file', 'linux');
    const stage = { '/hidden/file': 'staged' };
    expect((await files(['read', '/hidden/file'], { stage })).stdout.text()).toBe('staged');
    expect(await files(['write', '/hidden/file', 'new'], { stage })).toMatchObject({ exitCode: 0 });
    expect(await machine.fs.readFile('/hidden/file', 'utf8')).toBe('linux');
  });

  test('are seen from the working directory', async () => {
    await machine.fs.mkdir('/work');
    const { stdout } = await files(['read', './in.txt'], { cwd: '/work', stage: { '/work/in.txt': 'x' } });
    expect(stdout.text()).toBe('x');
  });

  test('their directory is made, so that other files can be', async () => {
    const { exitCode, stderr } = await files(['write', '/made/for/out.txt', 'y'], {
      stage: { '/made/for/in.txt': '' },
    });
    expect({ exitCode, stderr: stderr.text() }).toEqual({ exitCode: 0, stderr: '' });
    expect(await machine.fs.readFile('/made/for/out.txt', 'utf8')).toBe('y');
  });

  test('also in a library, whose calls come later', async () => {
    await using library = await machine.load(guestPath('library'), { stage: { '/x': 'x' } });
    expect(library.exports.length).toBeGreaterThan(0);
  });

  test('nothing is staged: nothing is served but what CNK serves always', async () => {
    const { counts } = await files(['make', '/new'], { stage: {} });
    expect(counts['path_create_directory']).toEqual({ local: 0, shipped: 1 });
  });
});

describe('users’ own Fds', () => {
  test('a class, with its arguments, in a module that the worker imports', async () => {
    const lines = { module: MODULE, export: 'Lines', args: [{ first: 3, last: 5 }] };
    const { stdout, counts } = await files(['read', '/dev/lines'], { stage: { '/dev/lines': lines } });
    expect(stdout.text()).toBe('line 3\nline 4\nline 5\n');
    expect(counts['fd_read']).toMatchObject({ local: 4, shipped: 0 });
  });

  test('a function', async () => {
    const stage = { '/f': { module: MODULE.href, export: 'file', args: ['made'] }, '/g': 'bytes' };
    expect((await files(['read', '/f'], { stage })).stdout.text()).toBe('made');
    expect((await files(['read', '/g'], { stage })).stdout.text()).toBe('bytes');
  });

  test.each([
    [
      'a module that is missing',
      { module: new URL('missing.mjs', MODULE), export: 'x' },
      /missing\.mjs, for \/f, cannot be imported/,
    ],
    ['an export that is missing', { module: MODULE, export: 'nothing' }, /exports no function nothing/],
    ['an export that is no function', { module: MODULE, export: 'notFunction' }, /exports no function notFunction/],
    ['a module that throws', { module: 'data:text/javascript,throw new Error("not today")', export: 'x' }, /not today/],
    ['a module by path', { module: './staged-module.mjs', export: 'Lines' }, /must be an absolute URL/],
    [
      'arguments that are not cloneable',
      { module: MODULE, export: 'Lines', args: [() => 0] },
      /cannot be sent to a worker/,
    ],
  ])('%s is refused, and the core runs the next one', async (_title, content, message) => {
    await expect(files(['read', '/f'], { stage: { '/f': content } })).rejects.toMatchObject({
      code: expect.stringMatching(/^(EINVAL|ERR_INVALID_ARG_VALUE)$/),
      message: expect.stringMatching(message),
    });
    expect((await files(['read', '/f'], { stage: { '/f': 'next' } })).stdout.text()).toBe('next');
  });

  test('a module that never comes is ended by the time that is up', async () => {
    const stage = { '/f': { module: HANGING, export: 'x' } };
    const { signal, hasTimedOut } = await files(['read', '/f'], { stage, timeoutMs: 100 });
    expect({ signal, hasTimedOut }).toEqual({ signal: 'SIGKILL', hasTimedOut: true });
    expect((await files(['read', '/f'], { stage: { '/f': 'next' } })).stdout.text()).toBe('next');
  });
});

describe('what cannot be staged is refused with the reason', () => {
  test.each([
    [{ stage: { '/f': '' }, placement: 'linux' }, 'files are staged into the placement cnk, not linux'],
    [{ stage: { '/f': '' }, placement: 'library' }, 'files are staged into the placement cnk, not library'],
    [{ stage: { '/f': '' }, placement: 'fused' }, 'files are staged into the placement cnk, not fused'],
    [
      { stage: { '/f': '' }, route: { fd_read: 'linux' } },
      'route fd_read=linux would hide staged files from the program',
    ],
    [{ stage: { f: '' } }, '"f" is not an absolute path of a file'],
    [{ stage: { '/a/../f': '' } }, '"/a/../f" is not an absolute path of a file'],
    [{ stage: { '/': '' } }, '"/" is not an absolute path of a file'],
    [{ stage: { '/a': '', '/a/b': '' } }, '/a/b cannot be there, since /a is a file'],
  ] as const)('%j', async (options, message) => {
    await expect(files(['read', '/f'], options)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: `The property 'options.stage' is invalid: ${message}`,
    });
  });
});

describe('fusedos run --stage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fusedos-stage-'));
  const input = join(folder, 'input');
  writeFileSync(input, 'from the host\n');

  test('HOST::GUEST shows a file of the host', async () => {
    const ended = await fusedos([
      'run',
      '--stage',
      `${input}::/data/in.txt`,
      guestPath('files'),
      'read',
      '/data/in.txt',
    ]);
    expect(ended).toEqual({ status: 0, stdout: 'from the host\n', stderr: '' });
  });

  test('GUEST may be relative, beside directories', async () => {
    const options = ['--dir', '.', '--stage', `${input}::in.txt`, '--stage', `${input}::/data/in.txt`];
    for (const path of ['in.txt', '/data/in.txt']) {
      const ended = await fusedos(['run', ...options, guestPath('files'), 'read', path], { cwd: folder });
      expect(ended).toEqual({ status: 0, stdout: 'from the host\n', stderr: '' });
    }
  });

  test.each([
    [['--stage', 'x'], /write HOST::GUEST/],
    [['--stage', `${folder}/none::/x`], /--stage .*none: there is no such file\n/],
    [['--stage', `${folder}::/x`], /--stage .*: it is a directory\n/],
    [['--stage', `${input}::/x`, '--placement', 'linux'], /the placement cnk, not linux/],
  ])('%j is refused in one line', async (options, message) => {
    const { status, stderr } = await fusedos(['run', ...options, guestPath('files'), 'read', '/x']);
    expect(status).toBe(125);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
