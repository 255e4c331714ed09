// The staged files of CNK's one process: by path, and open by descriptor. The numbers come from the process's one table in
// shared memory, from which Linux takes too; who has not got a number here leaves it to Linux. While the process has one
// thread, nobody else claims or frees numbers during a call of ours.
//
// A path is seen by its text alone: an absolute path from a preopened directory and the guest's name, `.` and `..` taken off
// lexically, must be a staged one. So symbolic links and directories opened by the guest do not lead to staged files, and a
// staged file hides one of Linux's that has its path. No directory lists it.

import {
  claimDescriptor,
  descriptorOwner,
  freeDescriptor,
  OWNER_CNK,
  OWNER_NONE,
  replaceDescriptor,
} from '../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { ALL_RIGHTS, type KeptRights } from '../../../runtime/abi/wasi/rights.ts';
import { FILETYPE } from '../../../runtime/abi/wasi/types.ts';
import type { OpenStagedFile, StagedFile } from './file.ts';
import { possibleRights } from './rights.ts';

/** What a descriptor refers to: an open file, the access mode, what is left of the rights, the status flags. */
export class StagedDescription implements KeptRights {
  readonly file: OpenStagedFile;
  readonly #possible: number;
  rightsBase: number;
  rightsInheriting: number;
  /** FDFLAGS: the shim keeps none. */
  flags: number;

  constructor(
    file: OpenStagedFile,
    access: { readonly isReadable: boolean; readonly isWritable: boolean },
    kept: KeptRights,
    flags: number,
  ) {
    this.file = file;
    this.#possible = possibleRights(file.filetype, access.isReadable, access.isWritable);
    this.rightsBase = kept.rightsBase;
    this.rightsInheriting = kept.rightsInheriting;
    this.flags = flags;
  }

  /** The rights that it has. */
  get rights(): number {
    return this.rightsBase & this.#possible;
  }
}

/** A preopened directory of Linux's. */
export interface PreopenedDirectory extends KeptRights {
  /** Absolute, without a slash at its end: the root is empty. */
  readonly path: string;
}

/** Where a guest's path leads: to a staged file, or below one, where nothing can be. */
export interface StagedPath {
  readonly path: string;
  readonly file: StagedFile;
  readonly hasTrailingSlash: boolean;
  readonly isBeneath: boolean;
}

export interface StagedFilesSpec {
  /** The process's descriptors. */
  readonly table: Int32Array;
  /** By absolute path, without `.`, `..` and empty names. */
  readonly files: ReadonlyMap<string, StagedFile>;
  /** Paths of the directories that Linux opens for the process, from descriptor 3 on. */
  readonly preopens: readonly string[];
  /** Sleeps some milliseconds; leaves a guest that is killed. */
  sleep(durationMs: number): void;
}

const FIRST_PREOPEN = 3;
const LOOK_MS = 0.1;

export class StagedFiles {
  readonly #table: Int32Array;
  readonly #files: Map<string, StagedFile>;
  readonly #open: (StagedDescription | undefined)[] = [];
  readonly #directories = new Map<number, PreopenedDirectory>();
  readonly #lastPreopen: number;
  readonly #sleep: (durationMs: number) => void;
  /** Linux has opened what the process begins with. */
  #isTableFilled = false;

  constructor({ table, files, preopens, sleep }: StagedFilesSpec) {
    this.#table = table;
    this.#files = new Map(files);
    this.#sleep = sleep;
    this.#lastPreopen = FIRST_PREOPEN - 1 + preopens.length;
    for (const [index, path] of preopens.entries()) {
      this.#directories.set(FIRST_PREOPEN + index, {
        path: path
          .split('/')
          .filter((name) => name !== '' && name !== '.')
          .map((name) => `/${name}`)
          .join(''),
        rightsBase: ALL_RIGHTS,
        rightsInheriting: ALL_RIGHTS,
      });
    }
  }

  /** @param fd any number, as the guest gave it; undefined: not CNK's */
  get(fd: number): StagedDescription | undefined {
    return this.#open[fd];
  }

  /** The preopened directory behind a descriptor; undefined for all that is not one. */
  directory(fd: number): PreopenedDirectory | undefined {
    return this.#directories.get(fd);
  }

  /** The staged file that a path leads to; undefined: none, so the path is Linux's. */
  resolve(directory: PreopenedDirectory, path: string): StagedPath | undefined {
    if (path.startsWith('/')) return undefined;
    const names = path.split('/');
    let at = directory.path;
    for (const [index, name] of names.entries()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        // Out of the directory: Linux refuses it.
        if (at === directory.path) return undefined;
        at = at.slice(0, at.lastIndexOf('/'));
        continue;
      }
      at = `${at}/${name}`;
      const file = this.#files.get(at);
      if (file === undefined) continue;
      const rest = names.slice(index + 1);
      const isBeneath = rest.some((each) => each !== '');
      return { path: at, file, isBeneath, hasTrailingSlash: rest.length > 0 };
    }
    return undefined;
  }

  /** Claims the lowest free number; `fill` or `abandon` must follow. @returns it or −EMFILE */
  claim(): number {
    this.awaitLinux();
    const fd = claimDescriptor(this.#table, OWNER_CNK, 0);
    return fd < 0 ? -Errno.EMFILE : fd;
  }

  fill(fd: number, description: StagedDescription): void {
    while (this.#open.length < fd) this.#open.push(undefined);
    this.#open[fd] = description;
    replaceDescriptor(this.#table, fd, OWNER_CNK, kindOf(description));
  }

  abandon(fd: number): void {
    freeDescriptor(this.#table, fd);
  }

  /** Closes an open descriptor of ours. */
  close(fd: number): void {
    this.drop(fd);
    freeDescriptor(this.#table, fd);
  }

  /** Closes what is behind a number that has an owner still. */
  drop(fd: number): void {
    const description = this.#open[fd];
    this.#open[fd] = undefined;
    description?.file.close();
  }

  /** Moves a description of ours to another number, which is free or ours. */
  move(from: number, to: number): void {
    const description = this.#open[from];
    if (description === undefined || from === to) return;
    this.drop(to);
    this.fill(to, description);
    this.#open[from] = undefined;
    freeDescriptor(this.#table, from);
  }

  /** Whether Linux has a descriptor with that number. Linux must have opened what it opens. */
  isOfLinux(fd: number): boolean {
    return this.#open[fd >>> 0] === undefined && descriptorOwner(this.#table, fd) !== OWNER_NONE;
  }

  /** Linux closes a descriptor, of a directory perhaps. */
  linuxCloses(fd: number): void {
    this.#isTableFilled = true; // it answers, so it has opened all
    this.#directories.delete(fd);
  }

  /** Linux moves a descriptor, of a directory perhaps. */
  linuxMoves(from: number, to: number): void {
    const directory = this.#directories.get(from);
    this.#directories.delete(from);
    if (directory === undefined) this.#directories.delete(to);
    else this.#directories.set(to, directory);
  }

  /** Removes a name. */
  unlink({ path, file }: StagedPath): void {
    this.#files.delete(path);
    file.unlinked();
  }

  /**
   * Waits until Linux has opened what the process begins with: it learns of a process when the guest does, and before
   * that its numbers look free. It opens them in order, so the last one tells.
   */
  awaitLinux(): void {
    while (!this.#isTableFilled && descriptorOwner(this.#table, this.#lastPreopen) === OWNER_NONE) this.#sleep(LOOK_MS);
    this.#isTableFilled = true;
  }
}

/** What the table tells of a descriptor: S_IFREG or S_IFCHR, shifted (see descriptorKind). */
function kindOf({ file }: StagedDescription): number {
  return file.filetype === FILETYPE.REGULAR_FILE ? 0o10 : 0o2;
}
