// The directories of one host directory that were walked, each by a number, and a bounded number of open handles to them.
// A name is always resolved in one step from its directory's handle, so no `..`, symbolic link or rename that happens
// meanwhile leads out. Used by disk/directory alone; one thread.
//
// Linux: `/proc/self/fd/N/NAME` is what openat(2) would be, N an O_PATH handle opened without following links.
// Elsewhere there is no such path. Each directory from the top down is then looked at again (its identity, and that it is no
// link) before its path is used: links that stand still lead nowhere, but a rename that hits between look and use can.

import type { Buffer as NodeBuffer } from 'node:buffer';
import { Errno } from '../../abi/errno.ts';
import { errnoOf } from '../../host/errno.ts';
import { builtin } from '../../host/node-builtins.ts';
import type { HostDescriptors } from './descriptors.ts';

/** Linux's, on every processor that Node has; Node's constants lack it. */
export const O_PATH = 0o10000000;
const NAME_MAX = 255;
const ROOT = 0;
/** Enough for a handle's path and a name. */
const PATH_ROOM = 320;

export interface DirectoryNode {
  readonly id: number;
  parent: DirectoryNode | undefined;
  /** The name in `parent`, one character a byte. */
  name: string;
  readonly dev: bigint;
  readonly ino: bigint;
  /** The open handle; −1: none now. */
  handle: number;
  /** How often its number was given out and not yet forgotten. */
  given: number;
  /** Nodes whose parent this is. */
  children: number;
  /** Its handle must not be closed just now. */
  isPinned: boolean;
}

export interface DirectoryNodesOptions {
  /** Most handles kept open. */
  readonly handles: number;
  /** Whether to go by handles; only where `hasHandlePaths()`. */
  readonly byHandle: boolean;
  readonly descriptors: HostDescriptors;
}

/** Whether names can be resolved from a directory's handle here: Linux with /proc. */
export function hasHandlePaths(): boolean {
  if (process.platform !== 'linux') return false;
  return builtin('node:fs').existsSync('/proc/self/fd');
}

export class DirectoryNodes {
  readonly #fs = builtin('node:fs');
  readonly #options: DirectoryNodesOptions;
  readonly #rootPath: string;
  readonly #nodes = new Map<number, DirectoryNode>();
  /** By parent and name. */
  readonly #byPlace = new Map<string, DirectoryNode>();
  /** Nodes with a handle, the longest unused first. */
  readonly #open = new Set<DirectoryNode>();
  #last: DirectoryNode | undefined;
  /** Paths of entries that were asked for last. Renames need two at a time. */
  readonly #paths = [new EntryPath(), new EntryPath()];
  #nextPath = 0;
  #nextId = ROOT + 1;

  constructor(rootPath: string, options: DirectoryNodesOptions) {
    this.#rootPath = rootPath;
    this.#options = options;
  }

  /** Whether paths go by handles. */
  get isByHandle(): boolean {
    return this.#options.byHandle;
  }
  get size(): number {
    return this.#nodes.size;
  }
  get openHandles(): number {
    return this.#open.size;
  }
  /** The top, once it is open. */
  get root(): DirectoryNode | undefined {
    return this.#nodes.get(ROOT);
  }

  /** Opens the top. Links in its own path are followed: the user named it. */
  openRoot(): number {
    const { byHandle, descriptors } = this.#options;
    let handle = -1;
    try {
      if (byHandle) handle = descriptors.open(this.#rootPath, O_PATH | this.#fs.constants.O_DIRECTORY);
      const stats = byHandle
        ? this.#fs.fstatSync(handle, { bigint: true })
        : this.#fs.statSync(this.#rootPath, { bigint: true });
      if (!stats.isDirectory()) return -Errno.ENOTDIR;
      const root = makeNode(ROOT, undefined, '', stats.dev, stats.ino);
      root.handle = handle;
      root.given = 1;
      this.#nodes.set(ROOT, root);
      return 0;
    } catch (error) {
      if (handle >= 0) descriptors.close(handle);
      return -errnoOf(error);
    }
  }

  get(id: number): DirectoryNode | undefined {
    return this.#nodes.get(id);
  }

  has(id: number): boolean {
    return this.#nodes.has(id);
  }

  /** As `give`, by numbers. @returns the node's number, or −ESTALE */
  giveBelow(above: number, name: Uint8Array, dev: number, ino: bigint): number {
    const parent = this.#nodes.get(above);
    return parent === undefined ? -Errno.ESTALE : this.give(parent, textOf(name), BigInt(dev), ino).id;
  }

  /** The node of a directory that was just seen at a place; its number counts as given out once more. */
  give(parent: DirectoryNode, name: string, dev: bigint, ino: bigint): DirectoryNode {
    const place = placeKey(parent, name);
    const known = this.#byPlace.get(place);
    if (known !== undefined && known.ino === ino && known.dev === dev) {
      known.given++;
      return known;
    }
    const node = makeNode(this.#nextId++, parent, name, dev, ino);
    node.given = 1;
    parent.children++;
    this.#nodes.set(node.id, node);
    this.#byPlace.set(place, node);
    return node;
  }

  /** Counts a node as given out once more. */
  hold(id: number): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) node.given++;
  }

  /** Takes back `times` of what `give` has counted; a node that nobody knows any more goes. */
  forget(id: number, times: number): void {
    const node = this.#nodes.get(id);
    if (node === undefined || id === ROOT) return;
    node.given -= times;
    this.#dropUnused(node);
  }

  /** Our own rename has moved a directory, if there was one: its node keeps its number. */
  moved(from: DirectoryNode, name: string, to: DirectoryNode, newName: string): void {
    this.removed(to, newName);
    const node = this.#byPlace.get(placeKey(from, name));
    if (node === undefined) return;
    this.#byPlace.delete(placeKey(from, name));
    to.children++;
    node.parent = to;
    node.name = newName;
    this.#byPlace.set(placeKey(to, newName), node);
    from.children--;
    this.#dropUnused(from);
  }

  /** A name is gone: whatever appears there later is another directory. */
  removed(parent: DirectoryNode, name: string): void {
    this.#byPlace.delete(placeKey(parent, name));
  }

  /** The path of an entry, good until the second next call of this, or −errno. Checks the name. */
  entryPath(node: DirectoryNode, name: Uint8Array): NodeBuffer | number {
    const problem = nameProblem(name);
    if (problem !== 0) return -problem;
    if (!this.#options.byHandle) {
      const path = this.#checkedPath(node);
      return typeof path === 'number' ? path : Buffer.concat([Buffer.from(`${path}/`, 'latin1'), name]);
    }
    const handle = this.#handleOf(node);
    if (handle < 0) return handle;
    this.#nextPath ^= 1;
    return (this.#paths[this.#nextPath] as EntryPath).of(handle, name);
  }

  /** The path of a directory itself, one character a byte, or −errno. */
  directoryPath(node: DirectoryNode): string | number {
    if (!this.#options.byHandle) return this.#checkedPath(node);
    const handle = this.#handleOf(node);
    return handle < 0 ? handle : handlePath(handle);
  }

  /** The open handle of a directory, or −errno; −EOPNOTSUPP where there are none. */
  #handleOf(node: DirectoryNode): number {
    if (node.handle >= 0) {
      if (node !== this.#last && node.id !== ROOT) this.#touch(node);
      return node.handle;
    }
    const chain: DirectoryNode[] = [];
    for (let at: DirectoryNode | undefined = node; at !== undefined && at.handle < 0; at = at.parent) chain.push(at);
    for (let i = chain.length - 1; i >= 0; i--) {
      const at = chain[i] as DirectoryNode;
      const answer = this.#openNode(at);
      if (answer < 0) return answer;
    }
    return node.handle;
  }

  #openNode(node: DirectoryNode): number {
    const parent = node.parent;
    if (parent === undefined || parent.handle < 0) return -Errno.ESTALE;
    const path = Buffer.from(`${handlePath(parent.handle)}/${node.name}`, 'latin1');
    this.#closeBeyond(this.#options.handles - 1, parent);
    const { O_DIRECTORY, O_NOFOLLOW } = this.#fs.constants;
    const { descriptors } = this.#options;
    const open = (): number => descriptors.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    let handle = -1;
    try {
      handle = this.retryWithoutHandles(open, parent);
      const stats = this.#fs.fstatSync(handle, { bigint: true });
      if (stats.ino !== node.ino || stats.dev !== node.dev) {
        descriptors.close(handle);
        return -Errno.ESTALE;
      }
    } catch (error) {
      if (handle >= 0) descriptors.close(handle);
      const errno = errnoOf(error);
      // Another file has its name now, or none.
      const isGone = errno === Errno.ENOENT || errno === Errno.ENOTDIR || errno === Errno.ELOOP;
      return isGone ? -Errno.ESTALE : -errno;
    }
    node.handle = handle;
    this.#touch(node);
    return handle;
  }

  /** Calls `open`; when the process has no descriptor left, gives back the kept handles and calls it again. */
  retryWithoutHandles(open: () => number, except?: DirectoryNode): number {
    try {
      return open();
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== Errno.ENFILE || this.#open.size === 0) throw error;
      this.#closeBeyond(0, except);
      return open();
    }
  }

  /** Closes every handle. */
  close(): void {
    this.#closeBeyond(0, undefined);
    const root = this.#nodes.get(ROOT);
    if (root !== undefined) this.#closeNode(root);
    this.#nodes.clear();
    this.#byPlace.clear();
  }

  #touch(node: DirectoryNode): void {
    this.#open.delete(node);
    this.#open.add(node);
    this.#last = node;
  }

  #closeBeyond(count: number, except: DirectoryNode | undefined): void {
    if (this.#open.size <= count) return;
    for (const node of this.#open) {
      if (node === except || node.isPinned) continue;
      this.#closeNode(node);
      if (this.#open.size <= count) return;
    }
  }

  #closeNode(node: DirectoryNode): void {
    this.#open.delete(node);
    if (this.#last === node) this.#last = undefined;
    if (node.handle < 0) return;
    const { handle } = node;
    node.handle = -1;
    // An O_PATH handle has nothing to write back: whatever close says, the number is free.
    this.#options.descriptors.close(handle);
  }

  #dropUnused(node: DirectoryNode): void {
    let at: DirectoryNode | undefined = node;
    while (at !== undefined && at.id !== ROOT && at.given <= 0 && at.children === 0) {
      this.#closeNode(at);
      this.#nodes.delete(at.id);
      const { parent }: DirectoryNode = at;
      if (parent === undefined) return;
      const place = placeKey(parent, at.name);
      if (this.#byPlace.get(place) === at) this.#byPlace.delete(place);
      parent.children--;
      at = parent;
    }
  }

  /** Without handles: the path from the top, after a look at every directory on it. */
  #checkedPath(node: DirectoryNode): string | number {
    const chain: DirectoryNode[] = [];
    for (let at: DirectoryNode | undefined = node; at?.parent !== undefined; at = at.parent) chain.push(at);
    let path = Buffer.from(this.#rootPath).toString('latin1');
    for (let i = chain.length - 1; i >= 0; i--) {
      const at = chain[i] as DirectoryNode;
      path = `${path}/${at.name}`;
      try {
        const stats = this.#fs.lstatSync(Buffer.from(path, 'latin1'), { bigint: true, throwIfNoEntry: false });
        const isSame = stats?.isDirectory() === true && stats.ino === at.ino && stats.dev === at.dev;
        if (!isSame) return -Errno.ESTALE;
      } catch (error) {
        return -errnoOf(error);
      }
    }
    return path;
  }
}

/** A path by handle. Made in one place again and again: Node copies a path before a call returns. */
class EntryPath {
  readonly #bytes = Buffer.allocUnsafe(PATH_ROOM);
  #handle = -1;
  /** Of the handle's path and the slash behind it. */
  #start = 0;
  #path = this.#bytes;

  of(handle: number, name: Uint8Array): NodeBuffer {
    if (handle !== this.#handle) this.#start = this.#bytes.write(`${handlePath(handle)}/`, 'latin1');
    this.#handle = handle;
    const length = this.#start + name.length;
    this.#bytes.set(name, this.#start);
    if (this.#path.length !== length) this.#path = this.#bytes.subarray(0, length);
    return this.#path;
  }
}

/** One character a byte: a key that keeps every name apart. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
}

export function handlePath(handle: number): string {
  ownDescriptors ??= `/proc/${builtin('node:fs').readlinkSync('/proc/self')}/fd`;
  return `${ownDescriptors}/${handle}`;
}

/** /proc/self/fd without the link, whose resolution is a tenth of what opening and closing a file takes. */
let ownDescriptors: string | undefined;

/** The errno with which a name is refused, or 0. The VFS never passes such names; nothing here relies on that. */
function nameProblem(name: Uint8Array): number {
  const { length } = name;
  if (length === 0) return Errno.ENOENT;
  if (length > NAME_MAX) return Errno.ENAMETOOLONG;
  if (name[0] === 0x2e && (length === 1 || (length === 2 && name[1] === 0x2e))) return Errno.EINVAL;
  for (let i = 0; i < length; i++) if (name[i] === 0x2f || name[i] === 0) return Errno.EINVAL;
  return process.platform === 'win32' && isWindowsName(name) ? Errno.EINVAL : 0;
}

/** Names that Windows takes for something else than a file of that name. */
function isWindowsName(name: Uint8Array): boolean {
  const text = String.fromCharCode(...name);
  return /[\\:*?"<>|]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(text);
}

function makeNode(
  id: number,
  parent: DirectoryNode | undefined,
  name: string,
  dev: bigint,
  ino: bigint,
): DirectoryNode {
  return { id, parent, name, dev, ino, handle: -1, given: 0, children: 0, isPinned: false };
}

function placeKey(parent: DirectoryNode, name: string): string {
  return `${parent.id}/${name}`;
}
