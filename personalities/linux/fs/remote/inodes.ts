// The inodes of one mount of served files: one object a file, as long as anything refers to it and for some time longer.
// Linux's thread alone.

import type { HostAttributes } from '../../../../runtime/files/attributes.ts';
import type { FileSystem } from '../../vfs/inode.ts';
import { S_IFMT } from '../../vfs/mode.ts';
import { HostInode, type HostInodeTable, keyOf } from './inode.ts';
import type { HostRequests } from './requests.ts';

/** Inodes that nobody holds and that are still kept. */
const KEPT = 4096;
/** How many are looked at for one to let go, each time that one comes. */
const LOOKS = 8;

/** One object a file of a mount. */
export class HostInodes implements HostInodeTable {
  readonly fileSystem: FileSystem;
  readonly requests: HostRequests;
  device = 0;
  /** By device and number on the host, the longest unused first. */
  readonly #byNumber = new Map<number | string, HostInode>();
  #lastId = 0;
  /** The last in `#byNumber`. */
  #newest: HostInode | undefined;

  constructor(fileSystem: FileSystem, requests: HostRequests) {
    this.fileSystem = fileSystem;
    this.requests = requests;
  }

  /** The directory that is mounted. */
  top(attributes: HostAttributes): HostInode {
    this.device = attributes.dev;
    return new HostInode(this, attributes, 0);
  }

  seen(directory: HostInode, name: string, attributes: HostAttributes): HostInode {
    const key = keyOf(attributes, this.device);
    let inode = this.#byNumber.get(key);
    if (inode !== undefined && ((inode.mode ^ attributes.mode) & S_IFMT) !== 0) {
      // The host has used the number again.
      this.gone(inode);
      inode = undefined;
    }
    if (inode === undefined) {
      this.#makeRoom();
      inode = new HostInode(this, attributes, ++this.#lastId);
      this.#byNumber.set(key, inode);
    } else {
      if (inode !== this.#newest) {
        this.#byNumber.delete(key);
        this.#byNumber.set(key, inode);
      }
      inode.take(attributes);
    }
    this.#newest = inode;
    if (inode.directory === directory && inode.name === name) return inode;
    // The host may have moved a directory below one that we know below it: the way to it is then not known.
    if (inode.directory !== directory && inode.isDirectory && directory.isBelow(inode)) return inode;
    if (inode.directory?.names.get(inode.name) === inode) inode.directory.names.delete(inode.name);
    directory.names.set(name, inode);
    inode.directory = directory;
    inode.name = name;
    return inode;
  }

  gone(inode: HostInode): void {
    if (this.#byNumber.get(inode.key) === inode) this.#byNumber.delete(inode.key);
    if (this.#newest === inode) this.#newest = undefined;
    if (inode.directory?.names.get(inode.name) === inode) inode.directory.names.delete(inode.name);
  }

  #makeRoom(): void {
    if (this.#byNumber.size < KEPT) return;
    let looks = 0;
    for (const [key, inode] of this.#byNumber) {
      if (++looks > LOOKS) return;
      if (inode.holds === 0 && inode.coveredCount === 0) {
        this.gone(inode);
        return;
      }
      this.#byNumber.delete(key);
      this.#byNumber.set(key, inode);
      this.#newest = inode;
    }
  }
}
