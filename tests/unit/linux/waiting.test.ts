// Calls on a file system that takes time: they run again from their start until everything that they asked is answered,
// each request is made once, and a call that is cancelled is forgotten.

import { describe, expect, it } from 'vitest';
import { FDFLAGS, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { AT, FILE_RIGHTS, Guest } from './harness.ts';
import { SlowFileSystem } from './slow-file-system.ts';

function mounted(): { guest: Guest; slow: SlowFileSystem; settle: (first: string) => string } {
  const guest = new Guest();
  const slow = new SlowFileSystem(guest.linux.clock);
  guest.linux.mount({ path: '/slow', fileSystem: slow, readOnly: false });
  const settle = (first: string): string => {
    let result = first;
    while (result === 'WAITS' && slow.answer() > 0) result = guest.goOn();
    return result;
  };
  return { guest, slow, settle };
}

const path = (guest: Guest, name: string): [number, number] => guest.text(name);

function openSlow(guest: Guest, settle: (first: string) => string, name: string, fdflags = 0): number {
  const args = [3, 0, ...path(guest, name), OFLAGS.CREAT, FILE_RIGHTS, 0n, fdflags, AT.result];
  expect(settle(guest.begin('path_open', ...args))).toBe('OK');
  return guest.u32();
}

describe('a call on a slow file system', () => {
  it('makes each of its requests once', () => {
    const { guest, slow, settle } = mounted();
    expect(settle(guest.begin('path_create_directory', 3, ...path(guest, 'slow/d')))).toBe('OK');
    slow.requests.length = 0;
    const fd = openSlow(guest, settle, 'slow/d/file');
    expect(fd).toBe(4);
    expect(slow.requests.map((request) => request.split(' ').slice(0, 2).join(' '))).toEqual([
      'lookup d',
      'lookup file',
      'create file',
      'open 2',
    ]);
    expect(guest.descriptors).toEqual([0, 1, 2, 3, 4]);
  });

  it('writes several buffers in order, once each, in append mode too', () => {
    for (const fdflags of [0, FDFLAGS.APPEND]) {
      const { guest, slow, settle } = mounted();
      const fd = openSlow(guest, settle, 'slow/file', fdflags);
      slow.requests.length = 0;
      guest.text('abababcc', AT.buffer);
      const buffers = [AT.buffer, 2, AT.buffer + 2, 2, AT.buffer + 4, 2, AT.buffer + 6, 2];
      for (const [i, word] of buffers.entries()) guest.memory.writeU32(AT.iovec + 4 * i, word);
      expect(settle(guest.begin('fd_write', fd, AT.iovec, 4, AT.result))).toBe('OK');
      expect(guest.u32()).toBe(8);
      expect(slow.requests).toHaveLength(4);
      expect(settle(guest.begin('fd_pread', fd, ...guest.iovec(AT.buffer + 100, 20), 0n, AT.result))).toBe('OK');
      expect(guest.string(AT.buffer + 100, guest.u32())).toBe('abababcc');
      expect(settle(guest.begin('fd_tell', fd, AT.result))).toBe('OK');
      expect(guest.u32()).toBe(8);
    }
  });

  it('is forgotten when its process ends: an answer changes nothing', () => {
    const { guest, slow } = mounted();
    expect(guest.begin('path_create_directory', 3, ...path(guest, 'slow/d'))).toBe('WAITS');
    guest.linux.end(guest.process, 9);
    expect(slow.answer()).toBe(1);
    expect(guest.goOn()).toBe('WAITS');
  });

  it('delays nobody else', () => {
    const { guest, slow } = mounted();
    const other = new Guest({}, guest.linux);
    expect(guest.begin('path_create_directory', 3, ...path(guest, 'slow/d'))).toBe('WAITS');
    expect(other.mkdir('tmp/x')).toBe('OK');
    expect(slow.answer()).toBe(1);
  });
});

describe('a request of the embedder on a slow file system', () => {
  it('goes on until it is done', () => {
    const { guest, slow } = mounted();
    const run = (operation: string, ...args: unknown[]): unknown => {
      let outcome: unknown;
      guest.linux.request(operation, args, (given) => {
        outcome = 'error' in given ? given.error.code : given.value;
      });
      while (slow.answer() > 0) guest.linux.takeRunnable();
      return outcome;
    };
    expect(run('mkdir', '/slow/a/b', { recursive: true })).toBe('/slow/a');
    expect(run('writeFile', '/slow/a/b/file', new Uint8Array([1, 2, 3]))).toBeUndefined();
    expect(run('readFile', '/slow/a/b/file')).toEqual(new Uint8Array([1, 2, 3]));
    expect(run('stat', '/slow/a/b/file')).toMatchObject({ size: 3 });
    expect(run('readdir', '/slow/a/b')).toMatchObject([{ name: 'file' }]);
    const { holds } = slow;
    expect(run('rm', '/slow/a', { recursive: true })).toBeUndefined();
    expect(run('stat', '/slow/a')).toBe('ENOENT');
    expect(slow.holds).toBe(holds);
  });
});
