// Directories of the host, given to a program by --dir.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guestPath } from '../support/built.ts';
import { type Finished, fusedos } from '../support/command.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-dir-'));
  mkdirSync(join(directory, 'in'));
  writeFileSync(join(directory, 'in/a.txt'), 'content\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the guest `files` in the test's directory. */
function files(options: readonly string[], ...args: string[]): Promise<Finished> {
  return fusedos(['run', ...options, guestPath('files'), ...args], { cwd: directory });
}

const content = { status: 0, stdout: 'content\n', stderr: '' };
const done = { status: 0, stdout: '', stderr: '' };

describe.each(['cnk', 'fused', 'linux', 'library'])('under placement %s', (placement) => {
  const dir = (...texts: string[]): string[] => ['--placement', placement, ...texts.flatMap((text) => ['--dir', text])];

  test('a program sees no file of the host unless it is given one', async () => {
    expect(await files(dir(), 'read', join(directory, 'in/a.txt'))).toMatchObject({ status: 1, stdout: '' });
  });

  test.each([
    ['in', 'in/a.txt'],
    ['in::data', 'data/a.txt'],
    ['in::data', '/data/a.txt'],
    ['in::/deep/data', '/deep/data/a.txt'],
    ['.', 'in/a.txt'],
    ['./in', 'in/a.txt'],
    ['in::.', 'a.txt'],
    ['in::/', '/a.txt'],
  ])('--dir %s shows %s', async (text, path) => {
    expect(await files(dir(text), 'read', path)).toEqual(content);
  });

  test('an absolute host path keeps its name', async () => {
    expect(await files(dir(join(directory, 'in')), 'read', join(directory, 'in/a.txt'))).toEqual(content);
  });

  test('what the program writes is on the host', async () => {
    expect(await files(dir('in::out'), 'write', 'out/new.txt', 'text')).toEqual(done);
    expect(readFileSync(join(directory, 'in/new.txt'), 'utf8')).toBe('text');
  });

  test(':overlay lets the program write, and nothing is changed', async () => {
    expect(await files(dir('in::out:overlay'), 'write', 'out/a.txt', 'text')).toEqual(done);
    expect(readFileSync(join(directory, 'in/a.txt'), 'utf8')).toBe('content\n');
    expect(await files(dir('in::out:overlay'), 'read', 'out/a.txt')).toEqual(content);
  });

  test(':ro forbids it, and nothing is changed', async () => {
    const result = await files(dir('in::out:ro'), 'write', 'out/a.txt', 'text');
    expect(result).toEqual({ status: 1, stdout: '', stderr: 'out/a.txt: Read-only file system\n' });
    expect(readFileSync(join(directory, 'in/a.txt'), 'utf8')).toBe('content\n');
  });

  test('with the working directory given, /dev and /tmp are still there', async () => {
    expect(await files(dir('.'), 'read', '/dev/null')).toEqual(done);
    expect(await files(dir('.'), 'write', '/tmp/x', 'text')).toEqual(done);
  });

  test('a relative path means the working directory, also where it is called as one of the machine’s', async () => {
    mkdirSync(join(directory, 'tmp'));
    expect(await files(dir('.'), 'write', 'tmp/x', 'text')).toEqual(done);
    expect(readFileSync(join(directory, 'tmp/x'), 'utf8')).toBe('text');
  });

  test('the way out is closed', async () => {
    writeFileSync(join(directory, 'secret'), 'secret');
    for (const path of ['in/../secret', 'in/../../secret', '/mnt/../secret']) {
      expect(await files(dir('in'), 'read', path)).toMatchObject({ status: 1, stdout: '' });
    }
  });

  test('a FIFO is refused and stalls nothing', async () => {
    expect(spawnSync('mkfifo', [join(directory, 'in/fifo')]).status).toBe(0);
    const { status, stderr } = await files(dir('in'), 'read', 'in/fifo');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^in\/fifo: .+\n$/);
  });

  test('--tmpfs is an empty place, beside a directory and below one', async () => {
    const options = [...dir('in::/data', '.'), '--tmpfs', '/build:1MiB', '--tmpfs', '/data/scratch'];
    expect(await files(options, 'write', '/build/x', 'text')).toEqual(done);
    expect(await files(options, 'write', '/data/scratch/x', 'text')).toEqual(done);
    expect(readdirSync(join(directory, 'in/scratch'))).toEqual([]);
  });

  test('--tmpfs of no size takes nothing', async () => {
    const result = await files([...dir(), '--tmpfs', '/none:0'], 'write', '/none/x', 'text');
    expect(result).toEqual({ status: 1, stdout: '', stderr: '/none/x: No space left on device\n' });
  });

  test('--cwd', async () => {
    expect(await files([...dir('in::/data'), '--cwd', '/data'], 'read', 'a.txt')).toEqual(content);
  });
});

describe('refused in one line', () => {
  test.each([
    [['--dir', 'missing'], 'fusedos run: --dir missing: there is no such directory\n'],
    [['--dir', 'in/a.txt'], 'fusedos run: --dir in/a.txt: it is not a directory\n'],
    [['--tmpfs', '/x', '--tmpfs', '/x:1k'], 'fusedos run: --tmpfs /x: another option has that path\n'],
    [['--dir', 'in::/x', '--tmpfs', '/x'], 'fusedos run: --tmpfs /x: another option has that path\n'],
    [['--cwd', '/missing'], 'fusedos run: cwd /missing: there is no such directory\n'],
  ])('%j', async (options, stderr) => {
    expect(await files(options, 'read', 'x')).toEqual({ status: 125, stdout: '', stderr });
  });
});
