// One directory of the host for guests: a synchronous view through which nothing outside of it can be reached. Regular
// files, directories and symbolic links; FIFOs, sockets and devices can be seen and removed, not opened (ENXIO), and opening
// never blocks. Called by disk/execute, in the thread that serves the directory. Errors are −errno, never thrown.
//
// Promised on Linux with /proc (`isRaceFree`): neither `..`, symbolic links nor renames at the same moment lead out. What the
// host's users move out of the directory stays reachable only through what a guest has open. Elsewhere (macOS, Windows) the
// same holds while nobody renames; a rename on the host that hits between a look and a use can lead out.
// Not promised anywhere: room reserved by `extend`; times finer than a microsecond in `setTimes` (Node gives them as a
// floating point number of seconds; who asked for one is told it nevertheless: linux/fs/remote/inode). Set-user-id and set-group-id
// bits are never set on the host. The host's umask applies.

import type { Buffer as NodeBuffer } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { Errno } from '../../abi/errno.ts';
import { errnoOf } from '../../host/errno.ts';
import { builtin } from '../../host/node-builtins.ts';
import { type HostAttributes, takeStats } from '../attributes.ts';
import { putEntries } from '../listing.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import { HOST_DSYNC, HOST_READ, HOST_SYNC, HOST_WRITE } from '../protocol.ts';
import { putStatus } from '../status.ts';
import type { Looked } from '../walk-ahead.ts';
import { AttributeChanges, openProblem } from './attribute-changes.ts';
import { HostDescriptors } from './descriptors.ts';
import { type DirectoryNode, DirectoryNodes, hasHandlePaths, textOf } from './nodes.ts';
import { OpenFiles } from './open-files.ts';

const FILE_MODE = 0o777;
const DIRECTORY_MODE = 0o1777;
const DEFAULT_HANDLES = 128;
const LEAST_HANDLES = 4;

export interface HostDirectoryOptions {
  readonly readOnly: boolean;
  /** Most directory handles kept open for walking. */
  readonly handles?: number;
  /** false: as on a host without handle paths. For tests. */
  readonly byHandle?: boolean;
  /** Default: its own, for a thread that nobody ends. */
  readonly descriptors?: HostDescriptors;
}

export class HostDirectory implements MountedDirectory {
  readonly isReadOnly: boolean;
  /** Whether concurrent renames on the host cannot lead out. */
  readonly isRaceFree: boolean;
  readonly nodes: DirectoryNodes;
  readonly files: OpenFiles;
  /** Attributes of files, and changes of them. */
  readonly attributes: AttributeChanges;
  readonly #fs = builtin('node:fs');
  readonly #descriptors: HostDescriptors;

  private constructor(path: string, options: HostDirectoryOptions) {
    this.isReadOnly = options.readOnly;
    this.isRaceFree = (options.byHandle ?? true) && hasHandlePaths();
    const handles = Math.max(options.handles ?? DEFAULT_HANDLES, LEAST_HANDLES);
    this.#descriptors = options.descriptors ?? new HostDescriptors();
    this.nodes = new DirectoryNodes(path, {
      handles,
      byHandle: this.isRaceFree,
      descriptors: this.#descriptors,
    });
    this.files = new OpenFiles(this.#descriptors);
    this.attributes = new AttributeChanges(this.nodes, this.files, this.#descriptors, this.isReadOnly);
  }

  /**
   * Errors: ENOENT nothing there; ENOTDIR not a directory; EACCES not allowed.
   *
   * @param path on the host; links in it are followed
   * @returns the directory, whose top is node 0, or −errno
   */
  static open(path: string, options: HostDirectoryOptions): HostDirectory | number {
    const directory = new HostDirectory(path, options);
    const answer = directory.nodes.openRoot();
    return answer < 0 ? answer : directory;
  }

  /** @returns the number of the node when it is a directory (give it back by `forget`), else 0 */
  lookup(directory: number, name: Uint8Array, into: HostAttributes): number {
    return this.#entry(directory, name, (path, node) => {
      const stats = this.#fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? -Errno.ENOENT : this.#found(node, name, stats, into);
    });
  }

  /**
   * As `lookup`, and opens the file if it is a regular one that can be opened.
   *
   * @param ino not 0n: a regular file was seen there. It is then opened without a look before, which only keeps from opening
   *   devices; what was opened instead is closed again
   */
  lookupToOpen(directory: number, name: Uint8Array, ino: bigint, access: number, into: HostAttributes): Looked {
    const looked: Looked = { node: 0, file: -1 };
    looked.node = this.#entry(directory, name, (path, node) => {
      if (ino !== 0n) {
        looked.file = this.#openRegular(path, node, access, into);
        if (looked.file >= 0) return 0;
      }
      const stats = this.#fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined) return -Errno.ENOENT;
      if (ino === 0n && stats.isFile()) {
        looked.file = this.#openRegular(path, node, access, into);
        if (looked.file >= 0) return 0;
      }
      return this.#found(node, name, stats, into);
    });
    return looked;
  }

  forget(directory: number, times: number): void {
    this.nodes.forget(directory, times);
  }

  /**
   * Opens a regular file.
   *
   * Errors: ENXIO a FIFO, socket or device; EISDIR; ESTALE the name stands for another file now; EROFS.
   *
   * @param ino the file that the name must stand for; 0n: any
   * @param access HOST_* bits
   */
  open(directory: number, name: Uint8Array, ino: bigint, access: number, into: HostAttributes): number {
    if (this.isReadOnly && (access & HOST_WRITE) !== 0) return -Errno.EROFS;
    return this.#entry(directory, name, (path, node) => {
      if (ino === 0n) {
        // Opening a device can do something by itself: look before, as the caller has not.
        const problem = openProblem(this.#fs.lstatSync(path, { bigint: true }));
        if (problem !== 0) return -problem;
      }
      const fd = this.#openHandle(path, node, this.#openFlags(access), ino !== 0n);
      return fd < 0 ? fd : this.#keep(fd, ino, into);
    });
  }

  /** Makes a regular file, open for reading and writing. EEXIST when the name is there. */
  create(directory: number, name: Uint8Array, mode: number, access: number, into: HostAttributes): number {
    if (this.isReadOnly) return -Errno.EROFS;
    return this.#entry(directory, name, (path, node) => {
      const { O_CREAT, O_EXCL } = this.#fs.constants;
      const flags = this.#openFlags(access | HOST_READ | HOST_WRITE) | O_CREAT | O_EXCL;
      const fd = this.nodes.retryWithoutHandles(() => this.#descriptors.open(path, flags, mode & FILE_MODE), node);
      return this.#keep(fd, 0n, into);
    });
  }

  /** @returns the number of the new node */
  mkdir(directory: number, name: Uint8Array, mode: number, into: HostAttributes): number {
    return this.#change(directory, name, (path, node) => {
      this.#fs.mkdirSync(path, mode & DIRECTORY_MODE);
      return this.#found(node, name, this.#fs.lstatSync(path, { bigint: true }), into);
    });
  }

  symlink(directory: number, name: Uint8Array, target: Uint8Array, into: HostAttributes): number {
    return this.#change(directory, name, (path, node) => {
      this.#fs.symlinkSync(Buffer.from(target), path);
      return this.#found(node, name, this.#fs.lstatSync(path, { bigint: true }), into);
    });
  }

  /** @returns the length of the target; EINVAL when it is no link, ENAMETOOLONG when it does not fit */
  readlink(directory: number, name: Uint8Array, into: Uint8Array): number {
    return this.#entry(directory, name, (path) => {
      const target = this.#fs.readlinkSync(path, 'buffer');
      if (target.length > into.length) return -Errno.ENAMETOOLONG;
      into.set(target);
      return target.length;
    });
  }

  unlink(directory: number, name: Uint8Array): number {
    return this.#change(directory, name, (path, node) => {
      this.#fs.unlinkSync(path);
      this.nodes.removed(node, textOf(name));
      return 0;
    });
  }

  rmdir(directory: number, name: Uint8Array): number {
    return this.#change(directory, name, (path, node) => {
      this.#fs.rmdirSync(path);
      this.nodes.removed(node, textOf(name));
      return 0;
    });
  }

  rename(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): number {
    return this.#changeBoth(directory, name, toDirectory, newName, (path, newPath, from, to) => {
      this.#fs.renameSync(path, newPath);
      this.nodes.moved(from, textOf(name), to, textOf(newName));
      return 0;
    });
  }

  link(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): number {
    return this.#changeBoth(directory, name, toDirectory, newName, (path, newPath) => {
      // Linux links the link itself; other systems may link what it points to.
      const followsLinks = process.platform !== 'linux';
      if (followsLinks && this.#fs.lstatSync(path).isSymbolicLink()) return -Errno.EPERM;
      this.#fs.linkSync(path, newPath);
      return 0;
    });
  }

  /** Writes back a directory's entries. */
  syncDirectory(directory: number): number {
    return this.#directory(directory, (path) => {
      // Windows cannot open directories: nothing to do there.
      if (process.platform === 'win32') return 0;
      const fd = this.#descriptors.open(path, this.#fs.constants.O_DIRECTORY);
      try {
        this.#fs.fsyncSync(fd);
        return 0;
      } finally {
        this.#descriptors.close(fd);
      }
    });
  }

  /** @returns bytes put */
  status(into: Uint8Array): number {
    return this.#directory(0, (path) => {
      const { bsize, blocks, bavail, files, ffree } = this.#fs.statfsSync(path);
      return putStatus({ blockSize: bsize, blocks, blocksFree: bavail, files, filesFree: ffree }, into);
    });
  }

  /** Takes the names of a directory as they are now. @returns the listing's number, for `readEntries` and `close` */
  openListing(directory: number): number {
    return this.#directory(directory, (path) => {
      const names = this.#fs.readdirSync(path, 'latin1');
      const listing = this.files.addListing({ directory, names, next: 0 });
      if (listing >= 0) this.nodes.hold(directory);
      return listing;
    });
  }

  /** Puts the next entries of a listing, as many as fit. See `listing`. @returns bytes put; 0: no more */
  readEntries(file: number, into: Uint8Array): number {
    const listing = this.files.listing(file);
    if (listing === undefined) return -Errno.EBADF;
    const node = this.nodes.get(listing.directory);
    return node === undefined ? -Errno.ESTALE : putEntries(this.nodes, node, listing, into);
  }

  /** Closes a file or a listing. */
  close(file: number): number {
    const listing = this.files.listing(file);
    if (listing !== undefined) this.nodes.forget(listing.directory, 1);
    return this.files.close(file);
  }

  /** Closes all directories. Open files are their users' to close. */
  dispose(): void {
    this.files.closeListings();
    this.nodes.close();
  }

  #found(node: DirectoryNode, name: Uint8Array, stats: BigIntStats, into: HostAttributes): number {
    takeStats(stats, into);
    return stats.isDirectory() ? this.nodes.give(node, textOf(name), stats.dev, stats.ino).id : 0;
  }

  #openFlags(access: number): number {
    const { O_RDONLY, O_WRONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY, O_SYNC, O_DSYNC } = this.#fs.constants;
    const isWritten = (access & HOST_WRITE) !== 0;
    const mode = !isWritten ? O_RDONLY : (access & HOST_READ) !== 0 ? O_RDWR : O_WRONLY;
    // Windows lacks these constants; a number is promised by the types alone.
    const sync = (access & HOST_SYNC) !== 0 ? (O_SYNC ?? 0) : (access & HOST_DSYNC) !== 0 ? (O_DSYNC ?? 0) : 0;
    return mode | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0) | (O_NOCTTY ?? 0) | sync;
  }

  /** @param wasSeen the caller saw a regular file there: a link is a change */
  #openHandle(path: NodeBuffer, node: DirectoryNode, flags: number, wasSeen: boolean): number {
    try {
      return this.nodes.retryWithoutHandles(() => this.#descriptors.open(path, flags), node);
    } catch (error) {
      const errno = errnoOf(error);
      return errno === Errno.ELOOP && wasSeen ? -Errno.ESTALE : -errno;
    }
  }

  /** Opens what is a regular file. @returns its descriptor, or a negative number */
  #openRegular(path: NodeBuffer, node: DirectoryNode, access: number, into: HostAttributes): number {
    if (this.isReadOnly && (access & HOST_WRITE) !== 0) return -Errno.EROFS;
    const fd = this.#openHandle(path, node, this.#openFlags(access), false);
    return fd < 0 ? fd : this.#keep(fd, 0n, into);
  }

  /** Keeps a handle as an open file if it is a regular one, and the one that is meant. */
  #keep(fd: number, ino: bigint, into: HostAttributes): number {
    let problem: number = Errno.EIO;
    try {
      const stats = this.#fs.fstatSync(fd, { bigint: true });
      problem = openProblem(stats);
      if (problem === 0 && ino !== 0n && stats.ino !== ino) problem = Errno.ESTALE;
      if (problem === 0) {
        takeStats(stats, into);
        return fd;
      }
    } catch (error) {
      problem = errnoOf(error);
    }
    this.#descriptors.close(fd);
    return -problem;
  }

  /** Runs `operation` on the path of an entry; its exceptions become −errno. */
  #entry(directory: number, name: Uint8Array, operation: (path: NodeBuffer, node: DirectoryNode) => number): number {
    const node = this.nodes.get(directory);
    if (node === undefined) return -Errno.ESTALE;
    try {
      const path = this.nodes.entryPath(node, name);
      return typeof path === 'number' ? path : operation(path, node);
    } catch (error) {
      return -errnoOf(error);
    }
  }

  #change(directory: number, name: Uint8Array, operation: (path: NodeBuffer, node: DirectoryNode) => number): number {
    return this.isReadOnly ? -Errno.EROFS : this.#entry(directory, name, operation);
  }

  #changeBoth(
    directory: number,
    name: Uint8Array,
    toDirectory: number,
    newName: Uint8Array,
    operation: (path: NodeBuffer, newPath: NodeBuffer, from: DirectoryNode, to: DirectoryNode) => number,
  ): number {
    return this.#change(directory, name, (path, from) => {
      // Walking to the second directory must not close the first one's handle, which `path` names.
      from.isPinned = true;
      try {
        return this.#entry(toDirectory, newName, (newPath, to) => operation(path, newPath, from, to));
      } finally {
        from.isPinned = false;
      }
    });
  }

  /** Runs `operation` on the path of a directory itself. */
  #directory(directory: number, operation: (path: NodeBuffer) => number): number {
    const node = this.nodes.get(directory);
    if (node === undefined) return -Errno.ESTALE;
    try {
      const path = this.nodes.directoryPath(node);
      return typeof path === 'number' ? path : operation(Buffer.from(path, 'latin1'));
    } catch (error) {
      return -errnoOf(error);
    }
  }
}
