// The files and directory listings of a host directory that are open. A file is known by its descriptor, which is the
// process's: any thread that has the number may use it, and who closes it must be the last. A listing is known by a number
// of the thread that began it. Data goes straight between the host and the given bytes, which may be guest memory.
// Used by disk/directory alone; one thread.

import { Errno } from '../../abi/errno.ts';
import { errnoOf } from '../../host/errno.ts';
import { builtin } from '../../host/node-builtins.ts';
import { type HostAttributes, takeStats } from '../attributes.ts';
import type { Listing } from '../listing.ts';
import type { MountedFiles } from '../mounted-directory.ts';
import type { HostDescriptors } from './descriptors.ts';
import { handlePath } from './nodes.ts';

/** Numbers of listings begin here, above all descriptors. */
const FIRST_LISTING = 1 << 30;
/** Most listings open at a time: ENFILE beyond. */
const LISTINGS_MAX = 8192;

export class OpenFiles implements MountedFiles {
  readonly #fs = builtin('node:fs');
  readonly #descriptors: HostDescriptors;
  readonly #listings = new Map<number, Listing>();
  #next = 0;

  constructor(descriptors: HostDescriptors) {
    this.#descriptors = descriptors;
  }

  /** @returns the listing's number, never used twice, or −ENFILE */
  addListing(listing: Listing): number {
    if (this.#listings.size >= LISTINGS_MAX) return -Errno.ENFILE;
    const number = FIRST_LISTING + this.#next;
    this.#next = (this.#next + 1) % FIRST_LISTING;
    this.#listings.set(number, listing);
    return number;
  }
  listing(file: number): Listing | undefined {
    return this.#listings.get(file);
  }

  attributes(file: number, into: HostAttributes): number {
    return attempt(() => {
      takeStats(this.#fs.fstatSync(file, { bigint: true }), into);
      return 0;
    });
  }

  /** pread(2); fewer bytes only at the end of the file. */
  read(file: number, into: Uint8Array, start: number, length: number, position: number): number {
    let done = 0;
    try {
      while (done < length) {
        const count = this.#fs.readSync(file, into, start + done, length - done, position + done);
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
    return position < 0 ? this.#append(file, from, start, length) : this.#write(file, from, start, length, position);
  }

  truncate(file: number, size: number): number {
    return attempt(() => {
      this.#fs.ftruncateSync(file, size);
      return 0;
    });
  }

  /** Makes the file at least that long. Node has no fallocate: room is not reserved, a later write may find none. */
  extend(file: number, size: number): number {
    return attempt(() => {
      if (this.#fs.fstatSync(file).size < size) this.#fs.ftruncateSync(file, size);
      return 0;
    });
  }

  sync(file: number, dataOnly: boolean): number {
    return attempt(() => {
      if (dataOnly) this.#fs.fdatasyncSync(file);
      else this.#fs.fsyncSync(file);
      return 0;
    });
  }

  close(file: number): number {
    if (file >= FIRST_LISTING) return this.#listings.delete(file) ? 0 : -Errno.EBADF;
    return this.#descriptors.close(file);
  }

  /** Forgets all listings. Files are their users' to close. */
  closeListings(): void {
    this.#listings.clear();
  }

  /** @param position null: at the end, of a file that was opened to append */
  #write(file: number, from: Uint8Array, start: number, length: number, position: number | null): number {
    let done = 0;
    try {
      while (done < length) {
        const at = position === null ? null : position + done;
        const count = this.#fs.writeSync(file, from, start + done, length - done, at);
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      return done > 0 ? done : -errnoOf(error);
    }
  }

  /**
   * O_APPEND belongs to an open handle and cannot be set later, and a handle that has it ignores positions: so the file is
   * opened once more to append. Where it cannot be opened again, its end is looked up first, and another process that
   * appends at the same moment may be overwritten.
   */
  #append(file: number, from: Uint8Array, start: number, length: number): number {
    const appending = this.#openToAppend(file);
    if (appending >= 0) {
      const count = this.#write(appending, from, start, length, null);
      const closed = this.#descriptors.close(appending);
      return count < 0 || closed === 0 ? count : closed;
    }
    return attempt(() => this.#write(file, from, start, length, this.#fs.fstatSync(file).size));
  }

  #openToAppend(file: number): number {
    if (process.platform !== 'linux') return -Errno.EOPNOTSUPP;
    const { O_WRONLY, O_APPEND, O_NONBLOCK } = this.#fs.constants;
    return attempt(() => this.#descriptors.open(handlePath(file), O_WRONLY | O_APPEND | O_NONBLOCK));
  }
}

function attempt(operation: () => number): number {
  try {
    return operation();
  } catch (error) {
    return -errnoOf(error);
  }
}
