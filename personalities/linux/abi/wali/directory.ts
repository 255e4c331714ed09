// The entries of a directory, the working directory, umask.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { DIRENT64 } from '../../../../runtime/abi/linux/structs.ts';
import { chdir, chroot, fchdir, getcwd, umask } from '../../syscalls/directories.ts';
import { encodeName } from '../../vfs/names.ts';
import { EntrySink, resumeAfterSlice } from '../entry-sink.ts';
import { descriptionOf, type LinuxHandlers, pathFromGuest } from './guest.ts';

/** `mode >> TYPE_SHIFT` is d_type. */
const TYPE_SHIFT = 12;
const ALIGNMENT = 8;

export const directoryHandlers = {
  SYS_getdents64(ctx, fd, buf, length) {
    const description = descriptionOf(ctx, fd);
    if (typeof description === 'number') return description;
    const { memory } = ctx;
    if (!memory.contains(buf, length >>> 0)) return -Errno.EFAULT;
    if (!description.inode.isDirectory) return -Errno.ENOTDIR;
    // What earlier runs stored, and the cookie that they came to.
    const from = typeof ctx.kept === 'number' ? ctx.kept : description.offset;
    const sink = new RecordSink(memory, buf >>> 0, length >>> 0, ctx.progress, from);
    const result = description.readDirectory(ctx, from, sink);
    if (result < 0) return result;
    if (sink.hasHadItsSlice) return resumeAfterSlice(ctx, sink);
    if (sink.used === 0 && sink.hasRefused) return -Errno.EINVAL;
    description.offset = sink.next;
    return sink.used;
  },

  SYS_getcwd(ctx, buf, size) {
    const path = getcwd(ctx);
    if (typeof path === 'number') return path;
    const bytes = encodeName(path);
    if (bytes.length + 1 > size >>> 0) return -Errno.ERANGE;
    if (!ctx.memory.contains(buf, bytes.length + 1)) return -Errno.EFAULT;
    ctx.memory.copyIn(buf, bytes);
    ctx.memory.bytes[(buf >>> 0) + bytes.length] = 0;
    return bytes.length + 1;
  },

  SYS_chdir(ctx, pathname) {
    const path = pathFromGuest(ctx, pathname);
    return typeof path === 'number' ? path : chdir(ctx, path);
  },
  SYS_fchdir(ctx, fd) {
    // O_PATH is enough to enter a directory.
    const description = ctx.description(fd);
    return description === undefined ? -Errno.EBADF : fchdir(ctx, description);
  },
  SYS_chroot(ctx, pathname) {
    const path = pathFromGuest(ctx, pathname);
    return typeof path === 'number' ? path : chroot(ctx, path);
  },
  SYS_umask: (ctx, mask) => umask(ctx, mask),
} satisfies Partial<LinuxHandlers>;

/** Stores entries as struct linux_dirent64, whole ones only. */
class RecordSink extends EntrySink {
  hasRefused = false;

  entry(name: string, ino: number, mode: number, next: number): boolean {
    const bytes = encodeName(name);
    const whole = DIRENT64.name + bytes.length + 1;
    const record = Math.ceil(whole / ALIGNMENT) * ALIGNMENT;
    if (record > this.length - this.used) {
      this.hasRefused = true;
      return false;
    }
    if (this.used >= this.slice) {
      this.hasHadItsSlice = true;
      return false;
    }
    const memory = this.memory;
    const at = this.start + this.used;
    memory.writeNumber(at + DIRENT64.ino, ino);
    memory.writeNumber(at + DIRENT64.off, next);
    memory.writeU16(at + DIRENT64.reclen, record);
    memory.bytes[at + DIRENT64.type] = mode >> TYPE_SHIFT;
    memory.copyIn(at + DIRENT64.name, bytes);
    memory.bytes.fill(0, at + DIRENT64.name + bytes.length, at + record);
    this.used += record;
    this.next = next;
    return true;
  }
}
