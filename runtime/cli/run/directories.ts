// The options --dir and --tmpfs of `fusedos run`: where a directory of the host is mounted in the machine's tree, and under
// which name the program finds it; where an empty file system in memory is. As in wasmtime, the program's name for a
// directory is what stands after `::`, or the host's name as written.
//
// It is mounted at that name made absolute. A name that is the working directory or the whole tree (`.`, `/`), or that leads
// upwards, is mounted at /mnt/N instead: it would hide /dev and /tmp, and a host's directory may be called `dev` itself.

import { readdirSync, statSync } from 'node:fs';
import type { Preopen } from '../../machine/messages.ts';
import { checkMountPath, type MountSource } from '../../machine/mounts/table.ts';
import { isWorkingDirectory, preopensFor, TOP_DIRECTORIES, workingDirectory } from '../../machine/process/preopens.ts';
import { parseSize } from '../quantity.ts';
import { CliError, STATUS } from '../status.ts';

export interface DirectoryOption {
  readonly hostPath: string;
  /** The program's name for it. */
  readonly name: string;
  readonly access: DirectoryAccess;
}

/** What a program's changes do: they reach the host, they are refused, or they are kept in memory and end with the program. */
export type DirectoryAccess = 'live' | 'ro' | 'overlay';

export interface TmpfsOption {
  readonly path: string;
  /** In bytes. */
  readonly size: number | undefined;
}

/** What a machine and a program are given for lists of --dir and --tmpfs. */
export interface DirectoryPlan {
  /** Where they stand in the tree. */
  readonly mounts: Readonly<Record<string, MountSource>>;
  readonly preopens: readonly Preopen[];
  readonly cwd: string;
}

/**
 * Reads HOST[::GUEST][:ro|:overlay].
 *
 * @returns undefined when a part is empty
 */
export function parseDirectory(text: string): DirectoryOption | undefined {
  const access = text.endsWith(':ro') ? 'ro' : text.endsWith(':overlay') ? 'overlay' : 'live';
  const rest = access === 'live' ? text : text.slice(0, -(access.length + 1));
  const at = rest.lastIndexOf('::');
  const hostPath = at < 0 ? rest : rest.slice(0, at);
  const name = at < 0 ? rest : rest.slice(at + 2);
  return hostPath === '' || name === '' ? undefined : { hostPath, name, access };
}

/**
 * Reads PATH[:SIZE].
 *
 * @returns undefined when the size is none
 *
 * Errors: FusedError EINVAL: the path cannot be mounted at.
 */
export function parseTmpfs(text: string): TmpfsOption | undefined {
  const at = text.lastIndexOf(':');
  const path = at < 0 ? text : text.slice(0, at);
  const size = at < 0 ? undefined : parseSize(text.slice(at + 1));
  if (at >= 0 && size === undefined) return undefined;
  return { path: checkMountPath('PATH', path), size };
}

/**
 * @param cwd what the user asked for
 * @param stagedTops names of further directories at the top of the tree
 *
 * Errors: CliError when the host has no such directory, or a --tmpfs stands where something else does.
 */
export function planDirectories(
  directories: readonly DirectoryOption[],
  cwd: string | undefined,
  stagedTops: readonly string[] = [],
  tmpfs: readonly TmpfsOption[] = [],
): DirectoryPlan {
  const mounts: Record<string, MountSource> = {};
  const named: Preopen[] = [];
  let workingHost: string | undefined;
  let workingPath = '/';
  for (const [index, { hostPath, name, access }] of directories.entries()) {
    requireDirectory(hostPath);
    const path = mountPath(name, index);
    delete mounts[path]; // the later one is mounted later, too
    mounts[path] =
      access === 'overlay' ? { type: 'overlay', lower: hostPath } : { path: hostPath, readOnly: access === 'ro' };
    named.push({ name, path });
    if (isWorkingDirectory(name)) [workingHost, workingPath] = [hostPath, path];
  }
  for (const { path, size } of tmpfs) {
    if (mounts[path] !== undefined) throw new CliError(STATUS.FAILURE, `--tmpfs ${path}: another option has that path`);
    mounts[path] = { type: 'tmpfs', ...(size === undefined ? {} : { size }) };
  }
  const isChosen = cwd !== undefined && cwd !== '/';
  if (isChosen) named.push(...workingDirectory(cwd));
  const tops = Object.keys(mounts).map((path) => path.split('/')[1] ?? '');
  const entries = workingHost === undefined || isChosen ? [] : readdirSync(workingHost);
  return {
    mounts,
    preopens: preopensFor(named, [...new Set([...TOP_DIRECTORIES, ...tops, ...stagedTops])], entries),
    cwd: cwd ?? workingPath,
  };
}

function mountPath(name: string, index: number): string {
  const parts: string[] = [];
  let leadsUp = false;
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) leadsUp = true;
  }
  return leadsUp || parts.length === 0 ? `/mnt/${index}` : `/${parts.join('/')}`;
}

function requireDirectory(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new CliError(STATUS.FAILURE, `--dir ${path}: there is no such directory`);
  if (!status.isDirectory()) throw new CliError(STATUS.FAILURE, `--dir ${path}: it is not a directory`);
}
