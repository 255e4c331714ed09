// fd_read, fd_write, fd_pread, fd_pwrite. Pointers are checked first; bytes go straight between file and guest memory; the
// count is stored last.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { AT_OFFSET, transferHandlers } from '../../../../runtime/abi/wasi/transfer.ts';
import { RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import { loadSegments, Segments } from '../../../../runtime/memory/segments.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { readSegments, writeSegments } from '../../syscalls/transfer.ts';
import { descriptionWith } from './rights.ts';

const segments = new Segments();

export const transfers = transferHandlers<SyscallContext>((ctx, fd, iovs, count, position, total, isWrite) => {
  const description = descriptionWith(ctx, fd, isWrite ? RIGHTS.FD_WRITE : RIGHTS.FD_READ);
  if (typeof description === 'number') return description;
  const { memory } = ctx;
  if (!memory.contains(total, 4)) return -Errno.EFAULT;
  const loaded = loadSegments(memory, segments, iovs, count);
  if (loaded < 0) return loaded;
  if (position < AT_OFFSET) return -Errno.EINVAL;
  const done = isWrite
    ? writeSegments(ctx, description, segments, position)
    : readSegments(ctx, description, segments, position);
  if (done < 0) return done;
  memory.writeU32(total >>> 0, done);
  return 0;
});
