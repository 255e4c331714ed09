// Of `machine.fs`: what makes, lists, moves and removes names.

import { FusedError } from '../errors.ts';
import { checkInteger, withCode } from '../values/arguments.ts';
import { Directory } from './directory.ts';
import type { Encoding } from './encodings.ts';
import {
  accessFlagsOf,
  booleanOf,
  modeOf,
  nameEncodingOf,
  type OpenMode,
  type Options,
  objectOf,
  optionsOf,
} from './fs-options.ts';
import { nameAs, type PathLike, pathOf } from './paths.ts';
import type { FileRequest } from './request.ts';
import { Dirent } from './stats.ts';

const DIRECTORY_MODE = 0o777;
const LINK_TYPES = ['dir', 'file', 'junction'];
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

interface Entry {
  readonly name: string;
  readonly mode: number;
  /** The directory that it is in, below the one that is listed: empty, or names with a slash behind each. */
  readonly below: string;
}

export interface ReaddirOptions {
  readonly encoding?: Encoding | 'buffer' | null;
  readonly withFileTypes?: boolean;
  /** What is in its directories too; links are not followed. */
  readonly recursive?: boolean;
}

export interface RmOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
  /** Taken and without effect: nothing here is busy for a while. */
  readonly maxRetries?: number;
  readonly retryDelay?: number;
}

type NameOptions = { readonly encoding?: Encoding | 'buffer' | null };

export function createNames(request: FileRequest) {
  async function list(path: string, isDeep: boolean): Promise<Entry[]> {
    const entries: Entry[] = [];
    const pending = [''];
    for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
      for (const { name, mode } of await listOne(below === '' ? path : `${path}/${below}`)) {
        entries.push({ name, mode, below });
        if (isDeep && (mode & S_IFMT) === S_IFDIR) pending.push(`${below}${name}/`);
      }
    }
    return entries;
  }

  async function listOne(path: string): Promise<{ readonly name: string; readonly mode: number }[]> {
    return (await request('readdir', [path])) as { name: string; mode: number }[];
  }

  async function readdir(
    path: PathLike,
    options?:
      | Encoding
      | (ReaddirOptions & { readonly encoding?: Encoding | null; readonly withFileTypes?: false })
      | null,
  ): Promise<string[]>;
  async function readdir(
    path: PathLike,
    options: 'buffer' | (ReaddirOptions & { readonly encoding: 'buffer'; readonly withFileTypes?: false }),
  ): Promise<Uint8Array<ArrayBuffer>[]>;
  async function readdir(
    path: PathLike,
    options: ReaddirOptions & { readonly encoding: 'buffer'; readonly withFileTypes: true },
  ): Promise<Dirent<Uint8Array<ArrayBuffer>>[]>;
  async function readdir(path: PathLike, options: ReaddirOptions & { readonly withFileTypes: true }): Promise<Dirent[]>;
  async function readdir(path: PathLike, given?: unknown): Promise<unknown[]> {
    const options = optionsOf(given);
    const encoding = nameEncodingOf(options);
    const at = pathOf(path);
    const entries = await list(at, Boolean(options['recursive']));
    if (options['withFileTypes']) {
      return entries.map((entry) => new Dirent(nameAs(entry.name, encoding), parentOf(at, entry), entry.mode));
    }
    return entries.map(({ below, name }) => nameAs(`${below}${name}`, encoding));
  }

  async function opendir(
    path: PathLike,
    given?:
      | Encoding
      | { readonly encoding?: Encoding | null; readonly recursive?: boolean; readonly bufferSize?: number }
      | null,
  ): Promise<Directory> {
    const at = pathOf(path);
    const options = optionsOf(given);
    const encoding = nameEncodingOf(options);
    if (options['bufferSize'] !== undefined) {
      checkInteger('options.bufferSize', options['bufferSize'], 1, 2 ** 32 - 1);
    }
    const entries = await list(at, booleanOf(options, 'recursive'));
    return new Directory(
      at,
      entries.map((entry) => new Dirent(nameAs(entry.name, encoding) as string, parentOf(at, entry), entry.mode)),
    );
  }

  /** @returns with `recursive` the first directory that was made, if any */
  async function mkdir(
    path: PathLike,
    given?: OpenMode | { readonly recursive?: boolean; readonly mode?: OpenMode } | null,
  ): Promise<string | undefined> {
    const options: Options =
      typeof given === 'number' || typeof given === 'string' ? { mode: given } : ((given || {}) as Options);
    const at = pathOf(path);
    const recursive = booleanOf(options, 'recursive');
    const mode = modeOf(options['mode'], 'mode', DIRECTORY_MODE);
    return (await request('mkdir', [at, { recursive, mode }])) as string | undefined;
  }

  async function mkdtemp(prefix: PathLike, options?: Encoding | NameOptions | null): Promise<string>;
  async function mkdtemp(prefix: PathLike, options: 'buffer' | { readonly encoding: 'buffer' }): Promise<Uint8Array>;
  async function mkdtemp(prefix: PathLike, given?: unknown): Promise<unknown> {
    const encoding = nameEncodingOf(optionsOf(given));
    return nameAs((await request('mkdtemp', [pathOf(prefix, 'prefix')])) as string, encoding);
  }

  async function readlink(path: PathLike, options?: Encoding | NameOptions | null): Promise<string>;
  async function readlink(path: PathLike, options: 'buffer' | { readonly encoding: 'buffer' }): Promise<Uint8Array>;
  async function readlink(path: PathLike, given?: unknown): Promise<unknown> {
    const encoding = nameEncodingOf(optionsOf(given));
    return nameAs((await request('readlink', [pathOf(path, 'oldPath')])) as string, encoding);
  }

  async function realpath(path: PathLike, options?: Encoding | NameOptions | null): Promise<string>;
  async function realpath(path: PathLike, options: 'buffer' | { readonly encoding: 'buffer' }): Promise<Uint8Array>;
  async function realpath(path: PathLike, given?: unknown): Promise<unknown> {
    const encoding = nameEncodingOf(optionsOf(given));
    return nameAs((await request('realpath', [pathOf(path)])) as string, encoding);
  }

  async function rm(path: PathLike, given?: RmOptions): Promise<void> {
    const at = pathOf(path);
    const options = objectOf(given);
    const recursive = booleanOf(options, 'recursive');
    const force = booleanOf(options, 'force');
    checkRetries(options);
    await request('rm', [at, { recursive, force }]).catch((error: unknown) => {
      throw !recursive && error instanceof FusedError && error.code === 'EISDIR' ? isDirectory(at) : error;
    });
  }

  /** @param given `recursive`: as `rm` with it, of a directory */
  async function rmdir(
    path: PathLike,
    given?: Pick<RmOptions, 'recursive' | 'maxRetries' | 'retryDelay'>,
  ): Promise<void> {
    const at = pathOf(path);
    const options = objectOf(given);
    const recursive = booleanOf(options, 'recursive');
    checkRetries(options);
    if (!recursive) return void (await request('rmdir', [at]));
    const { mode } = (await request('stat', [at])) as { mode: number };
    await request((mode & S_IFMT) === S_IFDIR ? 'rm' : 'rmdir', [at, { recursive }]);
  }

  return {
    readdir,
    opendir,
    mkdir,
    mkdtemp,
    readlink,
    realpath,
    rm,
    rmdir,
    /** @param mode F_OK, or R_OK, W_OK and X_OK of `constants`, added up */
    access: async (path: PathLike, mode?: number): Promise<void> => {
      const at = pathOf(path);
      await request('access', [at, accessFlagsOf(mode)]);
    },
    unlink: async (path: PathLike): Promise<void> => void (await request('unlink', [pathOf(path)])),
    rename: async (from: PathLike, to: PathLike): Promise<void> => {
      await request('rename', [pathOf(from, 'oldPath'), pathOf(to, 'newPath')]);
    },
    link: async (existing: PathLike, path: PathLike): Promise<void> => {
      await request('link', [pathOf(existing, 'existingPath'), pathOf(path, 'newPath')]);
    },
    /** @param type `dir`, `file` or `junction`: without meaning but on Windows */
    symlink: async (target: PathLike, path: PathLike, type?: string | null): Promise<void> => {
      checkLinkType(type);
      await request('symlink', [pathOf(target, 'target'), pathOf(path)]);
    },
  };
}

function parentOf(path: string, { below }: Entry): string {
  if (below === '') return path;
  return `${path === '/' ? '' : path}/${below.slice(0, -1)}`;
}

function checkRetries({ maxRetries, retryDelay }: Options): void {
  if (retryDelay !== undefined) checkInteger('options.retryDelay', retryDelay, 0, 2 ** 31 - 1);
  if (maxRetries !== undefined) checkInteger('options.maxRetries', maxRetries, 0, 2 ** 32 - 1);
}

function checkLinkType(type: unknown): void {
  if (typeof type !== 'string' || LINK_TYPES.includes(type)) return;
  const message = `Symlink type must be one of "dir", "file", or "junction". Received "${type.slice(0, 40)}"`;
  throw withCode(new Error(message), 'ERR_FS_INVALID_SYMLINK_TYPE');
}

/** Node's own error. */
function isDirectory(path: string): Error {
  const error = withCode(
    new Error(`Path is a directory: rm returned EISDIR (is a directory) ${path}`),
    'ERR_FS_EISDIR',
  );
  return Object.assign(error, { syscall: 'rm', path, errno: 21 });
}
