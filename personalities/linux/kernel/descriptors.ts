// A process's descriptors: the open files behind those numbers of the shared table that Linux owns. The table says who
// owns a number; the descriptions are kept here. See: runtime/abi/descriptor-table.

import {
  claimDescriptor,
  descriptorOwner,
  freeDescriptor,
  OWNER_LINUX,
  OWNER_NONE,
  replaceDescriptor,
} from '../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import type { FileDescription } from '../vfs/description.ts';

/** `mode >> TYPE_SHIFT` is the file type that the shared table tells. */
const TYPE_SHIFT = 12;

export class Descriptors {
  readonly table: Int32Array;
  readonly #open: (FileDescription | undefined)[] = [];

  constructor(table: Int32Array) {
    this.table = table;
  }

  /** @param fd any number, as the guest gave it */
  get(fd: number): FileDescription | undefined {
    return this.#open[fd];
  }

  /** Claims the lowest free number; `fill` or `abandon` must follow. @returns it or −EMFILE */
  claim(from = 0): number {
    const fd = claimDescriptor(this.table, OWNER_LINUX, 0, from);
    return fd < 0 ? -Errno.EMFILE : fd;
  }

  /** Puts a description behind a claimed number. */
  fill(fd: number, description: FileDescription): void {
    description.retain();
    while (this.#open.length < fd) this.#open.push(undefined);
    this.#open[fd] = description;
    replaceDescriptor(this.table, fd, OWNER_LINUX, description.inode.mode >> TYPE_SHIFT);
  }

  abandon(fd: number): void {
    freeDescriptor(this.table, fd);
  }

  /** Gives a description the lowest free number. @returns it or −EMFILE */
  add(description: FileDescription, from = 0): number {
    const fd = this.claim(from);
    if (fd >= 0) this.fill(fd, description);
    return fd;
  }

  /** Errors: EBADF. */
  close(fd: number): number {
    const description = this.#open[fd];
    if (description === undefined) return -Errno.EBADF;
    this.#open[fd] = undefined;
    freeDescriptor(this.table, fd);
    description.release();
    return 0;
  }

  /** fd_renumber: `to`, which must be open, is closed and becomes `from`, which is free then. Errors: EBADF. */
  renumber(from: number, to: number): number {
    const description = this.#open[from];
    if (description === undefined || descriptorOwner(this.table, to) === OWNER_NONE) return -Errno.EBADF;
    if (from === to) return 0;
    const old = this.#open[to];
    while (this.#open.length < to) this.#open.push(undefined);
    this.#open[to] = description;
    this.#open[from] = undefined;
    replaceDescriptor(this.table, to, OWNER_LINUX, description.inode.mode >> TYPE_SHIFT);
    freeDescriptor(this.table, from);
    old?.release();
    return 0;
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
}
