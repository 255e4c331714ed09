// What may be mounted in the machine's tree, and the table of what is: the public `MountSource`, its checks, and the form in
// which it is told to the threads that have a Linux. The booting thread's alone; a Volume stays here, and is told by number.

import { type MountedVolume, Quota, type VolumeFiles } from '../../../personalities/linux/booting-thread.ts';
import { describeError } from '../errors.ts';
import { pathOf } from '../fs/paths.ts';
import {
  checkBoolean,
  checkInteger,
  checkKnown,
  checkObject,
  checkString,
  invalidType,
  invalidValue,
} from '../values/arguments.ts';

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

/** Its mount takes the place of the tree in memory. */
export const ROOT = '/';
const TMPFS_MODE = 0o1777;
const MODE_MAX = 0o7777;

/** What `mounts` and `machine.mount` ask for, checked. */
export interface MountRequest {
  readonly path: string;
  readonly readOnly: boolean;
  readonly source: CheckedSource;
}

/** By type. */
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  host: ['type', 'path', 'readOnly'],
  tmpfs: ['type', 'size', 'mode', 'readOnly'],
  opfs: ['type', 'path', 'readOnly'],
  memfs: ['type', 'volume', 'readOnly'],
  overlay: ['type', 'lower', 'size', 'readOnly'],
};
const TYPES = Object.keys(PROPERTIES);

/**
 * Checks a mount.
 *
 * @param name of the source, for errors
 * @param storage of the machine, in bytes
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, with the name of what is wrong.
 */
export function checkMount(name: string, at: string, source: unknown, storage: number): MountRequest {
  const checked = checkSource(name, source, storage);
  const readOnly = (source as { readonly readOnly?: unknown }).readOnly ?? false;
  checkBoolean(`${name}.readOnly`, readOnly);
  return { path: at, readOnly, source: checked };
}

/** What is below all overlays of a source: where its files come from. */
export function baseOf(source: SourceMessage): Exclude<SourceMessage, { type: 'overlay' }> {
  return source.type === 'overlay' ? baseOf(source.lower) : source;
}

/**
 * Mounts of a table, those above before those below them, whatever their order in the table. The root may be one.
 *
 * Errors: as checkMount.
 */
export function checkMounts(mounts: unknown, storage: number): MountRequest[] {
  checkObject('options.mounts', mounts);
  const requests = Object.entries(mounts).map(([path, source]) => {
    const name = `options.mounts['${path}']`;
    return checkMount(name, isRoot(path) ? ROOT : checkMountPath(name, path), source, storage);
  });
  const twice = requests.find(({ path }, index) => requests.some((other, at) => at < index && other.path === path));
  if (twice !== undefined) throw invalidValue('options.mounts', mounts, `has ${twice.path} twice`);
  return requests.sort((a, b) => depthOf(a.path) - depthOf(b.path));
}

/**
 * @returns the path without a slash at its end and without empty names and dots
 *
 * Errors: as pathOf; ERR_INVALID_ARG_VALUE: not absolute, the root, a `..`.
 */
export function checkMountPath(name: string, given: unknown): string {
  const path = pathOf(given, name);
  const names = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') && names.length > 0 && !names.includes('..')) return `/${names.join('/')}`;
  throw invalidValue(name, path, 'must be an absolute path below /, without ..');
}

function checkSource(name: string, source: unknown, storage: number): CheckedSource {
  if (typeof source === 'string') return hostSource(name, source);
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw invalidType(name, 'of type string or an object with a type', source);
  }
  const { type = 'host' } = source as { readonly type?: unknown };
  if (typeof type !== 'string') throw invalidType(`${name}.type`, 'of type string', type);
  const properties = PROPERTIES[type];
  if (properties === undefined) throw invalidValue(`${name}.type`, type, `must be one of: ${TYPES.join(', ')}`);
  checkKnown(name, source, properties);
  return checkSourceOf(name, type, source, storage);
}

function checkSourceOf(
  name: string,
  type: string,
  source: Readonly<Record<string, unknown>>,
  storage: number,
): CheckedSource {
  const { path, size = Math.floor(storage / 2), mode = TMPFS_MODE, volume } = source;
  switch (type) {
    case 'tmpfs':
      checkInteger(`${name}.size`, size, 0, Number.MAX_SAFE_INTEGER);
      checkInteger(`${name}.mode`, mode, 0, MODE_MAX);
      return { type, size, mode };
    case 'opfs':
      return { type, path: checkOpfsPath(`${name}.path`, path ?? '') };
    case 'memfs':
      if (!isVolume(volume)) throw invalidType(`${name}.volume`, 'an instance of Volume', volume);
      return { type, volume };
    case 'overlay':
      checkInteger(`${name}.size`, size, 0, Number.MAX_SAFE_INTEGER);
      return { type, lower: checkSource(`${name}.lower`, source['lower'], storage), size };
    default:
      return hostSource(`${name}.path`, path);
  }
}

function hostSource(name: string, path: unknown): { readonly type: 'host'; readonly path: string } {
  checkString(name, path);
  if (path !== '' && !path.includes('\0')) return { type: 'host', path };
  throw invalidValue(name, path, 'must be the path of a directory of the host');
}

function checkOpfsPath(name: string, path: unknown): string {
  checkString(name, path);
  const names = path.split('/').filter((part) => part !== '');
  if (!path.includes('\0') && !names.includes('.') && !names.includes('..')) return names.join('/');
  throw invalidValue(name, path, 'must be names with / between them, without . and ..');
}

/** The table with the root in it. Errors: ERR_INVALID_ARG_VALUE: it has one. */
export function withRoot(
  mounts: Readonly<Record<string, MountSource>>,
  root: MountSource | VolumeFiles | undefined,
): Readonly<Record<string, MountSource>> {
  if (root === undefined) return mounts;
  if (Object.keys(mounts).some(isRoot)) throw invalidValue('options.root', root, 'is in options.mounts, too');
  return { [ROOT]: isVolume(root) ? { type: 'memfs', volume: root } : root, ...mounts };
}

function isRoot(path: string): boolean {
  return /^\/+$/.test(path);
}

function isVolume(volume: unknown): volume is VolumeFiles {
  return typeof (volume as Partial<VolumeFiles> | null | undefined)?.lstatSync === 'function';
}

function depthOf(path: string): number {
  return path === ROOT ? 0 : path.split('/').length;
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
    return this.#mounts.some(({ path }) => path === ROOT || `${directory}/`.startsWith(`${path}/`));
  }

  /** The names at the top of the tree that mounts need. */
  get tops(): string[] {
    return this.#mounts.filter(({ path }) => path !== ROOT).map(({ path }) => path.split('/')[1] ?? '');
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
