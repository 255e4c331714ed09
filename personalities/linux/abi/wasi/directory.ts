// fd_readdir: entries of a directory as dirents. The last one may be cut; a buffer that is not full means the end.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { DIRENT, STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import { encodeName } from '../../vfs/names.ts';
import { EntrySink, resumeAfterSlice } from '../entry-sink.ts';
import type { Handler } from './guest.ts';
import { descriptionWith, fileType } from './rights.ts';

export const fd_readdir: Handler<'fd_readdir'> = (ctx, fd, buf, length, cookie, bufused) => {
  const description = ctx.description(fd);
  if (description === undefined) return -Errno.EBADF;
  if (!description.inode.isDirectory) return -Errno.ENOTDIR;
  const allowed = descriptionWith(ctx, fd, RIGHTS.FD_READDIR);
  if (typeof allowed === 'number') return allowed;
  const { memory } = ctx;
  if (!memory.contains(buf, length >>> 0) || !memory.contains(bufused, STRUCT_SIZES.size)) return -Errno.EFAULT;
  const from = BigInt.asUintN(64, cookie);
  if (from > BigInt(Number.MAX_SAFE_INTEGER)) return -Errno.EINVAL;
  // What earlier runs stored, and the cookie that they came to.
  const resumed = typeof ctx.kept === 'number' ? ctx.kept : Number(from);
  const sink = new DirentSink(memory, buf >>> 0, length >>> 0, ctx.progress, resumed);
  const result = description.readDirectory(ctx, resumed, sink);
  if (result < 0) return result;
  if (sink.hasHadItsSlice) return resumeAfterSlice(ctx, sink);
  memory.writeU32(bufused >>> 0, sink.used);
  return 0;
};

class DirentSink extends EntrySink {
  entry(name: string, ino: number, mode: number, next: number): boolean {
    const room = this.length - this.used;
    if (room === 0) return false;
    if (this.used >= this.slice) {
      this.hasHadItsSlice = true;
      return false;
    }
    const at = this.start + this.used;
    if (STRUCT_SIZES.dirent + name.length <= room && this.#storeAscii(at + STRUCT_SIZES.dirent, name)) {
      this.#storeHead(at, name.length, ino, mode, next);
      return true;
    }
    const bytes = encodeName(name);
    if (STRUCT_SIZES.dirent + bytes.length <= room) {
      this.memory.copyIn(at + STRUCT_SIZES.dirent, bytes);
      this.#storeHead(at, bytes.length, ino, mode, next);
      return true;
    }
    // Cut: the guest sees that it needs a larger buffer, and asks again from this entry's cookie.
    this.#storeCut(bytes, ino, mode, next, room);
    this.used = this.length;
    return false;
  }

  /** Most names are ASCII: stored without a copy in between. @returns false when this one is not */
  #storeAscii(at: number, name: string): boolean {
    const { bytes } = this.memory;
    for (let i = 0; i < name.length; i++) {
      const code = name.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[at + i] = code;
    }
    return true;
  }

  #storeHead(at: number, length: number, ino: number, mode: number, next: number): void {
    const memory = this.memory;
    memory.writeNumber(at + DIRENT.next, next);
    memory.writeNumber(at + DIRENT.ino, ino);
    memory.writeU32(at + DIRENT.namlen, length);
    memory.writeU32(at + DIRENT.type, fileType(mode));
    this.used += STRUCT_SIZES.dirent + length;
    this.next = next;
  }

  #storeCut(name: Uint8Array, ino: number, mode: number, next: number, room: number): void {
    const whole = new Uint8Array(STRUCT_SIZES.dirent + name.length);
    const view = new DataView(whole.buffer);
    view.setBigUint64(DIRENT.next, BigInt(next), true);
    view.setBigUint64(DIRENT.ino, BigInt(ino), true);
    view.setUint32(DIRENT.namlen, name.length, true);
    view.setUint32(DIRENT.type, fileType(mode), true);
    whole.set(name, STRUCT_SIZES.dirent);
    this.memory.copyIn(this.start + this.used, whole.subarray(0, room));
  }
}
