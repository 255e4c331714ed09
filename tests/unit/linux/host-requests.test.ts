// `machine.fs` on the inside, on the tree in memory.

import { describe, expect, it } from 'vitest';
import { LinuxError } from '../../../personalities/linux/index.ts';
import { Guest } from './harness.ts';

function requester(): { guest: Guest; run: (operation: string, ...args: unknown[]) => unknown } {
  const guest = new Guest();
  const run = (operation: string, ...args: unknown[]): unknown => {
    let value: unknown;
    let error: unknown;
    let isDone = false;
    guest.linux.request(operation, args, (outcome) => {
      isDone = true;
      if ('error' in outcome) error = outcome.error;
      else value = outcome.value;
    });
    while (!isDone) guest.linux.takeRunnable();
    if (error !== undefined) throw error;
    return value;
  };
  return { guest, run };
}

function failure(run: () => unknown): LinuxError {
  try {
    run();
  } catch (error) {
    if (error instanceof LinuxError) return error;
  }
  throw new Error('it did not fail with a LinuxError');
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a request of the embedder', () => {
  it('writes, appends and reads whole files, also long ones', () => {
    const { run } = requester();
    run('writeFile', '/tmp/file', bytes('one'));
    run('writeFile', '/tmp/file', bytes('two'), { flag: 'a' });
    expect(run('readFile', '/tmp/file')).toEqual(bytes('onetwo'));
    const long = new Uint8Array(5_000_000).map((_, i) => i * 7);
    run('writeFile', '/tmp/file', long);
    expect(Buffer.compare(run('readFile', '/tmp/file') as Uint8Array, long)).toBe(0);
    run('copyFile', '/tmp/file', '/tmp/copy');
    expect(run('stat', '/tmp/copy')).toMatchObject({ size: long.length });
    run('truncate', '/tmp/file', 2);
    expect(run('readFile', '/tmp/file')).toEqual(long.slice(0, 2));
    run('writeFile', '/tmp/file', new Uint8Array(0));
    expect(run('readFile', '/tmp/file')).toEqual(new Uint8Array(0));
  });

  it('fails as Node’s does', () => {
    const { run } = requester();
    const error = failure(() => run('readFile', '/tmp/nope'));
    expect(error).toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/tmp/nope' });
    expect(error.message).toBe("ENOENT: no such file or directory, open '/tmp/nope'");
    run('writeFile', '/tmp/file', bytes('x'));
    expect(failure(() => run('writeFile', '/tmp/file', bytes('x'), { flag: 'wx' })).code).toBe('EEXIST');
    expect(failure(() => run('readFile', '/tmp')).code).toBe('EISDIR');
    expect(failure(() => run('rmdir', '/tmp/file')).code).toBe('ENOTDIR');
    expect(failure(() => run('unlink', '/tmp')).code).toBe('EISDIR');
    expect(failure(() => run('mkdir', '/tmp/file', { recursive: true })).code).toBe('EEXIST');
    expect(failure(() => run('rm', '/tmp')).code).toBe('EISDIR');
    expect(failure(() => run('toString')).code).toBe('ENOSYS');
    expect(failure(() => run('access', '/tmp/file', 1)).code).toBe('EACCES');
  });

  it('makes, lists and removes trees of any depth', () => {
    const { run } = requester();
    expect(run('mkdir', '/tmp/a/b/c', { recursive: true })).toBe('/tmp/a');
    expect(run('mkdir', '/tmp/a/b/c', { recursive: true })).toBeUndefined();
    run('writeFile', '/tmp/a/file', bytes('x'));
    expect(run('readdir', '/tmp/a')).toMatchObject([{ name: 'b' }, { name: 'file' }]);
    run('mkdir', `/tmp/deep${'/d'.repeat(3000)}`, { recursive: true });
    run('rm', '/tmp/deep', { recursive: true });
    run('rm', '/tmp/a', { recursive: true });
    run('rm', '/tmp/a', { force: true });
    expect(run('readdir', '/tmp')).toEqual([]);
  });

  it('works on links, modes and times', () => {
    const { run } = requester();
    run('writeFile', '/tmp/file', bytes('x'));
    run('symlink', 'file', '/tmp/link');
    expect(run('readlink', '/tmp/link')).toBe('file');
    run('link', '/tmp/file', '/tmp/other');
    expect(run('lstat', '/tmp/other')).toMatchObject({ nlink: 2 });
    run('chmod', '/tmp/link', 0o640);
    expect(run('stat', '/tmp/file')).toMatchObject({ mode: 0o100640 });
    run('utimes', '/tmp/file', 1.5, 2.25);
    expect(run('stat', '/tmp/file')).toMatchObject({ atimeMs: 1500, mtimeMs: 2250 });
    run('rename', '/tmp/other', '/tmp/third');
    run('unlink', '/tmp/third');
    expect(run('stat', '/tmp/file')).toMatchObject({ nlink: 1 });
  });

  it('leaves no descriptor, process or storage behind', () => {
    const { guest, run } = requester();
    run('mkdir', '/tmp/d');
    run('rm', '/tmp/d', { recursive: true });
    expect([...guest.linux.kernelProcess.descriptors.entries()]).toEqual([]);
  });
});

describe('spawn', () => {
  it('refuses a directory that is missing, and leaves nothing', () => {
    const guest = new Guest();
    const failing = failure(() => new Guest({ cwd: '/nope' }, guest.linux));
    expect(failing).toMatchObject({ code: 'ENOENT', path: '/nope' });
    expect(failure(() => new Guest({ preopens: [{ name: 'x', path: '/tmp/x' }] }, guest.linux)).code).toBe('ENOENT');
    expect(failure(() => new Guest({ pid: guest.process.pid }, guest.linux)).code).toBe('EEXIST');
  });

  it('gives arguments and environment', () => {
    const guest = new Guest();
    expect(guest.call('args_sizes_get', 64, 68)).toBe('OK');
    expect([guest.u32(64), guest.u32(68)]).toEqual([2, 9]);
    expect(guest.call('args_get', 128, 256)).toBe('OK');
    expect([guest.u32(128), guest.u32(132)]).toEqual([256, 262]);
    expect(guest.string(256, 9)).toBe('guest\0\xce\xb1\0');
    expect(guest.call('environ_get', 128, 256)).toBe('OK');
    expect(guest.string(256, 4)).toBe('A=1\0');
  });
});
