// Which addresses of a process its mappings have: two bytes for each 4 KiB of its memory. The memory cannot shrink and has no holes, so
// a mapping is a range that nobody else is given: above what the program began with, by growing, or where another was unmapped.
// Pure, but for two primitives: growing, and the memory's bytes. Ranges are zero when they are handed out.
//
// Threads of a process have the same bytes, in shared memory, and a lock: who has which pages changes under it. Who has got pages has them
// alone, so they are zeroed, and their bytes moved, when it is given back. One thread alone takes no lock.
//
//   int32 LOCK
//         LOWEST   no page below is free
//         BREAK    pages of 64 KiB that the memory had when the first call asked
//
// See: mmap(2), munmap(2), mremap(2); CNK, whose map of a process is static too.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { type Ending, lock, unlock } from '../../../runtime/shm/spin-lock.ts';

/** What lengths are rounded up to, and addresses are multiples of: that of programs that were built for 4 KiB, or for more. */
export const MAP_PAGE = 4096;
/** By which a memory grows. */
const WASM_PAGE = 65536;
export const PAGES_A_WASM_PAGE = WASM_PAGE / MAP_PAGE;

/** Who has a page: the program itself, or nobody since it is beyond the memory; nobody; a mapping, of what is from MAPPED on. */
export const OWNER = { program: 0, free: 1, anonymous: 2, privateFile: 3, sharedFile: 4 } as const;
export type MappingOwner = 2 | 3 | 4;
const MAPPED = OWNER.anonymous;
const WORD = { LOCK: 0, LOWEST: 1, BREAK: 2 } as const;
const WORDS = 3;
/** How often the memory is grown for a mapping, when others grow it in between. */
const TRIES = 4;

export interface AddressSpaceParts {
  /** A byte for each page that the process's memory may ever have: whose it is. */
  readonly owners: Uint8Array;
  /** As many: whether anything may ever have been stored there. What is only reserved costs the host no memory, and stays so. */
  readonly touched: Uint8Array;
  /** What else the threads share. */
  readonly words?: Int32Array;
  /** Of the process; absent: it has one thread. */
  readonly ending?: Ending | undefined;
  readonly memory: GuestMemory;
  /** Grows the memory. @param pages of 64 KiB @returns how many it had; −1: it does not grow */
  readonly grow: (pages: number) => number;
}

export class AddressSpace {
  /** Where the memory ended when the first call asked: the program's break, which stays there. */
  readonly breakAddress: number;
  readonly #owners: Uint8Array;
  readonly #touched: Uint8Array;
  readonly #words: Int32Array;
  readonly #ending: Ending | undefined;
  readonly #memory: GuestMemory;
  readonly #grow: (pages: number) => number;

  constructor({ owners, touched, words = new Int32Array(WORDS), ending, memory, grow }: AddressSpaceParts) {
    this.#owners = owners;
    this.#touched = touched;
    this.#words = words;
    this.#ending = ending;
    this.#memory = memory;
    this.#grow = grow;
    const pages = memory.size / WASM_PAGE;
    this.breakAddress = (Atomics.compareExchange(words, WORD.BREAK, 0, pages) || pages) * WASM_PAGE;
  }

  /** A new mapping, zeroed. @param length more than 0 @param isReserved nobody stores there yet @returns its address; −ENOMEM */
  map(length: number, owner: MappingOwner, isReserved = false): number {
    const count = pagesOf(length);
    const first = this.#locked(() => this.#reserve(count, owner));
    if (first === undefined) return -Errno.ENOMEM;
    this.#clean(first, count, isReserved);
    return first * MAP_PAGE;
  }

  /**
   * A mapping at an address, in place of what is there; what the program had from the start stays its own, and is zeroed.
   *
   * @param keeps fails rather than replace anything
   * @param isReserved nobody stores there yet
   * @returns 0; −EINVAL, −EEXIST; −ENOMEM: the memory ends before
   */
  place(address: number, length: number, owner: MappingOwner, keeps: boolean, isReserved = false): number {
    if (address % MAP_PAGE !== 0) return -Errno.EINVAL;
    const [first, count] = [address / MAP_PAGE, pagesOf(length)];
    const end = first + count;
    if (!this.#memory.contains(address, count * MAP_PAGE)) return -Errno.ENOMEM;
    const isPlaced = this.#locked(() => {
      if (keeps && !this.#isAll(first, end, (page) => page === OWNER.free)) return false;
      for (let page = first; page < end; page++) {
        if (this.#owners[page] !== OWNER.program) this.#owners[page] = owner;
      }
      return true;
    });
    if (!isPlaced) return -Errno.EEXIST;
    for (let page = first; page < end; page++) {
      if (this.#owners[page] !== OWNER.program) this.#clean(page, 1, isReserved);
      else this.#memory.bytes.fill(0, page * MAP_PAGE, (page + 1) * MAP_PAGE);
    }
    return 0;
  }

  /** What was only reserved may be stored to from now on. */
  touch(address: number, length: number): void {
    const first = address / MAP_PAGE;
    this.#touched.fill(1, first, first + pagesOf(length));
  }

  /** Whether nothing is mapped there, and can be. */
  isFree(address: number, length: number): boolean {
    const first = address / MAP_PAGE;
    return this.#isAll(first, first + pagesOf(length), (page) => page === OWNER.free);
  }

  /** The ranges that mappings have of it are free. What the program has from its start stays. @returns 0; −EINVAL */
  unmap(address: number, length: number): number {
    if (address % MAP_PAGE !== 0 || length === 0 || address + length > 2 ** 32) return -Errno.EINVAL;
    const first = address / MAP_PAGE;
    const end = Math.min(first + pagesOf(length), this.#owners.length);
    this.#locked(() => {
      for (let page = first; page < end; page++) {
        if ((this.#owners[page] as number) >= MAPPED) this.#owners[page] = OWNER.free;
      }
      this.#lowest = Math.min(this.#lowest, first);
    });
    return 0;
  }

  /**
   * Another length for a mapping, elsewhere if it must and may.
   *
   * @param target where to, when that is given
   * @returns its address; −EINVAL; −EFAULT: there is no such mapping; −ENOMEM: it does not grow
   */
  remap(address: number, length: number, newLength: number, mayMove: boolean, target?: number): number {
    if (address % MAP_PAGE !== 0 || length === 0 || newLength === 0) return -Errno.EINVAL;
    const [first, count, newCount] = [address / MAP_PAGE, pagesOf(length), pagesOf(newLength)];
    if (!this.#isAll(first, first + count, (page) => page >= MAPPED)) return -Errno.EFAULT;
    const owner = this.#owners[first] as MappingOwner;
    if (target !== undefined) return this.#move(first, count, newCount, owner, target);
    if (newCount <= count) {
      if (newCount < count) this.unmap((first + newCount) * MAP_PAGE, (count - newCount) * MAP_PAGE);
      return address;
    }
    if (this.#locked(() => this.#extend(first + count, newCount - count, owner))) {
      this.#clean(first + count, newCount - count, false);
      return address;
    }
    if (!mayMove) return -Errno.ENOMEM;
    const moved = this.map(newLength, owner);
    if (moved < 0) return moved;
    this.#memory.bytes.copyWithin(moved, address, (first + count) * MAP_PAGE);
    this.unmap(address, count * MAP_PAGE);
    return moved;
  }

  /**
   * Whether all of a range is the program's or mapped: what is not is beyond the memory, or was unmapped, or is where a null pointer
   * points to.
   */
  isUsed(address: number, length: number): boolean {
    if (address < MAP_PAGE && length > 0) return false;
    if (!this.#memory.contains(address, length)) return false;
    const first = Math.floor(address / MAP_PAGE);
    return this.#isAll(first, first + pagesOf(address - first * MAP_PAGE + length), (page) => page !== OWNER.free);
  }

  /** Whether a file that is mapped to be shared is in it. */
  hasSharedFile(address: number, length: number): boolean {
    const first = address / MAP_PAGE;
    return !this.#isAll(first, first + pagesOf(length), (page) => page !== OWNER.sharedFile);
  }

  /** The bytes of anonymous mappings in a range are zero again. */
  discard(address: number, length: number): void {
    const first = address / MAP_PAGE;
    const end = first + pagesOf(length);
    for (let page = first; page < end; page++) {
      if (this.#owners[page] === OWNER.anonymous) this.#memory.bytes.fill(0, page * MAP_PAGE, (page + 1) * MAP_PAGE);
    }
  }

  #locked<T>(run: () => T): T {
    if (this.#ending === undefined) return run();
    lock(this.#words, WORD.LOCK, this.#ending);
    const value = run();
    unlock(this.#words, WORD.LOCK);
    return value;
  }

  // What follows, as far as `#isAll`, is done under the lock.

  get #lowest(): number {
    return this.#words[WORD.LOWEST] as number;
  }

  set #lowest(page: number) {
    this.#words[WORD.LOWEST] = page;
  }

  /** The first run of free pages that is long enough becomes a mapping's. */
  #reserve(count: number, owner: MappingOwner): number | undefined {
    for (let tries = 0; tries < TRIES; tries++) {
      const first = this.#find(count);
      if (first !== undefined) {
        this.#owners.fill(owner, first, first + count);
        return first;
      }
      if (!this.#growFor(count)) return undefined;
    }
    return undefined;
  }

  #find(count: number): number | undefined {
    const owners = this.#owners;
    let first = owners.indexOf(OWNER.free, this.#lowest);
    this.#lowest = first < 0 ? owners.length : first;
    while (first >= 0) {
      let end = first + 1;
      const wanted = first + count;
      while (end < wanted && owners[end] === OWNER.free) end++;
      if (end === wanted) return first;
      first = owners.indexOf(OWNER.free, end);
    }
    return undefined;
  }

  /** Grows the memory so that a run of so many free pages ends it. @returns false: it does not grow */
  #growFor(count: number): boolean {
    let free = 0;
    for (let page = this.#memory.size / MAP_PAGE - 1; this.#owners[page] === OWNER.free; page--) free++;
    const growth = Math.ceil((count - free) / PAGES_A_WASM_PAGE);
    const before = this.#grow(growth);
    if (before < 0) return false;
    const first = before * PAGES_A_WASM_PAGE;
    this.#memory.contains(first * MAP_PAGE, growth * WASM_PAGE); // views follow
    this.#owners.fill(OWNER.free, first, first + growth * PAGES_A_WASM_PAGE);
    this.#lowest = Math.min(this.#lowest, first);
    return true;
  }

  /** More of a mapping behind its end. */
  #extend(end: number, count: number, owner: MappingOwner): boolean {
    let free = 0;
    while (free < count && this.#owners[end + free] === OWNER.free) free++;
    if (free < count) {
      if ((end + free) * MAP_PAGE !== this.#memory.size || !this.#growFor(count)) return false;
      if (!this.#isAll(end, end + count, (page) => page === OWNER.free)) return false;
    }
    this.#owners.fill(owner, end, end + count);
    return true;
  }

  #isAll(first: number, end: number, holds: (owner: number) => boolean): boolean {
    if (end > this.#owners.length) return false;
    for (let page = first; page < end; page++) if (!holds(this.#owners[page] as number)) return false;
    return true;
  }

  /** The pages of a mapping are zero, as new ones are. */
  #clean(first: number, count: number, isReserved: boolean): void {
    const touched = this.#touched;
    const end = first + count;
    this.#memory.contains(first * MAP_PAGE, count * MAP_PAGE); // views follow, when another thread has grown it
    for (let page = touched.indexOf(1, first); page >= 0 && page < end; ) {
      let after = page + 1;
      while (after < end && touched[after] === 1) after++;
      this.#memory.bytes.fill(0, page * MAP_PAGE, after * MAP_PAGE);
      page = after < end ? touched.indexOf(1, after) : -1;
    }
    touched.fill(isReserved ? 0 : 1, first, end);
  }

  #move(first: number, count: number, newCount: number, owner: MappingOwner, target: number): number {
    const at = target / MAP_PAGE;
    if (target % MAP_PAGE !== 0 || (at < first + count && first < at + newCount)) return -Errno.EINVAL;
    const placed = this.place(target, newCount * MAP_PAGE, owner, false);
    if (placed < 0) return placed;
    const kept = Math.min(count, newCount);
    this.#memory.bytes.copyWithin(target, first * MAP_PAGE, (first + kept) * MAP_PAGE);
    this.unmap(first * MAP_PAGE, count * MAP_PAGE);
    return target;
  }
}

function pagesOf(length: number): number {
  return Math.ceil(length / MAP_PAGE);
}
