// The sweeps themselves: a kernel that checks everything passes, and each kind of negligence is found.

import { describe, expect, test } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import type { Row } from '../../../runtime/abi/row.ts';
import { STRUCT_SIZES } from '../../../runtime/abi/structs.ts';
import { TABLE } from '../../../runtime/abi/table.ts';
import { wasiErrnoOf } from '../../../runtime/abi/wasi/errno.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import {
  type Argument,
  linuxErrno,
  type SweepSetup,
  sweepBadDescriptors,
  sweepBadPointers,
} from '../../support/sweeps.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const guest = new GuestMemory(memory);
const descriptors = { file: 4, directory: 3, unused: 77 };
const PREVIEW_1_ROWS = TABLE.filter(({ module }) => module === 'wasi_snapshot_preview1');
const isOpen = (fd: Argument) => fd === descriptors.file || fd === descriptors.directory;

function setup(call: (row: Row, args: readonly Argument[]) => number): SweepSetup {
  return { memory, descriptors, call };
}

/** A kernel that does nothing but check, from the table. */
function check(row: Row, args: readonly Argument[]): number {
  for (const [index, param] of row.params.entries()) {
    const value = args[index] ?? 0;
    if (param.kind === 'fd' && !isOpen(value)) return Errno.EBADF;
    if (param.kind !== 'ptr' || param.to === undefined) continue;
    const countIndex = row.params.findIndex(({ name }) => name === param.count);
    const count = countIndex < 0 ? 1 : Number(args[countIndex]);
    if (!guest.containsArray(Number(value), count, STRUCT_SIZES[param.to])) return Errno.EFAULT;
    if (param.to !== 'iovec' && param.to !== 'ciovec') continue;
    for (let i = 0; i < count; i++) {
      const iovec = Number(value) + i * STRUCT_SIZES.iovec;
      if (!guest.contains(guest.readU32(iovec), guest.readU32(iovec + 4))) return Errno.EFAULT;
    }
  }
  return Errno.SUCCESS;
}

test('a kernel that checks everything passes both', async () => {
  expect(await sweepBadDescriptors(TABLE, setup(check))).toEqual([]);
  expect(await sweepBadPointers(TABLE, setup(check))).toEqual([]);
});

test('every descriptor parameter is swept three times, every pointer of a supported call at least three times', async () => {
  const seen = new Map<Row, number>();
  const counted = setup((row, args) => {
    seen.set(row, (seen.get(row) ?? 0) + 1);
    return check(row, args);
  });
  await sweepBadDescriptors(TABLE, counted);
  for (const row of TABLE) {
    const fds = row.params.filter(({ kind }) => kind === 'fd').length;
    const swept = row.result === 'errno' ? 3 * fds : 0;
    expect([row.module, row.name, seen.get(row) ?? 0]).toEqual([row.module, row.name, swept]);
  }
  seen.clear();
  await sweepBadPointers(TABLE, counted);
  for (const row of TABLE) {
    const swept = row.result === 'errno' && row.support !== 'none';
    const pointers = swept ? row.params.filter(({ kind }) => kind === 'ptr').length : 0;
    expect(seen.get(row) ?? 0).toBeGreaterThanOrEqual(3 * pointers);
    if (pointers === 0) expect(seen.has(row)).toBe(false);
  }
});

test('but for the bad argument a call is good', async () => {
  const goodOtherwise = setup((row, args) => {
    const good = args.map((arg, index) => (row.params[index]?.kind === 'fd' && !isOpen(arg) ? descriptors.file : arg));
    expect(check(row, good)).toBe(Errno.SUCCESS);
    return Errno.EBADF;
  });
  expect(await sweepBadDescriptors(TABLE, goodOtherwise)).toEqual([]);
});

describe('found is', () => {
  test('a call that takes a bad descriptor', async () => {
    const failures = await sweepBadDescriptors(
      PREVIEW_1_ROWS,
      setup((row, args) => (row.name === 'fd_renumber' && args[0] !== -1 ? 0 : check(row, args))),
    );
    expect(failures).toEqual([
      'fd_renumber fd = 2147483647: SUCCESS, not EBADF',
      'fd_renumber fd = 77: SUCCESS, not EBADF',
      'fd_renumber to = -1: SUCCESS, not EBADF',
      'fd_renumber to = 2147483647: SUCCESS, not EBADF',
      'fd_renumber to = 77: SUCCESS, not EBADF',
    ]);
  });

  test('a call that multiplies in 32 bits', async () => {
    const failures = await sweepBadPointers(
      PREVIEW_1_ROWS.filter(({ name }) => name === 'poll_oneoff'),
      setup((row, args) => {
        const bytes = Math.imul(Number(args[2]), STRUCT_SIZES.subscription);
        return guest.contains(Number(args[0]), bytes >>> 0) ? Errno.SUCCESS : check(row, args);
      }),
    );
    expect(failures.some((line) => line.includes('nsubscriptions = 89478486'))).toBe(true);
  });

  test('a call that does not look at the buffers of its iovecs', async () => {
    const failures = await sweepBadPointers(
      PREVIEW_1_ROWS.filter(({ name }) => name === 'fd_write'),
      setup((_row, args) =>
        guest.containsArray(Number(args[1]), Number(args[2]), 8) && guest.contains(Number(args[3]), 4)
          ? Errno.SUCCESS
          : Errno.EFAULT,
      ),
    );
    expect(failures).toHaveLength(5);
    expect(failures[0]).toBe('fd_write iovs[0] = { buf: 0xffffffff, len: 1 }: SUCCESS, not EFAULT');
  });

  test('one stray byte, and where', async () => {
    const failures = await sweepBadPointers(
      PREVIEW_1_ROWS.filter(({ name }) => name === 'clock_res_get'),
      setup((row, args) => {
        guest.bytes[0xabcd] = (guest.bytes[0xabcd] ?? 0) ^ 1;
        return check(row, args);
      }),
    );
    expect(failures).toHaveLength(4);
    expect(failures[0]).toBe('clock_res_get resolution = 0xffffffff: memory changed at 0xabcd');
  });
});

test("an error number of WASI becomes Linux's", () => {
  expect(linuxErrno(0)).toBe(Errno.SUCCESS);
  for (const errno of Object.values(Errno))
    if (errno !== Errno.SUCCESS) expect(linuxErrno(wasiErrnoOf(errno))).toBe(errno);
  expect(() => linuxErrno(200)).toThrow(RangeError);
});
