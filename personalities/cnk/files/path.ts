// Calls with paths, where a path leads to a staged file; all other paths are Linux's. A staged file is a regular file of its
// own: it can be opened, emptied, asked for its attributes and unlinked (then its path is Linux's again), and a name that it
// has cannot be made; to rename or link it, or anything over it, is EXDEV, as between file systems.

import { Errno, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import type { Fd, GuestPtr } from '../../../runtime/abi/types.ts';
import {
  accessFromRights,
  areLookupFlags,
  areOpenFlags,
  fdflagsFromGuest,
  rightsToOpen,
} from '../../../runtime/abi/wasi/arguments.ts';
import { rightsFromGuest } from '../../../runtime/abi/wasi/rights.ts';
import { PATH_MAX, STRUCT_SIZES } from '../../../runtime/abi/wasi/structs.ts';
import { OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import type { WasiHandlers } from '../../../runtime/abi/wasi/unstable.ts';
import { PREVIEW_1 } from '../../../runtime/abi/wasi/version.ts';
import { isNothing, newTimes, storeFilestat } from './attributes.ts';
import type { FilesContext } from './context.ts';
import { type PreopenedDirectory, StagedDescription, type StagedPath } from './staged-files.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A path of the guest's: a staged file, with the directory that it was seen from, or whose it is. */
interface Found {
  readonly directory: PreopenedDirectory;
  readonly staged: StagedPath;
}

export const pathHandlers = {
  path_open(ctx, fd, dirflags, path, length, oflags, rightsBase, rightsInheriting, fdflags, openedFd) {
    const found = find(ctx, fd, path, length, rightsToOpen(oflags));
    if (typeof found === 'number') return found;
    if (!ctx.memory.contains(openedFd, STRUCT_SIZES.fd)) return -Errno.EFAULT;
    const status = fdflagsFromGuest(fdflags);
    if (!areLookupFlags(dirflags) || status < 0 || !areOpenFlags(oflags)) return -Errno.EINVAL;
    const kept = { rightsBase: rightsFromGuest(rightsBase), rightsInheriting: rightsFromGuest(rightsInheriting) };
    const wanted = kept.rightsBase | kept.rightsInheriting;
    if ((wanted & ~found.directory.rightsInheriting) !== 0) return -Errno.ENOTCAPABLE;
    // The number before the file is touched: a full table empties nothing.
    const opened = ctx.files.claim();
    if (opened < 0) return opened;
    const description = open(found.staged, oflags, kept, status);
    if (typeof description === 'number') {
      ctx.files.abandon(opened);
      return description;
    }
    ctx.files.fill(opened, description);
    ctx.memory.writeU32(openedFd >>> 0, opened);
    return Errno.SUCCESS;
  },

  path_filestat_get(ctx, fd, flags, path, length, buf, version = PREVIEW_1) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_FILESTAT_GET);
    if (typeof found === 'number') return found;
    if (!ctx.memory.contains(buf, version.filestat.bytes)) return -Errno.EFAULT;
    if (!areLookupFlags(flags)) return -Errno.EINVAL;
    if (isNoFile(found)) return -Errno.ENOTDIR;
    const attributes = found.staged.file.attributes();
    if (typeof attributes === 'number') return attributes;
    storeFilestat(ctx.memory, buf, attributes, version);
    return Errno.SUCCESS;
  },

  path_filestat_set_times(ctx, fd, flags, path, length, atim, mtim, fstFlags) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_FILESTAT_SET_TIMES);
    if (typeof found === 'number') return found;
    const times = areLookupFlags(flags) ? newTimes(ctx, atim, mtim, fstFlags) : undefined;
    if (times === undefined) return -Errno.EINVAL;
    if (isNoFile(found)) return -Errno.ENOTDIR;
    return isNothing(times) ? Errno.SUCCESS : found.staged.file.setTimes(times);
  },

  path_unlink_file(ctx, fd, path, length) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_UNLINK_FILE);
    if (typeof found === 'number') return found;
    if (isNoFile(found)) return -Errno.ENOTDIR;
    ctx.files.unlink(found.staged);
    return Errno.SUCCESS;
  },

  path_create_directory(ctx, fd, path, length) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_CREATE_DIRECTORY);
    if (typeof found === 'number') return found;
    return found.staged.isBeneath ? -Errno.ENOTDIR : -Errno.EEXIST;
  },

  path_remove_directory(ctx, fd, path, length) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_REMOVE_DIRECTORY);
    return typeof found === 'number' ? found : -Errno.ENOTDIR;
  },

  path_readlink(ctx, fd, path, length, buf, bufLength, bufused) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_READLINK);
    if (typeof found === 'number') return found;
    const { memory } = ctx;
    if (!memory.contains(buf, bufLength >>> 0) || !memory.contains(bufused, STRUCT_SIZES.size)) return -Errno.EFAULT;
    return isNoFile(found) ? -Errno.ENOTDIR : -Errno.EINVAL;
  },

  path_symlink(ctx, target, targetLength, fd, path, length) {
    const found = find(ctx, fd, path, length, RIGHTS.PATH_SYMLINK);
    if (typeof found === 'number') return found;
    const text = pathFromGuest(ctx, target, targetLength);
    if (text === undefined || text.startsWith('/')) return NOT_SERVED; // refused, by what Linux says first
    return isNoFile(found) ? -Errno.ENOTDIR : -Errno.EEXIST;
  },

  path_link(ctx, oldFd, _oldFlags, oldPath, oldLength, newFd, newPath, newLength) {
    return acrossFiles(ctx, oldFd, oldPath, oldLength, newFd, newPath, newLength, -Errno.EEXIST);
  },

  path_rename(ctx, fd, oldPath, oldLength, newFd, newPath, newLength) {
    // rename(2): two names of one file stay as they are.
    return acrossFiles(ctx, fd, oldPath, oldLength, newFd, newPath, newLength, Errno.SUCCESS);
  },
} satisfies Partial<WasiHandlers<FilesContext>>;

/** openat(2) of a file that exists. @returns its description or −errno */
function open(
  staged: StagedPath,
  oflags: number,
  kept: { readonly rightsBase: number; readonly rightsInheriting: number },
  status: number,
): StagedDescription | number {
  const creates = (oflags & OFLAGS.CREAT) !== 0;
  if (creates && (oflags & OFLAGS.DIRECTORY) !== 0) return -Errno.EINVAL;
  if (staged.isBeneath) return -Errno.ENOTDIR;
  if (creates && staged.hasTrailingSlash) return -Errno.EISDIR;
  if (creates && (oflags & OFLAGS.EXCL) !== 0) return -Errno.EEXIST;
  if (staged.hasTrailingSlash || (oflags & OFLAGS.DIRECTORY) !== 0) return -Errno.ENOTDIR;
  if ((oflags & OFLAGS.TRUNC) !== 0) {
    const result = staged.file.empty();
    if (result < 0) return result;
  }
  const file = staged.file.open();
  if (typeof file === 'number') return file;
  return new StagedDescription(file, accessFromRights(kept.rightsBase), kept, status);
}

/** A call with two names of which one at least is staged. @param same the answer when both are one file */
function acrossFiles(
  ctx: FilesContext,
  oldFd: Fd,
  oldPath: GuestPtr,
  oldLength: number,
  newFd: Fd,
  newPath: GuestPtr,
  newLength: number,
  same: number,
): number {
  const from = find(ctx, oldFd, oldPath, oldLength, 0);
  const to = find(ctx, newFd, newPath, newLength, 0);
  if (from === -Errno.ENOTDIR || to === -Errno.ENOTDIR) return -Errno.ENOTDIR;
  if (typeof from === 'number' && typeof to === 'number') return NOT_SERVED;
  for (const { fd, path, length, found } of [
    { fd: oldFd, path: oldPath, length: oldLength, found: from },
    { fd: newFd, path: newPath, length: newLength, found: to },
  ]) {
    if (typeof found !== 'number' && isNoFile(found)) return -Errno.ENOTDIR;
    // Whatever is wrong with the other one, Linux says.
    if (typeof found === 'number' && !isGoodPath(ctx, fd, path, length)) return NOT_SERVED;
  }
  const isSame = typeof from !== 'number' && typeof to !== 'number' && from.staged.file === to.staged.file;
  return isSame ? same : -Errno.EXDEV;
}

function isGoodPath(ctx: FilesContext, fd: Fd, path: GuestPtr, length: number): boolean {
  return ctx.files.isOfLinux(fd) && pathFromGuest(ctx, path, length) !== undefined;
}

/**
 * Finds what a path leads to.
 *
 * @param rights that the directory must have
 * @returns a staged file, or what to answer: NOT_SERVED, or −ENOTDIR (the descriptor is a staged file's), −ENOTCAPABLE
 */
function find(ctx: FilesContext, fd: Fd, path: GuestPtr, length: number, rights: number): Found | number {
  const directory = ctx.files.directory(fd);
  if (directory === undefined) return ctx.files.get(fd) === undefined ? NOT_SERVED : -Errno.ENOTDIR;
  const text = pathFromGuest(ctx, path, length);
  const staged = text === undefined ? undefined : ctx.files.resolve(directory, text);
  if (staged === undefined) return NOT_SERVED;
  return (directory.rightsBase & rights) === rights ? { directory, staged } : -Errno.ENOTCAPABLE;
}

/** A copy of a path; undefined for one that no staged file can have: outside of memory, too long, no UTF-8, with NUL. */
function pathFromGuest(ctx: FilesContext, address: GuestPtr, length: number): string | undefined {
  const count = length >>> 0;
  if (count >= PATH_MAX || !ctx.memory.contains(address, count)) return undefined;
  try {
    const text = decoder.decode(ctx.memory.copyOut(address, count));
    return text.includes('\0') ? undefined : text;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function isNoFile({ staged }: Found): boolean {
  return staged.isBeneath || staged.hasTrailingSlash;
}
