// Calls on attributes: stat, access, chmod, chown, utimensat, truncate, by descriptor or path. They take the inode: the ABI finds
// it by a walk or behind a descriptor. stat itself is `inode.refresh` and its fields.

import { Errno } from '../../../runtime/abi/errno.ts';
import { fileTime } from '../../../runtime/abi/file-times.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription, Inode, TimesChange } from '../vfs/inode.ts';
import { S_ISGID } from '../vfs/mode.ts';
import {
  isInGroup,
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  mayChangeAttributes,
  mayGiveGroup,
  permission,
  privilegesLostByWriting,
  privilegesOf,
} from '../vfs/permissions.ts';

/** A time to set: as it is, the present one, or seconds and nanoseconds. */
export type NewTime = 'keep' | 'now' | { readonly sec: number; readonly nsec: number };

/** Walks to a file. @returns 0 and the file in `ctx.walk.inode`, or −errno */
export function find(ctx: SyscallContext, base: Inode, path: string, walkFlags: number): number {
  return ctx.walk.toInode(ctx, ctx.process, base, path, walkFlags);
}

/**
 * Implements faccessat(2) by the effective identities, which are the real ones unless the process has changed them.
 *
 * @param mode MAY_*, added up; 0: whether it exists
 * Errors: EINVAL, an unknown mode; EACCES; EROFS, writing on a mount that is read-only; those of the walk.
 */
export function accessAt(ctx: SyscallContext, base: Inode, path: string, mode: number, walkFlags: number): number {
  if (!isAccessMode(mode)) return -Errno.EINVAL;
  const result = find(ctx, base, path, walkFlags);
  return result < 0 ? result : access(ctx, ctx.walk.inode, mode);
}

/** Whether access(2) knows a mode. */
export function isAccessMode(mode: number): boolean {
  return (mode & ~(MAY_READ | MAY_WRITE | MAY_EXECUTE)) === 0;
}

/** As `accessAt`, of a file that was found, by the identities of the caller. */
export function access(ctx: SyscallContext, inode: Inode, mode: number): number {
  const refusal = permission(ctx, inode, mode);
  if (refusal < 0) return refusal;
  const isStored = inode.isRegular || inode.isDirectory || inode.isSymlink;
  return (mode & MAY_WRITE) !== 0 && isStored && ctx.process.namespace.isReadOnly(inode) ? -Errno.EROFS : 0;
}

/**
 * Implements utimensat(2) and futimens(2). A time that no file can have becomes the nearest that it can (abi/file-times).
 *
 * Errors: EPERM, a given time and not the owner; EACCES, the present time and neither owner nor writer; EROFS.
 */
export function setTimes(ctx: SyscallContext, inode: Inode, atime: NewTime, mtime: NewTime): number {
  if (atime === 'keep' && mtime === 'keep') return 0;
  if (ctx.process.namespace.isReadOnly(inode)) return -Errno.EROFS;
  const owns = mayChangeAttributes(ctx, inode);
  if (owns < 0) {
    if (atime !== 'now' || mtime !== 'now') return owns;
    const refusal = permission(ctx, inode, MAY_WRITE);
    if (refusal < 0) return refusal;
  }
  const { clock } = ctx.kernel;
  clock.read();
  const now = { sec: clock.sec, nsec: clock.nsec };
  const change: TimesChange = { atime: resolveTime(atime, now), mtime: resolveTime(mtime, now) };
  return inode.setTimes(ctx, change);
}

/** Implements fchmodat(2). Errors: EPERM, not the owner; EROFS. */
export function setMode(ctx: SyscallContext, inode: Inode, mode: number): number {
  if (ctx.process.namespace.isReadOnly(inode)) return -Errno.EROFS;
  const refusal = mayChangeAttributes(ctx, inode);
  if (refusal < 0) return refusal;
  // Linux: who is not in the file's group may not give it the set-group-ID bit.
  const bits = mayGiveGroup(ctx, inode.gid) ? mode : mode & ~S_ISGID;
  return inode.setMode(ctx, bits & 0o7777);
}

/**
 * Implements fchownat(2); −1 leaves an identity. A file that is not a directory loses its set-user-ID and set-group-ID
 * bits, also when user 0 changes it, or nothing changes.
 *
 * Errors: EPERM; EROFS.
 */
export function setOwner(ctx: SyscallContext, inode: Inode, uid: number, gid: number): number {
  if (ctx.process.namespace.isReadOnly(inode)) return -Errno.EROFS;
  const newUid = uid === -1 ? inode.uid : uid;
  const newGid = gid === -1 ? inode.gid : gid;
  const owns = ctx.uid === inode.uid;
  if (ctx.uid !== 0) {
    if (uid !== -1 && !(owns && newUid === inode.uid)) return -Errno.EPERM;
    if (gid !== -1 && !(owns && (newGid === inode.gid || isInGroup(ctx, newGid)))) return -Errno.EPERM;
  }
  const lost = inode.isDirectory ? 0 : privilegesOf(ctx, inode);
  if (lost !== 0 && ctx.uid !== 0 && !owns) return -Errno.EPERM;
  const result = inode.setOwner(ctx, newUid, newGid);
  if (result < 0 || lost === 0) return result;
  return inode.setMode(ctx, inode.mode & 0o7777 & ~lost);
}

/**
 * Takes the set-user-ID and set-group-ID bits from a file that is about to be written by somebody other than user 0.
 *
 * @returns 0, or −errno: the write must not happen
 */
export function dropPrivileges(ctx: SyscallContext, inode: Inode): number {
  const lost = privilegesLostByWriting(ctx, inode);
  if (lost === 0) return 0;
  const result = inode.setMode(ctx, inode.mode & 0o7777 & ~lost);
  // A host that does not let us: it is not ours there, and the host's own kernel takes the bits when it is written.
  return result === -Errno.EPERM ? 0 : result;
}

/** Implements truncate(2). Errors: EISDIR; EINVAL, not a regular file; EACCES; EROFS; EFBIG; ENOSPC. */
export function truncate(ctx: SyscallContext, inode: Inode, size: number): number {
  if (inode.isDirectory) return -Errno.EISDIR;
  if (!inode.isRegular || size < 0) return -Errno.EINVAL;
  const refusal = permission(ctx, inode, MAY_WRITE);
  if (refusal < 0) return refusal;
  if (ctx.process.namespace.isReadOnly(inode)) return -Errno.EROFS;
  return resize(ctx, inode, size);
}

/** Implements ftruncate(2). Errors: EINVAL, not a regular file or not open for writing; EFBIG; ENOSPC. */
export function truncateOpen(ctx: SyscallContext, description: FileDescription, size: number): number {
  if (!description.inode.isRegular || !description.isWritable || size < 0) return -Errno.EINVAL;
  return resize(ctx, description.inode, size);
}

/** Sets the size of a regular file; access was granted. */
export function resize(ctx: SyscallContext, inode: Inode, size: number): number {
  const result = dropPrivileges(ctx, inode);
  return result < 0 ? result : inode.truncate(ctx, size);
}

function resolveTime(time: NewTime, now: { readonly sec: number; readonly nsec: number }): TimesChange['atime'] {
  return time === 'keep' ? undefined : time === 'now' ? now : fileTime(time.sec, time.nsec);
}
