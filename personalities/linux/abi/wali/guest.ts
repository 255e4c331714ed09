// What Linux's calls take out of guest memory and put into it: paths, times, attributes; and the files that they name. Guest memory
// is hostile, so everything is bounded, copied once, and checked on the copy. Results are values, or −errno as a number.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { LINUX_ROWS } from '../../../../runtime/abi/linux/rows.ts';
import { TIMESPEC } from '../../../../runtime/abi/linux/structs.ts';
import { AT_FDCWD, AT_FLAGS } from '../../../../runtime/abi/linux/types.ts';
import type { HandlersOf } from '../../../../runtime/abi/row.ts';
import { STRUCT_SIZES, type StructName } from '../../../../runtime/abi/structs.ts';
import { PATH_MAX } from '../../../../runtime/abi/wasi/structs.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { PathDescription } from '../../syscalls/open-path.ts';
import type { FileDescription, Inode } from '../../vfs/inode.ts';
import { decodePath } from '../../vfs/names.ts';
import { FOLLOW, LAST_NAME } from '../../vfs/walk.ts';

/** One handler a row of Linux's. */
export type LinuxHandlers = HandlersOf<(typeof LINUX_ROWS)[number], SyscallContext>;

const SLASH = 47;
const TWO_32 = 2 ** 32;
const NS = 1_000_000_000;
const NS_PER_US = 1000;
/** A path as bytes, while it is looked at. */
const pathBytes = new Uint8Array(PATH_MAX);

/** A path that ends in NUL; it may be empty. Errors: EFAULT; ENAMETOOLONG. */
export function textFromGuest({ memory }: SyscallContext, address: number): string | number {
  const start = address >>> 0;
  let { bytes } = memory;
  for (let i = 0; i < PATH_MAX; i++) {
    if (start + i >= bytes.length) {
      if (!memory.contains(start, i + 1)) return -Errno.EFAULT;
      ({ bytes } = memory);
    }
    const byte = bytes[start + i] as number;
    if (byte === 0) return decodePath(pathBytes, i);
    pathBytes[i] = byte;
  }
  return -Errno.ENAMETOOLONG;
}

/** As `textFromGuest`, of a path that must not be empty. Errors: ENOENT, too. */
export function pathFromGuest(ctx: SyscallContext, address: number): string | number {
  const path = textFromGuest(ctx, address);
  return path === '' ? -Errno.ENOENT : path;
}

/** Where a path begins. Errors: EBADF. A walk finds that it is no directory. */
export function baseOf(ctx: SyscallContext, dirfd: number, path: string): Inode | number {
  const { process } = ctx;
  if (path.charCodeAt(0) === SLASH) return process.root;
  if (dirfd === AT_FDCWD) return process.workingDirectory;
  return ctx.description(dirfd)?.inode ?? -Errno.EBADF;
}

/**
 * The file that a directory's descriptor and a path name, with fresh attributes; with AT_EMPTY_PATH and an empty path, the file of
 * the descriptor.
 *
 * @param walkFlags FOLLOW, or 0
 * @param flags AT_*, already checked
 */
export function fileAt(
  ctx: SyscallContext,
  dirfd: number,
  pathname: number,
  walkFlags: number,
  flags = 0,
): Inode | number {
  const path = textFromGuest(ctx, pathname);
  if (typeof path === 'number') return path;
  if (path === '') return (flags & AT_FLAGS.AT_EMPTY_PATH) === 0 ? -Errno.ENOENT : fileOf(ctx, dirfd);
  const base = baseOf(ctx, dirfd, path);
  if (typeof base === 'number') return base;
  const { walk } = ctx;
  const result = walk.toInode(ctx, ctx.process, base, path, walkFlags);
  if (result < 0) return result;
  // A name that was looked up has fresh attributes; where a path ends in dots, nobody asked.
  return walk.last === LAST_NAME ? walk.inode : refreshed(ctx, walk.inode);
}

/** The file of a descriptor, or with AT_FDCWD the working directory, with fresh attributes. Errors: EBADF. */
export function fileOf(ctx: SyscallContext, dirfd: number): Inode | number {
  const inode = dirfd === AT_FDCWD ? ctx.process.workingDirectory : ctx.description(dirfd)?.inode;
  return inode === undefined ? -Errno.EBADF : refreshed(ctx, inode);
}

function refreshed(ctx: SyscallContext, inode: Inode): Inode | number {
  const result = inode.refresh(ctx);
  return result < 0 ? result : inode;
}

/** What of a file a descriptor is open for: not one of O_PATH. Errors: EBADF. */
export function descriptionOf(ctx: SyscallContext, fd: number): FileDescription | number {
  const description = ctx.description(fd);
  return description === undefined || description instanceof PathDescription ? -Errno.EBADF : description;
}

/** Walk flags of AT_*, of calls that follow a symbolic link unless told otherwise. */
export function followUnlessTold(flags: number): number {
  return (flags & AT_FLAGS.AT_SYMLINK_NOFOLLOW) === 0 ? FOLLOW : 0;
}

/** Whether flags are among those that a call knows. */
export function areAmong(flags: number, known: number): boolean {
  return (flags & ~known) === 0;
}

/** Whether a struct that a call writes, or null, may be written. */
export function isNullOr({ memory }: SyscallContext, address: number, struct: StructName): boolean {
  return address === 0 || memory.contains(address, STRUCT_SIZES[struct]);
}

/** A signed 64-bit number at a checked address: exact up to 2^53. */
export function readSigned(memory: GuestMemory, at: number): number {
  return (memory.readU32(at + 4) | 0) * TWO_32 + memory.readU32(at);
}

/** An unsigned one. */
export function readUnsigned(memory: GuestMemory, at: number): number {
  return memory.readU32(at + 4) * TWO_32 + memory.readU32(at);
}

/** Stores seconds and the rest of them: timespec, timeval. */
export function writeTime(memory: GuestMemory, at: number, sec: number, rest: number): void {
  memory.writeNumber(at + TIMESPEC.sec, sec);
  memory.writeNumber(at + TIMESPEC.nsec, rest);
}

/** Stores nanoseconds as a timespec. */
export function writeTimespec(memory: GuestMemory, at: number, ns: number): void {
  writeTime(memory, at, Math.floor(ns / NS), Math.floor(ns % NS));
}

/** Stores nanoseconds as a timeval. */
export function writeTimeval(memory: GuestMemory, at: number, ns: number): void {
  writeTime(memory, at, Math.floor(ns / NS), Math.floor((ns % NS) / NS_PER_US));
}

/** A duration of a timespec at a checked address, in nanoseconds. Errors: EINVAL. */
export function durationFromTimespec(memory: GuestMemory, at: number): number {
  const sec = readSigned(memory, at + TIMESPEC.sec);
  const nsec = readSigned(memory, at + TIMESPEC.nsec);
  return sec < 0 || nsec < 0 || nsec >= NS ? -Errno.EINVAL : sec * NS + nsec;
}
