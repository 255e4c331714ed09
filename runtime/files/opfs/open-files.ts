// What guests of one mount have open in OPFS: files and listings by number, and the transfer of bytes, which is synchronous
// and goes straight between OPFS and guest memory where the engine allows that. Part of opfs/mount; results are −errno,
// never thrown.

import { Errno } from '../../abi/errno.ts';
import type { HostAttributes } from '../attributes.ts';
import type { MountedFiles } from '../mounted-directory.ts';
import { TRANSFER_MAX } from '../protocol.ts';
import { takeOpenFile } from './attributes.ts';
import { opfsErrnoOf } from './errno.ts';
import type { OpfsFile, OpfsFiles } from './files.ts';
import type { KnownDirectory, KnownFile } from './names.ts';
import type { OpfsAccessHandle, OpfsDirectoryHandle, OpfsFileHandle } from './platform.ts';

/** Most files and listings open at a time: ENFILE beyond. */
const OPEN_MAX = 8192;

/** The names of a directory when it was opened; `next` is the index of the first that was not told yet. */
export interface OpfsListing {
  readonly directory: KnownDirectory;
  readonly entries: readonly (readonly [string, OpfsFileHandle | OpfsDirectoryHandle])[];
  next: number;
}

interface OpenFile {
  readonly file: OpfsFile;
  /** O_SYNC, O_DSYNC. */
  readonly isSynced: boolean;
}

export class OpfsOpenFiles implements MountedFiles {
  readonly #files: OpfsFiles;
  readonly #open = new Map<number, OpenFile | OpfsListing>();
  #next = 0;
  /** Once the engine has refused shared memory: what bytes go through. */
  #staging: Uint8Array | undefined;

  constructor(files: OpfsFiles) {
    this.#files = files;
  }

  get isFull(): boolean {
    return this.#open.size >= OPEN_MAX;
  }

  add(open: OpenFile | OpfsListing): number {
    const number = this.#next;
    this.#next = (this.#next + 1) & 0x7fffffff;
    this.#open.set(number, open);
    return number;
  }

  listing(number: number): OpfsListing | undefined {
    const open = this.#open.get(number);
    return open !== undefined && 'entries' in open ? open : undefined;
  }

  knownOf(number: number): KnownFile | undefined {
    const open = this.#open.get(number);
    return open !== undefined && 'file' in open ? open.file.known : undefined;
  }

  /** Runs `operation` on a file that is open. */
  with(number: number, operation: (file: OpfsFile, isSynced: boolean) => number): number {
    const open = this.#open.get(number);
    if (open === undefined || !('file' in open)) return -Errno.EBADF;
    try {
      return operation(open.file, open.isSynced);
    } catch (error) {
      return -opfsErrnoOf(error);
    }
  }

  attributes(number: number, into: HostAttributes): number {
    return this.with(number, (file) => takeOpenFile(file, into));
  }

  read(number: number, into: Uint8Array, start: number, length: number, position: number): number {
    return this.with(number, ({ access }) => {
      if (access === undefined) return -Errno.EIO;
      return this.#transfer(into.subarray(start, start + length), (bytes, isStaged) => {
        const count = access.read(bytes, { at: position });
        if (isStaged) into.set(bytes.subarray(0, count), start);
        return count;
      });
    });
  }

  /** @param position −1: at the end of the file */
  write(number: number, from: Uint8Array, start: number, length: number, position: number): number {
    return this.with(number, (file, isSynced) => {
      const { access } = file;
      if (access === undefined) return -Errno.EIO;
      if (length === 0) return 0;
      const at = position < 0 ? access.getSize() : position;
      const source = from.subarray(start, start + length);
      const count = this.#transfer(source, (bytes, isStaged) => {
        if (isStaged) bytes.set(source);
        return writeWhatFits(access, bytes, at);
      });
      if (count > 0) this.#changed(file);
      if (isSynced) access.flush();
      return count;
    });
  }

  /** Makes the file at least that long. The platform reserves nothing: a later write may find no room. */
  extend(number: number, size: number): number {
    return this.with(number, (file) => {
      if (file.access === undefined) return -Errno.EIO;
      return file.access.getSize() < size ? this.resize(file, size) : 0;
    });
  }

  /** Errors: the platform's, thrown. */
  resize(file: OpfsFile, size: number): number {
    if (file.access === undefined) return -Errno.EIO;
    file.access.truncate(size);
    this.#changed(file);
    return 0;
  }

  sync(number: number): number {
    return this.with(number, ({ access, isWritable }) => {
      if (access === undefined) return -Errno.EIO;
      // What was only read has nothing to store.
      if (isWritable) access.flush();
      return 0;
    });
  }

  close(number: number): number {
    const open = this.#open.get(number);
    if (open === undefined) return -Errno.EBADF;
    this.#open.delete(number);
    if ('file' in open) this.#files.release(open.file);
    return 0;
  }

  closeAll(): void {
    for (const number of [...this.#open.keys()]) this.close(number);
  }

  #changed(file: OpfsFile): void {
    file.mtimeMs = this.#files.platform.now();
  }

  /** Moves bytes, in place unless the engine refuses views of shared memory: then by a buffer of our own. */
  #transfer(bytes: Uint8Array, move: (bytes: Uint8Array, isStaged: boolean) => number): number {
    if (this.#staging === undefined) {
      try {
        return move(bytes, false);
      } catch (error) {
        if (!(error instanceof TypeError && bytes.buffer instanceof SharedArrayBuffer)) throw error;
        this.#staging = new Uint8Array(TRANSFER_MAX);
      }
    }
    return move(this.#staging.subarray(0, bytes.length), true);
  }
}

/** The platform writes all or nothing; POSIX wants as much as there is room for. */
function writeWhatFits(access: OpfsAccessHandle, bytes: Uint8Array, at: number): number {
  try {
    return access.write(bytes, { at });
  } catch (error) {
    if (opfsErrnoOf(error) !== Errno.ENOSPC || bytes.length < 2) throw error;
    return writeWhatFits(access, bytes.subarray(0, bytes.length >> 1), at);
  }
}
