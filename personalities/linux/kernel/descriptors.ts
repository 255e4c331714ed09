// A process's descriptors: the open files behind those numbers of the shared table that Linux owns. The table says who
// owns a number; the descriptions, and whether a number is closed by execve(2), are kept here. Closing any number of a file
// ends the process's record locks on it (POSIX). See: runtime/abi/descriptor-table.

import {
  claimDescriptor,
  type DescriptorStat,
  descriptorLimit,
  descriptorOwner,
  freeDescriptor,
  OWNER_LINUX,
  OWNER_NONE,
  publishDescriptor,
} from '../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import type { FileDescription } from '../vfs/inode.ts';
import type { LockOwner } from '../vfs/locks.ts';

/** `mode >> TYPE_SHIFT` is the file type that the shared table tells. */
const TYPE_SHIFT = 12;

/** Says what fd_fdstat_get answers for a description. */
export type StatOf = (description: FileDescription, into: DescriptorStat) => void;

const stat: DescriptorStat = { typeAndFlags: 0, rightsBase: 0, rightsInheriting: 0 };

export class Descriptors {
  readonly table: Int32Array;
  readonly #statOf: StatOf;
  #limit: number;
  readonly #open: (FileDescription | undefined)[] = [];
  readonly #closedOnExec = new Set<number>();
  /** Once the process had a record lock. */
  locks: LockOwner | undefined;

  constructor(table: Int32Array, statOf: StatOf) {
    this.table = table;
    this.#statOf = statOf;
    this.#limit = descriptorLimit(table);
  }

  /** How many numbers there are; RLIMIT_NOFILE. */
  get limit(): number {
    return this.#limit;
  }
  /** @param limit at most what the table has */
  set limit(limit: number) {
    this.#limit = Math.min(limit, descriptorLimit(this.table));
  }

  /** @param fd any number, as the guest gave it */
  get(fd: number): FileDescription | undefined {
    return this.#open[fd];
  }

  /** Claims the lowest free number; `fill` or `abandon` must follow. @returns it or −EMFILE */
  claim(from = 0): number {
    const fd = claimDescriptor(this.table, OWNER_LINUX, 0, from);
    if (fd < this.#limit) return fd < 0 ? -Errno.EMFILE : fd;
    freeDescriptor(this.table, fd);
    return -Errno.EMFILE;
  }

  /** Puts a description behind a claimed number. */
  fill(fd: number, description: FileDescription, isClosedOnExec = false): void {
    description.retain();
    this.#put(fd, description, isClosedOnExec);
  }

  abandon(fd: number): void {
    freeDescriptor(this.table, fd);
  }

  /** Gives a description the lowest free number. @returns it or −EMFILE */
  add(description: FileDescription, from = 0, isClosedOnExec = false): number {
    const fd = this.claim(from);
    if (fd >= 0) this.fill(fd, description, isClosedOnExec);
    return fd;
  }

  /** Errors: EBADF. */
  close(fd: number): number {
    const description = this.#open[fd];
    if (description === undefined) return -Errno.EBADF;
    this.#open[fd] = undefined;
    this.#closedOnExec.delete(fd);
    freeDescriptor(this.table, fd);
    this.#closed(description);
    return 0;
  }

  /** Implements dup3(2) but for its flags: `to`, open or not, becomes another number of `from`'s. Errors: EBADF. */
  replace(from: number, to: number, isClosedOnExec: boolean): number {
    const description = this.#open[from];
    if (description === undefined || to < 0 || to >= this.limit) return -Errno.EBADF;
    const old = this.#open[to];
    description.retain();
    this.#put(to, description, isClosedOnExec);
    if (old !== undefined) this.#closed(old);
    return to;
  }

  /** fd_renumber: `to`, which must be open, is closed and becomes `from`, which is free then. Errors: EBADF. */
  renumber(from: number, to: number): number {
    const description = this.#open[from];
    if (description === undefined || descriptorOwner(this.table, to) === OWNER_NONE) return -Errno.EBADF;
    if (from === to) return 0;
    const old = this.#open[to];
    this.#put(to, description, this.#closedOnExec.delete(from));
    this.#open[from] = undefined;
    freeDescriptor(this.table, from);
    if (old !== undefined) this.#closed(old);
    return 0;
  }

  isClosedOnExec(fd: number): boolean {
    return this.#closedOnExec.has(fd);
  }
  setClosedOnExec(fd: number, isClosedOnExec: boolean): void {
    if (isClosedOnExec) this.#closedOnExec.add(fd);
    else this.#closedOnExec.delete(fd);
  }

  /** Flags or rights of a description have changed. @returns how many numbers it has here */
  republish(description: FileDescription): number {
    let numbers = 0;
    for (let fd = 0; fd < this.#open.length; fd++) {
      if (this.#open[fd] !== description) continue;
      this.#publish(fd, description);
      numbers++;
    }
    return numbers;
  }

  closeAll(): void {
    for (let fd = 0; fd < this.#open.length; fd++) {
      if (this.#open[fd] !== undefined) this.close(fd);
    }
  }

  /** Open numbers and their descriptions, in order. */
  *entries(): Iterable<[number, FileDescription]> {
    for (const [fd, description] of this.#open.entries()) {
      if (description !== undefined) yield [fd, description];
    }
  }

  #put(fd: number, description: FileDescription, isClosedOnExec: boolean): void {
    while (this.#open.length < fd) this.#open.push(undefined);
    this.#open[fd] = description;
    if (isClosedOnExec || this.#closedOnExec.size > 0) this.setClosedOnExec(fd, isClosedOnExec);
    this.#publish(fd, description);
  }

  #publish(fd: number, description: FileDescription): void {
    this.#statOf(description, stat);
    publishDescriptor(this.table, fd, OWNER_LINUX, description.inode.mode >> TYPE_SHIFT, stat);
  }

  /** A number of a description is gone. */
  #closed(description: FileDescription): void {
    this.locks?.releaseFile(description.inode);
    description.release();
  }
}

/** A process. */
interface Owner {
  readonly descriptors: Descriptors;
}

/** To be called when flags or rights of a description have changed: the tables of all that share it get the new ones. */
export function publishChange(
  { kernel, process }: { readonly kernel: { readonly processes: Iterable<Owner> }; readonly process: Owner },
  description: FileDescription,
): void {
  let others = description.references - process.descriptors.republish(description);
  for (const other of others > 0 ? kernel.processes : []) {
    if (other !== process) others -= other.descriptors.republish(description);
    if (others === 0) return;
  }
}
