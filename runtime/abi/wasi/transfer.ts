// fd_read, fd_write, fd_pread and fd_pwrite are one transfer with a direction and a position.

import type { Fd, GuestPtr } from '../types.ts';
import { positionFromGuest } from './arguments.ts';
import type { WasiHandlers } from './unstable.ts';

/** Use, and move, the offset of the open file. */
export const AT_OFFSET = -1;

/**
 * @param position AT_OFFSET, a position, or another negative number: an offset that is refused
 * @param total where the count is stored
 */
export type Transfer<Context> = (
  ctx: Context,
  fd: Fd,
  iovs: GuestPtr,
  count: number,
  position: number,
  total: GuestPtr,
  isWrite: boolean,
) => number;

export function transferHandlers<Context>(
  transfer: Transfer<Context>,
): Pick<WasiHandlers<Context>, 'fd_read' | 'fd_write' | 'fd_pread' | 'fd_pwrite'> {
  return {
    fd_read: (ctx, fd, iovs, count, nread) => transfer(ctx, fd, iovs, count, AT_OFFSET, nread, false),
    fd_write: (ctx, fd, iovs, count, nwritten) => transfer(ctx, fd, iovs, count, AT_OFFSET, nwritten, true),
    fd_pread: (ctx, fd, iovs, count, offset, nread) =>
      transfer(ctx, fd, iovs, count, positionFromGuest(offset), nread, false),
    fd_pwrite: (ctx, fd, iovs, count, offset, nwritten) =>
      transfer(ctx, fd, iovs, count, positionFromGuest(offset), nwritten, true),
  };
}
