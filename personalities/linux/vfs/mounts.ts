// Which file systems a process sees, and where: its mount namespace. A file system is mounted at one place in a namespace.
// Walks cross mounts both ways here; all other code works on inodes and never sees a mount.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { FileSystem, Inode } from './inode.ts';

export interface Mount {
  readonly fileSystem: FileSystem;
  /** The directory that it covers; undefined for the root of the namespace. */
  readonly covered: Inode | undefined;
  readonly isReadOnly: boolean;
  /** Where it was mounted, for /proc/mounts. */
  readonly path: string;
}

export class MountNamespace {
  #root: Inode;
  readonly #byFileSystem = new Map<FileSystem, Mount>();
  readonly #byCovered = new Map<Inode, Mount>();

  constructor(fileSystem: FileSystem, isReadOnly = false) {
    this.#root = fileSystem.root;
    this.#byFileSystem.set(fileSystem, { fileSystem, covered: undefined, isReadOnly, path: '/' });
  }

  get root(): Inode {
    return this.#root;
  }

  get mounts(): Iterable<Mount> {
    return this.#byFileSystem.values();
  }

  /** Another namespace with the same mounts, for a process of its own. */
  copy(): MountNamespace {
    const rootMount = this.#byFileSystem.get(this.root.fileSystem);
    const copy = new MountNamespace(this.root.fileSystem, rootMount?.isReadOnly ?? false);
    for (const mount of this.#byCovered.values()) copy.#add(mount);
    return copy;
  }

  /** Covers a directory. Errors: EBUSY, it is covered already, or the file system is mounted already; ENOTDIR. */
  mount(covered: Inode, fileSystem: FileSystem, isReadOnly: boolean, path: string): number {
    if (!covered.isDirectory) return -Errno.ENOTDIR;
    if (this.#byCovered.has(covered) || this.#byFileSystem.has(fileSystem)) return -Errno.EBUSY;
    this.#add({ fileSystem, covered, isReadOnly, path });
    return 0;
  }

  /** What was mounted last by a path. */
  latestAt(path: string): Mount | undefined {
    return [...this.#byCovered.values()].findLast((mount) => mount.path === path);
  }

  /** The mount is one of this namespace, and nobody uses it. */
  unmount({ fileSystem, covered }: Mount): void {
    if (covered === undefined) return;
    this.#byFileSystem.delete(fileSystem);
    this.#byCovered.delete(covered);
    covered.coveredCount--;
    covered.drop();
  }

  /** Puts another file system in the place of the root; nothing is mounted, and no process uses it yet. */
  replaceRoot(fileSystem: FileSystem, isReadOnly: boolean): void {
    this.#byFileSystem.delete(this.#root.fileSystem);
    this.#byFileSystem.set(fileSystem, { fileSystem, covered: undefined, isReadOnly, path: '/' });
    this.#root = fileSystem.root;
  }

  /** Lets go of every directory that it covers: the namespace's last process has ended. */
  dispose(): void {
    for (const covered of this.#byCovered.keys()) {
      covered.coveredCount--;
      covered.drop();
    }
    this.#byCovered.clear();
  }

  /** The inode that a walk finds at a directory: the top of what is mounted there, or the directory itself. */
  cross(inode: Inode): Inode {
    let found = inode;
    while (found.coveredCount > 0) {
      const mount = this.#byCovered.get(found);
      if (mount === undefined) break;
      found = mount.fileSystem.root;
    }
    return found;
  }

  /** The directory that a file system's top covers; undefined for the root of the namespace and for other inodes. */
  coveredBy(root: Inode): Inode | undefined {
    return root === root.fileSystem.root ? this.#byFileSystem.get(root.fileSystem)?.covered : undefined;
  }

  isReadOnly(inode: Inode): boolean {
    return this.#byFileSystem.get(inode.fileSystem)?.isReadOnly ?? false;
  }

  #add(mount: Mount): void {
    this.#byFileSystem.set(mount.fileSystem, mount);
    if (mount.covered === undefined) return;
    this.#byCovered.set(mount.covered, mount);
    mount.covered.coveredCount++;
    mount.covered.hold();
  }
}

/** Every file system that some namespace mounts, and how many do. */
export class MountedFileSystems {
  readonly #counts = new Map<FileSystem, number>();
  /** Those that have events to look for. */
  readonly #polled = new Set<FileSystem>();

  add(fileSystem: FileSystem): void {
    this.#counts.set(fileSystem, (this.#counts.get(fileSystem) ?? 0) + 1);
    if (fileSystem.poll !== undefined) this.#polled.add(fileSystem);
  }

  poll(): void {
    for (const fileSystem of this.#polled) fileSystem.poll?.();
  }

  /** A namespace ends; file systems that nobody mounts any more are disposed of. */
  disposeNamespace(namespace: MountNamespace): void {
    for (const { fileSystem } of namespace.mounts) this.remove(fileSystem);
    namespace.dispose();
  }

  /** A namespace mounts it no more. */
  remove(fileSystem: FileSystem): void {
    const count = (this.#counts.get(fileSystem) ?? 0) - 1;
    this.#counts.set(fileSystem, count);
    if (count > 0) return;
    this.#counts.delete(fileSystem);
    this.#polled.delete(fileSystem);
    fileSystem.dispose?.();
  }
}
