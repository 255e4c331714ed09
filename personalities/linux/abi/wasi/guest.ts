// What WASI's calls take out of guest memory and put into it: buffers, paths, attributes. Guest memory is hostile, so
// everything is bounded, copied once, and checked on the copy. Results are values, or −errno as a number.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { FILESTAT, IOV_MAX, PATH_MAX, STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import type { Segments } from '../../syscalls/transfer.ts';
import type { Inode } from '../../vfs/inode.ts';
import { decodeName } from '../../vfs/names.ts';
import { fileType } from './rights.ts';

const MAX_TRANSFER = 0x7fff_ffff;
const MAX_OFFSET = 1n << 63n;
const NS = 1_000_000_000n;
const TWO32 = 2 ** 32;
/** A path as bytes, while it is looked at. */
const pathBytes = new Uint8Array(PATH_MAX);

/** Copies an array of iovec or ciovec, and checks every buffer. @returns 0 or −errno */
export function loadSegments(ctx: SyscallContext, segments: Segments, iovs: number, count: number): number {
  const { memory } = ctx;
  const total = count >>> 0;
  if (total > IOV_MAX) {
    return memory.containsArray(iovs, total, STRUCT_SIZES.iovec) ? -Errno.EINVAL : -Errno.EFAULT;
  }
  if (!memory.contains(iovs, total * STRUCT_SIZES.iovec)) return -Errno.EFAULT;
  let bytes = 0;
  for (let i = 0; i < total; i++) {
    const at = (iovs >>> 0) + i * STRUCT_SIZES.iovec;
    const address = memory.readU32(at);
    const length = memory.readU32(at + 4);
    if (length > 0 && !memory.contains(address, length)) return -Errno.EFAULT;
    segments.addresses[i] = address;
    segments.lengths[i] = length;
    bytes += length;
  }
  segments.count = total;
  return bytes > MAX_TRANSFER ? -Errno.EINVAL : 0;
}

/** A file offset of pread and pwrite, or −EINVAL. */
export function positionFromGuest(offset: bigint): number {
  const unsigned = BigInt.asUintN(64, offset);
  if (unsigned >= MAX_OFFSET) return -Errno.EINVAL;
  // Beyond 2^53 it is not exact, but then it is beyond the largest file too.
  return Number(unsigned);
}

/** A path, or −EFAULT, −ENAMETOOLONG, −EINVAL (a NUL in it). */
export function pathFromGuest(ctx: SyscallContext, address: number, length: number): string | number {
  const { memory } = ctx;
  const count = length >>> 0;
  if (!memory.contains(address, count)) return -Errno.EFAULT;
  if (count >= PATH_MAX) return -Errno.ENAMETOOLONG;
  const start = address >>> 0;
  const { bytes } = memory;
  for (let i = 0; i < count; i++) {
    const byte = bytes[start + i] as number;
    if (byte === 0) return -Errno.EINVAL;
    pathBytes[i] = byte;
  }
  return decodeName(pathBytes.subarray(0, count));
}

/** Stores a filestat at a checked address. */
export function storeFilestat(memory: GuestMemory, at: number, inode: Inode): void {
  const base = at >>> 0;
  memory.writeU64Halves(base + FILESTAT.dev, inode.fileSystem.device, 0);
  writeNumber(memory, base + FILESTAT.ino, inode.ino);
  memory.writeU64Halves(base + FILESTAT.filetype, fileType(inode.mode), 0);
  writeNumber(memory, base + FILESTAT.nlink, inode.nlink);
  writeNumber(memory, base + FILESTAT.size, inode.size);
  memory.writeU64(base + FILESTAT.atim, timestamp(inode.atimeSec, inode.atimeNsec));
  memory.writeU64(base + FILESTAT.mtim, timestamp(inode.mtimeSec, inode.mtimeNsec));
  memory.writeU64(base + FILESTAT.ctim, timestamp(inode.ctimeSec, inode.ctimeNsec));
}

/** Stores a whole number of at most 2^53 as an unsigned 64-bit one. */
export function writeNumber(memory: GuestMemory, at: number, value: number): void {
  memory.writeU64Halves(at, value >>> 0, Math.floor(value / TWO32));
}

/** Times before 1970 do not exist in WASI. */
function timestamp(sec: number, nsec: number): bigint {
  return sec < 0 ? 0n : BigInt(sec) * NS + BigInt(nsec);
}

/** A WASI timestamp as seconds and nanoseconds. */
export function timeFromGuest(time: bigint): { sec: number; nsec: number } {
  const unsigned = BigInt.asUintN(64, time);
  return { sec: Number(unsigned / NS), nsec: Number(unsigned % NS) };
}
