// The part of a listing of a directory that every ABI has: a buffer in guest memory that fills, in slices, so that other calls
// have their turn. How an entry is stored is the ABI's own. Called by abi/wasi/directory and abi/wali/directory.

import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { DirectorySink } from '../vfs/inode.ts';

/** Most bytes that one run of a call stores. */
const SLICE = 1 << 20;

export abstract class EntrySink implements DirectorySink {
  protected readonly memory: GuestMemory;
  protected readonly start: number;
  protected readonly length: number;
  protected readonly slice: number;
  used: number;
  /** The cookie after the last whole entry. */
  next: number;
  hasHadItsSlice = false;

  constructor(memory: GuestMemory, start: number, length: number, used: number, next: number) {
    this.memory = memory;
    this.start = start;
    this.length = length;
    this.slice = used + SLICE;
    this.used = used;
    this.next = next;
  }

  abstract entry(name: string, ino: number, mode: number, next: number): boolean;
}

/** The call goes on later where the sink has come to. */
export function resumeAfterSlice(ctx: SyscallContext, { used, next }: EntrySink): number {
  ctx.settle(used);
  ctx.kept = next;
  ctx.yieldTurn();
  return -ERESTART;
}
