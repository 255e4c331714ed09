// Calls on paths. A path begins at an open directory and stays beneath it (BENEATH): that is WASI's sandbox. Rights first,
// then pointers, then the path is copied, then one Linux call.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { areLookupFlags } from '../../../../runtime/abi/wasi/arguments.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { LOOKUPFLAGS, RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import type { WasiHandlers } from '../../../../runtime/abi/wasi/unstable.ts';
import { PREVIEW_1 } from '../../../../runtime/abi/wasi/version.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { find, setTimes } from '../../syscalls/attributes.ts';
import { linkAt, mkdirAt, readlinkAt, renameAt, rmdirAt, symlinkAt, unlinkAt } from '../../syscalls/links.ts';
import { encodeName } from '../../vfs/names.ts';
import { BENEATH, FOLLOW } from '../../vfs/walk.ts';
import { pathFromGuest, storeFilestat } from './guest.ts';
import { directoryWith } from './rights.ts';
import { newTimes } from './times.ts';

/** WASI has no modes: what a C library on Linux passes to mkdir. */
const DIRECTORY_MODE = 0o777;

export const pathHandlers = {
  path_create_directory(ctx, fd, path, length) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_CREATE_DIRECTORY);
    if (typeof directory === 'number') return directory;
    const name = pathFromGuest(ctx, path, length);
    if (typeof name === 'number') return name;
    return mkdirAt(ctx, directory.inode, name, DIRECTORY_MODE, BENEATH);
  },

  path_filestat_get(ctx, fd, flags, path, length, buf, version = PREVIEW_1) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_FILESTAT_GET);
    if (typeof directory === 'number') return directory;
    if (!ctx.memory.contains(buf, version.filestat.bytes)) return -Errno.EFAULT;
    const walkFlags = walkFlagsOf(flags);
    if (walkFlags < 0) return walkFlags;
    const name = pathFromGuest(ctx, path, length);
    if (typeof name === 'number') return name;
    const result = find(ctx, directory.inode, name, walkFlags);
    if (result < 0) return result;
    storeFilestat(ctx.memory, buf, ctx.walk.inode, version);
    return 0;
  },

  path_filestat_set_times(ctx, fd, flags, path, length, atim, mtim, fstFlags) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_FILESTAT_SET_TIMES);
    if (typeof directory === 'number') return directory;
    const walkFlags = walkFlagsOf(flags);
    if (walkFlags < 0) return walkFlags;
    const name = pathFromGuest(ctx, path, length);
    if (typeof name === 'number') return name;
    const times = newTimes(atim, mtim, fstFlags);
    if (typeof times === 'number') return times;
    const result = find(ctx, directory.inode, name, walkFlags);
    if (result < 0) return result;
    return setTimes(ctx, ctx.walk.inode, times.atime, times.mtime);
  },

  path_link(ctx, oldFd, oldFlags, oldPath, oldLength, newFd, newPath, newLength) {
    const oldDirectory = directoryWith(ctx, oldFd, RIGHTS.PATH_LINK_SOURCE);
    if (typeof oldDirectory === 'number') return oldDirectory;
    const newDirectory = directoryWith(ctx, newFd, RIGHTS.PATH_LINK_TARGET);
    if (typeof newDirectory === 'number') return newDirectory;
    const walkFlags = walkFlagsOf(oldFlags);
    if (walkFlags < 0) return walkFlags;
    const oldName = pathFromGuest(ctx, oldPath, oldLength);
    if (typeof oldName === 'number') return oldName;
    const newName = pathFromGuest(ctx, newPath, newLength);
    if (typeof newName === 'number') return newName;
    const follow = walkFlags & FOLLOW;
    return linkAt(ctx, oldDirectory.inode, oldName, newDirectory.inode, newName, follow, BENEATH);
  },

  path_readlink(ctx, fd, path, length, buf, bufLength, bufused) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_READLINK);
    if (typeof directory === 'number') return directory;
    const { memory } = ctx;
    if (!memory.contains(buf, bufLength >>> 0) || !memory.contains(bufused, STRUCT_SIZES.size)) return -Errno.EFAULT;
    const name = pathFromGuest(ctx, path, length);
    if (typeof name === 'number') return name;
    const target = readlinkAt(ctx, directory.inode, name, BENEATH);
    if (typeof target === 'number') return target;
    const bytes = encodeName(target).subarray(0, bufLength >>> 0);
    memory.copyIn(buf, bytes);
    memory.writeU32(bufused >>> 0, bytes.length);
    return 0;
  },

  path_remove_directory(ctx, fd, path, length) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_REMOVE_DIRECTORY);
    if (typeof directory === 'number') return directory;
    const name = pathFromGuest(ctx, path, length);
    if (typeof name === 'number') return name;
    return rmdirAt(ctx, directory.inode, name, BENEATH);
  },

  path_rename(ctx, fd, oldPath, oldLength, newFd, newPath, newLength) {
    const oldDirectory = directoryWith(ctx, fd, RIGHTS.PATH_RENAME_SOURCE);
    if (typeof oldDirectory === 'number') return oldDirectory;
    const newDirectory = directoryWith(ctx, newFd, RIGHTS.PATH_RENAME_TARGET);
    if (typeof newDirectory === 'number') return newDirectory;
    const oldName = pathFromGuest(ctx, oldPath, oldLength);
    if (typeof oldName === 'number') return oldName;
    const newName = pathFromGuest(ctx, newPath, newLength);
    if (typeof newName === 'number') return newName;
    return renameAt(ctx, oldDirectory.inode, oldName, newDirectory.inode, newName, BENEATH);
  },

  path_symlink(ctx, oldPath, oldLength, fd, newPath, newLength) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_SYMLINK);
    if (typeof directory === 'number') return directory;
    const target = pathFromGuest(ctx, oldPath, oldLength);
    if (typeof target === 'number') return target;
    const name = pathFromGuest(ctx, newPath, newLength);
    if (typeof name === 'number') return name;
    // Such a link would lead out of every sandbox, and no walk from a descriptor would follow it.
    if (target.startsWith('/')) return -Errno.ENOTCAPABLE;
    return symlinkAt(ctx, target, directory.inode, name, BENEATH);
  },

  path_unlink_file(ctx, fd, path, length) {
    const directory = directoryWith(ctx, fd, RIGHTS.PATH_UNLINK_FILE);
    if (typeof directory === 'number') return directory;
    const name = pathFromGuest(ctx, path, length);
    if (typeof name === 'number') return name;
    return unlinkAt(ctx, directory.inode, name, BENEATH);
  },
} satisfies Partial<WasiHandlers<SyscallContext>>;

/** Walk flags of WASI's lookup flags, or −EINVAL for one that does not exist. */
export function walkFlagsOf(flags: number): number {
  if (!areLookupFlags(flags)) return -Errno.EINVAL;
  return BENEATH | ((flags & LOOKUPFLAGS.SYMLINK_FOLLOW) !== 0 ? FOLLOW : 0);
}
