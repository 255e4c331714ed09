// The sweeps of bad arguments, derived from the table of calls: every descriptor parameter bad, every pointer parameter
// bad, whatever way a call is made: a handler called directly, an import closure, a guest that ships it. No list of calls
// is kept here; a row added to the table is swept.
//
//   const setup = {
//     memory,                                       // the guest's memory; the sweeps overwrite all of it
//     descriptors: { file: 4, directory: 3, unused: 77 },
//     call: (row, args) => linux.handlers[row.number](context, ...args),   // → Linux errno, or a promise of it
//   };
//   expect(await sweepBadDescriptors(TABLE, setup)).toEqual([]);
//   expect(await sweepBadPointers(TABLE, setup)).toEqual([]);
//
// The process needs at least one argument and one environment variable (or args_get has nothing to store), `file` is a
// regular file that is not empty, open for reading and writing, and `directory` a preopened directory, both with all
// rights. Arguments arrive as an engine passes them: i32 signed, i64 as bigint. A way of calling that yields WASI's error
// numbers wraps them in `linuxErrno`. What is compared is the whole memory, so nothing else may write there meanwhile.

import { Errno, errnoName } from '../../runtime/abi/errno.ts';
import type { Param, Row } from '../../runtime/abi/row.ts';
import { STRUCT_SIZES } from '../../runtime/abi/structs.ts';
import { wasiErrnoOf } from '../../runtime/abi/wasi/errno.ts';
import { IOVEC } from '../../runtime/abi/wasi/structs.ts';

export type Argument = number | bigint;

export interface SweepSetup {
  readonly memory: { readonly buffer: ArrayBufferLike };
  readonly descriptors: {
    /** A regular file, not empty, open for reading and writing. */
    readonly file: number;
    /** A preopened directory. */
    readonly directory: number;
    /** A number inside the descriptor table that is not open. */
    readonly unused: number;
  };
  /** Makes the call and gives its Linux error number. */
  readonly call: (row: Row, args: readonly Argument[]) => number | Promise<number>;
}

/** One call of a sweep: its arguments, and what they lay in memory before it. */
interface Case {
  readonly row: Row;
  /** What is bad, for the report: `path_open fd = -1`. */
  readonly title: string;
  readonly args: readonly Argument[];
  /** Written over the pattern before the call. */
  readonly content: readonly Content[];
}

interface Content {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Valid arguments of a row, and what must lie in memory for them to be valid. */
interface GoodCall {
  readonly args: readonly Argument[];
  readonly content: readonly Content[];
}

/**
 * Calls each row with each of its descriptors bad (-1, 2^31 - 1, an unused number) and all else good.
 *
 * @returns what went wrong, one line each: not EBADF, or a changed byte of memory
 */
export async function sweepBadDescriptors(rows: readonly Row[], setup: SweepSetup): Promise<string[]> {
  return runCases(badDescriptorCases(rows, setup), setup, Errno.EBADF);
}

/**
 * Calls each supported row with each of its pointers bad (2^32 - 1, an element that ends one byte outside the memory, the
 * memory's end, counts that reach outside or wrap around 2^32, an iovec whose buffer is outside) and all else good.
 *
 * @returns what went wrong, one line each: not EFAULT, or a changed byte of memory
 */
export async function sweepBadPointers(rows: readonly Row[], setup: SweepSetup): Promise<string[]> {
  return runCases(badPointerCases(rows, setup), setup, Errno.EFAULT);
}

/** The Linux error number of one of WASI's, for ways of calling that go through an import closure. */
export function linuxErrno(wasiErrno: number): number {
  if (wasiErrno === 0) return Errno.SUCCESS;
  const names = Object.values(Errno).filter((errno) => errno !== Errno.SUCCESS && wasiErrnoOf(errno) === wasiErrno);
  const [errno] = names;
  if (errno === undefined) throw new RangeError(`no error number ${wasiErrno} in WASI preview 1`);
  return errno;
}

function badDescriptorCases(rows: readonly Row[], setup: SweepSetup): Case[] {
  const cases: Case[] = [];
  for (const row of rows.filter(givesErrno)) {
    const good = goodCall(row, setup);
    row.params.forEach((param, index) => {
      if (param.kind !== 'fd') return;
      for (const fd of [-1, 0x7fffffff, setup.descriptors.unused]) {
        const args = good.args.with(index, fd);
        cases.push({ row, title: `${row.name} ${param.name} = ${fd}`, args, content: good.content });
      }
    });
  }
  return cases;
}

function badPointerCases(rows: readonly Row[], setup: SweepSetup): Case[] {
  const cases: Case[] = [];
  // A call that is not supported need not look at its pointers.
  for (const row of rows.filter((each) => givesErrno(each) && each.support !== 'none')) {
    const good = goodCall(row, setup);
    row.params.forEach((param, index) => {
      if (param.kind !== 'ptr') return;
      cases.push(...badAddresses(row, good, index, setup));
      cases.push(...badCounts(row, good, index, setup));
      cases.push(...badBuffers(row, good, index, setup));
    });
  }
  return cases;
}

function badAddresses(row: Row, good: GoodCall, index: number, setup: SweepSetup): Case[] {
  const end = setup.memory.buffer.byteLength;
  const param = row.params[index];
  const addresses = new Set([-1, end - elementSize(param) + 1, end, end + 1]);
  return [...addresses].map((address) => ({
    row,
    title: `${row.name} ${param?.name} = 0x${(address >>> 0).toString(16)}`,
    args: good.args.with(index, address | 0),
    content: good.content,
  }));
}

/** The good address, with counts of elements that end outside the memory or, in bytes, wrap around 2^32. */
function badCounts(row: Row, good: GoodCall, index: number, setup: SweepSetup): Case[] {
  const param = row.params[index];
  const countIndex = row.params.findIndex(({ name }) => name === param?.count);
  if (param?.count === undefined || countIndex < 0) return [];
  const size = elementSize(param);
  const room = setup.memory.buffer.byteLength - Number(good.args[index]);
  const counts = new Set([Math.floor(room / size) + 1, 0x7fffffff, 0xffffffff, ...wrappingCounts(size)]);
  return [...counts].map((count) => ({
    row,
    title: `${row.name} ${param.count} = ${count} for ${param.name}`,
    args: good.args.with(countIndex, count | 0),
    content: good.content,
  }));
}

function wrappingCounts(size: number): number[] {
  return size === 1 ? [] : [Math.ceil(2 ** 32 / size), Math.ceil(2 ** 32 / size) + 1];
}

/** A good iovec array whose one buffer is outside the memory. */
function badBuffers(row: Row, good: GoodCall, index: number, setup: SweepSetup): Case[] {
  const param = row.params[index];
  if (param?.to !== 'iovec' && param?.to !== 'ciovec') return [];
  const end = setup.memory.buffer.byteLength;
  const address = Number(good.args[index]);
  const buffers = [
    [0xffffffff, 1],
    [end - 1, 2],
    [end, 1],
    [0, 0x7fffffff],
    [0x10, 0xffffffff],
  ] as const;
  return buffers.map(([buf, len]) => ({
    row,
    title: `${row.name} ${param.name}[0] = { buf: 0x${buf.toString(16)}, len: ${len} }`,
    args: good.args,
    content: [...good.content, { address, bytes: iovecBytes(buf, len) }],
  }));
}

async function runCases(cases: readonly Case[], setup: SweepSetup, expected: number): Promise<string[]> {
  const failures: string[] = [];
  const pattern = patternOf(setup.memory.buffer.byteLength);
  for (const { row, title, args, content } of cases) {
    const before = fill(setup, pattern, content);
    const errno = await setup.call(row, args);
    if (errno !== expected) failures.push(`${title}: ${errnoName(errno)}, not ${errnoName(expected)}`);
    const changed = firstDifference(before, setup);
    if (changed >= 0) failures.push(`${title}: memory changed at 0x${changed.toString(16)}`);
  }
  return failures;
}

/** Bytes of which neighbours and pages differ, so that a stray store shows. */
function patternOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => (index * 167 + (index >>> 8)) & 0xff);
}

/** Fills the whole memory with the pattern and the content over it; gives a copy of all. */
function fill(setup: SweepSetup, pattern: Uint8Array, content: readonly Content[]): Buffer {
  const bytes = new Uint8Array(setup.memory.buffer);
  bytes.set(pattern);
  for (const part of content) bytes.set(part.bytes, part.address);
  return Buffer.from(bytes);
}

function firstDifference(before: Buffer, setup: SweepSetup): number {
  const after = Buffer.from(setup.memory.buffer);
  if (before.equals(after.subarray(0, before.length))) return after.length === before.length ? -1 : before.length;
  return before.findIndex((byte, index) => byte !== after[index]);
}

// Where good arguments point: one area a parameter, and a buffer for the iovecs, all in the first page.
const AREA_START = 0x1000;
const AREA_SIZE = 0x1000;
const BUFFER = { address: 0x800, length: 16 } as const;
/** A path that exists in every directory. */
const GOOD_PATH = '.';
/** Bytes given to a call that fills a buffer. */
const GOOD_LENGTH = 256;

function goodCall(row: Row, setup: SweepSetup): GoodCall {
  const content: Content[] = [];
  const args = row.params.map((param, index): Argument => {
    const address = AREA_START + index * AREA_SIZE;
    if (param.kind !== 'ptr') return goodValue(row, param, setup);
    if (param.direction === 'in') content.push({ address, bytes: goodElement(param) });
    return address;
  });
  return { args, content };
}

function goodValue(row: Row, param: Param, setup: SweepSetup): Argument {
  switch (param.kind) {
    case 'fd':
      return wantsDirectory(row) ? setup.descriptors.directory : setup.descriptors.file;
    case 'size':
      return goodCount(row, param);
    case 'u64':
    case 's64':
      // A length of zero is EINVAL in some calls; an offset or time of one is as good as any.
      return param.type === 'filesize' ? 1n : 0n;
    default:
      return 0;
  }
}

function goodCount(row: Row, size: Param): number {
  const counted = row.params.find(({ count }) => count === size.name);
  return counted?.direction === 'out' && elementSize(counted) === 1 ? GOOD_LENGTH : 1;
}

function goodElement(param: Param): Uint8Array {
  if (param.to === 'iovec' || param.to === 'ciovec') return iovecBytes(BUFFER.address, BUFFER.length);
  if (param.to === 'char') return new TextEncoder().encode(GOOD_PATH);
  // A subscription of zeros waits for no time at all.
  return new Uint8Array(elementSize(param));
}

function iovecBytes(buf: number, len: number): Uint8Array {
  const bytes = new Uint8Array(STRUCT_SIZES.iovec);
  const view = new DataView(bytes.buffer);
  view.setUint32(IOVEC.buf, buf, true);
  view.setUint32(IOVEC.len, len, true);
  return bytes;
}

/** Calls on names in a directory, its entries, or its own name want a (preopened) directory, all others a file. */
function wantsDirectory(row: Row): boolean {
  return /^path_|^fd_readdir$|^fd_prestat_/.test(row.name);
}

function givesErrno(row: Row): boolean {
  return row.result === 'errno';
}

function elementSize(param: Param | undefined): number {
  return param?.to === undefined ? 1 : STRUCT_SIZES[param.to];
}
