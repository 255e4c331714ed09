// From files back to paths, for getcwd and /proc: up the directories by the names under which walks found them. A directory of a file
// system that others change behind our back (a host directory) is where it was seen last. Never waits.
// See: Linux fs/d_path.c.

import { PATH_MAX } from '../../../runtime/abi/wasi/structs.ts';
import type { FileDescription, Inode } from './inode.ts';
import type { MountNamespace } from './mounts.ts';

const DELETED = ' (deleted)';

/** The path of a directory that a walk has found. */
export function pathOfDirectory(namespace: MountNamespace, directory: Inode): string {
  const path = climb(namespace, directory);
  return directory.nlink === 0 ? `${path}${DELETED}` : path;
}

/** What /proc/PID/fd shows of an open file: its path, or a label like `pipe:[12]` for one that has none. */
export function pathOfOpen(namespace: MountNamespace, description: FileDescription): string {
  const { inode, openedIn, openedAs, isNameGone } = description;
  if (inode.label !== undefined) return inode.label;
  if (inode.isDirectory) return pathOfDirectory(namespace, inode);
  if (openedIn === undefined) return `anon_inode:[${inode.ino}]`;
  const path = pathBelow(namespace, openedIn, openedAs);
  return isNameGone || inode.nlink === 0 ? `${path}${DELETED}` : path;
}

/** The path of a name in a directory that a walk has found. */
export function pathBelow(namespace: MountNamespace, directory: Inode, name: string): string {
  const path = climb(namespace, directory);
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

function climb(namespace: MountNamespace, directory: Inode): string {
  const names: string[] = [];
  let at = directory;
  // Bounded: directories that others move may seem to be inside of each other.
  while (names.length < PATH_MAX) {
    const covered = namespace.coveredBy(at);
    if (covered !== undefined) {
      at = covered;
      continue;
    }
    if (at === namespace.root || at.walkedIn === undefined) break;
    names.push(at.walkedAs);
    at = at.walkedIn;
  }
  return `/${names.reverse().join('/')}`;
}
