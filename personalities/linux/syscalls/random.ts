// getrandom(2): random bytes into guest memory, in slices.

import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';

/** Most that one run of the call fills. */
const SLICE = 1 << 20;
const BLOCK = 65_536;
const block = new Uint8Array(BLOCK);

/** Fills a range of guest memory. @returns how many bytes, all of them. Errors: EFAULT. */
export function fillRandom(ctx: SyscallContext, buf: number, length: number): number {
  const { memory } = ctx;
  if (!memory.contains(buf, length)) return -Errno.EFAULT;
  const end = Math.min(length, ctx.progress + SLICE);
  let done = ctx.progress;
  while (done < end) {
    const part = end - done < BLOCK ? block.subarray(0, end - done) : block;
    ctx.kernel.random(part);
    memory.copyIn((buf >>> 0) + done, part);
    done += part.length;
  }
  if (done === length) return done;
  ctx.settle(done);
  ctx.yieldTurn();
  return -ERESTART;
}
