// A directory of OPFS as a file system: what disk/directory is for the host's disk. Runs in a worker of its
// own, since the platform answers by promises, and reads and writes block. Results are −errno, never thrown.
//
// As on FAT, there are no modes, owners, symbolic or hard links, and times cannot be set: EPERM. Nothing is kept beside the
// files, so the page itself and other tabs may use them too. A directory cannot be renamed (no engine does it at once):
// EXDEV, upon which programs copy. Names are Unicode: others cannot be made (EINVAL) and are never found (ENOENT).
// A file that is open for writing in another worker or tab is EBUSY.

import { Errno } from '../../abi/errno.ts';
import type { HostAttributes } from '../attributes.ts';
import type { PlaceNodes } from '../known-places.ts';
import { putEntry } from '../listing.ts';
import type { FileTarget, MountedAttributes, MountedDirectory } from '../mounted-directory.ts';
import { HOST_DSYNC, HOST_SYNC, HOST_WRITE } from '../protocol.ts';
import { putStatus } from '../status.ts';
import { DIRECTORY_MODE, FILE_MODE, takeOpenFile, takeOpfsAttributes } from './attributes.ts';
import { isTypeMismatch, opfsErrnoOf } from './errno.ts';
import { type OpfsFile, type OpfsFiles, UNLINKED } from './files.ts';
import type { Known, KnownDirectory, KnownFile } from './names.ts';
import { OpfsOpenFiles } from './open-files.ts';
import type { OpfsDirectoryHandle, OpfsFileHandle } from './platform.ts';

const PERMISSIONS = 0o7777;
const BLOCK = 4096;
const TOP_INO = 1;
const DIRECTORY_LINKS = 2;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export class OpfsMount implements MountedDirectory<Promise<number>>, MountedAttributes<Promise<number>>, PlaceNodes {
  readonly isReadOnly: boolean;
  readonly openFiles: OpfsOpenFiles;
  readonly #files: OpfsFiles;
  readonly #top: KnownDirectory;

  constructor(files: OpfsFiles, handle: OpfsDirectoryHandle, path: string, isReadOnly: boolean) {
    this.#files = files;
    this.isReadOnly = isReadOnly;
    this.openFiles = new OpfsOpenFiles(files);
    const changedMs = files.platform.now();
    this.#top = { kind: 'directory', ino: TOP_INO, path, handle, isRemoved: false, uses: 1, changedMs };
  }

  /** @returns the number of the node when it is a directory, else 0 */
  lookup(directory: number, name: Uint8Array, into: HostAttributes): Promise<number> {
    return this.#entry(directory, name, Errno.ENOENT, async (above, text) =>
      this.#found(await this.#find(above, text), into),
    );
  }

  /** @param ino the file that the name must stand for; 0n: any @returns the number of the open file */
  open(directory: number, name: Uint8Array, ino: bigint, access: number, into: HostAttributes): Promise<number> {
    const writes = (access & HOST_WRITE) !== 0;
    if (writes && this.isReadOnly) return Promise.resolve(-Errno.EROFS);
    return this.#entry(directory, name, Errno.ENOENT, async (above, text) => {
      const known = await this.#find(above, text);
      if (typeof known === 'number') return known;
      if (known.kind === 'directory') return -Errno.EISDIR;
      if (ino !== 0n && BigInt(known.ino) !== ino) return -Errno.ESTALE;
      if (this.openFiles.isFull) return -Errno.ENFILE;
      return this.#opened(await this.#files.acquire(known, writes), access, into);
    });
  }

  /** Makes a regular file, open for reading and writing. */
  create(directory: number, name: Uint8Array, _mode: number, access: number, into: HostAttributes): Promise<number> {
    return this.#change(directory, name, async (above, text) => {
      const problem = await this.#refuseExisting(above, text);
      if (problem < 0) return problem;
      if (this.openFiles.isFull) return -Errno.ENFILE;
      const handle = await above.handle.getFileHandle(text, { create: true });
      const known = this.#files.names.seenFile(pathIn(above, text), handle);
      this.#changed(above);
      return this.#opened(await this.#files.acquireNew(known), access, into);
    });
  }

  /** @returns the number of the node */
  mkdir(directory: number, name: Uint8Array, _mode: number, into: HostAttributes): Promise<number> {
    return this.#change(directory, name, async (above, text) => {
      const problem = await this.#refuseExisting(above, text);
      if (problem < 0) return problem;
      const handle = await above.handle.getDirectoryHandle(text, { create: true });
      this.#changed(above);
      return this.#found(this.#files.names.seenDirectory(pathIn(above, text), handle, above.changedMs), into);
    });
  }

  unlink(directory: number, name: Uint8Array): Promise<number> {
    return this.#change(directory, name, async (above, text) => {
      const known = await this.#find(above, text);
      if (typeof known === 'number') return known;
      if (known.kind === 'directory') return -Errno.EISDIR;
      const file = this.#files.find(known);
      if (file === undefined) await above.handle.removeEntry(text);
      else await this.#files.unlink(file);
      return this.#removed(above, text);
    });
  }

  rmdir(directory: number, name: Uint8Array): Promise<number> {
    return this.#change(directory, name, async (above, text) => {
      const known = await this.#find(above, text);
      if (typeof known === 'number') return known;
      if (known.kind === 'file') return -Errno.ENOTDIR;
      // Asked first: with an open file in it, the platform would say that it is busy.
      for await (const _entry of known.handle.entries()) return -Errno.ENOTEMPTY;
      await above.handle.removeEntry(text);
      return this.#removed(above, text);
    });
  }

  rename(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): Promise<number> {
    return this.#change(directory, name, (above, text) =>
      this.#entry(toDirectory, newName, Errno.EINVAL, async (newAbove, newText) => {
        if (this.#isHidden(newAbove, newText)) return -Errno.EINVAL;
        const known = await this.#find(above, text);
        if (typeof known === 'number') return known;
        const replaced = await this.#find(newAbove, newText);
        if (replaced === known) return 0;
        if (typeof replaced === 'number' && replaced !== -Errno.ENOENT) return replaced;
        if (known.kind === 'directory' || known.handle.move === undefined) return -Errno.EXDEV;
        if (typeof replaced !== 'number' && replaced.kind === 'directory') return -Errno.EISDIR;
        await this.#move(known, newAbove, newText, typeof replaced === 'number' ? undefined : replaced);
        this.#changed(above);
        this.#changed(newAbove);
        return 0;
      }),
    );
  }

  stat(target: FileTarget, into: HostAttributes): Promise<number> {
    if (target.file >= 0) return Promise.resolve(this.openFiles.attributes(target.file, into));
    return this.#target(target, (known) => this.#about(known, into));
  }

  /** There is one mode: to set another is EPERM. */
  setMode(target: FileTarget, mode: number): Promise<number> {
    if (this.isReadOnly) return Promise.resolve(-Errno.EROFS);
    const judge = (only: number): number => ((mode & PERMISSIONS) === (only & PERMISSIONS) ? 0 : -Errno.EPERM);
    if (target.file >= 0) return Promise.resolve(this.openFiles.with(target.file, () => judge(FILE_MODE)));
    return this.#target(target, async ({ kind }) => judge(kind === 'file' ? FILE_MODE : DIRECTORY_MODE));
  }

  truncate(target: FileTarget, size: number): Promise<number> {
    if (this.isReadOnly) return Promise.resolve(-Errno.EROFS);
    return this.#target(target, async (known) => {
      if (known.kind === 'directory') return -Errno.EISDIR;
      const file = await this.#files.acquire(known, true);
      try {
        return this.openFiles.resize(file, size);
      } finally {
        this.#files.release(file);
      }
    });
  }

  symlink(): number {
    return this.#lacks();
  }

  readlink(): number {
    return -Errno.EINVAL;
  }

  link(): number {
    return this.#lacks();
  }

  setTimes(): number {
    return this.#lacks();
  }

  /** What the origin may still store; how many files is not known. @returns bytes put */
  async status(into: Uint8Array): Promise<number> {
    const { usage = 0, quota = 0 } = await this.#files.platform.estimate();
    const blocks = Math.floor(quota / BLOCK);
    const blocksFree = Math.floor(Math.max(0, quota - usage) / BLOCK);
    return putStatus({ blockSize: BLOCK, blocks, blocksFree, files: 0, filesFree: 0 }, into);
  }

  /** Whether a directory is still there. */
  syncDirectory(directory: number): number {
    const known = this.#directory(directory);
    return typeof known === 'number' ? known : 0;
  }

  /** Takes the names of a directory as they are now. @returns the listing's number */
  async openListing(directory: number): Promise<number> {
    if (this.openFiles.isFull) return -Errno.ENFILE;
    const known = this.#directory(directory);
    if (typeof known === 'number') return known;
    return attempt(async () => {
      const entries: (readonly [string, OpfsFileHandle | OpfsDirectoryHandle])[] = [];
      for await (const entry of known.handle.entries()) if (!this.#isHidden(known, entry[0])) entries.push(entry);
      return this.openFiles.add({ directory: known, entries, next: 0 });
    });
  }

  /** Puts the next entries of a listing, as many as fit. @returns bytes put; 0: no more */
  readEntries(number: number, into: Uint8Array): number {
    const listing = this.openFiles.listing(number);
    if (listing === undefined) return -Errno.EBADF;
    let used = 0;
    for (; listing.next < listing.entries.length; listing.next++) {
      const [name, handle] = listing.entries[listing.next] as (typeof listing.entries)[number];
      const { ino, kind } = this.#seen(listing.directory, name, handle);
      const mode = kind === 'file' ? FILE_MODE : DIRECTORY_MODE;
      const count = putEntry(into, used, encoder.encode(name), BigInt(ino), mode);
      if (count === 0) break;
      used += count;
    }
    return used;
  }

  close(file: number): number {
    return this.openFiles.close(file);
  }

  /** Whether a node is known; see known-places. */
  has(directory: number): boolean {
    return directory === 0 || this.#files.names.node(directory) !== undefined;
  }

  /** The node of a directory that was seen below another. @returns it, or −ESTALE */
  giveBelow(directory: number, name: Uint8Array, _dev: number, ino: bigint): number {
    const above = this.#directory(directory);
    const text = textOf(name);
    if (typeof above === 'number' || text === undefined) return -Errno.ESTALE;
    const known = this.#files.names.find(pathIn(above, text));
    return known?.kind === 'directory' && BigInt(known.ino) === ino ? this.#files.names.give(known) : -Errno.ESTALE;
  }

  forget(directory: number, times: number): void {
    this.#files.names.forget(directory, times);
  }

  dispose(): void {
    this.openFiles.closeAll();
  }

  /** What a name stands for. The platform is asked each time: other tabs use the same files. */
  async #find(above: KnownDirectory, name: string): Promise<Known | number> {
    const { names } = this.#files;
    const path = pathIn(above, name);
    if (this.#isHidden(above, name)) return -Errno.ENOENT;
    const known = names.find(path);
    // What we have open nobody else can move or remove.
    if (known?.kind === 'file' && this.#files.find(known) !== undefined) return known;
    for (const kind of known?.kind === 'directory' ? DIRECTORY_FIRST : FILE_FIRST) {
      try {
        const { handle } = above;
        const found = kind === 'file' ? await handle.getFileHandle(name) : await handle.getDirectoryHandle(name);
        return this.#seen(above, name, found);
      } catch (error) {
        if (isTypeMismatch(error)) continue;
        const errno = opfsErrnoOf(error);
        // EINVAL: a name that the engine does not allow, so there is none.
        if (errno !== Errno.ENOENT && errno !== Errno.EINVAL) return -errno;
        names.removed(path);
        return -Errno.ENOENT;
      }
    }
    // It changed its type while we looked.
    return -Errno.EBUSY;
  }

  #seen(above: KnownDirectory, name: string, handle: OpfsFileHandle | OpfsDirectoryHandle): Known {
    const { names, platform } = this.#files;
    const path = pathIn(above, name);
    return handle.kind === 'file' ? names.seenFile(path, handle) : names.seenDirectory(path, handle, platform.now());
  }

  async #found(known: Known | number, into: HostAttributes): Promise<number> {
    if (typeof known === 'number') return known;
    const result = await this.#about(known, into);
    return result < 0 || known.kind === 'file' ? result : this.#files.names.give(known);
  }

  async #about(known: Known, into: HostAttributes): Promise<number> {
    if (known.kind === 'directory') {
      takeOpfsAttributes(known.ino, DIRECTORY_MODE, DIRECTORY_LINKS, 0, known.changedMs, into);
      return 0;
    }
    const file = this.#files.find(known);
    if (file !== undefined) return takeOpenFile(file, into);
    const { size, lastModified } = await known.handle.getFile();
    takeOpfsAttributes(known.ino, FILE_MODE, 1, size, lastModified, into);
    return 0;
  }

  #opened(file: OpfsFile, access: number, into: HostAttributes): number {
    const result = takeOpenFile(file, into);
    if (result >= 0) return this.openFiles.add({ file, isSynced: (access & (HOST_SYNC | HOST_DSYNC)) !== 0 });
    this.#files.release(file);
    return result;
  }

  /** Moves a file to a name, over the file that has it. At every moment the name stands for one of the two. */
  async #move(known: KnownFile, above: KnownDirectory, name: string, replaced: KnownFile | undefined): Promise<void> {
    const open = replaced === undefined ? undefined : this.#files.find(replaced);
    const undo = open === undefined ? undefined : await this.#files.keepContents(open);
    try {
      await this.#files.move(known, above.handle, name);
    } catch (error) {
      await undo?.();
      throw error;
    }
    this.#files.names.moved(known, pathIn(above, name));
  }

  async #refuseExisting(above: KnownDirectory, name: string): Promise<number> {
    if (this.#isHidden(above, name)) return -Errno.EINVAL;
    const known = await this.#find(above, name);
    if (typeof known !== 'number') return -Errno.EEXIST;
    return known === -Errno.ENOENT ? 0 : known;
  }

  #removed(above: KnownDirectory, name: string): number {
    this.#files.names.removed(pathIn(above, name));
    this.#changed(above);
    return 0;
  }

  #changed(directory: KnownDirectory): void {
    directory.changedMs = this.#files.platform.now();
  }

  #isHidden(above: KnownDirectory, name: string): boolean {
    return above.path === '' && name === UNLINKED;
  }

  /** The answer to a change that OPFS cannot make. */
  #lacks(): number {
    return this.isReadOnly ? -Errno.EROFS : -Errno.EPERM;
  }

  #directory(number: number): KnownDirectory | number {
    const known = number === 0 ? this.#top : this.#files.names.node(number);
    if (known === undefined) return -Errno.ESTALE;
    return known.isRemoved ? -Errno.ENOENT : known;
  }

  /** Runs `operation` on what a target is now. */
  async #target(target: FileTarget, operation: (known: Known) => Promise<number>): Promise<number> {
    if (target.file >= 0) {
      const known = this.openFiles.knownOf(target.file);
      return known === undefined ? -Errno.EBADF : attempt(() => operation(known));
    }
    if (target.name.length === 0) {
      const known = this.#directory(target.directory);
      return typeof known === 'number' ? known : attempt(() => operation(known));
    }
    return this.#entry(target.directory, target.name, Errno.ENOENT, async (above, text) => {
      const known = await this.#find(above, text);
      if (typeof known === 'number') return known;
      return target.ino !== 0n && BigInt(known.ino) !== target.ino ? -Errno.ESTALE : operation(known);
    });
  }

  /** Runs a change of names, when nobody else changes any. */
  async #change(
    directory: number,
    name: Uint8Array,
    change: (above: KnownDirectory, name: string) => Promise<number>,
  ): Promise<number> {
    if (this.isReadOnly) return -Errno.EROFS;
    return this.#entry(directory, name, Errno.EINVAL, (above, text) =>
      this.#files.platform.exclusively(() => change(above, text)),
    );
  }

  /** @param notUnicode the error when the name cannot be one of OPFS */
  async #entry(
    directory: number,
    name: Uint8Array,
    notUnicode: number,
    operation: (above: KnownDirectory, name: string) => Promise<number>,
  ): Promise<number> {
    const above = this.#directory(directory);
    if (typeof above === 'number') return above;
    const text = textOf(name);
    return text === undefined ? -notUnicode : attempt(() => operation(above, text));
  }
}

const FILE_FIRST = ['file', 'directory'] as const;
const DIRECTORY_FIRST = ['directory', 'file'] as const;

async function attempt(operation: () => Promise<number>): Promise<number> {
  try {
    return await operation();
  } catch (error) {
    return -opfsErrnoOf(error);
  }
}

function pathIn({ path }: KnownDirectory, name: string): string {
  return `${path}/${name}`;
}

function textOf(name: Uint8Array): string | undefined {
  try {
    return strict.decode(name);
  } catch {
    return undefined;
  }
}
