// What CNK tells of Linux's descriptors is what Linux would answer: after each change, for every number, both are asked.

import { expect, test } from 'vitest';
import { CNK_HANDLERS, type CnkContext } from '../../../personalities/cnk/index.ts';
import { dup, dup2, F_SETFL, fcntl } from '../../../personalities/linux/syscalls/descriptors.ts';
import { O_APPEND, O_NONBLOCK } from '../../../personalities/linux/vfs/mode.ts';
import { OWNER_CNK, replaceDescriptor } from '../../../runtime/abi/descriptor-table.ts';
import { Errno, errnoName, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import { FDFLAGS, OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, UNSTABLE, type WasiVersion } from '../../../runtime/abi/wasi/version.ts';
import { AT, FILE_RIGHTS, Guest, type GuestOptions, Pipe, READ_RIGHTS } from '../linux/harness.ts';

const NUMBERS = [...Array.from({ length: 16 }, (_, fd) => fd), 1023, 1024, -1, 0x7fff_ffff, -0x8000_0000];
const FDSTAT_BYTES = 24;

class BothGuest extends Guest {
  /** CNK's answer. */
  tell(fd: number, at: number = AT.result): number {
    const handler = CNK_HANDLERS[this.row('fd_fdstat_get').number];
    const context = { memory: this.memory, descriptors: this.process.descriptors.table } as unknown as CnkContext;
    return (handler as (context: CnkContext, fd: number, at: number) => number)(context, fd, at);
  }

  /** @returns numbers that CNK told */
  compare(): number[] {
    const told: number[] = [];
    for (const fd of NUMBERS) {
      this.memory.bytes.fill(0xa5, AT.other, AT.other + 64);
      this.memory.bytes.fill(0xa5, AT.text, AT.text + 64);
      const answer = this.call('fd_fdstat_get', fd, AT.text);
      const result = this.tell(fd, AT.other);
      if (answer === 'EBADF') expect([fd, result]).toEqual([fd, NOT_SERVED]);
      else {
        expect([fd, errnoName(-result)]).toEqual([fd, errnoName(Errno.SUCCESS)]);
        const [linux, cnk] = [this.memory.copyOut(AT.text, 64), this.memory.copyOut(AT.other, 64)];
        expect([fd, ...cnk]).toEqual([fd, ...linux]);
        expect(cnk.subarray(FDSTAT_BYTES).every((byte) => byte === 0xa5)).toBe(true);
        told.push(fd);
      }
    }
    return told;
  }

  flags(fd: number): number {
    expect(this.tell(fd)).toBe(0);
    return this.memory.readU16(AT.result + 2);
  }
}

const VERSIONS: readonly [string, WasiVersion][] = [
  ['preview 1', PREVIEW_1],
  ['wasi_unstable', UNSTABLE],
];

test.each(VERSIONS)('%s: files of every kind, as they are opened, changed, renumbered and closed', (_, version) => {
  const pipe = new Pipe();
  const options: GuestOptions = { version, stdio: [pipe, 'null', pipe], terminals: [false, false, true] };
  const guest = new BothGuest(options);
  expect(guest.compare()).toEqual([0, 1, 2, 3]);
  const file = guest.fd('tmp/file', OFLAGS.CREAT, FILE_RIGHTS, FDFLAGS.APPEND);
  const read = guest.fd('tmp/file', 0, READ_RIGHTS, FDFLAGS.NONBLOCK | FDFLAGS.SYNC);
  const directory = guest.fd('tmp', OFLAGS.DIRECTORY);
  for (const path of ['dev/null', 'dev/zero', 'dev/stdout', 'proc/self/stat', 'proc']) guest.open(path, 0, READ_RIGHTS);
  const all = guest.compare();
  expect(all.length).toBe(12);
  expect(guest.flags(file)).toBe(FDFLAGS.APPEND);

  expect(guest.call('fd_fdstat_set_flags', file, FDFLAGS.NONBLOCK | FDFLAGS.DSYNC)).toBe('OK');
  expect(guest.flags(file)).toBe(FDFLAGS.NONBLOCK | FDFLAGS.DSYNC);
  expect(guest.call('fd_fdstat_set_rights', read, BigInt(RIGHTS.FD_READ), 0n)).toBe('OK');
  expect(guest.call('fd_fdstat_set_rights', directory, BigInt(RIGHTS.PATH_OPEN), BigInt(RIGHTS.FD_READ))).toBe('OK');
  expect(guest.compare()).toEqual(all);

  expect(guest.call('fd_renumber', read, file)).toBe('OK');
  expect(guest.compare()).toEqual(all.filter((fd) => fd !== read));
  expect(guest.call('fd_close', directory)).toBe('OK');
  expect(guest.compare()).toEqual(all.filter((fd) => fd !== read && fd !== directory));
  expect(guest.open('tmp/missing', 0)).toBe('ENOENT');
  expect(guest.compare()).toEqual(all.filter((fd) => fd !== read && fd !== directory));
});

test('flags and rights that change through one number change for all numbers of the file', () => {
  const guest = new BothGuest();
  const fd = guest.fd('tmp/file');
  const other = dup(guest.ctx, fd);
  expect(dup2(guest.ctx, fd, 9)).toBe(9);
  expect(fcntl(guest.ctx, other, F_SETFL, O_APPEND)).toBe(0);
  expect([fd, other, 9].map((number) => guest.flags(number))).toEqual(Array(3).fill(FDFLAGS.APPEND));
  expect(guest.call('fd_fdstat_set_rights', 9, BigInt(RIGHTS.FD_TELL), 0n)).toBe('OK');
  expect(guest.compare()).toEqual([0, 1, 2, 3, fd, other, 9]);
});

test('a file that two processes share is told anew to both', () => {
  const guest = new BothGuest();
  const other = new BothGuest({}, guest.linux);
  const fd = guest.fd('tmp/file');
  const description = guest.process.descriptors.get(fd);
  if (description === undefined) throw new Error('it is open');
  const shared = other.process.descriptors.add(description);
  expect(fcntl(guest.ctx, fd, F_SETFL, O_NONBLOCK)).toBe(0);
  expect(other.flags(shared)).toBe(FDFLAGS.NONBLOCK);
  expect(other.call('fd_fdstat_set_flags', shared, 0)).toBe('OK');
  expect(guest.flags(fd)).toBe(0);
});

test('a bad pointer is EFAULT, and nothing is stored', () => {
  const guest = new BothGuest();
  const end = guest.memory.size;
  const before = guest.memory.copyOut(0, end);
  for (const at of [end - FDSTAT_BYTES + 1, end, -1, -FDSTAT_BYTES + 1]) {
    expect([at, guest.tell(3, at)]).toEqual([at, -Errno.EFAULT]);
    expect(guest.call('fd_fdstat_get', 3, at)).toBe('EFAULT');
  }
  expect(Buffer.compare(guest.memory.copyOut(0, end), before)).toBe(0);
  expect(guest.tell(3, end - FDSTAT_BYTES)).toBe(0);
});

test('what is not Linux’s, or not told yet, is left to Linux', () => {
  const guest = new BothGuest();
  replaceDescriptor(guest.process.descriptors.table, 5, OWNER_CNK, 0o10);
  const claimed = guest.process.descriptors.claim();
  expect([5, claimed, 1024, -1].map((fd) => guest.tell(fd))).toEqual(Array(4).fill(NOT_SERVED));
});
