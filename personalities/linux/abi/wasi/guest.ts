// What WASI's calls take out of guest memory and put into it: paths, attributes. Guest memory is hostile, so
// everything is bounded, copied once, and checked on the copy. Results are values, or −errno as a number.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { storeTypeAndLinks } from '../../../../runtime/abi/wasi/stat.ts';
import { PATH_MAX } from '../../../../runtime/abi/wasi/structs.ts';
import type { WasiHandlers } from '../../../../runtime/abi/wasi/unstable.ts';
import type { WasiVersion } from '../../../../runtime/abi/wasi/version.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import type { Inode } from '../../vfs/inode.ts';
import { decodePath } from '../../vfs/names.ts';
import { fileType } from './rights.ts';

/** Serves one call of WASI. */
export type Handler<Name extends keyof WasiHandlers<SyscallContext>> = WasiHandlers<SyscallContext>[Name];

const NS_NUMBER = 1e9;
const TWO16 = 2 ** 16;
const TWO32 = 2 ** 32;
/** A path as bytes, while it is looked at. */
const pathBytes = new Uint8Array(PATH_MAX);

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
  return decodePath(pathBytes, count);
}

/** Stores a filestat at a checked address. */
export function storeFilestat(memory: GuestMemory, at: number, inode: Inode, version: WasiVersion): void {
  const { filestat } = version;
  const base = at >>> 0;
  memory.writeNumber(base + filestat.dev, inode.fileSystem.device);
  memory.writeNumber(base + filestat.ino, inode.ino);
  storeTypeAndLinks(memory, base, fileType(inode.mode), inode.nlink, version);
  memory.writeNumber(base + filestat.size, inode.size);
  writeTimestamp(memory, base + filestat.atim, inode.atimeSec, inode.atimeNsec);
  writeTimestamp(memory, base + filestat.mtim, inode.mtimeSec, inode.mtimeNsec);
  writeTimestamp(memory, base + filestat.ctim, inode.ctimeSec, inode.ctimeNsec);
}

/** The last whole second that WASI's nanoseconds have room for: in the year 2554. */
const LATEST_SEC = 18_446_744_072;

/** Stores nanoseconds since 1970, in 64 bits, by numbers that stay below 2^53: a bigint costs more than all the rest. */
function writeTimestamp(memory: GuestMemory, at: number, sec: number, nsec: number): void {
  // Times before 1970 do not exist in WASI.
  if (sec < 0) return memory.writeU64Halves(at, 0, 0);
  if (sec > LATEST_SEC) return memory.writeU64Halves(at, 0xffff_ffff, 0xffff_ffff);
  const low = (sec % TWO16) * NS_NUMBER + nsec;
  const high = Math.floor(sec / TWO16) * NS_NUMBER;
  const sum = (high % TWO16) * TWO16 + (low % TWO32);
  memory.writeU64Halves(at, sum >>> 0, Math.floor(high / TWO16) + Math.floor(low / TWO32) + Math.floor(sum / TWO32));
}
