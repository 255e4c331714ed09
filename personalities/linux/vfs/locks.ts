// Advisory locks of files: the ranges that owners hold, and the calls that wait for one. A file has up to two lists, one for
// the record locks of fcntl(2) and one for those of flock(2), which are ranges of the whole file; the two never meet.
//
// An owner's ranges in a list do not overlap, are in order, and neighbours of one type are one range:
//
//     owner A   |--read--|     |---------write---------|
//     owner B   |---read---|
//
// A file without locks costs nothing: its lists exist as long as there is something in them. Only processes of this machine
// see these locks, also on a host directory. Positions are bigints, unlike elsewhere, since a range may lie anywhere in 63
// bits: programs lock positions that no file has, as names for other things. Linux's thread alone uses it.
//
// Who waits is served in the order of arrival, but waits for holders only, never for others that wait: a range that is free
// goes to whoever asks. (Linux may hold a call behind an earlier one that waits for more, and find a deadlock in that.)
// See: POSIX.1-2024, fcntl, "Advisory record locking"; fcntl(2); flock(2); syscalls/locks.

import { Errno } from '../../../runtime/abi/errno.ts';
import { WaitQueue } from '../kernel/wait.ts';
import type { Caller } from './caller.ts';

/** Types, by Linux's numbers. */
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;

/** The last position: a range up to it reaches to the end of the file, wherever that is. */
export const OFFSET_MAX = 2n ** 63n - 1n;
/** Most ranges that a process may hold, over all files: bounds what a guest makes the kernel keep. */
export const RANGES_MAX = 4096;

/** A file, by identity: its inode. */
type LockedFile = object;

/** A process, to which ranges are charged. */
export interface LockHolder {
  readonly pid: number;
  /** Ranges that it holds; kept by the lists. */
  lockedRanges: number;
}

/** What is asked for, or held: positions from `start` to `end`, both included. */
export interface LockRange {
  readonly type: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** A range that is held. */
export interface HeldRange extends LockRange {
  /** Who made it. */
  readonly holder: LockHolder;
  readonly owner: LockOwner;
}

/**
 * Within which locks do not conflict, but replace one another: the descriptors of a process (record locks), or an open
 * file description (flock, and record locks of open file descriptions).
 */
export class LockOwner {
  readonly isDescription: boolean;
  /** Where it holds ranges. */
  readonly lists = new Set<LockList>();
  /** The requests that its threads wait for. Of processes only: a description is no thread, and cannot deadlock. */
  readonly waiting = new Set<LockRequest>();

  constructor(isDescription: boolean) {
    this.isDescription = isDescription;
  }

  /** Gives up what it holds on a file. */
  releaseFile(inode: LockedFile): void {
    for (const list of this.lists) if (list.inode === inode) list.release(this);
  }

  releaseAll(): void {
    for (const list of this.lists) list.release(this);
  }
}

/** One call's request: made when it first runs, kept while it waits. */
export class LockRequest implements LockRange {
  readonly list: LockList;
  readonly owner: LockOwner;
  readonly holder: LockHolder;
  readonly type: number;
  readonly start: bigint;
  readonly end: bigint;
  /** Woken when the request might be granted. */
  readonly queue = new WaitQueue();
  isWaiting = false;
  /** It was woken and has not run yet. */
  isWoken = false;

  constructor(list: LockList, owner: LockOwner, holder: LockHolder, { type, start, end }: LockRange) {
    this.list = list;
    this.owner = owner;
    this.holder = holder;
    this.type = type;
    this.start = start;
    this.end = end;
  }
}

/** The locks of one kind on one file. */
export class LockList {
  readonly inode: LockedFile;
  readonly #table: Map<LockedFile, LockList>;
  /** The owner that came first is the first here. */
  readonly #ranges = new Map<LockOwner, HeldRange[]>();
  /** By arrival. */
  readonly #waiting: LockRequest[] = [];

  constructor(inode: LockedFile, table: Map<LockedFile, LockList>) {
    this.inode = inode;
    this.#table = table;
  }

  /** The first range that stands against one of `owner` (undefined: of somebody who holds none). */
  conflict(owner: LockOwner | undefined, range: LockRange): HeldRange | undefined {
    for (const held of this.#conflicts(owner, range)) return held;
    return undefined;
  }

  /** The first range of an owner that a range meets, of whatever type. */
  own(owner: LockOwner, range: LockRange): HeldRange | undefined {
    for (const held of overlapping(this.#ranges.get(owner), range)) return held;
    return undefined;
  }

  /** The type that an owner holds at a position. */
  typeAt(owner: LockOwner, position: bigint): number {
    return this.own(owner, { type: F_UNLCK, start: position, end: position })?.type ?? F_UNLCK;
  }

  /**
   * Gives the owner the range, in place of what it held there; F_UNLCK takes it away. Conflicts were looked for before. The
   * request waits no longer.
   *
   * @returns 0, or −ENOLCK: the holder would have too many ranges; nothing is changed then
   */
  set(request: LockRequest): number {
    const { owner, holder, type, start, end } = request;
    const ranges = this.#ranges.get(owner) ?? [];
    // A neighbour of the same type is taken in.
    const reach = type === F_UNLCK ? 0n : 1n;
    const first = firstFrom(ranges, start - reach);
    let next = first;
    let newStart = start;
    let newEnd = end;
    const before: HeldRange[] = [];
    const after: HeldRange[] = [];
    for (; next < ranges.length; next++) {
      const old = ranges[next] as HeldRange;
      if (old.start > end + reach) break;
      if (old.type === type) {
        if (old.start < newStart) newStart = old.start;
        if (old.end > newEnd) newEnd = old.end;
      } else {
        if (old.start < start) before.push(old.end < start ? old : { ...old, end: start - 1n });
        if (old.end > end) after.push(old.start > end ? old : { ...old, start: end + 1n });
      }
    }
    const own: HeldRange[] = type === F_UNLCK ? [] : [{ type, start: newStart, end: newEnd, holder, owner }];
    const placed = [...before, ...own, ...after];
    const grown = placed.length - (next - first);
    if (grown > 0 && holder.lockedRanges + grown > RANGES_MAX) return -Errno.ENOLCK;
    for (const old of ranges.splice(first, next - first, ...placed)) old.holder.lockedRanges--;
    for (const { holder: charged } of placed) charged.lockedRanges++;
    this.#keep(owner, ranges);
    this.#forget(request);
    this.#changed();
    return 0;
  }

  /** Gives up everything that an owner holds. */
  release(owner: LockOwner): void {
    for (const { holder } of this.#ranges.get(owner) ?? []) holder.lockedRanges--;
    this.#keep(owner, []);
    this.#changed();
  }

  /** The call of a request waits until the request may be granted, or it leaves. */
  wait(request: LockRequest, caller: Caller): void {
    if (!request.isWaiting) {
      request.isWaiting = true;
      this.#waiting.push(request);
      if (!request.owner.isDescription) request.owner.waiting.add(request);
    }
    const wasWoken = request.isWoken;
    request.isWoken = false;
    caller.waitOn(request.queue);
    // Others may have been left asleep in its favour.
    if (wasWoken) this.#changed();
  }

  /** The call of a request waits no longer. Without effect when it got what it wanted, or never waited. */
  leave(request: LockRequest): void {
    if (!request.isWaiting) return;
    this.#forget(request);
    this.#changed();
  }

  /**
   * Whether a process, if it waited for this, would wait for itself: through processes that hold what is in the way and
   * wait themselves. As on Linux, one waiting thread makes its process one that waits, and descriptions are not looked at.
   */
  wouldDeadlock(request: LockRequest): boolean {
    const { owner } = request;
    if (owner.isDescription) return false;
    const seen = new Set<LockOwner>();
    const waits = [request];
    // Grows on the way.
    for (const wait of waits) {
      for (const { owner: other } of wait.list.#conflicts(wait.owner, wait)) {
        if (other === owner) return true;
        if (seen.has(other)) continue;
        seen.add(other);
        waits.push(...other.waiting);
      }
    }
    return false;
  }

  *#conflicts(owner: LockOwner | undefined, range: LockRange): Iterable<HeldRange> {
    for (const [other, ranges] of this.#ranges) {
      if (other === owner) continue;
      for (const held of overlapping(ranges, range)) {
        if (held.type === F_WRLCK || range.type === F_WRLCK) yield held;
      }
    }
  }

  #forget(request: LockRequest): void {
    if (!request.isWaiting) return;
    request.isWaiting = false;
    this.#waiting.splice(this.#waiting.indexOf(request), 1);
    request.owner.waiting.delete(request);
  }

  #keep(owner: LockOwner, ranges: HeldRange[]): void {
    if (ranges.length > 0) {
      this.#ranges.set(owner, ranges);
      owner.lists.add(this);
    } else {
      this.#ranges.delete(owner);
      owner.lists.delete(this);
    }
  }

  /**
   * Wakes the requests that might be granted now, and forgets the list when it is empty. What is woken runs in the order of
   * arrival; what would only lose against an earlier one that was woken sleeps on.
   */
  #changed(): void {
    const woken: LockRequest[] = this.#waiting.filter(({ isWoken }) => isWoken);
    for (const request of this.#waiting) {
      if (request.isWoken || this.conflict(request.owner, request) !== undefined) continue;
      if (woken.some((other) => excludes(other, request))) continue;
      request.isWoken = true;
      woken.push(request);
      request.queue.wakeAll();
    }
    if (this.#ranges.size === 0 && this.#waiting.length === 0) this.#table.delete(this.inode);
    else this.#table.set(this.inode, this);
  }
}

/** All locks of a kernel. */
export class FileLocks {
  readonly #records = new Map<LockedFile, LockList>();
  readonly #flocks = new Map<LockedFile, LockList>();

  /** Files with locks or with calls that wait for one; a file with both kinds counts twice. */
  get size(): number {
    return this.#records.size + this.#flocks.size;
  }

  /** The record locks of a file. What is not there yet comes into being with the first lock. */
  records(inode: LockedFile): LockList {
    return this.#records.get(inode) ?? new LockList(inode, this.#records);
  }

  /** The locks of a file by flock(2). */
  flocks(inode: LockedFile): LockList {
    return this.#flocks.get(inode) ?? new LockList(inode, this.#flocks);
  }
}

/** Index of the first range that ends at or after a position. */
function firstFrom(ranges: readonly HeldRange[], position: bigint): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as HeldRange).end < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* overlapping(ranges: readonly HeldRange[] = [], { start, end }: LockRange): Iterable<HeldRange> {
  for (let i = firstFrom(ranges, start); i < ranges.length; i++) {
    const held = ranges[i] as HeldRange;
    if (held.start > end) return;
    yield held;
  }
}

/** Whether two requests cannot both be granted. */
function excludes(one: LockRequest, other: LockRequest): boolean {
  if (one.owner === other.owner || one.start > other.end || other.start > one.end) return false;
  return one.type === F_WRLCK || other.type === F_WRLCK;
}
