// poll(2): waiting until one of several descriptors is ready or a time has come.

import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription } from '../vfs/inode.ts';

/** When the call first ran, by the monotonic clock: what relative timeouts count from, over all its runs. */
export function callStartNs(ctx: SyscallContext): number {
  ctx.kept ??= ctx.kernel.clock.monotonicNs();
  return ctx.kept as number;
}

/**
 * Nothing is ready: waits for any of the descriptors or the deadline.
 *
 * @param deadlineNs by the monotonic clock; Infinity: none
 */
export function waitForAny(ctx: SyscallContext, descriptions: Iterable<FileDescription>, deadlineNs: number): number {
  for (const { readyQueue } of descriptions) {
    if (readyQueue !== undefined) ctx.waitOn(readyQueue);
  }
  ctx.waitUntil(deadlineNs);
  return -ERESTART;
}
