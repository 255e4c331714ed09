// What may be mounted in the machine's tree, and the table of what is: the public `MountSource`, its checks, and the form in
// which it is told to the threads that have a Linux. The booting thread's alone; a Volume stays here, and is told by number.

import { type MountedVolume, Quota, type VolumeFiles } from '../../personalities/linux/outside.ts';
import { describeError, FusedError } from './errors.ts';

/** What can stand at a path of the machine's tree. A string is a directory of the host. */
export type MountSource =
  | string
  /** A directory of the host, live. Node only. */
  | { readonly type?: 'host'; readonly path: string; readonly readOnly?: boolean }
  /**
   * An empty file system in memory with a limit of its own, in bytes, that its files and a share for each of their inodes
   * and names count to; default: half the machine's `storage`, from which it takes. `mode`: of its top; default 0o1777.
   */
  | { readonly type: 'tmpfs'; readonly size?: number; readonly mode?: number; readonly readOnly?: boolean }
  /**
   * A directory of the page's Origin Private File System, made where it is missing; default: its root. Kept over reloads;
   * other tabs of the origin see the same files, but a file is open for writing in one of them at a time (EBUSY). As on FAT:
   * no modes, owners, links, nor times that can be set. Pages only.
   */
  | { readonly type: 'opfs'; readonly path?: string; readonly readOnly?: boolean }
  /**
   * A memfs `Volume`, live: guests see what you change in it later, and you what they change. Their calls are answered
   * when your thread's event loop turns. Guests may add as much to it as the machine's `storage`.
   */
  | { readonly type: 'memfs'; readonly volume: VolumeFiles; readonly readOnly?: boolean }
  /**
   * What `lower` is, which stays as it is: changes are kept in memory, up to `size` bytes; default: half the machine's
   * `storage`, from which they take.
   */
  | { readonly type: 'overlay'; readonly lower: MountSource; readonly size?: number; readonly readOnly?: boolean };

/** A mount as threads are told of it. */
export interface MountMessage {
  readonly path: string;
  readonly readOnly: boolean;
  readonly source: SourceMessage;
}

/** What is mounted, without what cannot cross to another thread. */
export type SourceMessage =
  | { readonly type: 'host'; readonly path: string }
  | { readonly type: 'tmpfs'; readonly size: number; readonly mode: number }
  | { readonly type: 'opfs'; readonly path: string }
  | { readonly type: 'memfs'; readonly volume: number }
  | { readonly type: 'overlay'; readonly lower: SourceMessage; readonly size: number };

/** A source that was checked. */
type CheckedSource =
  | Exclude<SourceMessage, { type: 'memfs' | 'overlay' }>
  | { readonly type: 'memfs'; readonly volume: VolumeFiles }
  | { readonly type: 'overlay'; readonly lower: CheckedSource; readonly size: number };

const TMPFS_MODE = 0o1777;
const MODE_MAX = 0o7777;

/** What `mounts` and `machine.mount` ask for, checked. */
export interface MountRequest {
  readonly path: string;
  readonly readOnly: boolean;
  readonly source: CheckedSource;
}

/**
 * Checks a mount.
 *
 * @param option how an error names it
 * @param storage of the machine, in bytes
 *
 * Errors: FusedError EINVAL, in one line that says what it may be.
 */
export function checkMount(option: string, path: string, source: MountSource, storage: number): MountRequest {
  const at = checkMountPath(option, path);
  const checked = checkSource(option, source, storage);
  const readOnly = typeof source === 'string' ? false : (source.readOnly ?? false);
  if (typeof readOnly !== 'boolean') throw invalid(`${option}.readOnly`, readOnly, 'true or false');
  return { path: at, readOnly, source: checked };
}

/** What is below all overlays of a source: where its files come from. */
export function baseOf(source: SourceMessage): Exclude<SourceMessage, { type: 'overlay' }> {
  return source.type === 'overlay' ? baseOf(source.lower) : source;
}

/** Mounts of a table, those above before those below them, whatever their order in the table. */
export function checkMounts(mounts: Readonly<Record<string, MountSource>>, storage: number): MountRequest[] {
  const requests = Object.entries(mounts).map(([path, source]) => checkMount(`mounts[${path}]`, path, source, storage));
  const twice = requests.find(({ path }, index) => requests.some((other, at) => at < index && other.path === path));
  if (twice !== undefined) throw new FusedError('EINVAL', `mounts: ${twice.path} stands there twice`);
  return requests.sort((a, b) => depthOf(a.path) - depthOf(b.path));
}

/**
 * @returns the path without a slash at its end and without empty names and dots
 *
 * Errors: FusedError EINVAL: not absolute, the root, a `..`, a NUL.
 */
export function checkMountPath(option: string, path: string): string {
  const allowed = 'an absolute path below /, without ..';
  if (typeof path !== 'string' || !path.startsWith('/') || path.includes('\0')) throw invalid(option, path, allowed);
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.length === 0 || names.includes('..')) throw invalid(option, path, allowed);
  return `/${names.join('/')}`;
}

function checkSource(option: string, source: MountSource, storage: number): CheckedSource {
  if (typeof source === 'string') return hostSource(option, source);
  if (typeof source !== 'object' || source === null) throw invalid(option, source, 'a path of the host or { type … }');
  switch (source.type) {
    case undefined:
    case 'host':
      return hostSource(option, source.path);
    case 'tmpfs': {
      const { size = Math.floor(storage / 2), mode = TMPFS_MODE } = source;
      requireInteger(`${option}.size`, size, Number.MAX_SAFE_INTEGER, 'a number of bytes');
      requireInteger(`${option}.mode`, mode, MODE_MAX, 'permission bits up to 0o7777');
      return { type: 'tmpfs', size, mode };
    }
    case 'opfs':
      return { type: 'opfs', path: checkOpfsPath(`${option}.path`, source.path ?? '') };
    case 'memfs':
      if (typeof source.volume?.lstatSync !== 'function') throw invalid(`${option}.volume`, source.volume, 'a Volume');
      return { type: 'memfs', volume: source.volume };
    case 'overlay': {
      const { size = Math.floor(storage / 2) } = source;
      requireInteger(`${option}.size`, size, Number.MAX_SAFE_INTEGER, 'a number of bytes');
      return { type: 'overlay', lower: checkSource(`${option}.lower`, source.lower, storage), size };
    }
    default:
      source satisfies never;
      throw invalid(`${option}.type`, (source as { readonly type: unknown }).type, 'host, tmpfs, opfs, memfs, overlay');
  }
}

function hostSource(option: string, path: string): { readonly type: 'host'; readonly path: string } {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return { type: 'host', path };
  throw invalid(`${option}.path`, path, 'the path of a directory of the host');
}

function checkOpfsPath(option: string, path: string): string {
  const allowed = 'names with / between them, without . and ..';
  if (typeof path !== 'string' || path.includes('\0')) throw invalid(option, path, allowed);
  const names = path.split('/').filter((name) => name !== '');
  if (names.includes('.') || names.includes('..')) throw invalid(option, path, allowed);
  return names.join('/');
}

function requireInteger(option: string, value: number, most: number, allowed: string): void {
  if (!Number.isInteger(value) || value < 0 || value > most) throw invalid(option, value, allowed);
}

function invalid(option: string, value: unknown, allowed: string): FusedError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new FusedError('EINVAL', `${option} is ${shown}; it may be ${allowed}`);
}

function depthOf(path: string): number {
  return path.split('/').length;
}

/** What the machine has mounted, in order, with the numbers under which threads know its Volumes. */
export class MountTable {
  readonly #mounts: MountMessage[] = [];
  /** By number. A Volume keeps its number while the machine lives: processes may be using it. */
  readonly volumes: MountedVolume[] = [];
  readonly #storage: number;

  /** @param storage of the machine, in bytes: what guests may add to each Volume */
  constructor(storage: number) {
    this.#storage = storage;
  }

  get mounts(): readonly MountMessage[] {
    return this.#mounts;
  }

  /** The request as threads are told of it. */
  messageFor({ path, readOnly, source }: MountRequest): MountMessage {
    return { path, readOnly, source: this.#message(source) };
  }

  add(mount: MountMessage): void {
    this.#mounts.push(mount);
  }

  /** Whether something is mounted just there. */
  has(path: string): boolean {
    return this.#mounts.some((mount) => mount.path === path);
  }

  /** The latest mount at a path is gone. */
  remove(path: string): void {
    this.#mounts.splice(
      this.#mounts.findLastIndex((mount) => mount.path === path),
      1,
    );
  }

  /** Whether a directory is a mount, or in one. */
  covers(directory: string): boolean {
    return this.#mounts.some(({ path }) => `${directory}/`.startsWith(`${path}/`));
  }

  /** The names at the top of the tree that mounts need. */
  get tops(): string[] {
    return this.#mounts.map(({ path }) => path.split('/')[1] ?? '');
  }

  /** Whether something of a type is mounted, or lies below an overlay that is. */
  hasType(type: SourceMessage['type']): boolean {
    return this.#mounts.some(({ source }) => baseOf(source).type === type);
  }

  #message(source: CheckedSource): SourceMessage {
    switch (source.type) {
      case 'memfs':
        return this.#numbered(source.volume);
      case 'overlay':
        return { ...source, lower: this.#message(source.lower) };
      default:
        return source;
    }
  }

  #numbered(files: VolumeFiles): SourceMessage {
    const known = this.volumes.findIndex((volume) => volume.files === files);
    if (known >= 0) return { type: 'memfs', volume: known };
    let hasReported = false;
    const onForeign = (error: unknown): void => {
      if (!hasReported)
        console.error(`fusedos: a mounted Volume threw what is no file system error: ${describeError(error)}`);
      hasReported = true;
    };
    const volume = { files, quota: new Quota(this.#storage), onForeign };
    return { type: 'memfs', volume: this.volumes.push(volume) - 1 };
  }
}
