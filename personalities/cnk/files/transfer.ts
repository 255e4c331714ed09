// fd_read, fd_write, fd_pread, fd_pwrite on staged files. Pointers are checked first, on a copy of the iovecs; the count is
// stored last. What is not staged is Linux's.

import { Errno, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import { STRUCT_SIZES } from '../../../runtime/abi/wasi/structs.ts';
import { AT_OFFSET, transferHandlers } from '../../../runtime/abi/wasi/transfer.ts';
import { FDFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { loadSegments, Segments } from '../../../runtime/memory/segments.ts';
import { type FilesContext, hasRights } from './context.ts';
import type { OpenStagedFile } from './file.ts';

/** The shim copies what it reads: a piece at a time, so that a long read needs no long copy. */
const PIECE = 1 << 20;

const segments = new Segments();

export const transfers = transferHandlers<FilesContext>((ctx, fd, iovs, count, position, total, isWrite) => {
  const description = ctx.files.get(fd);
  if (description === undefined) return NOT_SERVED;
  if (!hasRights(description, isWrite ? RIGHTS.FD_WRITE : RIGHTS.FD_READ)) return -Errno.ENOTCAPABLE;
  const { memory } = ctx;
  if (!memory.contains(total, STRUCT_SIZES.size)) return -Errno.EFAULT;
  const loaded = loadSegments(memory, segments, iovs, count);
  if (loaded < 0) return loaded;
  if (position < AT_OFFSET) return -Errno.EINVAL;
  const { file } = description;
  if (position !== AT_OFFSET && !file.isSeekable) return -Errno.ESPIPE;
  const appends = (description.flags & FDFLAGS.APPEND) !== 0;
  const done = move(memory.bytes, file, position, isWrite, appends);
  if (done < 0) return done;
  memory.writeU32(total >>> 0, done);
  return Errno.SUCCESS;
});

/** @returns bytes moved: fewer than asked at the end, or when something failed after the first; or −errno */
function move(bytes: Uint8Array, file: OpenStagedFile, position: number, isWrite: boolean, appends: boolean): number {
  let done = 0;
  for (let i = 0; i < segments.count; i++) {
    const end = (segments.addresses[i] as number) + (segments.lengths[i] as number);
    for (let address = segments.addresses[i] as number; address < end; ) {
      const wanted = Math.min(end - address, PIECE);
      const at = position === AT_OFFSET ? AT_OFFSET : position + done;
      const moved = isWrite ? file.write(bytes, address, wanted, at, appends) : file.read(bytes, address, wanted, at);
      if (moved < 0) return done > 0 ? done : moved;
      done += moved;
      address += moved;
      if (moved < wanted) return done;
    }
  }
  return done;
}
