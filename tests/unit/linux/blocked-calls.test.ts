// A descriptor that another thread closes, or closes and uses again, while a call on it waits: the call goes on with the
// file that it began with, and that file is closed when the call has ended. A program of two threads and a pipe is answered
// the same by Linux, but for poll, which asks Linux's table again when it wakes, so that a closed descriptor is POLLNVAL
// there; POSIX leaves that open.

import { describe, expect, it } from 'vitest';
import { EVENT, STRUCT_SIZES, SUBSCRIPTION } from '../../../runtime/abi/wasi/structs.ts';
import { EVENTTYPE, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { AT, DIRECTORY_RIGHTS, FILE_RIGHTS, Guest, Pipe } from './harness.ts';
import { SlowFileSystem } from './slow-file-system.ts';

const utf8 = new TextEncoder();
const SEEK_END = 2;

/** What becomes of the descriptor meanwhile. */
const FATES = ['is closed', 'is closed and used again'] as const;
type Fate = (typeof FATES)[number];

function meet(fate: Fate, other: Guest, fd: number): void {
  expect(other.call('fd_close', fd)).toBe('OK');
  if (fate === 'is closed and used again') expect(other.fd('tmp/other')).toBe(fd);
}

/** What stands behind the number now is what it was made to be. */
function expectFate(fate: Fate, guest: Guest, fd: number): void {
  expect(guest.descriptors.includes(fd)).toBe(fate === 'is closed and used again');
  if (fate === 'is closed and used again') expect(guest.size(fd)).toBe(0);
}

it('a call that has not waited leaves nothing behind: the next one looks its descriptors up', () => {
  const guest = new Guest();
  const directory = (path: string): number => Number(guest.open(path, OFLAGS.DIRECTORY, DIRECTORY_RIGHTS));
  const rename = (to: number): string => {
    const [from, target] = [guest.text('f'), guest.text('f', AT.other)];
    return guest.call('path_rename', 3, ...from, to, ...target);
  };
  expect([guest.mkdir('a'), guest.mkdir('b')]).toEqual(['OK', 'OK']);
  expect(guest.call('fd_close', guest.fd('f'))).toBe('OK');
  const to = directory('a');
  expect(rename(to)).toBe('OK');
  expect(guest.call('fd_close', to)).toBe('OK');
  expect(directory('b')).toBe(to);
  expect(guest.call('fd_close', guest.fd('f'))).toBe('OK');
  expect(rename(to)).toBe('OK');
  expect([guest.size('a/f'), guest.size('b/f')]).toEqual([0, 0]);
  expect(guest.call('fd_close', to)).toBe('OK');
  expect(rename(to)).toBe('EBADF');
});

describe.each(FATES)('a descriptor that %s', (fate) => {
  function piped(): { guest: Guest; other: Guest; stdin: Pipe; stdout: Pipe } {
    const stdin = new Pipe();
    const stdout = new Pipe(8);
    const guest = new Guest({ stdio: [stdin, stdout, 'null'] });
    return { guest, other: new Guest({ threadOf: guest }), stdin, stdout };
  }

  it('while fd_read waits for bytes', () => {
    const { guest, other, stdin } = piped();
    expect(guest.begin('fd_read', 0, ...guest.iovec(AT.buffer, 10), AT.result)).toBe('WAITS');
    meet(fate, other, 0);
    expect(stdin.isReaderClosed).toBe(false);
    expect(guest.goOn()).toBe('WAITS');
    stdin.write(utf8.encode('abc'));
    expect(guest.goOn()).toBe('OK');
    expect(guest.string(AT.buffer, guest.u32())).toBe('abc');
    expect(stdin.isReaderClosed).toBe(true);
    expectFate(fate, guest, 0);
  });

  it('while fd_write waits for room, more than once', () => {
    const { guest, other, stdout } = piped();
    const [at, length] = guest.text('0123456789abcdefghijklmn', AT.buffer);
    expect(guest.begin('fd_write', 1, ...guest.iovec(at, length), AT.result)).toBe('WAITS');
    meet(fate, other, 1);
    let out = '';
    for (let result = 'WAITS'; result === 'WAITS'; result = guest.goOn()) {
      expect(stdout.isWriterClosed).toBe(false);
      out += stdout.text;
      stdout.bytes = [];
    }
    expect(out + stdout.text).toBe('0123456789abcdefghijklmn');
    expect(guest.u32()).toBe(24);
    expect(stdout.isWriterClosed).toBe(true);
    expectFate(fate, guest, 1);
  });

  it('while poll_oneoff waits for it among others', () => {
    const { guest, other, stdin, stdout } = piped();
    stdout.bytes = Array(8).fill(0);
    const { memory } = guest;
    for (const [i, fd] of [1, 0].entries()) {
      const subscription = AT.text + i * STRUCT_SIZES.subscription;
      memory.bytes.fill(0, subscription, subscription + STRUCT_SIZES.subscription);
      memory.writeU64(subscription + SUBSCRIPTION.userdata, BigInt(fd));
      memory.bytes[subscription + SUBSCRIPTION.tag] = fd === 0 ? EVENTTYPE.FD_READ : EVENTTYPE.FD_WRITE;
      memory.writeU32(subscription + SUBSCRIPTION.fd, fd);
    }
    const subscriptions = memory.copyOut(AT.text, 2 * STRUCT_SIZES.subscription);
    expect(guest.begin('poll_oneoff', AT.text, AT.buffer, 2, AT.result)).toBe('WAITS');
    meet(fate, other, 0);
    memory.copyIn(AT.text, subscriptions);
    expect(guest.goOn()).toBe('WAITS');
    stdin.write(utf8.encode('ab'));
    expect(guest.goOn()).toBe('OK');
    const [events, fd, bytes] = [guest.u32(), memory.readU64(AT.buffer), memory.readU64(AT.buffer + EVENT.nbytes)];
    expect([events, fd, bytes]).toEqual([1, 0n, 2n]);
    expect(stdin.isReaderClosed).toBe(true);
    expectFate(fate, guest, 0);
  });

  it('while a call waits and its process is killed', () => {
    const { guest, other, stdin } = piped();
    expect(guest.begin('fd_read', 0, ...guest.iovec(AT.buffer, 10), AT.result)).toBe('WAITS');
    meet(fate, other, 0);
    guest.linux.end(guest.process, 9);
    expect(stdin.isReaderClosed).toBe(true);
    expect(guest.goOn()).toBe('WAITS');
  });

  function slow(): { guest: Guest; other: Guest; files: SlowFileSystem; settle: (first: string) => string } {
    const guest = new Guest();
    const files = new SlowFileSystem(guest.linux.clock);
    guest.linux.mount({ path: '/slow', fileSystem: files, readOnly: false });
    const settle = (first: string): string => {
      let result = first;
      while (result === 'WAITS' && files.answer() > 0) result = guest.goOn();
      return result;
    };
    return { guest, other: new Guest({ threadOf: guest }), files, settle };
  }

  /** A file in the slow file system, of six bytes. */
  function openSlow(guest: Guest, settle: (first: string) => string): number {
    const args = [3, 0, ...guest.text('slow/file'), OFLAGS.CREAT, FILE_RIGHTS, 0n, 0, AT.result];
    expect(settle(guest.begin('path_open', ...args))).toBe('OK');
    const fd = guest.u32();
    const [at, length] = guest.text('abcdef', AT.buffer);
    expect(settle(guest.begin('fd_write', fd, ...guest.iovec(at, length), AT.result))).toBe('OK');
    return fd;
  }

  it('while calls wait for a file system that takes time', () => {
    const calls: [name: string, ...rest: (number | bigint)[]][] = [
      ['fd_pread', AT.iovec, 1, 2n, AT.result],
      ['fd_pwrite', AT.iovec, 1, 2n, AT.result],
      ['fd_filestat_get', AT.buffer],
      ['fd_filestat_set_size', 3n],
      ['fd_seek', 0n, SEEK_END, AT.result],
    ];
    for (const [name, ...rest] of calls) {
      const { guest, other, files, settle } = slow();
      const fd = openSlow(guest, settle);
      guest.iovec(AT.buffer + 100, 4);
      const iovec = guest.memory.copyOut(AT.iovec, 8);
      expect(guest.begin(name, fd, ...rest), name).toBe('WAITS');
      meet(fate, other, fd);
      guest.memory.copyIn(AT.iovec, iovec);
      expect(files.open.size).toBe(1);
      expect(settle('WAITS'), name).toBe('OK');
      expect(files.open.size).toBe(0);
      expectFate(fate, guest, fd);
    }
  });

  it('while a path is walked from it', () => {
    const { guest, other, files, settle } = slow();
    const args = [3, 0, ...guest.text('slow'), OFLAGS.DIRECTORY, DIRECTORY_RIGHTS, 0x3fff_ffffn, 0, AT.result];
    expect(settle(guest.begin('path_open', ...args))).toBe('OK');
    const directory = guest.u32();
    expect(guest.begin('path_create_directory', directory, ...guest.text('made', AT.other))).toBe('WAITS');
    meet(fate, other, directory);
    expect(settle('WAITS')).toBe('OK');
    expect(files.root.inner.lookup(guest.ctx, 'made')).toBeInstanceOf(Object);
    expect(files.open.size).toBe(0);
    expectFate(fate, guest, directory);
  });

  it('while the embedder reads by it', () => {
    const { guest, files } = slow();
    const outcomes: unknown[] = [];
    const request = (operation: string, ...args: unknown[]): void =>
      guest.linux.request(operation, args, (given) => outcomes.push('error' in given ? given.error.code : given.value));
    const finish = (): unknown => {
      while (files.answer() > 0) guest.linux.takeRunnable();
      return outcomes.pop();
    };
    request('writeFile', '/slow/file', utf8.encode('abcdef'));
    finish();
    request('open', '/slow/file', 2, 0);
    const fd = finish();
    request('fdRead', fd, 4, 1);
    request('fdClose', fd);
    expect(outcomes.pop()).toBeUndefined();
    if (fate === 'is closed and used again') {
      request('open', '/dev/null', 0, 0);
      expect(outcomes.pop()).toBe(fd);
    }
    expect(files.open.size).toBe(1);
    expect(finish()).toEqual(utf8.encode('bcde'));
    expect(files.open.size).toBe(0);
  });
});
