// Every call of the table with every descriptor and every pointer made bad in turn: EBADF and EFAULT, and nothing else
// happens. The cases derive from the rows.

import { describe, expect, it } from 'vitest';
import type { Param, Row } from '../../../runtime/abi/row.ts';
import { STRUCT_SIZES } from '../../../runtime/abi/structs.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { UNSTABLE_ROWS } from '../../../runtime/abi/wasi/unstable.ts';
import { PREVIEW_1, UNSTABLE } from '../../../runtime/abi/wasi/version.ts';
import { AT, expectSame, Guest, PAGE } from './harness.ts';

const ROWS: readonly Row[] = [...WASI_ROWS, ...UNSTABLE_ROWS];
const PATTERN = 0x5c;
const ZONE = 2048;

/** A guest with a file open, memory filled with a pattern, and valid arguments for a call. */
function prepare(row: Row): { guest: Guest; args: (number | bigint)[] } {
  const guest = new Guest({ pages: 2, version: row.module === UNSTABLE.module ? UNSTABLE : PREVIEW_1 });
  const file = guest.fd('tmp/file');
  const other = guest.fd('tmp/other');
  guest.memory.bytes.fill(PATTERN);
  const isOnDirectory = row.name.startsWith('path_') || row.name === 'fd_readdir' || row.name.startsWith('fd_prestat');
  let zone = 4096;
  let fds = 0;
  const args = row.params.map((param): number | bigint => {
    switch (param.kind) {
      case 'fd':
        return isOnDirectory ? 3 : fds++ === 0 ? file : other;
      case 'ptr':
        zone += ZONE;
        return fill(guest, param, zone);
      case 'size':
        return sizeOf(row, param);
      case 'u64':
      case 's64':
        return param.name === 'len' ? 1n : 0n;
      default:
        return 0;
    }
  });
  return { guest, args };
}

/** Puts valid contents where a pointer parameter points. */
function fill(guest: Guest, param: Param, zone: number): number {
  const { memory } = guest;
  if (param.to === 'iovec' || param.to === 'ciovec') {
    memory.writeU32(zone, zone + 64);
    memory.writeU32(zone + 4, 8);
  } else if (param.to === 'subscription' || param.to === 'subscription_unstable') {
    // A clock that has come already.
    memory.bytes.fill(0, zone, zone + STRUCT_SIZES[param.to]);
  } else if (param.direction === 'in') {
    guest.text(`tmp/${param.name}`, zone);
  }
  return zone;
}

function sizeOf(row: Row, param: Param): number {
  const pointer = row.params.find((candidate) => candidate.count === param.name);
  if (pointer?.to === 'iovec' || pointer?.to === 'ciovec' || pointer?.to?.startsWith('subscription')) return 1;
  if (pointer?.direction === 'in') return `tmp/${pointer.name}`.length;
  return 64;
}

const WITH_FD = ROWS.flatMap((row) =>
  row.params.flatMap((param, index) => (param.kind === 'fd' ? [{ row, param, index }] : [])),
);
const WITH_POINTER = ROWS.filter((row) => !row.name.startsWith('sock_')).flatMap((row) =>
  row.params.flatMap((param, index) => (param.kind === 'ptr' ? [{ row, param, index }] : [])),
);

describe('a bad descriptor', () => {
  for (const { row, param, index } of WITH_FD) {
    it.each([4096, 99, -1, 0x7fff_ffff])(`is EBADF in ${titleOf(row)}, ${param.name} = %i`, (bad) => {
      const { guest, args } = prepare(row);
      args[index] = bad;
      const before = guest.memory.copyOut(0, 2 * PAGE);
      const descriptors = guest.descriptors;
      expect(guest.call(row.name, ...args)).toBe('EBADF');
      expectSame(guest.memory.copyOut(0, 2 * PAGE), before);
      expect(guest.descriptors).toEqual(descriptors);
    });
  }

  it('is EBADF too when it was just closed', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    expect(guest.call('fd_close', fd)).toBe('OK');
    expect(guest.call('fd_close', fd)).toBe('EBADF');
  });
});

describe('a bad pointer', () => {
  for (const { row, param, index } of WITH_POINTER) {
    it.each([0xffff_ffff, 2 * PAGE])(`is EFAULT in ${titleOf(row)}, ${param.name} = %i`, (bad) => {
      const { guest, args } = prepare(row);
      args[index] = bad;
      expectUntouched(guest, row, args);
    });

    it(`is EFAULT in ${titleOf(row)}, when only the last byte of ${param.name} is outside`, () => {
      const { guest, args } = prepare(row);
      const length = lengthOf(row, param, args);
      // The last byte of one alone is behind the memory's end.
      expect(length).toBeGreaterThan(0);
      args[index] = 2 * PAGE - length + 1;
      expectUntouched(guest, row, args);
    });

    const { count } = param;
    if (count === undefined) continue;
    it(`is EFAULT in ${titleOf(row)}, when ${count} is huge`, () => {
      const { guest, args } = prepare(row);
      args[row.params.findIndex((candidate) => candidate.name === count)] = 0xffff_ffff;
      expectUntouched(guest, row, args);
    });
  }

  it.each(['fd_read', 'fd_write'])('inside of an iovec is EFAULT in %s, and no earlier buffer is touched', (name) => {
    const guest = new Guest({ pages: 2 });
    const fd = guest.fd('tmp/file');
    guest.pwrite(fd, 'contents', 0);
    guest.memory.bytes.fill(PATTERN);
    const buffers = [AT.buffer, 8, 2 * PAGE - 4, 8];
    for (const [i, word] of buffers.entries()) guest.memory.writeU32(AT.iovec + 4 * i, word);
    const before = guest.memory.copyOut(0, 2 * PAGE);
    expect(guest.call(name, fd, AT.iovec, 2, AT.result)).toBe('EFAULT');
    expectSame(guest.memory.copyOut(0, 2 * PAGE), before);
    expect(guest.pread(fd, 8, 0)).toBe('contents');
  });
});

it('more than 1024 buffers, or more than 2^31 - 1 bytes, are EINVAL', () => {
  const guest = new Guest({ pages: 40 });
  const fd = guest.fd('tmp/file');
  guest.memory.bytes.fill(0);
  expect(guest.call('fd_write', fd, AT.iovec, 1025, AT.result)).toBe('EINVAL');
  // The whole memory over and over.
  for (let i = 0; i < 1024; i++) guest.memory.writeU32(AT.iovec + 8 * i + 4, 40 * PAGE);
  expect(guest.call('fd_write', fd, AT.iovec, 1024, AT.result)).toBe('EINVAL');
  expect(guest.size(fd)).toBe(0);
});

function expectUntouched(guest: Guest, row: Row, args: (number | bigint)[]): void {
  const before = guest.memory.copyOut(0, 2 * PAGE);
  const { descriptors } = guest;
  expect(guest.call(row.name, ...args)).toBe('EFAULT');
  expectSame(guest.memory.copyOut(0, 2 * PAGE), before);
  expect(guest.descriptors).toEqual(descriptors);
  expect(guest.open('tmp/new_path', OFLAGS.DIRECTORY)).toBe('ENOENT');
}

function titleOf({ module, name }: Row): string {
  return module === UNSTABLE.module ? `${module}.${name}` : name;
}

/** Bytes behind a pointer parameter. */
function lengthOf(row: Row, param: Param, args: readonly (number | bigint)[]): number {
  const size = STRUCT_SIZES[param.to ?? 'u8'];
  // args_get and its kin take as much as the program has.
  if (row.name === 'args_get') return param.name === 'argv' ? 8 : 9;
  if (row.name === 'environ_get') return 4;
  const index = row.params.findIndex((candidate) => candidate.name === param.count);
  return index < 0 ? size : size * Number(args[index]);
}
