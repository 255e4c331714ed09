// Attributes of the files of a host directory, and changes of them, by open file, by directory node or by name. What a name
// stands for is opened without following links (Linux: O_PATH, which has no side effect on any file), compared with what the
// caller has seen, and changed through that handle. Part of disk/directory; errors are −errno, never thrown.

import type { Buffer as NodeBuffer } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { Errno } from '../../abi/errno.ts';
import { errnoOf } from '../../host/errno.ts';
import { builtin } from '../../host/node-builtins.ts';
import { type HostAttributes, takeStats } from '../attributes.ts';
import type { FileTarget, MountedAttributes } from '../mounted-directory.ts';
import type { HostDescriptors } from './descriptors.ts';
import { type DirectoryNodes, handlePath, O_PATH } from './nodes.ts';
import type { OpenFiles } from './open-files.ts';

/** Permission and sticky bits: set-user-id and set-group-id never reach the host. */
const MODE_BITS = 0o1777;
/** More than a time of our days is off, in microseconds, as a floating point number of seconds. */
const IMPRECISION_US = 0.25;

export class AttributeChanges implements MountedAttributes {
  readonly #fs = builtin('node:fs');
  readonly #nodes: DirectoryNodes;
  readonly #files: OpenFiles;
  readonly #descriptors: HostDescriptors;
  readonly #isReadOnly: boolean;

  constructor(nodes: DirectoryNodes, files: OpenFiles, descriptors: HostDescriptors, isReadOnly: boolean) {
    this.#nodes = nodes;
    this.#files = files;
    this.#descriptors = descriptors;
    this.#isReadOnly = isReadOnly;
  }

  stat(target: FileTarget, into: HostAttributes): number {
    if (target.file >= 0) return this.#files.attributes(target.file, into);
    return this.#onPath(target, (path) => {
      const stats = this.#statsAt(path, target);
      if (isOther(stats, target)) return -Errno.ESTALE;
      takeStats(stats, into);
      return 0;
    });
  }

  setMode(target: FileTarget, mode: number): number {
    if (this.#isReadOnly) return -Errno.EROFS;
    return this.#onFile(target, (path, stats) => {
      if (stats.isSymbolicLink()) return -Errno.EOPNOTSUPP;
      if (typeof path === 'number') this.#fs.fchmodSync(path, mode & MODE_BITS);
      else this.#fs.chmodSync(path, mode & MODE_BITS);
      return 0;
    });
  }

  /** Times in seconds since 1970, set to the microsecond; NaN: left as it is, to the microsecond. */
  setTimes(target: FileTarget, atime: number, mtime: number): number {
    if (this.#isReadOnly) return -Errno.EROFS;
    return this.#onFile(target, (path, stats) => {
      const newAtime = timeArgument(atime, stats.atimeNs);
      const newMtime = timeArgument(mtime, stats.mtimeNs);
      if (typeof path === 'number') this.#fs.futimesSync(path, newAtime, newMtime);
      else if (stats.isSymbolicLink() && !this.#nodes.isByHandle) this.#fs.lutimesSync(path, newAtime, newMtime);
      else this.#fs.utimesSync(path, newAtime, newMtime);
      return 0;
    });
  }

  truncate(target: FileTarget, size: number): number {
    if (this.#isReadOnly) return -Errno.EROFS;
    if (target.file >= 0) return this.#files.truncate(target.file, size);
    return this.#onPath(target, (path) => {
      const before = openProblem(this.#statsAt(path, target));
      if (before !== 0) return -before;
      const { O_WRONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = this.#fs.constants;
      const fd = this.#descriptors.open(path, O_WRONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0) | (O_NOCTTY ?? 0));
      try {
        const stats = this.#fs.fstatSync(fd, { bigint: true });
        if (openProblem(stats) !== 0 || isOther(stats, target)) return -Errno.ESTALE;
        this.#fs.ftruncateSync(fd, size);
        return 0;
      } finally {
        this.#descriptors.close(fd);
      }
    });
  }

  /** Runs `operation` on the target's path; its exceptions become −errno. */
  #onPath(target: FileTarget, operation: (path: NodeBuffer) => number): number {
    const node = this.#nodes.get(target.directory);
    if (node === undefined) return -Errno.ESTALE;
    try {
      const isDirectoryItself = target.name.length === 0;
      const path = isDirectoryItself ? this.#nodes.directoryPath(node) : this.#nodes.entryPath(node, target.name);
      if (typeof path === 'number') return path;
      return operation(typeof path === 'string' ? Buffer.from(path, 'latin1') : path);
    } catch (error) {
      return -errnoOf(error);
    }
  }

  /** Runs `operation` on the target's descriptor, or on a path that stands for just this file while it runs. */
  #onFile(target: FileTarget, operation: (path: NodeBuffer | string | number, stats: BigIntStats) => number): number {
    if (target.file >= 0) {
      try {
        return operation(target.file, this.#fs.fstatSync(target.file, { bigint: true }));
      } catch (error) {
        return -errnoOf(error);
      }
    }
    return this.#onPath(target, (path) => {
      const isDirectoryItself = target.name.length === 0;
      if (isDirectoryItself || !this.#nodes.isByHandle) {
        const stats = this.#statsAt(path, target);
        return isOther(stats, target) ? -Errno.ESTALE : operation(path, stats);
      }
      const fd = this.#descriptors.open(path, O_PATH | this.#fs.constants.O_NOFOLLOW);
      try {
        const stats = this.#fs.fstatSync(fd, { bigint: true });
        // The handle of a link is the link: a path through it ends there.
        return isOther(stats, target) ? -Errno.ESTALE : operation(handlePath(fd), stats);
      } finally {
        this.#descriptors.close(fd);
      }
    });
  }

  #statsAt(path: NodeBuffer, target: FileTarget): BigIntStats {
    // A directory's own path may be that of its handle, which looks like a link.
    if (target.name.length === 0) return this.#fs.statSync(path, { bigint: true });
    return this.#fs.lstatSync(path, { bigint: true });
  }
}

/** The errno with which a file is not opened for data, or 0. */
export function openProblem(stats: BigIntStats): number {
  if (stats.isFile()) return 0;
  if (stats.isDirectory()) return Errno.EISDIR;
  return stats.isSymbolicLink() ? Errno.ELOOP : Errno.ENXIO;
}

function isOther(stats: BigIntStats, target: FileTarget): boolean {
  return target.ino !== 0n && stats.ino !== target.ino;
}

/**
 * A time in whole microseconds as Node takes it: text, since it reads a negative number as the present. Node makes it a
 * floating point number of seconds, of which Node 20 cuts off what is below a microsecond: half of them would lose one.
 */
function timeArgument(seconds: number, nowNs: bigint): string {
  const microseconds = Number.isNaN(seconds) ? Number(nowNs) / 1e3 : seconds * 1e6;
  const wanted = Math.floor(microseconds + IMPRECISION_US);
  const time = wanted / 1e6;
  const whole = Math.trunc(time);
  const isKept = whole * 1e6 + Math.trunc(Math.trunc((time - whole) * 1e9) / 1e3) === wanted;
  return String(isKept ? time : time + Math.sign(time) * (IMPRECISION_US / 1e6));
}
