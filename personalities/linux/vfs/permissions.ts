// Who may do what: POSIX permission bits, sticky directories, ownership. Results are 0 or −errno.
// Capabilities do not exist; user 0 may do everything. See: POSIX.1-2024, 4.7 File Access
// Permissions; Linux fs/namei.c (the order of the checks).

import { Errno } from '../../../runtime/abi/errno.ts';
import type { Caller } from './caller.ts';
import type { Inode } from './inode.ts';
import { S_ISGID, S_ISUID, S_ISVTX, S_IXGRP } from './mode.ts';
import type { MountNamespace } from './mounts.ts';

export const MAY_READ = 4;
export const MAY_WRITE = 2;
export const MAY_EXECUTE = 1;

export function isInGroup(caller: Caller, gid: number): boolean {
  return caller.gid === gid || caller.groups.includes(gid);
}

/** Whether the permission bits grant what is wanted (MAY_*, added up): 0 or −EACCES. */
export function permission(caller: Caller, inode: Inode, wanted: number): number {
  const { mode } = inode;
  if (caller.uid === 0) {
    const isRefused = (wanted & MAY_EXECUTE) !== 0 && !inode.isDirectory && (mode & 0o111) === 0;
    return isRefused ? -Errno.EACCES : 0;
  }
  const shift = caller.uid === inode.uid ? 6 : isInGroup(caller, inode.gid) ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted ? 0 : -Errno.EACCES;
}

/** Whether names may be added to a directory: 0, −EROFS, −EACCES, −ENOENT (one where none can be). */
export function mayAddName(caller: Caller, namespace: MountNamespace, directory: Inode): number {
  return directory.hasFixedNames ? -Errno.ENOENT : mayChangeNames(caller, namespace, directory);
}

function mayChangeNames(caller: Caller, namespace: MountNamespace, directory: Inode): number {
  if (namespace.isReadOnly(directory)) return -Errno.EROFS;
  return permission(caller, directory, MAY_WRITE | MAY_EXECUTE);
}

/** Whether a name of `inode` may be removed from a directory: 0, −EROFS, −EACCES, −EPERM (sticky), −EBUSY (mounted on). */
export function mayRemoveName(caller: Caller, namespace: MountNamespace, directory: Inode, inode: Inode): number {
  const result = mayChangeNames(caller, namespace, directory);
  if (result < 0) return result;
  const isSticky = (directory.mode & S_ISVTX) !== 0;
  if (isSticky && caller.uid !== 0 && caller.uid !== inode.uid && caller.uid !== directory.uid) return -Errno.EPERM;
  return inode.coveredCount > 0 ? -Errno.EBUSY : 0;
}

/** Whether the caller may change attributes that only the owner may: 0 or −EPERM. */
export function mayChangeAttributes(caller: Caller, inode: Inode): number {
  return caller.uid === 0 || caller.uid === inode.uid ? 0 : -Errno.EPERM;
}

/** Whether the caller may set the set-group-ID bit for a group: its own, or any as user 0. */
export function mayGiveGroup(caller: Caller, gid: number): boolean {
  return caller.uid === 0 || isInGroup(caller, gid);
}

/**
 * The set-user-ID and set-group-ID bits of a file that a change of its owner takes away, whoever makes it. Without the
 * group's right to execute, set-group-ID grants nothing: it stays for those who might set it.
 */
export function privilegesOf(caller: Caller, inode: Inode): number {
  const { mode } = inode;
  const keepsGroup = (mode & S_IXGRP) === 0 && mayGiveGroup(caller, inode.gid);
  return mode & (keepsGroup ? S_ISUID : S_ISUID | S_ISGID);
}

/** The bits that a change of contents takes away: none when user 0 makes it. */
export function privilegesLostByWriting(caller: Caller, inode: Inode): number {
  if ((inode.mode & (S_ISUID | S_ISGID)) === 0 || caller.uid === 0 || !inode.isRegular) return 0;
  return privilegesOf(caller, inode);
}

/** The group of what is made in a directory: a set-group-ID directory hands down its own. */
export function groupOfNew(directory: Inode, caller: Caller): number {
  return (directory.mode & S_ISGID) !== 0 ? directory.gid : caller.gid;
}
