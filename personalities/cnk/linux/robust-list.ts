// What Linux does with the locks of a thread that ends: each that it holds is marked, and one of those who wait for it woken. The list is
// the guest's own and may hold anything: what is no word of its memory ends the walk, and so does its length.
//
//   head   next (pointer)  offset (long: from an entry to its lock's word)  pending (pointer: an entry that is being put in or taken out)
//   entry  next (pointer; the head's address: it is the last)
//
// See: The Linux kernel, Robust futex ABI; kernel/futex.

import type { CoreContext, RobustList } from './context.ts';

export const ROBUST_HEAD_BYTES = { narrow: 12, wide: 24 } as const;

const LOCK = { WAITERS: 0x8000_0000, OWNER_DIED: 0x4000_0000, TID_MASK: 0x3fff_ffff } as const;
/** The longest list that is walked to its end. */
const MOST = 2048;
/** Bit of a pointer: the lock hands on priorities. Such locks are not served. */
const INHERITS = 1;

export function walkRobustList(context: CoreContext, { head, isWide }: RobustList): void {
  const { memory } = context;
  if (!memory.contains(head, isWide ? ROBUST_HEAD_BYTES.wide : ROBUST_HEAD_BYTES.narrow)) return;
  // No memory is so large that the upper half of an offset would matter.
  const offset = memory.readU32(head + (isWide ? 8 : 4));
  const pending = memory.readU32(head + (isWide ? 16 : 8)) & ~INHERITS;
  let entry = memory.readU32(head) & ~INHERITS;
  for (let count = 0; entry >>> 0 !== head && count < MOST; count++) {
    if (!memory.contains(entry, 4)) break;
    const next = memory.readU32(entry) & ~INHERITS; // once it is marked, others may change it
    if (entry !== pending && !markLock(context, (entry + offset) | 0, false)) break;
    entry = next;
  }
  if (pending !== 0) markLock(context, (pending + offset) | 0, true);
}

/** @param isPending the thread may have given it back, and not yet told @returns false: there is no such word */
function markLock({ memory, futex, threads }: CoreContext, address: number, isPending: boolean): boolean {
  if (address % 4 !== 0 || !memory.contains(address, 4)) return false;
  const { words } = memory;
  const index = address >>> 2;
  for (;;) {
    const value = Atomics.load(words, index) >>> 0;
    if (isPending && value === 0) futex.wake(address, 1);
    if ((value & LOCK.TID_MASK) !== threads.tid) return true;
    const marked = ((value & LOCK.WAITERS) | LOCK.OWNER_DIED) >>> 0;
    if (Atomics.compareExchange(words, index, value, marked) >>> 0 !== value) continue;
    if ((value & LOCK.WAITERS) !== 0) futex.wake(address, 1);
    return true;
  }
}
