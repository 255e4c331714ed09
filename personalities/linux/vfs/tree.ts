// A file tree as a list that survives a structured clone: how trees leave and enter the file system in memory (a memfs
// Volume, later a tar image). Parents come before what they hold.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { Caller } from './caller.ts';
import type { Inode } from './inode.ts';
import { MemoryDirectory, MemorySymlink } from './memory-directory.ts';
import { MemoryFile } from './memory-file.ts';
import type { MemoryFileSystem } from './memory-fs.ts';
import type { MemoryInode } from './memory-inode.ts';
import { isDirectoryMode, isRegularMode, isSymlinkMode } from './mode.ts';

export interface TreeEntry {
  /** Names from the top down, joined by `/`, without one at the start; empty for the top itself. */
  readonly path: string;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  /** Of a regular file. */
  readonly content?: Uint8Array<ArrayBuffer>;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Another name of a file that came before. */
  readonly sameAs?: string;
}

/** Copies a whole tree out. */
export function treeOf(fileSystem: MemoryFileSystem): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const firstPaths = new Map<MemoryInode, string>();
  const pending: [string, MemoryInode][] = [['', fileSystem.root]];
  // Grows while it is gone through.
  for (const [path, inode] of pending) {
    const first = firstPaths.get(inode);
    entries.push(first === undefined ? entryOf(path, inode) : { ...attributesOf(path, inode), sameAs: first });
    if (first === undefined) firstPaths.set(inode, path);
    if (!(inode instanceof MemoryDirectory)) continue;
    for (const [name, { inode: child }] of inode.entries) pending.push([path === '' ? name : `${path}/${name}`, child]);
  }
  return entries;
}

/**
 * Adds a tree to what is there; directories that exist stay, with the entry's attributes.
 *
 * @returns 0 or −errno: −EEXIST, −ENOSPC, −ENOENT and −ENOTDIR (no parent for a path), −EINVAL (a type that is not kept)
 */
export function loadTree(fileSystem: MemoryFileSystem, entries: Iterable<TreeEntry>): number {
  for (const entry of entries) {
    const result = loadEntry(fileSystem, entry);
    if (result < 0) return result;
  }
  return 0;
}

function attributesOf(path: string, { mode, uid, gid, mtimeSec, mtimeNsec }: Inode): TreeEntry {
  return { path, mode, uid, gid, mtimeSec, mtimeNsec };
}

function entryOf(path: string, inode: MemoryInode): TreeEntry {
  const attributes = attributesOf(path, inode);
  if (inode instanceof MemorySymlink) return { ...attributes, target: inode.target };
  if (!(inode instanceof MemoryFile)) return attributes;
  const content = new Uint8Array(inode.size);
  inode.read(content, 0, content.length, 0);
  return { ...attributes, content };
}

function loadEntry(fileSystem: MemoryFileSystem, entry: TreeEntry): number {
  const slash = entry.path.lastIndexOf('/');
  const directory = findPath(fileSystem, slash < 0 ? '' : entry.path.slice(0, slash));
  if (typeof directory === 'number') return directory;
  const name = entry.path.slice(slash + 1);
  const inode = name === '' ? fileSystem.root : makeInode(fileSystem, directory, name, entry);
  if (typeof inode === 'number') return inode;
  inode.mode = (inode.mode & ~0o7777) | (entry.mode & 0o7777);
  inode.uid = entry.uid;
  inode.gid = entry.gid;
  // Directories are stamped again by what is put into them; the last word is the tree's only for what is not.
  inode.mtimeSec = entry.mtimeSec;
  inode.mtimeNsec = entry.mtimeNsec;
  return 0;
}

function makeInode(fileSystem: MemoryFileSystem, directory: Inode, name: string, entry: TreeEntry): Inode | number {
  if (name === '.' || name === '..') return -Errno.EINVAL;
  const existing = directory.lookup(ROOT, name);
  if (typeof existing !== 'number') {
    return existing.isDirectory && isDirectoryMode(entry.mode) ? existing : -Errno.EEXIST;
  }
  if (existing !== -Errno.ENOENT) return existing;
  if (entry.sameAs !== undefined) {
    const other = findPath(fileSystem, entry.sameAs);
    if (typeof other === 'number') return other;
    if (other.isDirectory) return -Errno.EINVAL;
    const result = directory.link(ROOT, name, other);
    return result < 0 ? result : other;
  }
  if (isDirectoryMode(entry.mode)) return directory.mkdir(ROOT, name, entry.mode);
  if (isSymlinkMode(entry.mode)) return directory.symlink(ROOT, name, entry.target ?? '');
  return isRegularMode(entry.mode) ? makeFile(directory, name, entry) : -Errno.EINVAL;
}

function makeFile(directory: Inode, name: string, { mode, content }: TreeEntry): Inode | number {
  const file = directory.create(ROOT, name, mode);
  if (!(file instanceof MemoryFile) || content === undefined) return file;
  const written = file.write(content, 0, content.length, 0);
  if (written === content.length) return file;
  return written < 0 ? written : -Errno.ENOSPC;
}

function findPath(fileSystem: MemoryFileSystem, path: string): Inode | number {
  let inode: Inode = fileSystem.root;
  if (path === '') return inode;
  for (const name of path.split('/')) {
    const found = inode.lookup(ROOT, name);
    if (typeof found === 'number') return found;
    inode = found;
  }
  return inode;
}

/** The file system in memory never lets anyone wait. */
const ROOT: Caller = {
  uid: 0,
  gid: 0,
  groups: [],
  generation: 0,
  replay: () => undefined,
  deliver: () => {},
  waitOn: () => {},
  yieldTurn: () => {},
};
