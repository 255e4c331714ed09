// A tree that is built beside the one it is to change, in the same store, and put in place all at once or not at all. Nobody sees
// it meanwhile, and its storage is counted apart from the quota: only the tree that results must fit, not the old and the new
// together. To put it in place, `commit` first plans, which may be refused, then does what it planned, which cannot fail; both in
// one turn of Linux's thread.

import { Errno } from '../../../runtime/abi/errno.ts';
import { NAME_MAX } from '../../../runtime/abi/wasi/structs.ts';
import { MemoryDirectory, MemorySymlink } from '../fs/memory/directory.ts';
import { CHUNK } from '../fs/memory/extents.ts';
import { MemoryFile } from '../fs/memory/file.ts';
import { INODE_COST, type MemoryInode, type MemoryStore, NAME_COST } from '../fs/memory/inode.ts';
import { findPath, loadEntry, NOBODY_WAITS, stampEntry, type TreeEntry } from '../fs/memory/tree.ts';
import { isDirectoryMode, S_IFDIR } from '../vfs/mode.ts';
import { nameLength } from '../vfs/names.ts';
import { quote, refused } from './tar-reader.ts';
import { IMAGE_PATH_MAX } from './tar-writer.ts';

const DIRECTORY_MODE = 0o755;
const NO_SPACE = 'the image does not fit into the machine’s storage';

/** A plan of changes to the tree that is there. */
interface Plan {
  /** Names that go; what is in a directory before the directory. */
  readonly removed: { readonly directory: MemoryDirectory; readonly name: string; readonly inode: MemoryInode }[];
  /** Names that move from a staged directory into one that is there. */
  readonly moved: { readonly from: MemoryDirectory; readonly name: string; readonly to: MemoryDirectory }[];
  /** Staged directories whose names all move, and what they are called; the top first. */
  readonly merged: { readonly staged: MemoryDirectory; readonly existing: MemoryDirectory; readonly name: string }[];
}

export class StagedTree {
  readonly #store: MemoryStore;
  readonly #target: MemoryDirectory;
  readonly #isMerging: boolean;
  readonly #top: MemoryDirectory;
  /** What it takes of the quota, and how many inodes it has. */
  #taken = 0;
  #inodes = 0;
  /** Directories that the image tells of, not only their contents; stamped when nothing more is put into them. */
  readonly #directories = new Map<MemoryInode, TreeEntry>();
  #file: { readonly inode: MemoryFile; readonly entry: TreeEntry } | undefined;

  /**
   * @param target the directory that is to change
   * @param isMerging whether what is there and not in the image stays
   */
  constructor(target: MemoryDirectory, isMerging: boolean) {
    this.#store = target.fileSystem;
    this.#target = target;
    this.#isMerging = isMerging;
    this.#top = this.#apart(() => new MemoryDirectory(this.#store, target.mode, target.uid, target.gid, undefined));
  }

  /** Errors: LinuxError: EINVAL for a path that leads out, ENOSPC … */
  begin(entry: TreeEntry): void {
    const path = innerPath(entry.path);
    const sameAs = entry.sameAs === undefined ? undefined : innerPath(entry.sameAs);
    this.#file = undefined;
    if (path !== '' && this.isHidden(entry.path)) return;
    const inner = { ...entry, path, ...(sameAs === undefined ? {} : { sameAs }) };
    if (entry.target === '' || entry.target?.includes('\0') === true) {
      throw refused(Errno.EINVAL, `the symbolic link ${quote(path)} leads nowhere`);
    }
    this.#apart(() => {
      this.#makeParents(path);
      this.#makeRoom(path, inner);
      const inode = loadEntry(this.#top, inner);
      if (typeof inode === 'number') throw explain(inode, inner);
      if (inode.isDirectory) this.#directories.set(inode, inner);
      this.#file = inode instanceof MemoryFile && sameAs === undefined ? { inode, entry: inner } : undefined;
    });
  }

  /** Errors: LinuxError ENOSPC. */
  bytes(bytes: Uint8Array, position: number, left: number): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#apart(() => {
      // Exactly what the chunk will take, not the double of it; and no more ahead, whatever the image says.
      const isRoom = file.inode.allocate(position, Math.min(left, CHUNK - (position % CHUNK))) === 0;
      if (!isRoom || file.inode.write(bytes, 0, bytes.length, position) < bytes.length)
        throw refused(Errno.ENOSPC, NO_SPACE);
    });
  }

  end(): void {
    if (this.#file === undefined) return;
    const { inode, entry } = this.#file;
    if (inode.size < (entry.size ?? 0)) inode.truncate(NOBODY_WAITS, entry.size ?? 0);
    stampEntry(inode, entry);
    this.#file = undefined;
  }

  /** Whether what stands there would be hidden by a mount. */
  isHidden(path: string): boolean {
    let directory: MemoryInode | undefined = this.#target;
    for (const name of innerPath(path).split('/')) {
      if (!(directory instanceof MemoryDirectory)) return false;
      directory = directory.entries.get(name)?.inode;
      if (directory !== undefined && directory.coveredCount > 0) return true;
    }
    return false;
  }

  /** Puts the tree in place. Errors: LinuxError, and nothing has changed: EBUSY, a mount is in the way; ENOSPC. */
  commit(): void {
    if (this.#target.isRemoved) throw refused(Errno.ENOENT, 'the directory was removed meanwhile');
    const plan = this.#plan();
    const { quota } = this.#store;
    if (quota.used + this.#taken - freedBy(plan) > quota.limit) throw refused(Errno.ENOSPC, NO_SPACE);
    quota.used += this.#taken;
    this.#store.inodes += this.#inodes;
    this.#apply(plan);
  }

  #plan(): Plan {
    const plan: Plan = { removed: [], moved: [], merged: [{ staged: this.#top, existing: this.#target, name: '' }] };
    // Grows while it is gone through.
    for (const { staged, existing } of plan.merged) {
      // What a mount hides is not touched.
      if (existing.coveredCount > 0 && existing !== this.#target) continue;
      for (const [name, { inode }] of staged.entries) {
        const other = existing.entries.get(name)?.inode;
        if (inode instanceof MemoryDirectory && other instanceof MemoryDirectory) {
          plan.merged.push({ staged: inode, existing: other, name });
          continue;
        }
        if (other !== undefined && planRemoval(plan.removed, existing, name, other)) {
          throw refused(Errno.EBUSY, `${quote(name)} stands where something is mounted`);
        }
        plan.moved.push({ from: staged, name, to: existing });
      }
      if (this.#isMerging) continue;
      for (const [name, { inode }] of existing.entries) {
        if (!staged.entries.has(name)) planRemoval(plan.removed, existing, name, inode);
      }
    }
    return plan;
  }

  #apply({ removed, moved, merged }: Plan): void {
    removeAll(removed);
    for (const { from, name, to } of moved) to.adopt(name, from);
    for (const { staged, existing } of merged) {
      const entry = this.#directories.get(staged);
      if (entry === undefined) continue;
      this.#directories.delete(staged);
      this.#directories.set(existing, entry);
      setAttributes(existing, entry);
    }
    // What is left: directories whose place another had, and what a mount hides since it was staged.
    const left: Plan['removed'] = [];
    for (const [name, { inode }] of this.#top.entries) planRemoval(left, this.#top, name, inode);
    removeAll(left);
    this.#store.inodes--;
    for (const [directory, entry] of this.#directories) stampEntry(directory, entry);
  }

  /** Errors: LinuxError: a name above is no directory. */
  #makeParents(path: string): void {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const above = path.slice(0, end);
      const found = findPath(this.#top, above);
      if (typeof found !== 'number') {
        if (found.isDirectory) continue;
        const what = found.isSymlink ? 'a symbolic link' : 'a file';
        throw refused(Errno.EINVAL, `${quote(path)} leads through ${quote(above)}, which is ${what}`);
      }
      const made = loadEntry(this.#top, impliedDirectory(above, this.#store));
      if (typeof made === 'number') throw explain(made, { path: above });
    }
  }

  /** A later entry replaces an earlier one of its name, as when an archive was appended to. */
  #makeRoom(path: string, entry: TreeEntry): void {
    const existing = findPath(this.#top, path);
    if (typeof existing === 'number') return;
    if (existing.isDirectory && isDirectoryMode(entry.mode) && entry.sameAs === undefined) return;
    const slash = path.lastIndexOf('/');
    const directory = findPath(this.#top, slash < 0 ? '' : path.slice(0, slash));
    if (existing.isDirectory || !(directory instanceof MemoryDirectory)) {
      throw refused(Errno.EINVAL, `${quote(path === '' ? '.' : path)} is a directory and something else`);
    }
    if (entry.sameAs === path) throw refused(Errno.EINVAL, `${quote(path)} is a link to itself`);
    directory.unlink(NOBODY_WAITS, path.slice(slash + 1), existing);
  }

  /** Does something whose inodes and bytes are charged to this tree, not to the machine's. */
  #apart<Result>(work: () => Result): Result {
    const store = this.#store;
    const { inodes } = store;
    const { used } = store.quota;
    store.inodes = this.#inodes;
    store.quota.used = this.#taken;
    try {
      return work();
    } finally {
      this.#inodes = store.inodes;
      this.#taken = store.quota.used;
      store.inodes = inodes;
      store.quota.used = used;
    }
  }
}

/**
 * Plans to remove a name with all that is below it; what something is mounted on, and the way to it, stays.
 *
 * @returns whether anything stays
 */
function planRemoval(removed: Plan['removed'], directory: MemoryDirectory, name: string, inode: MemoryInode): boolean {
  if (!(inode instanceof MemoryDirectory)) {
    removed.push({ directory, name, inode });
    return false;
  }
  const below: { directory: MemoryDirectory; name: string; inode: MemoryInode }[] = [{ directory, name, inode }];
  const kept = new Set<MemoryInode>();
  // Grows while it is gone through: a directory before what it holds.
  for (const { inode: one } of below) {
    if (!(one instanceof MemoryDirectory)) continue;
    if (one.coveredCount === 0) {
      for (const [child, { inode: childInode }] of one.entries) {
        below.push({ directory: one, name: child, inode: childInode });
      }
    } else for (let up: MemoryDirectory = one; up !== directory && !kept.has(up); up = up.above) kept.add(up);
  }
  for (const item of below.reverse()) if (!kept.has(item.inode)) removed.push(item);
  return kept.size > 0;
}

function removeAll(removed: Plan['removed']): void {
  for (const { directory, name, inode } of removed) {
    if (inode.isDirectory) directory.rmdir(NOBODY_WAITS, name, inode);
    else directory.unlink(NOBODY_WAITS, name, inode);
  }
}

function setAttributes(directory: MemoryDirectory, { mode, uid, gid }: TreeEntry): void {
  if (directory.mode === mode && directory.uid === uid && directory.gid === gid) return;
  directory.setMode(NOBODY_WAITS, mode);
  directory.setOwner(NOBODY_WAITS, uid, gid);
}

/** What the quota gets back. */
function freedBy({ removed, merged }: Plan): number {
  const names = new Map<MemoryInode, number>();
  let bytes = 0;
  for (const { name } of merged.slice(1)) bytes += NAME_COST + name.length * 2 + INODE_COST;
  for (const { name, inode } of removed) {
    bytes += NAME_COST + name.length * 2;
    const gone = (names.get(inode) ?? 0) + 1;
    names.set(inode, gone);
    const isLast = inode.isDirectory || gone === inode.nlink;
    // Somebody has it open: it stays until it is closed.
    if (!isLast || inode.holds > 0) continue;
    bytes += INODE_COST + (inode instanceof MemorySymlink ? inode.target.length : inode.storage);
  }
  return bytes;
}

/** Names joined by `/`; empty for the top. Errors: LinuxError EINVAL, ENAMETOOLONG. */
function innerPath(path: string): string {
  if (path === '') throw refused(Errno.EINVAL, 'an entry has no name');
  if (path.startsWith('/')) throw refused(Errno.EINVAL, `${quote(path)} is an absolute path`);
  if (path.includes('\0')) throw refused(Errno.EINVAL, `${quote(path)} has a NUL character`);
  if (path.length > IMAGE_PATH_MAX) throw refused(Errno.ENAMETOOLONG, `${quote(path)} is too long`);
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw refused(Errno.EINVAL, `${quote(path)} leads upwards`);
  if (names.some((name) => nameLength(name) > NAME_MAX))
    throw refused(Errno.ENAMETOOLONG, `${quote(path)} is too long`);
  return names.join('/');
}

function impliedDirectory(path: string, { clock }: MemoryStore): TreeEntry {
  clock.read();
  const times = { mtimeSec: clock.sec, mtimeNsec: clock.nsec };
  return { path, mode: S_IFDIR | DIRECTORY_MODE, uid: 0, gid: 0, ...times };
}

function explain(result: number, { path, sameAs }: Pick<TreeEntry, 'path' | 'sameAs'>): Error {
  if (result === -Errno.ENOSPC) return refused(Errno.ENOSPC, NO_SPACE);
  if (sameAs !== undefined) {
    return refused(
      Errno.EINVAL,
      `${quote(path)} is a second name of ${quote(sameAs)}, which the image does not hold before`,
    );
  }
  return refused(-result, `${quote(path)} cannot be made`);
}
