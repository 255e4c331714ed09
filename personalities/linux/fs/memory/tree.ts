// A file tree as a list that survives a structured clone: how trees leave and enter the file system in memory (a memfs
// Volume, a tar image). Parents come before what they hold.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { fileTime } from '../../../../runtime/abi/file-times.ts';
import type { Caller } from '../../vfs/caller.ts';
import { isDirectoryMode, isRegularMode, isSymlinkMode } from '../../vfs/mode.ts';
import { MemoryDirectory, MemorySymlink } from './directory.ts';
import type { FileSegment, FileSnapshot } from './extents.ts';
import { MemoryFile } from './file.ts';
import type { MemoryFileSystem } from './file-system.ts';
import type { MemoryInode } from './inode.ts';

export interface TreeEntry {
  /** Names from the top down, joined by `/`, without one at the start; empty for the top itself. */
  readonly path: string;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  /** Of a regular file: its size, and its bytes from the front to the back; what lies between them reads as zero. */
  readonly size?: number;
  readonly segments?: readonly FileSegment[];
  /** Of a symbolic link. */
  readonly target?: string;
  /** Another name of a file that came before. */
  readonly sameAs?: string;
}

/** A tree at one moment; what files hold is shared with them, and not to be written to. */
export interface TreeSnapshot {
  readonly entries: TreeEntry[];
  /** Call it once: until then what is overwritten takes memory twice. */
  release(): void;
}

/** Copies a whole tree out. */
export function treeOf(fileSystem: MemoryFileSystem): TreeEntry[] {
  const { entries, release } = snapshotTree(fileSystem.root);
  const copies = entries.map((entry) => (entry.segments === undefined ? entry : copySegments(entry, entry.segments)));
  release();
  return copies;
}

/** The tree below a directory. Directories that are mounted on are there, what a mount hides is not. */
export function snapshotTree(top: MemoryDirectory): TreeSnapshot {
  const entries: TreeEntry[] = [];
  const files: FileSnapshot[] = [];
  const firstPaths = new Map<MemoryInode, string>();
  const pending: [string, MemoryInode][] = [['', top]];
  // Depth first: tar(1) gives a directory its times when it meets an entry that is not in it.
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [path, inode] = next;
    const attributes = attributesOf(path, inode);
    if (inode instanceof MemoryDirectory) {
      entries.push(attributes);
      if (inode.coveredCount > 0) continue;
      const prefix = path === '' ? '' : `${path}/`;
      const children = [...inode.entries].map(([name, { inode: child }]): [string, MemoryInode] => [
        prefix + name,
        child,
      ]);
      // Not spread into one call: there may be a million.
      for (const child of children.reverse()) pending.push(child);
      continue;
    }
    const first = firstPaths.get(inode);
    if (first !== undefined) {
      entries.push({ ...attributes, sameAs: first });
      continue;
    }
    if (inode.nlink > 1) firstPaths.set(inode, path);
    if (inode instanceof MemorySymlink) entries.push({ ...attributes, target: inode.target });
    else if (inode instanceof MemoryFile) {
      const file = inode.snapshot();
      files.push(file);
      entries.push({ ...attributes, size: inode.size, segments: file.segments });
    }
  }
  const release = (): void => {
    for (const file of files) file.release();
  };
  return { entries, release };
}

/**
 * Adds a tree to what is there; directories that exist stay, with the entry's attributes.
 *
 * @returns 0 or −errno: −EEXIST, −ENOSPC, −ENOENT and −ENOTDIR (no parent for a path), −EINVAL (a type that is not kept)
 */
export function loadTree(fileSystem: MemoryFileSystem, entries: Iterable<TreeEntry>): number {
  const directories: [MemoryInode, TreeEntry][] = [];
  for (const entry of entries) {
    const inode = loadEntry(fileSystem.root, entry);
    if (typeof inode === 'number') return inode;
    if (inode.isDirectory) directories.push([inode, entry]);
  }
  // What is put into a directory stamps it.
  for (const [directory, entry] of directories) stampEntry(directory, entry);
  return 0;
}

/**
 * Adds one entry below a directory; a directory that exists stays, with the entry's attributes.
 *
 * @returns what it named, or −errno as loadTree
 */
export function loadEntry(top: MemoryDirectory, entry: TreeEntry): MemoryInode | number {
  const slash = entry.path.lastIndexOf('/');
  const directory = findPath(top, slash < 0 ? '' : entry.path.slice(0, slash));
  if (typeof directory === 'number') return directory;
  if (!(directory instanceof MemoryDirectory)) return -Errno.ENOTDIR;
  const name = entry.path.slice(slash + 1);
  const inode = name === '' ? top : makeInode(top, directory, name, entry);
  if (typeof inode === 'number') return inode;
  if (entry.sameAs !== undefined) return inode;
  inode.mode = (inode.mode & ~0o7777) | (entry.mode & 0o7777);
  inode.uid = entry.uid;
  inode.gid = entry.gid;
  stampEntry(inode, entry);
  return inode;
}

/** Sets a file's times, once all of its contents are there. */
export function stampEntry(inode: MemoryInode, { mtimeSec, mtimeNsec }: TreeEntry): void {
  ({ sec: inode.mtimeSec, nsec: inode.mtimeNsec } = fileTime(mtimeSec, mtimeNsec));
}

/** What a path leads to without following links. @returns −ENOENT, −ENOTDIR */
export function findPath(top: MemoryDirectory, path: string): MemoryInode | number {
  let inode: MemoryInode = top;
  if (path === '') return inode;
  for (const name of path.split('/')) {
    if (!(inode instanceof MemoryDirectory)) return -Errno.ENOTDIR;
    const entry = inode.entries.get(name);
    if (entry === undefined) return -Errno.ENOENT;
    ({ inode } = entry);
  }
  return inode;
}

function attributesOf(path: string, { mode, uid, gid, mtimeSec, mtimeNsec }: MemoryInode): TreeEntry {
  return { path, mode, uid, gid, mtimeSec, mtimeNsec };
}

function copySegments(entry: TreeEntry, segments: readonly FileSegment[]): TreeEntry {
  return { ...entry, segments: segments.map(({ position, bytes }) => ({ position, bytes: bytes.slice() })) };
}

function makeInode(
  top: MemoryDirectory,
  directory: MemoryDirectory,
  name: string,
  entry: TreeEntry,
): MemoryInode | number {
  if (name === '.' || name === '..') return -Errno.EINVAL;
  const existing = directory.entries.get(name)?.inode;
  if (existing !== undefined) {
    return existing.isDirectory && isDirectoryMode(entry.mode) ? existing : -Errno.EEXIST;
  }
  if (entry.sameAs !== undefined) {
    const other = findPath(top, entry.sameAs);
    if (typeof other === 'number') return other;
    if (other.isDirectory) return -Errno.EINVAL;
    const result = directory.link(NOBODY_WAITS, name, other);
    return result < 0 ? result : other;
  }
  if (isDirectoryMode(entry.mode)) return directory.mkdir(NOBODY_WAITS, name, entry.mode);
  if (isSymlinkMode(entry.mode)) return directory.symlink(NOBODY_WAITS, name, entry.target ?? '');
  return isRegularMode(entry.mode) ? makeFile(directory, name, entry) : -Errno.EINVAL;
}

function makeFile(directory: MemoryDirectory, name: string, entry: TreeEntry): MemoryInode | number {
  const { mode, segments = [], size = 0 } = entry;
  const file = directory.create(NOBODY_WAITS, name, mode);
  if (!(file instanceof MemoryFile)) return file;
  for (const { position, bytes } of segments) {
    const written = file.write(bytes, 0, bytes.length, position);
    if (written < bytes.length) return written < 0 ? written : -Errno.ENOSPC;
  }
  const result = file.size < size ? file.truncate(NOBODY_WAITS, size) : 0;
  return result < 0 ? result : file;
}

/** Root, for operations on the file system in memory, which never wait. */
export const NOBODY_WAITS: Caller = {
  uid: 0,
  gid: 0,
  groups: [],
  generation: 0,
  replay: () => undefined,
  deliver: () => {},
  waitOn: () => {},
  yieldTurn: () => {},
};
