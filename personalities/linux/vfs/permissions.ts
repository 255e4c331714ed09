// Who may do what: POSIX permission bits, sticky directories, ownership. Results are 0 or −errno.
// Supplementary groups and capabilities do not exist; user 0 may do everything. See: POSIX.1-2024, 4.7 File Access
// Permissions; Linux fs/namei.c (the order of the checks).

import { Errno } from '../../../runtime/abi/errno.ts';
import type { Caller } from './caller.ts';
import type { Inode } from './inode.ts';
import { S_ISVTX } from './mode.ts';
import type { MountNamespace } from './mounts.ts';

export const MAY_READ = 4;
export const MAY_WRITE = 2;
export const MAY_EXECUTE = 1;

/** Whether the permission bits grant what is wanted (MAY_*, added up): 0 or −EACCES. */
export function permission(caller: Caller, inode: Inode, wanted: number): number {
  const { mode } = inode;
  if (caller.uid === 0) {
    const isRefused = (wanted & MAY_EXECUTE) !== 0 && !inode.isDirectory && (mode & 0o111) === 0;
    return isRefused ? -Errno.EACCES : 0;
  }
  const shift = caller.uid === inode.uid ? 6 : caller.gid === inode.gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted ? 0 : -Errno.EACCES;
}

/** Whether names may be added to a directory: 0, −EROFS, −EACCES. */
export function mayAddName(caller: Caller, namespace: MountNamespace, directory: Inode): number {
  if (namespace.isReadOnly(directory)) return -Errno.EROFS;
  return permission(caller, directory, MAY_WRITE | MAY_EXECUTE);
}

/** Whether a name of `inode` may be removed from a directory: 0, −EROFS, −EACCES, −EPERM (sticky), −EBUSY (mounted on). */
export function mayRemoveName(caller: Caller, namespace: MountNamespace, directory: Inode, inode: Inode): number {
  const result = mayAddName(caller, namespace, directory);
  if (result < 0) return result;
  const isSticky = (directory.mode & S_ISVTX) !== 0;
  if (isSticky && caller.uid !== 0 && caller.uid !== inode.uid && caller.uid !== directory.uid) return -Errno.EPERM;
  return inode.coveredCount > 0 ? -Errno.EBUSY : 0;
}

/** Whether the caller may change attributes that only the owner may: 0 or −EPERM. */
export function mayChangeAttributes(caller: Caller, inode: Inode): number {
  return caller.uid === 0 || caller.uid === inode.uid ? 0 : -Errno.EPERM;
}
