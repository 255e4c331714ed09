// `machine.fs`: the machine's files for its embedder, in the shape of node:fs/promises. Each call is a request to Linux;
// no path is looked at here. See: personalities/linux/host-requests.

import type { Changes, Volume } from '../../personalities/linux/index.ts';
import { Checkpoint } from './checkpoint.ts';
import {
  type ImageSource,
  type MachineImage,
  type RestoreOptions,
  restoreImage,
  type SaveOptions,
  saveImage,
} from './image.ts';
import { fromVolume, toVolume } from './volume-copies.ts';

export interface FileStat {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  /** In 512-byte units. */
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** What stat(2) tells, with Node's questions. */
export class Stats {
  declare readonly dev: number;
  declare readonly ino: number;
  declare readonly mode: number;
  declare readonly nlink: number;
  declare readonly uid: number;
  declare readonly gid: number;
  declare readonly rdev: number;
  declare readonly size: number;
  declare readonly blksize: number;
  declare readonly blocks: number;
  declare readonly atimeMs: number;
  declare readonly mtimeMs: number;
  declare readonly ctimeMs: number;

  constructor(stat: FileStat) {
    Object.assign(this, stat);
  }

  isFile(): boolean {
    return fileType(this.mode) === 0o100000;
  }
  isDirectory(): boolean {
    return fileType(this.mode) === 0o040000;
  }
  isSymbolicLink(): boolean {
    return fileType(this.mode) === 0o120000;
  }
  isFIFO(): boolean {
    return fileType(this.mode) === 0o010000;
  }
  isCharacterDevice(): boolean {
    return fileType(this.mode) === 0o020000;
  }
  isSocket(): boolean {
    return fileType(this.mode) === 0o140000;
  }
  get atime(): Date {
    return new Date(this.atimeMs);
  }
  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  get ctime(): Date {
    return new Date(this.ctimeMs);
  }
}

/** An entry of a directory, with its type. */
export class Dirent {
  readonly name: string;
  readonly parentPath: string;
  readonly #mode: number;

  constructor(name: string, parentPath: string, mode: number) {
    this.name = name;
    this.parentPath = parentPath;
    this.#mode = mode;
  }

  isFile(): boolean {
    return fileType(this.#mode) === 0o100000;
  }
  isDirectory(): boolean {
    return fileType(this.#mode) === 0o040000;
  }
  isSymbolicLink(): boolean {
    return fileType(this.#mode) === 0o120000;
  }
}

function fileType(mode: number): number {
  return mode & 0o170000;
}

/** Sends a file operation to Linux; rejects with an error that has Node's `code`, `errno`, `syscall` and `path`. */
export type FileRequest = (operation: string, args: readonly unknown[]) => Promise<unknown>;

export interface WriteOptions {
  readonly mode?: number;
  /** `w` (default), `a`, `wx`, `ax`. */
  readonly flag?: 'w' | 'a' | 'wx' | 'ax';
}

export type MachineFileSystem = ReturnType<typeof createFileSystem>;

/** Paths are absolute, in the machine's tree. */
export function createFileSystem(request: FileRequest) {
  const run = async (operation: string, ...args: unknown[]): Promise<void> => void (await request(operation, args));

  async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  async function readFile(path: string, encoding: 'utf8' | { readonly encoding: 'utf8' }): Promise<string>;
  async function readFile(path: string, options?: unknown): Promise<Uint8Array<ArrayBuffer> | string> {
    const bytes = (await request('readFile', [path])) as Uint8Array<ArrayBuffer>;
    return options === undefined ? bytes : new TextDecoder().decode(bytes);
  }

  async function readdir(path: string): Promise<string[]>;
  async function readdir(path: string, options: { readonly withFileTypes: true }): Promise<Dirent[]>;
  async function readdir(path: string, options?: { readonly withFileTypes: true }): Promise<string[] | Dirent[]> {
    const entries = (await request('readdir', [path])) as { name: string; mode: number }[];
    if (options?.withFileTypes) return entries.map(({ name, mode }) => new Dirent(name, path, mode));
    return entries.map(({ name }) => name);
  }

  const files = {
    readFile,
    readdir,
    writeFile: (path: string, data: Uint8Array | string, options: WriteOptions = {}) =>
      run('writeFile', path, toBytes(data), options),
    appendFile: (path: string, data: Uint8Array | string, options: WriteOptions = {}) =>
      run('writeFile', path, toBytes(data), { flag: 'a', ...options }),
    mkdir: (path: string, options: { readonly recursive?: boolean; readonly mode?: number } = {}) =>
      run('mkdir', path, options),
    stat: async (path: string) => new Stats((await request('stat', [path])) as FileStat),
    lstat: async (path: string) => new Stats((await request('lstat', [path])) as FileStat),
    access: (path: string, mode = 0) => run('access', path, mode),
    rm: (path: string, options: { readonly recursive?: boolean; readonly force?: boolean } = {}) =>
      run('rm', path, options),
    rmdir: (path: string) => run('rmdir', path),
    unlink: (path: string) => run('unlink', path),
    rename: (from: string, to: string) => run('rename', from, to),
    link: (existing: string, path: string) => run('link', existing, path),
    symlink: (target: string, path: string) => run('symlink', target, path),
    readlink: async (path: string) => (await request('readlink', [path])) as string,
    chmod: (path: string, mode: number) => run('chmod', path, mode),
    truncate: (path: string, length = 0) => run('truncate', path, length),
    copyFile: (from: string, to: string) => run('copyFile', from, to),
    /** Times as Date or seconds since 1970. */
    utimes: (path: string, atime: Date | number, mtime: Date | number) =>
      run('utimes', path, seconds(atime), seconds(mtime)),
    /**
     * An image of a directory and all below it as they are now, a tar archive: a stream of bytes. Mounts are left out, and
     * only files in the machine's memory can be saved. Read it to its end or cancel it: what changes meanwhile is kept twice.
     *
     * Errors, when it is read: ENOENT, ENOTDIR; EOPNOTSUPP for a directory of the host.
     */
    save: (options: SaveOptions = {}): MachineImage => saveImage(request, options),
    /**
     * Makes a directory be what an image holds; `merge` keeps what is there beside. What is mounted stays. The tree changes at
     * once, when all of the image was checked, or not at all.
     *
     * Errors: EBADMSG, the image is damaged or cut short. EINVAL: it has a path that leads out of it. EOPNOTSUPP: it has a
     * device, or a form that is not known. ENOSPC: it does not fit. ENOENT, ENOTDIR, EROFS; EBUSY: it would cover a mount.
     */
    restore: (source: ImageSource, options: RestoreOptions = {}): Promise<void> =>
      restoreImage(request, source, options),
    /** Remembers the files as they are now, at next to no cost; see `changes`. */
    checkpoint: async (): Promise<Checkpoint> => new Checkpoint(request, (await request('checkpoint', [])) as number),
    /**
     * The paths that were created, changed and removed since a checkpoint, or since the machine was booted. Of files in the
     * machine's memory and of overlays; not of host directories, Volumes and OPFS. A directory that an overlay shows from
     * below and that is removed or moved is told without what it holds.
     */
    changes: async (since?: Checkpoint): Promise<Changes> =>
      since === undefined ? ((await request('changes', [])) as Changes) : since.changes(),
  };
  return {
    ...files,
    /** Copies what is below a directory into a memfs Volume. See: boot/volume-copies. */
    toVolume: (volume: Volume, path = '/') => toVolume(files, volume, path),
    /** Copies all that a memfs Volume holds below a directory, which is made. See: boot/volume-copies. */
    fromVolume: (volume: Volume, path = '/') => fromVolume(files, volume, path),
  };
}

function seconds(time: Date | number): number {
  return typeof time === 'number' ? time : time.getTime() / 1000;
}

function toBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
