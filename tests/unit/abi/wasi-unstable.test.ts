// Where `wasi_unstable` differs from preview 1, by hand: the offsets and numbers below are those of its witx, not those of
// our tables. Each case runs on a file of Linux's and on one that CNK serves.

import { describe, expect, test } from 'vitest';
import { RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { UNSTABLE } from '../../../runtime/abi/wasi/version.ts';
import { StagedGuest } from '../cnk/staged-guest.ts';
import { AT, FILE_RIGHTS, Guest } from '../linux/harness.ts';

const CLOCK = 0;
const FD_READ = 1;
const CUR = 0;
const END = 1;
const SET = 2;
const PATTERN = 0x5c;

function linuxGuest(): Guest {
  const guest = new Guest({ version: UNSTABLE });
  guest.mkdir('data');
  guest.write(guest.fd('data/file'), 'contents');
  return guest;
}

const makers = [
  { owner: 'Linux', make: linuxGuest },
  { owner: 'CNK', make: () => new StagedGuest({ '/data/file': 'contents' }, { version: UNSTABLE }) },
];

describe.each(makers)('a file of $owner', ({ make }) => {
  test('has a filestat of 56 bytes, with 32 bits of links', () => {
    const guest = make();
    const fd = guest.fd('data/file', 0);
    const { memory } = guest;
    const before = PATTERN;
    for (const call of ['fd_filestat_get', 'path_filestat_get']) {
      memory.bytes.fill(before, AT.result - 16, AT.result + 128);
      const path = guest.text('data/file');
      const args = call === 'fd_filestat_get' ? [fd, AT.result] : [3, 0, ...path, AT.result];
      expect(guest.call(call, ...args)).toBe('OK');
      expect([...memory.copyOut(AT.result + 16, 8)]).toEqual([4, 0, 0, 0, 1, 0, 0, 0]); // a regular file, one link
      expect(memory.readU64(AT.result + 24)).toBe(8n);
      for (const time of [32, 40, 48]) expect(memory.readU64(AT.result + time)).toBeGreaterThan(0n);
      expect(memory.readU64(AT.result + 56)).toBe(0x5c5c_5c5c_5c5c_5c5cn);
      expect(memory.bytes[AT.result - 1]).toBe(before);
    }
  });

  test('has a filestat and a subscription that may end where the memory ends, and no byte later', () => {
    const guest = make();
    const fd = guest.fd('data/file', 0);
    const end = guest.memory.bytes.length;
    expect(guest.call('fd_filestat_get', fd, end - 56)).toBe('OK');
    expect(guest.call('fd_filestat_get', fd, end - 55)).toBe('EFAULT');
    const path = guest.text('data/file', AT.other);
    expect(guest.call('path_filestat_get', 3, 0, ...path, end - 56)).toBe('OK');
    expect(guest.call('path_filestat_get', 3, 0, ...path, end - 55)).toBe('EFAULT');
    guest.memory.bytes.fill(0, end - 56);
    expect(guest.call('poll_oneoff', end - 56, AT.buffer, 1, AT.result)).toBe('OK');
    expect(guest.call('poll_oneoff', end - 55, AT.buffer, 1, AT.result)).toBe('EFAULT');
  });

  test('tells its times where they belong', () => {
    const guest = make();
    const fd = guest.fd('data/file', 0);
    expect(guest.call('fd_filestat_set_times', fd, 3_000_000_005n, 7_000_000_001n, 5)).toBe('OK');
    expect(guest.call('fd_filestat_get', fd, AT.result)).toBe('OK');
    expect(guest.memory.readU64(AT.result + 32)).toBe(3_000_000_005n);
    // A staged file keeps one time, that of its last change.
    expect(guest.memory.readU64(AT.result + 40)).toBe(7_000_000_001n);
  });

  test('is sought from the present offset, the end and the start by 0, 1 and 2', () => {
    const guest = make();
    const fd = guest.fd('data/file', 0);
    const seek = (offset: bigint, whence: number): bigint | string => {
      const result = guest.call('fd_seek', fd, offset, whence, AT.result);
      return result === 'OK' ? guest.memory.readU64(AT.result) : result;
    };
    expect(seek(-2n, END)).toBe(6n);
    expect(seek(1n, CUR)).toBe(7n);
    expect(seek(3n, SET)).toBe(3n);
    expect(seek(0n, CUR)).toBe(3n);
    expect(seek(0n, 3)).toBe('EINVAL');
    expect(seek(0n, -1)).toBe('EINVAL');
    expect(seek(-1n, SET)).toBe('EINVAL');
  });

  test('with the right to tell its offset alone tells it by a seek of nothing from there', () => {
    const guest = make();
    const fd = guest.fd('data/file', 0, BigInt(RIGHTS.FD_READ | RIGHTS.FD_TELL));
    expect(guest.call('fd_seek', fd, 0n, CUR, AT.result)).toBe('OK');
    expect(guest.call('fd_seek', fd, 0n, END, AT.result)).toBe('ENOTCAPABLE');
  });

  test('and a clock are polled by subscriptions of 56 bytes, of which a clock begins with an identifier', () => {
    const guest = make();
    const fd = guest.fd('data/file', 0);
    const { memory } = guest;
    memory.bytes.fill(PATTERN, AT.text, AT.text + 3 * 56);
    putClock(guest, 0, { userdata: 11n, clock: 1, timeoutNs: 0n });
    putDescriptor(guest, 1, { userdata: 12n, fd });
    putClock(guest, 2, { userdata: 13n, clock: 1, timeoutNs: 2n ** 50n });
    const before = memory.copyOut(AT.text, 3 * 56);
    expect(guest.call('poll_oneoff', AT.text, AT.buffer, 3, AT.result)).toBe('OK');
    expect(memory.copyOut(AT.text, 3 * 56)).toEqual(before);
    expect(guest.u32()).toBe(2);
    expect([memory.readU64(AT.buffer), memory.readU32(AT.buffer + 8)]).toEqual([11n, 0]);
    const second = AT.buffer + 32;
    expect([memory.readU64(second), memory.readU32(second + 8)]).toEqual([12n, FD_READ << 16]);
    expect(memory.readU64(second + 16)).toBe(8n);
  });

  test('has a directory without the right to accept connections, which does not exist', () => {
    const guest = make();
    const accept = BigInt(RIGHTS.SOCK_ACCEPT);
    expect(guest.call('fd_fdstat_get', 3, AT.result)).toBe('OK');
    const inheriting = guest.memory.readU64(AT.result + 16);
    expect(inheriting & accept).toBe(0n);
    const base = guest.memory.readU64(AT.result + 8);
    expect(guest.call('fd_fdstat_set_rights', 3, base, inheriting | accept)).toBe('ENOTCAPABLE');
    expect(guest.call('fd_fdstat_set_rights', 3, base, inheriting)).toBe('OK');
    // As any bit without a meaning it is dropped when it is asked for.
    expect(guest.open('data/file', 0, FILE_RIGHTS | accept)).toBeTypeOf('number');
  });
});

test('clocks alone are waited for by either personality', () => {
  for (const guest of [linuxGuest(), new StagedGuest({ '/data/file': '' }, { version: UNSTABLE })]) {
    guest.memory.bytes.fill(PATTERN, AT.text, AT.text + 112);
    putClock(guest, 0, { userdata: 1n, clock: 1, timeoutNs: 0n });
    putClock(guest, 1, { userdata: 2n, clock: 99, timeoutNs: 0n });
    expect(guest.call('poll_oneoff', AT.text, AT.buffer, 2, AT.result)).toBe('OK');
    expect(guest.u32()).toBe(2);
    expect([guest.memory.readU64(AT.buffer), guest.memory.readU16(AT.buffer + 8)]).toEqual([1n, 0]);
    expect([guest.memory.readU64(AT.buffer + 32), guest.memory.readU16(AT.buffer + 40)]).toEqual([2n, 28]); // EINVAL
    if (guest instanceof StagedGuest) expect(guest.shipped).toEqual([]);
  }
});

test('a file with more links than 32 bits hold has as many as they hold', () => {
  const guest = linuxGuest();
  const fd = guest.fd('data/file', 0);
  const inode = guest.process.descriptors.get(fd)?.inode;
  if (inode === undefined) throw new Error('the file is not open');
  Object.defineProperty(inode, 'nlink', { value: 2 ** 32 + 5 });
  expect(guest.call('fd_filestat_get', fd, AT.result)).toBe('OK');
  expect(guest.memory.readU32(AT.result + 20)).toBe(0xffff_ffff);
  expect(guest.memory.readU64(AT.result + 24)).toBe(8n);
});

test('preview 1 on the same Linux still has its own layout', () => {
  const old = linuxGuest();
  const now = new Guest({}, old.linux);
  expect(now.stat('data/file')).toEqual(old.stat('data/file'));
  expect(now.call('path_filestat_get', 3, 0, ...now.text('data/file'), AT.result)).toBe('OK');
  expect(now.memory.readU64(AT.result + 24)).toBe(1n);
  expect(now.memory.readU64(AT.result + 32)).toBe(8n);
});

function putClock(
  { memory }: Guest,
  index: number,
  { userdata, clock, timeoutNs }: { userdata: bigint; clock: number; timeoutNs: bigint },
): void {
  const at = AT.text + 56 * index;
  memory.writeU64(at, userdata);
  memory.bytes[at + 8] = CLOCK;
  memory.writeU64(at + 16, 0xdead_beef_dead_beefn); // the identifier
  memory.writeU32(at + 24, clock);
  memory.writeU64(at + 32, timeoutNs);
  memory.writeU64(at + 40, 0n);
  memory.writeU16(at + 48, 0);
}

function putDescriptor({ memory }: Guest, index: number, { userdata, fd }: { userdata: bigint; fd: number }): void {
  const at = AT.text + 56 * index;
  memory.writeU64(at, userdata);
  memory.bytes[at + 8] = FD_READ;
  memory.writeU32(at + 16, fd);
}
