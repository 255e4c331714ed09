// `machine.fs.cp`: copies a file, or a directory with all below it, in the manner of cp(1) and by the rules of fs.cp, with its
// errors. Made of the other functions of `machine.fs`, so that it goes from any mount to any other. What a directory holds is
// copied in the order in which it is listed; what was copied before an error stays.

import { FusedError } from '../errors.ts';
import { checkBoolean, checkFunction, checkObject, withCode } from '../values/arguments.ts';
import type { createAttributes } from './attributes.ts';
import { copyFlagsOf, incompatible } from './fs-options.ts';
import type { createNames } from './names.ts';
import { type PathLike, pathOf } from './paths.ts';
import type { BigIntStats } from './stats.ts';
import type { createWholeFiles } from './whole-files.ts';

export type Files = ReturnType<typeof createWholeFiles> &
  ReturnType<typeof createNames> &
  ReturnType<typeof createAttributes>;

export interface CopyOptions {
  /** What links lead to is copied, not the links. */
  readonly dereference?: boolean;
  /** With `force: false`: what exists is an error, not left as it is in silence. */
  readonly errorOnExist?: boolean;
  /** What it answers false to is left out, a directory with all that it holds. */
  readonly filter?: (source: string, destination: string) => boolean | Promise<boolean>;
  /** Files that exist are written over. Default true. */
  readonly force?: boolean;
  /** COPYFILE_* of `constants`. */
  readonly mode?: number;
  readonly preserveTimestamps?: boolean;
  /** A directory is copied with what it holds; otherwise it is an error. */
  readonly recursive?: boolean;
  /** The targets of links are copied as they are; default: relative ones become absolute. */
  readonly verbatimSymlinks?: boolean;
}

const SWITCHES = [
  'dereference',
  'errorOnExist',
  'force',
  'preserveTimestamps',
  'recursive',
  'verbatimSymlinks',
] as const;
const PERMISSIONS = 0o7777n;
const OWNER_WRITES = 0o200n;
const EINVAL = 22;
const EEXIST = 17;
const ENOTDIR = 20;
const EISDIR = 21;

export async function copyTree(files: Files, from: PathLike, to: PathLike, given?: CopyOptions): Promise<void> {
  if (given !== undefined) checkObject('options', given as unknown);
  // Own properties alone: a view of a buffer has a method `filter`.
  const options: CopyOptions = { ...given };
  for (const key of SWITCHES) if (options[key] !== undefined) checkBoolean(`options.${key}`, options[key]);
  const mode = copyFlagsOf(options.mode);
  if (options.dereference && options.verbatimSymlinks) throw incompatible('dereference', 'verbatimSymlinks');
  if (options.filter !== undefined) checkFunction('options.filter', options.filter);
  const [source, destination] = [pathOf(from, 'src'), pathOf(to, 'dest')];
  await new TreeCopy(files, options, mode).start(source, destination);
}

class TreeCopy {
  readonly #files: Files;
  readonly #options: CopyOptions;
  readonly #mode: number;

  constructor(files: Files, options: CopyOptions, mode: number) {
    this.#files = files;
    this.#options = options;
    this.#mode = mode;
  }

  async start(from: string, to: string): Promise<void> {
    if (!(await this.#isWanted(from, to))) return;
    const source = await this.#stat(from);
    const target = await orNone(this.#stat(to));
    refuse(from, source, to, target);
    await this.#refuseIntoItself(from, source, to);
    await this.#files.mkdir(directoryOf(to), { recursive: true }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    await this.#copy(from, source, to, target);
  }

  async #copyBelow(from: string, to: string): Promise<void> {
    if (!(await this.#isWanted(from, to))) return;
    const source = await this.#stat(from);
    const target = await orNone(this.#stat(to));
    refuse(from, source, to, target);
    await this.#copy(from, source, to, target);
  }

  async #copy(from: string, source: BigIntStats, to: string, target: BigIntStats | undefined): Promise<void> {
    if (source.isDirectory()) return this.#copyDirectory(from, source, to, target);
    if (source.isSymbolicLink()) return this.#copyLink(from, to, target);
    if (source.isSocket()) throw copyError('ERR_FS_CP_SOCKET', EINVAL, to, `cannot copy a socket file: ${to}`);
    if (source.isFIFO()) throw copyError('ERR_FS_CP_FIFO_PIPE', EINVAL, to, `cannot copy a FIFO pipe: ${to}`);
    if (target !== undefined) {
      const { force = true, errorOnExist = false } = this.#options;
      if (!force && errorOnExist) throw copyError('ERR_FS_CP_EEXIST', EEXIST, to, `${to} already exists`);
      if (!force) return;
      await this.#files.unlink(to);
    }
    await this.#files.copyFile(from, to, this.#mode);
    const mode = source.mode & PERMISSIONS;
    if (this.#options.preserveTimestamps) {
      // Who is not user 0 on the host's disk may set the times of what he may write.
      if ((mode & OWNER_WRITES) === 0n) await this.#files.chmod(to, Number(mode | OWNER_WRITES));
      const { atime, mtime } = await this.#files.stat(from);
      await this.#files.utimes(to, atime, mtime);
    }
    await this.#files.chmod(to, Number(mode));
  }

  async #copyDirectory(from: string, source: BigIntStats, to: string, target: BigIntStats | undefined): Promise<void> {
    if (!this.#options.recursive) {
      throw copyError('ERR_FS_EISDIR', EISDIR, from, `${from} is a directory (not copied)`);
    }
    if (target === undefined) await this.#files.mkdir(to);
    for (const name of await this.#files.readdir(from)) await this.#copyBelow(below(from, name), below(to, name));
    if (target === undefined) await this.#files.chmod(to, Number(source.mode & PERMISSIONS));
  }

  async #copyLink(from: string, to: string, target: BigIntStats | undefined): Promise<void> {
    const written = await this.#files.readlink(from);
    const leadsTo = this.#options.verbatimSymlinks ? written : absolute(written, directoryOf(from));
    if (target?.isSymbolicLink()) {
      const replaced = absolute(await this.#files.readlink(to), directoryOf(to));
      if (isBelow(replaced, leadsTo)) {
        throw copyError('ERR_FS_CP_EINVAL', EINVAL, to, `cannot copy ${leadsTo} to a subdirectory of self ${replaced}`);
      }
      const source = await this.#files.stat(from);
      if (source.isDirectory() && isBelow(leadsTo, replaced)) {
        const message = `cannot overwrite ${replaced} with ${leadsTo}`;
        throw copyError('ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY', EINVAL, to, message);
      }
      await this.#files.unlink(to);
    }
    await this.#files.symlink(leadsTo, to);
  }

  async #isWanted(from: string, to: string): Promise<boolean> {
    const { filter } = this.#options;
    return filter === undefined || Boolean(await filter(from, to));
  }

  #stat(path: string): Promise<BigIntStats> {
    return this.#options.dereference
      ? this.#files.stat(path, { bigint: true })
      : this.#files.lstat(path, { bigint: true });
  }

  /** A destination may be inside of the source by way of links: its directories are compared by what they are. */
  async #refuseIntoItself(from: string, source: BigIntStats, to: string): Promise<void> {
    const home = absolute(directoryOf(from), '/');
    for (let at = absolute(directoryOf(to), '/'); at !== home && at !== '/'; at = directoryOf(at)) {
      const above = await orNone(this.#files.stat(at, { bigint: true }));
      if (above === undefined) return;
      if (!isSame(source, above)) continue;
      throw copyError('ERR_FS_CP_EINVAL', EINVAL, to, `cannot copy ${from} to a subdirectory of self ${to}`);
    }
  }
}

function refuse(from: string, source: BigIntStats, to: string, target: BigIntStats | undefined): void {
  if (target !== undefined) {
    if (isSame(source, target)) {
      throw copyError('ERR_FS_CP_EINVAL', EINVAL, to, 'src and dest cannot be the same');
    }
    if (source.isDirectory() && !target.isDirectory()) {
      const message = `cannot overwrite non-directory ${to} with directory ${from}`;
      throw copyError('ERR_FS_CP_DIR_TO_NON_DIR', EISDIR, to, message);
    }
    if (!source.isDirectory() && target.isDirectory()) {
      const message = `cannot overwrite directory ${to} with non-directory ${from}`;
      throw copyError('ERR_FS_CP_NON_DIR_TO_DIR', ENOTDIR, to, message);
    }
  }
  if (source.isDirectory() && isBelow(absolute(to, '/'), absolute(from, '/'))) {
    throw copyError('ERR_FS_CP_EINVAL', EINVAL, to, `cannot copy ${from} to a subdirectory of self ${to}`);
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** By the text of absolute paths; a path is below itself. */
function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(above === '/' ? '/' : `${above}/`);
}

/** Without dots, whatever links there are on the way. */
function absolute(path: string, base: string): string {
  const names: string[] = [];
  for (const name of `${path.startsWith('/') ? '' : base}/${path}`.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

function directoryOf(path: string): string {
  const end = path.replace(/\/+$/, '');
  return end.slice(0, end.lastIndexOf('/') + 1).replace(/(?<=.)\/+$/, '') || '/';
}

function below(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}

async function orNone<Result>(found: Promise<Result>): Promise<Result | undefined> {
  try {
    return await found;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof FusedError && error.code === code;
}

/** Node's own errors of fs.cp. */
function copyError(code: string, errno: number, path: string, message: string): Error {
  const error = withCode(new Error(`cp: ${message}`), code);
  error.name = 'SystemError';
  return Object.assign(error, { errno, path, syscall: 'cp' });
}
