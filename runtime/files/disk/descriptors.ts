// Which of this process's file descriptors belong to a machine's host directories, and to whom: a descriptor is the
// process's, any thread may use and close it, and Node closes none of them for us (`trackUnmanagedFds` is off in our workers).
// So that none is left behind by a thread that was ended, or by a machine that was closed, each is noted in shared memory.
//
// A descriptor is noted right after it was opened, and its note is cleared right before it is closed, by whoever does that;
// between the two only `adopt` changes it. Whoever ends such a thread shuts its gate first, so that no call is left without
// its note. Used by all that open files for host directories.

import { Errno } from '../../abi/errno.ts';
import { errnoOf } from '../../host/errno.ts';
import { builtin } from '../../host/node-builtins.ts';
import { EndingGate } from '../guest-thread/ending-gate.ts';

/** Descriptors from this number on are not used: ENFILE. */
const LIMIT = 1 << 16;
/** Of open files that Linux was told of, and of mounts. */
const OWNER_LINUX = 1;
const FIRST_SLOT = 2;

/** The shared part, one a machine: an int16 a descriptor, 0 or its owner. */
export function createDescriptorNotes(): SharedArrayBuffer {
  return new SharedArrayBuffer(LIMIT * Int16Array.BYTES_PER_ELEMENT);
}

/** One thread's view. */
export class HostDescriptors {
  #node: typeof import('node:fs') | undefined;
  readonly #owners: Int16Array;
  readonly #owner: number;
  /** What must not be cut in two by the thread's end goes through it. */
  readonly gate: EndingGate;

  /**
   * @param notes undefined: nobody else closes what this thread opens
   * @param slot of the core whose thread this is; undefined: what is opened belongs to Linux
   * @param gate undefined: nobody else ends this thread
   */
  constructor(notes?: ArrayBufferLike, slot?: number, gate?: ArrayBufferLike) {
    this.#owners = new Int16Array(notes ?? new ArrayBuffer(LIMIT * Int16Array.BYTES_PER_ELEMENT));
    this.#owner = slot === undefined ? OWNER_LINUX : FIRST_SLOT + slot;
    this.gate = new EndingGate(gate);
  }

  /** Fetched late: a page has none, and opens nothing. */
  get #fs(): typeof import('node:fs') {
    this.#node ??= builtin('node:fs');
    return this.#node;
  }

  /** open(2). Throws what Node's openSync throws; an Error with the code ENFILE when the number is too high. */
  open(path: string | Uint8Array, flags: number, mode?: number): number {
    return this.gate.wholly(() => this.#open(path, flags, mode));
  }

  #open(path: string | Uint8Array, flags: number, mode?: number): number {
    const fd = this.#fs.openSync(path as Buffer, flags, mode);
    if (fd < LIMIT) {
      Atomics.store(this.#owners, fd, this.#owner);
      return fd;
    }
    this.#fs.closeSync(fd);
    throw Object.assign(new Error('too many descriptors'), { code: 'ENFILE' });
  }

  /** Linux was told of an open file: it is not its opener's any more. */
  adopt(fd: number): void {
    Atomics.store(this.#owners, fd, OWNER_LINUX);
  }

  /** close(2). @returns 0 or −errno; the number is free in any case */
  close(fd: number): number {
    return this.gate.wholly(() => this.#close(fd));
  }

  #close(fd: number): number {
    if (fd < 0 || fd >= LIMIT || Atomics.exchange(this.#owners, fd, 0) === 0) return -Errno.EBADF;
    try {
      this.#fs.closeSync(fd);
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }
}

/** Closes what a core's thread has left open. The thread is gone, and Linux takes no more answers from it. */
export function closeLeftBy(notes: ArrayBufferLike, slot: number): void {
  closeAll(notes, (owner) => owner === FIRST_SLOT + slot);
}

/** Closes what a machine has left open. All its threads are gone. */
export function closeAllOf(notes: ArrayBufferLike): void {
  closeAll(notes, (owner) => owner !== 0);
}

function closeAll(notes: ArrayBufferLike, isMeant: (owner: number) => boolean): void {
  const owners = new Int16Array(notes);
  const descriptors = new HostDescriptors(notes);
  for (let fd = 0; fd < LIMIT; fd++) if (owners[fd] !== 0 && isMeant(owners[fd] as number)) descriptors.close(fd);
}
