// A memfs Volume as a directory that is served by the protocol of runtime/files, as files/disk/directory serves one of the
// host's. Runs in the thread where the Volume lives, and never waits. Errors are −errno, never thrown.
//
// Where memfs differs from POSIX, this file checks or corrects it, also what the VFS has checked: the Volume's owner may change
// it between a check and its use. memfs 4.80: rename replaces whatever is there, keeps the inode of what it replaced for ever,
// and follows a link that it is to move; link takes directories; unlink of a directory is EPERM; the size of a link is 0; times
// before 1970 become the present, unless they are given as a Date; inode numbers are used again (see files.ts).
// memfs does not keep times finer than a millisecond; it judges permission bits itself, by the user of the process.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { HostAttributes } from '../../../../runtime/files/attributes.ts';
import { putEntry } from '../../../../runtime/files/listing.ts';
import type { FileTarget, MountedAttributes, MountedDirectory } from '../../../../runtime/files/mounted-directory.ts';
import { HOST_WRITE } from '../../../../runtime/files/protocol.ts';
import { putStatus } from '../../../../runtime/files/status.ts';
import { isDirectoryMode, isRegularMode, isSymlinkMode } from '../../vfs/mode.ts';
import { decodeName, encodeName } from '../../vfs/names.ts';
import { INODE_COST, NAME_COST } from '../memory/inode.ts';
import { callVolume, charged, type MountedVolume, refund } from './call.ts';
import { inoOf, takeVolumeStats, type VolumeStats } from './files.ts';
import { VolumeNodes } from './nodes.ts';
import { VolumeOpenFiles } from './open-files.ts';

/** As for host directories: no set-user-id bits. */
const MODE_BITS = 0o1777;
const BLOCK = 4096;

export class VolumeDirectory implements MountedDirectory, MountedAttributes {
  readonly volume: MountedVolume;
  readonly isReadOnly: boolean;
  readonly nodes: VolumeNodes;
  readonly openFiles: VolumeOpenFiles;

  constructor(volume: MountedVolume, isReadOnly: boolean) {
    this.volume = volume;
    this.isReadOnly = isReadOnly;
    this.nodes = new VolumeNodes(volume.files);
    this.openFiles = new VolumeOpenFiles(volume);
  }

  /** @returns the number of the node when it is a directory, else 0 */
  lookup(directory: number, name: Uint8Array, into: HostAttributes): number {
    return this.#entry(directory, name, (path, text) => this.#found(directory, text, path, into));
  }

  /** @param ino the file that the name must stand for; 0n: any @returns the number of the open file */
  open(directory: number, name: Uint8Array, ino: bigint, access: number, into: HostAttributes): number {
    const isWritten = (access & HOST_WRITE) !== 0;
    if (this.isReadOnly && isWritten) return -Errno.EROFS;
    return this.#entry(directory, name, (path) => {
      const stats = this.volume.files.lstatSync(path);
      if (ino !== 0n && inoOf(stats) !== ino) return -Errno.ESTALE;
      const problem = openProblem(stats);
      return problem === 0 ? this.#keep(path, isWritten ? 'r+' : 'r', undefined, into) : -problem;
    });
  }

  /** Makes a regular file, open for reading and writing. */
  create(directory: number, name: Uint8Array, mode: number, _access: number, into: HostAttributes): number {
    return this.#add(directory, name, 0, (path) => this.#keep(path, 'wx+', mode & MODE_BITS, into));
  }

  mkdir(directory: number, name: Uint8Array, mode: number, into: HostAttributes): number {
    return this.#add(directory, name, 0, (path, text) => {
      this.volume.files.mkdirSync(path, { mode: mode & MODE_BITS });
      return this.#found(directory, text, path, into);
    });
  }

  symlink(directory: number, name: Uint8Array, target: Uint8Array, into: HostAttributes): number {
    return this.#add(directory, name, target.length, (path, text) => {
      this.volume.files.symlinkSync(decodeName(new Uint8Array(target)), path);
      return this.#found(directory, text, path, into);
    });
  }

  /** @returns the length of the target */
  readlink(directory: number, name: Uint8Array, into: Uint8Array): number {
    return this.#entry(directory, name, (path) => {
      const target = encodeName(String(this.volume.files.readlinkSync(path)));
      if (target.length > into.length) return -Errno.ENAMETOOLONG;
      into.set(target);
      return target.length;
    });
  }

  unlink(directory: number, name: Uint8Array): number {
    return this.#change(directory, name, (path) => {
      const stats = this.volume.files.lstatSync(path);
      if (isDirectoryMode(Number(stats.mode))) return -Errno.EISDIR;
      this.#remove(path, stats);
      return 0;
    });
  }

  rmdir(directory: number, name: Uint8Array): number {
    return this.#change(directory, name, (path, text) => {
      const stats = this.volume.files.lstatSync(path);
      if (!isDirectoryMode(Number(stats.mode))) return -Errno.ENOTDIR;
      this.#remove(path, stats);
      this.nodes.removed(directory, text);
      return 0;
    });
  }

  rename(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): number {
    return this.#change(directory, name, (path, text) =>
      this.#entry(toDirectory, newName, (newPath, newText) => {
        const result = this.#move(path, newPath);
        if (result === 0 && path !== newPath) this.nodes.moved(directory, text, toDirectory, newText);
        return result;
      }),
    );
  }

  link(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): number {
    return this.#change(directory, name, (path) => {
      const { files } = this.volume;
      if (isDirectoryMode(Number(files.lstatSync(path).mode))) return -Errno.EPERM;
      return this.#entry(toDirectory, newName, (newPath, newText) =>
        charged(this.volume, nameCost(newText), () => {
          files.linkSync(path, newPath);
          return 0;
        }),
      );
    });
  }

  stat(target: FileTarget, into: HostAttributes): number {
    if (target.file >= 0) return this.openFiles.attributes(target.file, into);
    return this.#target(target, (path, stats) => {
      takeVolumeStats(this.volume.files, stats, path, into);
      return 0;
    });
  }

  setMode(target: FileTarget, mode: number): number {
    const { files } = this.volume;
    return this.#changeTarget(target, (file, stats) => {
      if (isSymlinkMode(Number(stats.mode))) return -Errno.EOPNOTSUPP;
      if (typeof file === 'number') files.fchmodSync(file, mode & MODE_BITS);
      else files.chmodSync(file, mode & MODE_BITS);
      return 0;
    });
  }

  /** Times in seconds since 1970; NaN: left as it is. */
  setTimes(target: FileTarget, atime: number, mtime: number): number {
    const { files } = this.volume;
    return this.#changeTarget(target, (file, stats) => {
      const newAtime = dateOf(atime, stats.atimeMs);
      const newMtime = dateOf(mtime, stats.mtimeMs);
      if (typeof file === 'number') files.futimesSync(file, newAtime, newMtime);
      else files.lutimesSync(file, newAtime, newMtime);
      return 0;
    });
  }

  truncate(target: FileTarget, size: number): number {
    if (this.isReadOnly) return -Errno.EROFS;
    if (target.file >= 0) return this.openFiles.truncate(target.file, size);
    return this.#target(target, (path, stats) => {
      const problem = openProblem(stats);
      if (problem !== 0) return -problem;
      const file = this.openFiles.add(this.volume.files.openSync(path, 'r+'));
      const result = this.openFiles.truncate(file, size);
      this.openFiles.close(file);
      return result;
    });
  }

  /** Whether a directory is still there. */
  syncDirectory(directory: number): number {
    const path = this.nodes.pathOf(directory);
    return typeof path === 'number' ? path : 0;
  }

  /** Takes the names of a directory as they are now. @returns the listing's number */
  openListing(directory: number): number {
    if (this.openFiles.isFull) return -Errno.ENFILE;
    const path = this.nodes.pathOf(directory);
    if (typeof path === 'number') return path;
    return callVolume(this.volume, () => {
      const names = this.volume.files.readdirSync(path === '' ? '/' : path).map(String);
      return this.openFiles.add({ directory, names, next: 0 });
    });
  }

  /** Puts the next entries of a listing, as many as fit. @returns bytes put; 0: no more */
  readEntries(file: number, into: Uint8Array): number {
    const listing = this.openFiles.listing(file);
    if (listing === undefined) return -Errno.EBADF;
    const directory = this.nodes.pathOf(listing.directory);
    if (typeof directory === 'number') return directory;
    let used = 0;
    for (; listing.next < listing.names.length; listing.next++) {
      const text = listing.names[listing.next] as string;
      const stats = this.#statsOrNone(`${directory}/${text}`);
      if (stats === undefined) continue;
      const count = putEntry(into, used, encodeName(text), inoOf(stats), Number(stats.mode));
      if (count === 0) break;
      used += count;
    }
    return used;
  }

  /** What guests may still add. @returns bytes put */
  status(into: Uint8Array): number {
    const { limit, left } = this.volume.quota;
    const blocks = Math.floor(limit / BLOCK);
    const blocksFree = Math.floor(Math.max(0, left) / BLOCK);
    return putStatus({ blockSize: BLOCK, blocks, blocksFree, files: blocks, filesFree: blocksFree }, into);
  }

  close(file: number): number {
    return this.openFiles.close(file);
  }

  dispose(): void {
    this.openFiles.closeAll();
  }

  #found(directory: number, name: string, path: string, into: HostAttributes): number {
    const stats = this.volume.files.lstatSync(path);
    takeVolumeStats(this.volume.files, stats, path, into);
    return isDirectoryMode(into.mode) ? this.nodes.give(directory, name, into.ino) : 0;
  }

  #keep(path: string, flags: string, mode: number | undefined, into: HostAttributes): number {
    if (this.openFiles.isFull) return -Errno.ENFILE;
    const { files } = this.volume;
    const fd = files.openSync(path, flags, mode);
    takeVolumeStats(files, files.fstatSync(fd), undefined, into);
    return this.openFiles.add(fd);
  }

  /** Removes a name, and gives back what guests are charged for it. */
  #remove(path: string, stats: VolumeStats): void {
    const { files } = this.volume;
    const isDirectory = isDirectoryMode(Number(stats.mode));
    if (isDirectory) files.rmdirSync(path);
    else files.unlinkSync(path);
    const isLast = isDirectory || Number(stats.nlink) <= 1;
    const content = isRegularMode(Number(stats.mode)) ? Number(stats.size) : 0;
    refund(this.volume, nameCost(path.slice(path.lastIndexOf('/') + 1)) + (isLast ? INODE_COST + content : 0));
  }

  #move(path: string, newPath: string): number {
    const { files } = this.volume;
    const moved = files.lstatSync(path);
    const replaced = this.#statsOrNone(newPath);
    const movesDirectory = isDirectoryMode(Number(moved.mode));
    if (movesDirectory && newPath.startsWith(`${path}/`)) return -Errno.EINVAL;
    if (replaced !== undefined) {
      if (inoOf(replaced) === inoOf(moved)) return 0;
      const replacesDirectory = isDirectoryMode(Number(replaced.mode));
      if (movesDirectory && !replacesDirectory) return -Errno.ENOTDIR;
      if (!movesDirectory && replacesDirectory) return -Errno.EISDIR;
      if (replacesDirectory && files.readdirSync(newPath).length > 0) return -Errno.ENOTEMPTY;
    }
    const isLink = isSymlinkMode(Number(moved.mode));
    if (replaced !== undefined) {
      // What is replaced must be removed first. memfs refuses a rename for the bits of the directories alone: these, which
      // change nothing, are refused where the real one would be, before anything is lost.
      if (!isLink) files.renameSync(path, path);
      if (!isSymlinkMode(Number(replaced.mode))) files.renameSync(newPath, newPath);
      this.#remove(newPath, replaced);
    }
    if (isLink) {
      // memfs's own would move what the link leads to.
      files.linkSync(path, newPath);
      files.unlinkSync(path);
    } else files.renameSync(path, newPath);
    return 0;
  }

  #statsOrNone(path: string): VolumeStats | undefined {
    try {
      return this.volume.files.lstatSync(path);
    } catch {
      return undefined;
    }
  }

  /** Runs `operation` on what a target is now. */
  #target(target: FileTarget, operation: (path: string, stats: VolumeStats) => number): number {
    const isTop = target.directory === 0 && target.name.length === 0;
    const use = (path: string): number => {
      const stats = this.volume.files.lstatSync(path);
      // The top stays the top, also when its owner has emptied the Volume anew.
      if (!isTop && target.ino !== 0n && inoOf(stats) !== target.ino) return -Errno.ESTALE;
      return operation(path, stats);
    };
    if (target.name.length > 0) return this.#entry(target.directory, target.name, use);
    const path = this.nodes.pathOf(target.directory);
    return typeof path === 'number' ? path : callVolume(this.volume, () => use(path === '' ? '/' : path));
  }

  #changeTarget(target: FileTarget, operation: (file: string | number, stats: VolumeStats) => number): number {
    if (this.isReadOnly) return -Errno.EROFS;
    if (target.file < 0) return this.#target(target, operation);
    return this.openFiles.with(target.file, (fd) => operation(fd, this.volume.files.fstatSync(fd)));
  }

  /** Runs `operation` on the path of an entry. */
  #entry(directory: number, name: Uint8Array, operation: (path: string, name: string) => number): number {
    const text = decodeName(new Uint8Array(name));
    const path = this.nodes.entryPath(directory, text);
    return typeof path === 'number' ? path : callVolume(this.volume, () => operation(path, text));
  }

  #change(directory: number, name: Uint8Array, operation: (path: string, name: string) => number): number {
    return this.isReadOnly ? -Errno.EROFS : this.#entry(directory, name, operation);
  }

  /** Makes a file under a name that is free, at the guests' charge. */
  #add(directory: number, name: Uint8Array, extra: number, make: (path: string, name: string) => number): number {
    return this.#change(directory, name, (path, text) => {
      if (this.#statsOrNone(path) !== undefined) return -Errno.EEXIST;
      return charged(this.volume, INODE_COST + nameCost(text) + extra, () => make(path, text));
    });
  }
}

/** The errno with which a file is not opened for data, or 0. */
function openProblem({ mode }: VolumeStats): number {
  const type = Number(mode);
  if (isRegularMode(type)) return 0;
  if (isDirectoryMode(type)) return Errno.EISDIR;
  return isSymlinkMode(type) ? Errno.ELOOP : Errno.ENXIO;
}

function nameCost(name: string): number {
  return NAME_COST + name.length * 2;
}

function dateOf(seconds: number, nowMs: number | bigint): Date {
  return new Date(Number.isNaN(seconds) ? Number(nowMs) : seconds * 1000);
}
