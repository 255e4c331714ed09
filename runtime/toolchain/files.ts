/**
 * The file tree that a compiler run sees: a directory held in memory at `/@fusedos`, the host's own tree everywhere else, where it is given.
 *
 * The memory part carries the tool chain's headers and libraries and the run's temporary files; nothing of it reaches the disk. The host part
 * (`host-tree.ts`) gets paths unnormalised, so that `..`, symbolic links and case rules are the host's own. Called by `wasi.ts` alone;
 * synchronous, because WebAssembly cannot wait. Failures are `Error`s with a `code` as Node's own.
 */

/** Where the memory part begins. No file system that we know has such a directory. */
export const memoryRoot = '/@fusedos';

export type FileKind = 'file' | 'directory' | 'link' | 'character' | 'other';

export interface FileStat {
  readonly device: bigint;
  readonly inode: bigint;
  readonly kind: FileKind;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly accessNs: bigint;
  readonly modifyNs: bigint;
  readonly changeNs: bigint;
}

export interface OpenFlags {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly directory: boolean;
}

export interface OpenFile {
  readonly path: string;
  /** @returns bytes read, 0 at the end */
  read(target: Uint8Array, position: number): number;
  write(source: Uint8Array, position: number): number;
  stat(): FileStat;
  resize(size: number): void;
  close(): void;
}

/** The host's files, as a run that may see them does; paths are absolute. */
export interface HostTree {
  open(path: string, flags: OpenFlags): OpenFile;
  stat(path: string, followLinks: boolean): FileStat;
  list(path: string): DirectoryEntry[];
  makeDirectory(path: string): void;
  remove(path: string, kind: 'file' | 'directory'): void;
  rename(from: string, to: string): void;
  readLink(path: string): string;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly inode: bigint;
  readonly kind: FileKind;
}

/** What a run learnt about one path of the host's tree; a compile cache replays it. */
export type Observation = 'file' | 'directory' | 'absent';

export class FileError extends Error {
  readonly code: string;
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

/** The bytes of a read-only file, which are not copied; or what gives them at the first look. */
export type Content = Uint8Array | (() => Uint8Array);

/** One file or directory in memory. */
export class MemoryNode {
  static #nextInode = 1n;
  readonly inode = MemoryNode.#nextInode++;
  readonly entries: Map<string, MemoryNode> | undefined;
  #bytes: Uint8Array;
  #size: number;
  #load: (() => Uint8Array) | undefined;

  /** Its content was given, is shared by all runs, and stays as it is. */
  readonly isReadOnly: boolean;

  private constructor(entries: Map<string, MemoryNode> | undefined, content?: Content) {
    this.entries = entries;
    this.isReadOnly = content !== undefined;
    this.#load = typeof content === 'function' ? content : undefined;
    this.#bytes = content === undefined || typeof content === 'function' ? new Uint8Array() : content;
    this.#size = this.#bytes.length;
  }

  /** @param entries shared, not copied */
  static createDirectory(entries: Map<string, MemoryNode> = new Map()): MemoryNode {
    return new MemoryNode(entries);
  }

  /** @param content of a read-only file; nothing makes an empty file to be written */
  static createFile(content?: Content): MemoryNode {
    return new MemoryNode(undefined, content);
  }

  get bytes(): Uint8Array {
    this.#fill();
    return this.#bytes.subarray(0, this.#size);
  }

  get size(): number {
    this.#fill();
    return this.#size;
  }

  #fill(): void {
    if (this.#load === undefined) return;
    this.#bytes = this.#load();
    this.#size = this.#bytes.length;
    this.#load = undefined;
  }

  /** Sets the size; the capacity doubles, so that a file written in small pieces costs linear time. */
  resize(size: number): void {
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, 4096));
      grown.set(this.bytes);
      this.#bytes = grown;
    } else if (size < this.#size) {
      this.#bytes.fill(0, size, this.#size);
    }
    this.#size = size;
  }

  write(source: Uint8Array, position: number): number {
    if (position + source.length > this.#size) this.resize(position + source.length);
    this.#bytes.set(source, position);
    return source.length;
  }

  /** Adds a read-only file below this directory, with the directories that lead to it. */
  add(path: string, content: Uint8Array): void {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const last = names.pop();
    if (last === undefined) return;
    this.addDirectory(names).entries?.set(last, MemoryNode.createFile(content));
  }

  /** The directory with the given names below this one, created where absent. */
  addDirectory(names: readonly string[]): MemoryNode {
    let node: MemoryNode = this;
    for (const name of names) {
      let next = node.entries?.get(name);
      if (!next) {
        next = MemoryNode.createDirectory();
        node.entries?.set(name, next);
      }
      node = next;
    }
    return node;
  }
}

/** The tree of one run. */
export class FileTree {
  readonly #root: MemoryNode;
  readonly #host: HostTree;
  readonly #observe: ((path: string, what: Observation) => void) | undefined;

  /**
   * @param root what stands at `/@fusedos`
   * @param host what stands elsewhere; default: nothing
   * @param observe is told each path of the host's tree that the run looked at
   */
  constructor(root: MemoryNode, host: HostTree = noHost, observe?: (path: string, what: Observation) => void) {
    this.#root = root;
    this.#host = host;
    this.#observe = observe;
  }

  open(path: string, flags: OpenFlags): OpenFile {
    const names = memoryNames(path);
    if (!names) return this.#openHost(path, flags);
    let node = this.#find(names);
    if (!node) {
      if (!flags.create) throw new FileError('ENOENT', path);
      node = MemoryNode.createFile();
      const [parent, name] = this.#parent(names, path);
      parent.set(name, node);
    } else if (flags.create && flags.exclusive) throw new FileError('EEXIST', path);
    if (flags.directory && !node.entries) throw new FileError('ENOTDIR', path);
    if (node.entries && flags.write) throw new FileError('EISDIR', path);
    if (node.isReadOnly && (flags.write || flags.truncate)) throw new FileError('EROFS', path);
    if (flags.truncate) node.resize(0);
    return new OpenMemoryFile(path, node);
  }

  stat(path: string, followLinks: boolean): FileStat {
    const names = memoryNames(path);
    if (!names) {
      return this.#observed(path, () => this.#host.stat(path, followLinks));
    }
    const node = this.#find(names);
    if (!node) throw new FileError('ENOENT', path);
    return memoryStat(node);
  }

  list(path: string): DirectoryEntry[] {
    const names = memoryNames(path);
    if (!names) return this.#host.list(path);
    const entries = this.#find(names)?.entries;
    if (!entries) throw new FileError('ENOTDIR', path);
    return [...entries].map(([name, node]) => ({ name, inode: node.inode, kind: node.entries ? 'directory' : 'file' }));
  }

  makeDirectory(path: string): void {
    const names = memoryNames(path);
    if (!names) {
      this.#host.makeDirectory(path);
      return;
    }
    if (this.#find(names)) throw new FileError('EEXIST', path);
    const [parent, name] = this.#parent(names, path);
    parent.set(name, MemoryNode.createDirectory());
  }

  remove(path: string, kind: 'file' | 'directory'): void {
    const names = memoryNames(path);
    if (!names) {
      this.#host.remove(path, kind);
      return;
    }
    const node = this.#find(names);
    if (!node) throw new FileError('ENOENT', path);
    if (kind === 'file' && node.entries) throw new FileError('EISDIR', path);
    if (kind === 'directory' && !node.entries) throw new FileError('ENOTDIR', path);
    if (node.entries?.size) throw new FileError('ENOTEMPTY', path);
    const [parent, name] = this.#parent(names, path);
    parent.delete(name);
  }

  rename(from: string, to: string): void {
    const fromNames = memoryNames(from);
    const toNames = memoryNames(to);
    if (!fromNames && !toNames) {
      this.#host.rename(from, to);
      return;
    }
    if (!fromNames || !toNames) throw new FileError('EXDEV', to);
    const node = this.#find(fromNames);
    if (!node) throw new FileError('ENOENT', from);
    const [newParent, newName] = this.#parent(toNames, to);
    const [oldParent, oldName] = this.#parent(fromNames, from);
    oldParent.delete(oldName);
    newParent.set(newName, node);
  }

  readLink(path: string): string {
    if (memoryNames(path)) throw new FileError('EINVAL', path);
    return this.#host.readLink(path);
  }

  #openHost(path: string, flags: OpenFlags): OpenFile {
    const open = () => this.#host.open(path, flags);
    return flags.write ? open() : this.#observed(path, open);
  }

  /** Does what the run asks of a path on the host, and tells the observer what it found there. */
  #observed<T extends FileStat | OpenFile>(path: string, look: () => T): T {
    if (!this.#observe) return look();
    try {
      const found = look();
      const { kind } = 'kind' in found ? found : found.stat();
      if (kind === 'file' || kind === 'directory') this.#observe(path, kind);
      return found;
    } catch (error) {
      this.#observe(path, 'absent');
      throw error;
    }
  }

  #find(names: readonly string[]): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of names) node = node?.entries?.get(name);
    return node;
  }

  #parent(names: readonly string[], path: string): [Map<string, MemoryNode>, string] {
    const name = names.at(-1);
    const entries = this.#find(names.slice(0, -1))?.entries;
    if (name === undefined || !entries) throw new FileError('ENOENT', path);
    return [entries, name];
  }
}

class OpenMemoryFile implements OpenFile {
  readonly path: string;
  readonly #node: MemoryNode;

  constructor(path: string, node: MemoryNode) {
    this.path = path;
    this.#node = node;
  }

  read(target: Uint8Array, position: number): number {
    const part = this.#node.bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  write(source: Uint8Array, position: number): number {
    return this.#node.write(source, position);
  }

  stat(): FileStat {
    return memoryStat(this.#node);
  }

  resize(size: number): void {
    this.#node.resize(size);
  }

  close(): void {}
}

/** A copy of a file in memory, given by its path; undefined when there is none. */
export function readFile(root: MemoryNode, path: string): Uint8Array<ArrayBuffer> | undefined {
  let node: MemoryNode | undefined = root;
  for (const name of memoryNames(path) ?? []) node = node?.entries?.get(name);
  return node === undefined || node.entries !== undefined ? undefined : new Uint8Array(node.bytes);
}

/** The names below `/@fusedos`, or nothing when the path is the host's. `..` is resolved by name: there are no links in memory. */
function memoryNames(path: string): string[] | undefined {
  if (path !== memoryRoot && !path.startsWith(`${memoryRoot}/`)) return undefined;
  const names: string[] = [];
  for (const name of path.slice(memoryRoot.length + 1).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

function memoryStat(node: MemoryNode): FileStat {
  return {
    // No device of a host has this number, so that a file in memory is never taken for one on disk.
    device: 0xf05e_d000n,
    inode: node.inode,
    kind: node.entries ? 'directory' : 'file',
    linkCount: 1n,
    size: BigInt(node.size),
    accessNs: 0n,
    modifyNs: 0n,
    changeNs: 0n,
  };
}

function nothing(path: string): never {
  throw new FileError('ENOENT', path);
}

function unchangeable(path: string): never {
  throw new FileError('EROFS', path);
}

/** The tree of a run that sees memory only. */
const noHost: HostTree = {
  open: (path, flags) => (flags.write || flags.create ? unchangeable(path) : nothing(path)),
  stat: (path) => (path === '/' ? memoryStat(MemoryNode.createDirectory()) : nothing(path)),
  list: nothing,
  makeDirectory: unchangeable,
  remove: unchangeable,
  rename: unchangeable,
  readLink: nothing,
};
