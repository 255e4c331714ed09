// openat(2): finding or making a file, the checks of its access, and its open description.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription, Inode } from '../vfs/inode.ts';
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  S_ISGID,
  S_IXGRP,
  STATUS_FLAGS,
} from '../vfs/mode.ts';
import { MAY_READ, MAY_WRITE, mayAddName, mayGiveGroup, permission } from '../vfs/permissions.ts';
import { ARRIVED, BENEATH, FOLLOW, LAST_NAME, type PathWalk } from '../vfs/walk.ts';
import { resize } from './attributes.ts';
import { openPathAt } from './open-path.ts';

/** How often a creation that another process thwarts is tried again. */
const CREATE_TRIES = 8;

/**
 * Implements openat(2): gives what is opened the lowest free descriptor, which is claimed before the file is touched, so that a full
 * table creates and empties nothing.
 *
 * @param rightsBase WASI's, and `rightsInheriting`; absent: all
 * Errors: EMFILE; those of `openAt`.
 */
export function openDescriptor(
  ctx: SyscallContext,
  base: Inode,
  path: string,
  flags: number,
  mode: number,
  walkFlags: number,
  rightsBase?: number,
  rightsInheriting?: number,
): number {
  const { descriptors } = ctx.process;
  const opened = descriptors.claim();
  if (opened < 0) return opened;
  const isPathOnly = (flags & O_PATH) !== 0;
  const description = isPathOnly ? openPathAt(ctx, base, path, flags) : openAt(ctx, base, path, flags, mode, walkFlags);
  if (typeof description === 'number') {
    descriptors.abandon(opened);
    return description;
  }
  if (rightsBase !== undefined) description.rightsBase = rightsBase;
  if (rightsInheriting !== undefined) description.rightsInheriting = rightsInheriting;
  descriptors.fill(opened, description, (flags & O_CLOEXEC) !== 0);
  return opened;
}

/**
 * Implements openat(2) up to the description; the caller gives it a descriptor.
 *
 * @param flags O_*
 * @param mode permission bits for a new file, before umask
 * @param walkFlags BENEATH, or 0
 * Errors: those of the walk; EEXIST; EISDIR; ELOOP; ENOTDIR; EACCES; EROFS; ENOSPC; EINVAL (O_CREAT with O_DIRECTORY).
 */
export function openAt(
  ctx: SyscallContext,
  base: Inode,
  path: string,
  flags: number,
  mode: number,
  walkFlags: number,
): FileDescription | number {
  if ((flags & O_CREAT) !== 0) {
    if ((flags & O_DIRECTORY) !== 0) return -Errno.EINVAL;
    return openOrCreate(ctx, base, path, flags, mode, walkFlags & BENEATH);
  }
  const { walk } = ctx;
  const follow = (flags & O_NOFOLLOW) === 0 ? FOLLOW : 0;
  const result = walk.toInode(ctx, ctx.process, base, path, (walkFlags & BENEATH) | follow, openFlagsOf(flags));
  if (result < 0) return result;
  return openInode(ctx, walk.inode, flags);
}

function openOrCreate(
  ctx: SyscallContext,
  base: Inode,
  path: string,
  flags: number,
  mode: number,
  walkFlags: number,
): FileDescription | number {
  const { walk, process } = ctx;
  const isExclusive = (flags & O_EXCL) !== 0;
  let result = walk.toParent(ctx, process, base, path, walkFlags, openFlagsOf(flags));
  for (let tries = 0; tries < CREATE_TRIES; ) {
    if (result < 0) return result;
    // Linux: `dir/`, `.` and `/` with O_CREAT are EISDIR, whether they exist or not.
    if (walk.last !== LAST_NAME || walk.hasTrailingSlash)
      return isExclusive && walk.last !== LAST_NAME ? -Errno.EEXIST : -Errno.EISDIR;
    const found = walk.lookupLast();
    if (found < 0 && found !== -Errno.ENOENT) return found;
    if (found === 0) {
      if (isExclusive) return -Errno.EEXIST;
      if (!walk.inode.isSymlink) return openInode(ctx, walk.inode, flags);
      if ((flags & O_NOFOLLOW) !== 0) return -Errno.ELOOP;
      result = walk.followLast();
      if (result === ARRIVED) return openInode(ctx, walk.inode, flags);
      continue;
    }
    const refusal = mayAddName(ctx, process.namespace, walk.directory);
    if (refusal < 0) return refusal;
    const created = walk.directory.create(ctx, walk.name, modeOfNew(ctx, walk.directory, mode & ~process.umask));
    if (typeof created !== 'number') return named(walk, created.open(ctx, flags & (O_ACCMODE | STATUS_FLAGS)));
    if (created !== -Errno.EEXIST || isExclusive) return created;
    tries++;
  }
  return -Errno.EBUSY;
}

/** In a set-group-ID directory, only who is in its group may make a file with that group's privileges. */
function modeOfNew(ctx: SyscallContext, directory: Inode, mode: number): number {
  const isPrivileged = (mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) && (directory.mode & S_ISGID) !== 0;
  return mode & (isPrivileged && !mayGiveGroup(ctx, directory.gid) ? 0o7777 & ~S_ISGID : 0o7777);
}

/** Opens a file that exists: access, type, truncation. */
function openInode(ctx: SyscallContext, inode: Inode, flags: number): FileDescription | number {
  if (inode.isSymlink) return (flags & O_DIRECTORY) !== 0 ? -Errno.ENOTDIR : -Errno.ELOOP;
  if ((flags & O_DIRECTORY) !== 0 && !inode.isDirectory) return -Errno.ENOTDIR;
  const access = flags & O_ACCMODE;
  const truncates = (flags & O_TRUNC) !== 0;
  const writes = access !== O_RDONLY || truncates;
  if (inode.isDirectory && (writes || (flags & O_CREAT) !== 0)) return -Errno.EISDIR;
  const wanted = (access === O_WRONLY ? 0 : MAY_READ) | (writes ? MAY_WRITE : 0);
  const refusal = permission(ctx, inode, wanted);
  if (refusal < 0) return refusal;
  const isStored = inode.isDirectory || inode.isRegular;
  if (writes && isStored && ctx.process.namespace.isReadOnly(inode)) return -Errno.EROFS;
  if (truncates && inode.isRegular) {
    const result = resize(ctx, inode, 0);
    if (result < 0) return result;
  }
  return named(ctx.walk, inode.open(ctx, flags & (O_ACCMODE | STATUS_FLAGS)));
}

/** Notes the name by which the walk has found what was opened, unless it knows a better one (/dev/stdin). */
function named(walk: PathWalk, opened: FileDescription | number): FileDescription | number {
  if (typeof opened === 'number' || opened.openedIn !== undefined) return opened;
  const { magic } = walk;
  opened.openedIn = magic === undefined ? walk.directory : magic.openedIn;
  opened.openedAs = magic === undefined ? walk.name : magic.openedAs;
  return opened;
}

/** What `Inode.open` will be given, if the path leads to a regular file. */
function openFlagsOf(flags: number): number {
  if ((flags & O_DIRECTORY) !== 0 || (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return -1;
  return flags & (O_ACCMODE | STATUS_FLAGS);
}
