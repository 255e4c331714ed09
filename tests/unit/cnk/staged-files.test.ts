// Staged files by cases: what differs from Linux, users' own Fds, descriptors of two owners in one table, polling, storage,
// and the sweeps of bad arguments.

import { describe, expect, it, test } from 'vitest';
import { createForeignFile, type StagedFile, StagedFiles } from '../../../personalities/cnk/index.ts';
import {
  claimDescriptor,
  createDescriptorTable,
  descriptorOwner,
  OWNER_CNK,
  OWNER_LINUX,
  OWNER_NONE,
} from '../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { wasiErrnoOf } from '../../../runtime/abi/wasi/errno.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { EVENT, STRUCT_SIZES, SUBSCRIPTION } from '../../../runtime/abi/wasi/structs.ts';
import { EVENTTYPE, FDFLAGS, OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { UNSTABLE_ROWS } from '../../../runtime/abi/wasi/unstable.ts';
import { PREVIEW_1, UNSTABLE } from '../../../runtime/abi/wasi/version.ts';
import { sweepBadDescriptors, sweepBadPointers } from '../../support/sweeps.ts';
import { AT, DIRECTORY_RIGHTS, FILE_RIGHTS, Pipe, READ_RIGHTS } from '../linux/harness.ts';
import { Broken, Counter, openFile, Refusing } from './foreign.ts';
import { numberOf, StagedGuest } from './staged-guest.ts';

/** What a staged file does otherwise than Linux's, and why; each has its test. */
const EXPECTED_DIFFERENCES: Readonly<Record<string, { readonly reason: string; readonly check: () => void }>> = {
  'fd_readdir of its directory': {
    reason: 'no directory lists a staged file: the directory is Linux’s',
    check: () => {
      const guest = new StagedGuest({ '/data/in.txt': 'x' });
      expect(guest.call('fd_readdir', 4, AT.buffer, 4096, 0n, AT.result)).toBe('OK');
      expect(guest.u32()).toBe(2 * STRUCT_SIZES.dirent + '...'.length); // `.` and `..`
    },
  },
  'path_rename and path_link are EXDEV': {
    reason: 'a staged file cannot get another name, nor another file its name',
    check: () => {
      const guest = new StagedGuest({ '/data/in.txt': 'x', '/data/too.txt': 'y' });
      guest.fd('data/other');
      for (const call of ['rename', 'link'] as const) {
        expect(guest[call]('data/in.txt', 'data/new')).toBe('EXDEV');
        expect(guest[call]('data/other', 'data/in.txt')).toBe('EXDEV');
        expect(guest[call]('data/in.txt', 'data/too.txt')).toBe('EXDEV');
        expect(guest[call]('data/in.txt/', 'data/new')).toBe('ENOTDIR');
        expect(guest[call]('data/in.txt', '../new')).toBe('EXDEV');
      }
      expect(guest.rename('data/in.txt', 'data/in.txt')).toBe('OK');
      expect(guest.link('data/in.txt', 'data/in.txt')).toBe('EEXIST');
    },
  },
  'symbolic links and opened directories do not lead to it': {
    reason: 'it is found by the text of a path from a preopened directory',
    check: () => {
      const guest = new StagedGuest({ '/data/in.txt': 'x' });
      expect(guest.symlink('data', 'way')).toBe('OK');
      expect(guest.open('way/in.txt')).toBe('ENOENT');
      const directory = guest.fd('data', OFLAGS.DIRECTORY, DIRECTORY_RIGHTS);
      const opened = guest.call('path_open', directory, 0, ...guest.text('in.txt'), 0, READ_RIGHTS, 0n, 0, AT.result);
      expect(opened).toBe('ENOENT');
    },
  },
  'path_remove_directory of its directory': {
    reason: 'a directory of Linux’s that has nothing but staged files is empty; the files stay where they are',
    check: () => {
      const guest = new StagedGuest({ '/data/in.txt': 'x' });
      expect(guest.path('path_remove_directory', 'data')).toBe('OK');
      expect(typeof guest.open('data/in.txt')).toBe('number');
    },
  },
  'directories on the way need not exist': {
    reason: 'the path is resolved by its text',
    check: () => expect(typeof new StagedGuest({ '/a/b/c': 'x' }).open('a/missing/../b/c')).toBe('number'),
  },
  'a hole takes storage': {
    reason: 'the shim has one buffer a file, so a write far behind the end is ENOSPC earlier than under Linux',
    check: () => {
      const guest = new StagedGuest({ '/f': '12345678' }, { storage: 1024 });
      const fd = guest.fd('f', 0);
      expect(guest.pwrite(fd, 'abc', 1022)).toBe('ENOSPC');
      expect(guest.call('fd_filestat_set_size', fd, 1025n)).toBe('ENOSPC');
      expect(guest.call('fd_allocate', fd, 0n, 1025n)).toBe('ENOSPC');
      expect(guest.pwrite(fd, 'abc', 6)).toBe(3);
      expect(guest.pwrite(fd, 'abc', 1021)).toBe(3);
      expect(guest.size('f')).toBe(1024);
      // What is inside of it is written, as much as fits.
      expect(guest.pwrite(fd, 'abc', 1022)).toBe(2);
    },
  },
};

describe('what differs from Linux', () => {
  for (const [name, { reason, check }] of Object.entries(EXPECTED_DIFFERENCES)) it(`${name}: ${reason}`, check);
});

test('what a file shrank by reads as zero when it grows again', () => {
  const guest = new StagedGuest({ '/f': '' });
  const fd = guest.fd('f', 0);
  guest.write(fd, 'x'.repeat(1000));
  guest.call('fd_filestat_set_size', fd, 600n);
  guest.call('fd_filestat_set_size', fd, 900n);
  expect(guest.pread(fd, 1000, 0)).toBe('x'.repeat(600) + '\0'.repeat(300));
});

test('appending N bytes is O(N): a megabyte in 64-byte writes allocates a few times', () => {
  const guest = new StagedGuest({ '/f': '' });
  const fd = guest.fd('f', 0, FILE_RIGHTS, FDFLAGS.APPEND);
  const allocated: number[] = [];
  const { Uint8Array: Original } = globalThis;
  // Every buffer that is made is made by this constructor.
  globalThis.Uint8Array = new Proxy(Original, {
    construct: (target, args, newTarget) => {
      if (typeof args[0] === 'number') allocated.push(args[0]);
      return Reflect.construct(target, args, newTarget === globalThis.Uint8Array ? target : newTarget);
    },
  });
  try {
    for (let i = 0; i < 16_384; i++)
      expect(guest.call('fd_write', fd, ...guest.iovec(AT.buffer, 64), AT.result)).toBe('OK');
  } finally {
    globalThis.Uint8Array = Original;
  }
  expect(guest.size('f')).toBe(1 << 20);
  expect(allocated.reduce((sum, size) => sum + size, 0)).toBeLessThan(4 << 20);
});

test('an unlinked file stays open, and its path is Linux’s again', () => {
  const guest = new StagedGuest({ '/data/in.txt': 'staged' });
  const fd = guest.fd('data/in.txt', 0);
  expect(guest.path('path_unlink_file', 'data/in.txt')).toBe('OK');
  expect(guest.read(fd, 10)).toBe('staged');
  expect(guest.stat(fd)).toMatchObject({ nlink: 0, size: 6 });
  expect(guest.open('data/in.txt')).toBe('ENOENT');
  const created = guest.fd('data/in.txt', OFLAGS.CREAT);
  expect(guest.size(created)).toBe(0);
  expect(descriptorOwner(guest.process.descriptors.table, created)).toBe(OWNER_LINUX);
});

test('two opens of one file have their own offsets and see each other’s writes', () => {
  const guest = new StagedGuest({ '/data/in.txt': 'abcdef' });
  const [first, second] = [guest.fd('data/in.txt', 0), guest.fd('data/in.txt', 0)];
  expect(guest.read(first, 3)).toBe('abc');
  expect(guest.write(second, 'XYZ!')).toBe(4);
  expect(guest.read(first, 9)).toBe('!ef');
});

describe('descriptors of two owners', () => {
  test('numbers come lowest first from one table', () => {
    const guest = new StagedGuest({ '/s': 'x' });
    const { table } = guest.process.descriptors;
    const numbers = [guest.fd('tmp/a'), guest.fd('s', 0), guest.fd('tmp/b'), guest.fd('s', 0)];
    expect(numbers).toEqual([5, 6, 7, 8]);
    expect(numbers.map((fd) => descriptorOwner(table, fd))).toEqual([OWNER_LINUX, OWNER_CNK, OWNER_LINUX, OWNER_CNK]);
    expect(guest.call('fd_close', 6)).toBe('OK');
    expect(descriptorOwner(table, 6)).toBe(OWNER_NONE);
    expect(guest.fd('tmp/c')).toBe(6);
  });

  test('a full table is EMFILE, and empties no file', () => {
    const table = createDescriptorTable(6);
    const guest = new StagedGuest({ '/s': 'contents' }, { descriptors: table });
    expect(guest.fd('s', 0)).toBe(5);
    expect(guest.open('s', OFLAGS.TRUNC)).toBe('EMFILE');
    expect(guest.size(5)).toBe(8);
  });

  test('a staged one is renumbered onto one of Linux’s, which Linux closes', () => {
    const guest = new StagedGuest({ '/s': 'staged' });
    const [theirs, ours] = [guest.fd('tmp/a'), guest.fd('s', 0)];
    expect(guest.call('fd_renumber', ours, theirs)).toBe('OK');
    expect(guest.read(theirs, 10)).toBe('staged');
    expect(guest.call('fd_close', ours)).toBe('EBADF');
    expect(guest.linuxCall('fd_tell', theirs, AT.result)).toBe('EBADF');
  });

  test('one of Linux’s is renumbered onto a staged one', () => {
    const guest = new StagedGuest({ '/s': 'staged' });
    const [theirs, ours] = [guest.fd('tmp/a'), guest.fd('s', 0)];
    guest.pwrite(theirs, 'linux', 0);
    expect(guest.call('fd_renumber', theirs, ours)).toBe('OK');
    expect(guest.read(ours, 10)).toBe('linux');
    expect(guest.read(theirs, 10)).toBe('EBADF');
    expect(guest.files.get(ours)).toBeUndefined();
  });

  test('a preopened directory that moves takes its view of staged files along', () => {
    const guest = new StagedGuest({ '/data/in.txt': 'x' });
    const fd = guest.fd('tmp/a');
    expect(guest.call('fd_renumber', 3, fd)).toBe('OK');
    const stat = (directory: number): string =>
      guest.call('path_filestat_get', directory, 0, ...guest.text('data/in.txt'), AT.result);
    expect(stat(3)).toBe('EBADF');
    expect(stat(fd)).toBe('OK');
    expect(guest.call('fd_close', fd)).toBe('OK');
    expect(stat(fd)).toBe('EBADF');
  });

  test('the first number waits for Linux to have opened what the process begins with', () => {
    const table = createDescriptorTable(16);
    let sleeps = 0;
    const files = new StagedFiles({
      table,
      files: new Map(),
      preopens: ['/', '/data'],
      sleep: () => {
        claimDescriptor(table, OWNER_LINUX, 0);
        sleeps++;
      },
    });
    expect(files.claim()).toBe(5);
    expect(sleeps).toBe(5);
  });
});

describe('poll_oneoff', () => {
  interface Wanted {
    readonly type: number;
    readonly fd?: number;
    readonly userdata: bigint;
    readonly timeout?: bigint;
    readonly flags?: number;
  }

  function poll(guest: StagedGuest, wanted: readonly Wanted[]): string | (readonly [bigint, number, number, bigint])[] {
    const { memory } = guest;
    const [subscriptions, events] = [AT.text, AT.buffer];
    memory.bytes.fill(0, subscriptions, subscriptions + wanted.length * STRUCT_SIZES.subscription);
    for (const [i, { type, fd, userdata, timeout, flags }] of wanted.entries()) {
      const at = subscriptions + i * STRUCT_SIZES.subscription;
      memory.writeU64(at + SUBSCRIPTION.userdata, userdata);
      memory.bytes[at + SUBSCRIPTION.tag] = type;
      if (type === EVENTTYPE.CLOCK) {
        memory.writeU32(at + SUBSCRIPTION.clockId, 1);
        memory.writeU64(at + SUBSCRIPTION.clockTimeout, timeout ?? 0n);
        memory.writeU16(at + SUBSCRIPTION.clockFlags, flags ?? 0);
      } else memory.writeU32(at + SUBSCRIPTION.fd, fd ?? 0);
    }
    const before = memory.copyOut(subscriptions, wanted.length * STRUCT_SIZES.subscription);
    const result = guest.call('poll_oneoff', subscriptions, events, wanted.length, AT.result);
    expect(memory.copyOut(subscriptions, before.length)).toEqual(before);
    if (result !== 'OK') return result;
    return Array.from({ length: guest.u32() }, (_, i) => {
      const at = events + i * STRUCT_SIZES.event;
      return [
        memory.readU64(at + EVENT.userdata),
        memory.readU16(at + EVENT.errno),
        memory.view.getUint8(at + EVENT.type),
        memory.readU64(at + EVENT.nbytes),
      ] as const;
    });
  }

  test('a clock with an unknown flag is an event with EINVAL, under CNK as under Linux', () => {
    const guest = new StagedGuest({});
    const wanted = [{ type: EVENTTYPE.CLOCK, userdata: 7n, flags: 2 }];
    const expected = [[7n, wasiErrnoOf(Errno.EINVAL), EVENTTYPE.CLOCK, 0n]];
    expect(poll(guest, wanted)).toEqual(expected);
    const ofLinux = [8n, wasiErrnoOf(Errno.EBADF), EVENTTYPE.FD_READ, 0n];
    expect(poll(guest, [...wanted, { type: EVENTTYPE.FD_READ, fd: 99, userdata: 8n }])).toEqual([...expected, ofLinux]);
  });

  test('no more events come back than there was room for, though the guest changes their number meanwhile', () => {
    const guest = new StagedGuest({ '/s': 'staged' });
    const fd = guest.fd('s', 0);
    const { memory } = guest;
    const ship = guest.cnk.ship;
    Object.assign(guest.cnk, {
      ship: (...args: Parameters<typeof ship>) => {
        const result = ship(...args);
        memory.writeU32(AT.result, 0xffff_ffff);
        return result;
      },
    });
    memory.bytes.fill(0x5c, AT.buffer);
    const behind = memory.copyOut(AT.buffer + STRUCT_SIZES.event, 1000);
    expect(poll(guest, [{ type: EVENTTYPE.FD_READ, fd, userdata: 7n }])).toEqual([[7n, 0, EVENTTYPE.FD_READ, 6n]]);
    expect(memory.copyOut(AT.buffer + STRUCT_SIZES.event, 1000)).toEqual(behind);
  });

  test('a staged file is ready at once, with the bytes that are left; so is what Linux has ready', () => {
    const stdin = new Pipe();
    stdin.write(Uint8Array.of(1, 2, 3));
    const guest = new StagedGuest({ '/s': 'staged' }, { stdio: [stdin, 'null', 'null'] });
    const fd = guest.fd('s', 0);
    guest.read(fd, 2);
    const events = poll(guest, [
      { type: EVENTTYPE.FD_READ, fd, userdata: 7n },
      { type: EVENTTYPE.CLOCK, userdata: 7n, timeout: 10n ** 12n },
      { type: EVENTTYPE.FD_READ, fd: 0, userdata: 7n },
      { type: EVENTTYPE.FD_WRITE, fd, userdata: 2n ** 63n },
      { type: EVENTTYPE.FD_READ, fd: 99, userdata: 1n },
    ]);
    expect(events).toEqual([
      [7n, 0, EVENTTYPE.FD_READ, 4n],
      [7n, 0, EVENTTYPE.FD_READ, 3n],
      [2n ** 63n, 0, EVENTTYPE.FD_WRITE, 0n],
      [1n, wasiErrnoOf(Errno.EBADF), EVENTTYPE.FD_READ, 0n],
    ]);
  });

  test('a descriptor without the right is an event with ENOTCAPABLE', () => {
    const guest = new StagedGuest({ '/s': 'staged' });
    const fd = guest.fd('s', 0, FILE_RIGHTS & ~BigInt(RIGHTS.POLL_FD_READWRITE));
    expect(poll(guest, [{ type: EVENTTYPE.FD_READ, fd, userdata: 1n }])).toEqual([
      [1n, wasiErrnoOf(Errno.ENOTCAPABLE), EVENTTYPE.FD_READ, 0n],
    ]);
  });

  test('what waits for no staged file is not changed', () => {
    const guest = new StagedGuest({ '/s': 'staged' });
    expect(poll(guest, [{ type: 77, userdata: 1n }])).toBe('EINVAL');
    expect(guest.shipped.at(-1)).toBe('poll_oneoff');
  });
});

describe('users’ own Fds', () => {
  const reports: string[] = [];
  function foreign(maker: unknown, ...args: readonly unknown[]): StagedFile {
    return createForeignFile(maker, args, (message) => reports.push(message));
  }

  test('a class is constructed for each open', () => {
    const guest = new StagedGuest({ '/dev/counter': foreign(Counter, 5) });
    const fd = guest.fd('dev/counter', 0);
    expect(guest.read(fd, 10)).toBe('5\n');
    expect(guest.write(fd, '10')).toBe(2);
    expect(guest.read(fd, 10)).toBe('16\n');
    expect(guest.read(guest.fd('dev/counter', OFLAGS.TRUNC), 10)).toBe('5\n');
  });

  test('a character device has no offset', () => {
    const guest = new StagedGuest({ '/dev/counter': foreign(Counter, 5) });
    const fd = guest.fd('dev/counter', 0);
    expect(guest.call('fd_tell', fd, AT.result)).toBe('ESPIPE');
    expect(guest.call('fd_seek', fd, 0n, 0, AT.result)).toBe('ESPIPE');
    expect(guest.pread(fd, 1, 0)).toBe('ESPIPE');
    expect(guest.call('fd_filestat_set_size', fd, 0n)).toBe('ENOTCAPABLE');
    expect(guest.call('fd_sync', fd)).toBe('EINVAL');
    expect(guest.call('fd_filestat_get', fd, AT.result)).toBe('EOPNOTSUPP'); // it has none
  });

  test('a function is called; a file of the shim’s appends, seeks and grows', () => {
    const guest = new StagedGuest({ '/f': foreign(openFile, 'abc') });
    const fd = guest.fd('f', 0, FILE_RIGHTS, FDFLAGS.APPEND);
    expect(guest.write(fd, 'def')).toBe(3);
    expect(guest.pwrite(fd, '!', 0)).toBe(1);
    expect(guest.pread(fd, 10, 1)).toBe('bcdef!');
    expect(guest.call('fd_filestat_set_size', fd, 2n)).toBe('OK');
    expect(guest.stat(fd)).toMatchObject({ size: 2, nlink: 1, type: 4 });
    expect(guest.size('f')).toBe(3); // a new one
  });

  test('what it throws, or gives against its contract, is EIO and one report', () => {
    reports.length = 0;
    const guest = new StagedGuest({ '/broken': foreign(Broken) });
    const fd = guest.fd('broken', 0);
    guest.memory.bytes.fill(0x5c, AT.buffer, AT.buffer + 64);
    expect(guest.read(fd, 4)).toBe('EIO');
    expect(guest.string(AT.buffer, 6)).toBe('\\'.repeat(6));
    expect(guest.write(fd, 'x')).toBe('EIO');
    expect(guest.stat(fd)).toBe('EIO');
    expect(reports).toHaveLength(1);
  });

  test('WASI’s error numbers are Linux’s', () => {
    const guest = new StagedGuest({ '/again': foreign(Refusing, 6), '/odd': foreign(Refusing, 999) });
    expect(guest.read(guest.fd('again', 0), 4)).toBe('EAGAIN');
    expect(guest.read(guest.fd('odd', 0), 4)).toBe('EIO');
  });

  test('one that cannot be made is EIO to the guest', () => {
    reports.length = 0;
    const guest = new StagedGuest({
      '/throws': foreign(() => {
        throw new Error('not today');
      }),
      '/none': foreign(() => undefined),
    });
    expect(guest.open('throws')).toBe('EIO');
    expect(guest.open('none')).toBe('EIO');
    expect(reports[0]).toContain('not today');
    expect(guest.fd('tmp/a')).toBe(5); // no number was lost
  });

  test('recursion of the guest’s that ends in it stays the guest’s', () => {
    const guest = new StagedGuest({
      '/deep': foreign(() => {
        throw new RangeError('Maximum call stack size exceeded');
      }),
    });
    expect(() => guest.open('deep')).toThrow(RangeError);
  });
});

describe.each([
  { version: PREVIEW_1, all: WASI_ROWS },
  { version: UNSTABLE, all: UNSTABLE_ROWS },
])('bad arguments of $version.module', ({ version, all }) => {
  const rows = all.filter(({ name }) => name.startsWith('fd_') || name.startsWith('path_') || name === 'poll_oneoff');

  function setup(): Parameters<typeof sweepBadPointers>[1] {
    const guest = new StagedGuest({ '/data/in.txt': 'contents' }, { pages: 2, version });
    const file = guest.fd('data/in.txt', 0);
    return {
      memory: guest.memory,
      descriptors: { file, directory: 3, unused: 77 },
      call: (row, args) => -numberOf(guest.call(row.name, ...args)),
    };
  }

  test('every descriptor bad: EBADF', async () => {
    expect(await sweepBadDescriptors(rows, setup())).toEqual([]);
  });

  test('every pointer bad: EFAULT', async () => {
    expect(await sweepBadPointers(rows, setup())).toEqual([]);
  });

  test('a path that leads to a staged file, and where to put the answer bad: EFAULT', () => {
    const guest = new StagedGuest({ '/data/in.txt': 'contents' }, { version });
    const path = guest.text('data/in.txt');
    const end = guest.memory.bytes.length;
    const before = guest.descriptors;
    expect(guest.call('path_open', 3, 0, ...path, 0, FILE_RIGHTS, 0n, 0, end - 3)).toBe('EFAULT');
    expect(guest.call('path_filestat_get', 3, 0, ...path, end - version.filestat.bytes + 1)).toBe('EFAULT');
    expect(guest.call('path_readlink', 3, ...path, end - 1, 2, AT.result)).toBe('EFAULT');
    expect(guest.call('path_readlink', 3, ...path, AT.buffer, 2, end - 3)).toBe('EFAULT');
    expect(guest.call('path_symlink', end, 1, 3, ...path)).toBe('EFAULT');
    expect(guest.call('path_rename', 3, ...path, 3, end, 1)).toBe('EFAULT');
    expect(guest.call('path_rename', 3, ...path, 77, ...path)).toBe('EBADF');
    expect(guest.descriptors).toEqual(before);
    expect(guest.fd('data/in.txt', 0)).toBe(5);
  });
});
