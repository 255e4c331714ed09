// The inodes of one mount of a host directory: one object a file as long as anything refers to it, and for some time longer.
// Gives the numbers of directory nodes back to the host side when an inode is let go. Linux's thread alone.

import type { HostAttributes } from '../../../runtime/host/host-attributes.ts';
import { HostInode, type HostInodeTable, keyOf } from './hostfs-inode.ts';
import type { HostRequests } from './hostfs-requests.ts';
import type { FileSystem } from './inode.ts';
import { S_IFMT } from './mode.ts';

/** Inodes that nobody holds and that are still kept. */
const KEPT = 4096;
/** Looks for one to let go, each time that one comes. */
const LOOKS = 8;

/** One object a file of a mount. */
export class HostInodes implements HostInodeTable {
  readonly fileSystem: FileSystem;
  readonly requests: HostRequests;
  /** By device and number on the host, the longest unused first. */
  readonly #byNumber = new Map<string, HostInode>();

  constructor(fileSystem: FileSystem, requests: HostRequests) {
    this.fileSystem = fileSystem;
    this.requests = requests;
  }

  seen(directory: HostInode, name: string, attributes: HostAttributes, node: number): HostInode {
    const key = keyOf(attributes);
    let inode = this.#byNumber.get(key);
    if (inode !== undefined && ((inode.mode ^ attributes.mode) & S_IFMT) !== 0) {
      // The host has used the number again.
      this.#letGo(inode);
      inode = undefined;
    }
    if (inode === undefined) {
      this.#makeRoom();
      inode = new HostInode(this, attributes);
    } else {
      this.#byNumber.delete(key);
    }
    this.#byNumber.set(key, inode);
    inode.directory = directory;
    inode.name = name;
    inode.take(attributes);
    if (node > 0) this.#takeNode(inode, node);
    return inode;
  }

  gone(inode: HostInode): void {
    this.#letGo(inode);
  }

  #takeNode(inode: HostInode, node: number): void {
    if (inode.node !== node) {
      this.#forgetNode(inode);
      inode.node = node;
    }
    inode.given++;
  }

  #makeRoom(): void {
    if (this.#byNumber.size < KEPT) return;
    let looks = 0;
    for (const [key, inode] of this.#byNumber) {
      if (++looks > LOOKS) return;
      if (inode.holds === 0 && inode.coveredCount === 0) {
        this.#letGo(inode);
        return;
      }
      this.#byNumber.delete(key);
      this.#byNumber.set(key, inode);
    }
  }

  #letGo(inode: HostInode): void {
    if (this.#byNumber.get(inode.key) === inode) this.#byNumber.delete(inode.key);
    if (inode.holds === 0) this.#forgetNode(inode);
    else inode.isForgottenWhenUnused = true;
  }

  #forgetNode(inode: HostInode): void {
    if (inode.given === 0) return;
    this.requests.tell({ op: 'forget', mount: this.requests.mount, directory: inode.node, length: inode.given });
    inode.given = 0;
  }

  unused(inode: HostInode): void {
    this.#forgetNode(inode);
  }
}
