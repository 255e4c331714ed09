// The files and directory listings of a host directory that are open, each by a number that is never used twice. Data goes
// straight between the host and the given bytes, which may be guest memory. Used by host-directory alone; one thread.

import { Errno } from '../abi/errno.ts';
import { handlePath } from './directory-nodes.ts';
import { type HostAttributes, takeStats } from './host-attributes.ts';
import { errnoOf } from './host-errno.ts';
import type { Listing } from './listing.ts';
import { builtin } from './node-builtins.ts';

interface OpenFile {
  readonly fd: number;
  /** The same file opened with O_APPEND, once something was appended. */
  appendFd: number;
  readonly listing: undefined;
}
interface OpenListing {
  readonly listing: Listing;
}
/** Most files and listings open at a time, so that a guest does not use up the process's descriptors: ENFILE beyond. */
const OPEN_MAX = 8192;

export class OpenFiles {
  readonly #fs = builtin('node:fs');
  readonly #files = new Map<number, OpenFile | OpenListing>();
  #next = 0;

  get size(): number {
    return this.#files.size;
  }
  get isFull(): boolean {
    return this.#files.size >= OPEN_MAX;
  }

  addFile(fd: number): number {
    return this.#add({ fd, appendFd: -1, listing: undefined });
  }
  addListing(listing: Listing): number {
    return this.#add({ listing });
  }
  listing(file: number): Listing | undefined {
    return this.#files.get(file)?.listing;
  }

  attributes(file: number, into: HostAttributes): number {
    return this.#with(file, (open) => {
      takeStats(this.#fs.fstatSync(open.fd, { bigint: true }), into);
      return 0;
    });
  }

  /** pread(2); fewer bytes only at the end of the file. */
  read(file: number, into: Uint8Array, start: number, length: number, position: number): number {
    const open = this.#files.get(file);
    if (open === undefined || open.listing !== undefined) return -Errno.EBADF;
    let done = 0;
    try {
      while (done < length) {
        const count = this.#fs.readSync(open.fd, into, start + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      return done > 0 ? done : -errnoOf(error);
    }
  }

  /**
   * pwrite(2); fewer bytes only when there is no room for more.
   *
   * @param position −1: at the end of the file, also when another process writes there
   */
  write(file: number, from: Uint8Array, start: number, length: number, position: number): number {
    const open = this.#files.get(file);
    if (open === undefined || open.listing !== undefined) return -Errno.EBADF;
    let done = 0;
    try {
      const fd = position < 0 ? this.#appendHandle(open) : open.fd;
      while (done < length) {
        const at = position < 0 ? this.#appendPosition(open) : position + done;
        const count = this.#fs.writeSync(fd, from, start + done, length - done, at);
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      return done > 0 ? done : -errnoOf(error);
    }
  }

  truncate(file: number, size: number): number {
    return this.#with(file, (open) => {
      this.#fs.ftruncateSync(open.fd, size);
      return 0;
    });
  }

  /** Makes the file at least that long. Node has no fallocate: room is not reserved, a later write may find none. */
  extend(file: number, size: number): number {
    return this.#with(file, (open) => {
      if (this.#fs.fstatSync(open.fd).size < size) this.#fs.ftruncateSync(open.fd, size);
      return 0;
    });
  }

  sync(file: number, dataOnly: boolean): number {
    return this.#with(file, (open) => {
      if (dataOnly) this.#fs.fdatasyncSync(open.fd);
      else this.#fs.fsyncSync(open.fd);
      return 0;
    });
  }

  withHandle(file: number, operation: (fd: number) => number): number {
    return this.#with(file, (open) => operation(open.fd));
  }

  close(file: number): number {
    const open = this.#files.get(file);
    if (open === undefined) return -Errno.EBADF;
    this.#files.delete(file);
    if (open.listing !== undefined) return 0;
    try {
      if (open.appendFd >= 0) this.#fs.closeSync(open.appendFd);
      this.#fs.closeSync(open.fd);
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  closeAll(): void {
    for (const file of [...this.#files.keys()]) this.close(file);
  }

  #add(open: OpenFile | OpenListing): number {
    const file = this.#next;
    this.#next = (this.#next + 1) & 0x7fffffff;
    this.#files.set(file, open);
    return file;
  }

  #with(file: number, operation: (open: OpenFile) => number): number {
    const open = this.#files.get(file);
    if (open === undefined || open.listing !== undefined) return -Errno.EBADF;
    try {
      return operation(open);
    } catch (error) {
      return -errnoOf(error);
    }
  }

  // O_APPEND belongs to an open handle and cannot be set later, and a handle that has it ignores positions: so a file that
  // is appended to gets a second one. Where a handle cannot be opened again, the end is looked up before each write, and
  // another process that appends at the same moment may be overwritten.

  #appendHandle(open: OpenFile): number {
    if (open.appendFd >= 0) return open.appendFd;
    if (process.platform !== 'linux') return open.fd;
    const { O_WRONLY, O_APPEND, O_NONBLOCK } = this.#fs.constants;
    open.appendFd = this.#fs.openSync(handlePath(open.fd), O_WRONLY | O_APPEND | O_NONBLOCK);
    return open.appendFd;
  }

  #appendPosition(open: OpenFile): number | null {
    return open.appendFd >= 0 ? null : this.#fs.fstatSync(open.fd).size;
  }
}
