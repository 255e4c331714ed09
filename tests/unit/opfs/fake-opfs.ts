// An Origin Private File System in memory, with the rules of the platform's: handles are paths that are resolved when they
// are used, answers come later, a file has one writer or many readers, and errors are DOMExceptions by name. Several tabs
// share one store; a tab can end without closing anything.

import type {
  OpfsAccessHandle,
  OpfsDirectoryHandle,
  OpfsFileHandle,
  OpfsPlatform,
} from '../../../runtime/files/opfs/platform.ts';

/** What engines differ in. */
export interface FakeFeatures {
  readonly hasMove: boolean;
  /** Whether `read-only` handles exist. */
  readonly hasModes: boolean;
  readonly takesSharedViews: boolean;
}

interface FileNode {
  readonly kind: 'file';
  bytes: Uint8Array;
  lastModified: number;
  readonly holders: Set<FakeAccessHandle>;
}

interface DirectoryNode {
  readonly kind: 'directory';
  readonly entries: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;
type Path = readonly string[];

function fail(name: string): never {
  throw new DOMException(`fake: ${name}`, name);
}

export class FakeStore {
  readonly top: DirectoryNode = { kind: 'directory', entries: new Map() };
  readonly features: FakeFeatures;
  quota = 1 << 30;
  handles = 0;
  /** A path that must always be there once it was, and how often it was not. */
  watched: Path | undefined;
  absences = 0;
  #exclusive: Promise<unknown> = Promise.resolve();
  #clock = 1_700_000_000_000;
  #later = 1;

  constructor(features: FakeFeatures) {
    this.features = features;
  }

  now(): number {
    return this.#clock++;
  }

  /** After one to four microtasks, or a turn of the event loop now and then. */
  async later(): Promise<void> {
    this.#later = (this.#later * 5 + 1) % 64;
    if (this.#later % 16 === 0) return new Promise((resolve) => setImmediate(resolve));
    for (let i = this.#later % 4; i >= 0; i--) await undefined;
  }

  exclusively<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#exclusive.then(change);
    this.#exclusive = result.catch(() => {});
    return result;
  }

  find(path: Path): Node | undefined {
    let node: Node | undefined = this.top;
    for (const name of path) node = node?.kind === 'directory' ? node.entries.get(name) : undefined;
    return node;
  }

  directory(path: Path): DirectoryNode {
    const node = this.find(path);
    return node?.kind === 'directory' ? node : fail('NotFoundError');
  }

  file(path: Path): FileNode {
    const node = this.find(path);
    return node?.kind === 'file' ? node : fail('NotFoundError');
  }

  get used(): number {
    let sum = 0;
    const add = (node: Node): void => {
      if (node.kind === 'file') sum += node.bytes.length;
      else for (const child of node.entries.values()) add(child);
    };
    add(this.top);
    return sum;
  }

  changed(): void {
    if (this.watched !== undefined && this.find(this.watched) === undefined) this.absences++;
  }

  /** Every file's path and contents, as Latin-1; directories have undefined. */
  tree(): Record<string, string | undefined> {
    const found: Record<string, string | undefined> = {};
    const add = (path: string, node: Node): void => {
      if (node.kind === 'file') found[path] = Buffer.from(node.bytes).toString('latin1');
      else {
        if (path !== '') found[path] = undefined;
        for (const [name, child] of node.entries) add(`${path}/${name}`, child);
      }
    };
    add('', this.top);
    return found;
  }
}

export class FakeTab implements OpfsPlatform {
  readonly #store: FakeStore;
  readonly #open = new Set<FakeAccessHandle>();
  #lastName = 0;
  readonly #number: number;

  constructor(store: FakeStore, number: number) {
    this.#store = store;
    this.#number = number;
  }

  async root(): Promise<OpfsDirectoryHandle> {
    await this.#store.later();
    return new FakeDirectoryHandle(this.#store, [], this.#open);
  }
  async estimate(): Promise<{ usage: number; quota: number }> {
    await this.#store.later();
    return { usage: this.#store.used, quota: this.#store.quota };
  }
  exclusively<Result>(change: () => Promise<Result>): Promise<Result> {
    return this.#store.exclusively(change);
  }
  uniqueName(): string {
    return `unique-${this.#number}-${++this.#lastName}`;
  }
  now(): number {
    return this.#store.now();
  }

  /** The tab is gone, and its locks with it. */
  crash(): void {
    for (const handle of this.#open) handle.close();
  }
}

class FakeAccessHandle implements OpfsAccessHandle {
  readonly #store: FakeStore;
  readonly #node: FileNode;
  readonly #open: Set<FakeAccessHandle>;
  readonly isReadOnly: boolean;
  #isClosed = false;

  constructor(store: FakeStore, node: FileNode, open: Set<FakeAccessHandle>, isReadOnly: boolean) {
    this.#store = store;
    this.#node = node;
    this.#open = open;
    this.isReadOnly = isReadOnly;
    node.holders.add(this);
    open.add(this);
    store.handles++;
  }

  get mode(): string {
    return this.isReadOnly ? 'read-only' : 'readwrite';
  }

  read(into: Uint8Array, { at }: { readonly at: number }): number {
    this.#check(into);
    const bytes = this.#node.bytes.subarray(at, at + into.length);
    into.set(bytes);
    return bytes.length;
  }
  write(from: Uint8Array, { at }: { readonly at: number }): number {
    this.#check(from);
    this.#resize(Math.max(this.#node.bytes.length, at + from.length));
    this.#node.bytes.set(from, at);
    return from.length;
  }
  getSize(): number {
    this.#check();
    return this.#node.bytes.length;
  }
  truncate(size: number): void {
    this.#check();
    this.#resize(size);
  }
  flush(): void {
    this.#check();
    if (this.isReadOnly) fail('NoModificationAllowedError');
  }
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#node.holders.delete(this);
    this.#open.delete(this);
    this.#store.handles--;
  }

  #check(bytes?: Uint8Array): void {
    if (this.#isClosed) fail('InvalidStateError');
    const isShared = bytes !== undefined && bytes.buffer instanceof SharedArrayBuffer;
    if (isShared && !this.#store.features.takesSharedViews) throw new TypeError('fake: a shared view');
  }

  #resize(size: number): void {
    const node = this.#node;
    if (this.isReadOnly) fail('NoModificationAllowedError');
    node.lastModified = this.#store.now();
    if (size === node.bytes.length) return;
    if (this.#store.used - node.bytes.length + size > this.#store.quota) fail('QuotaExceededError');
    const bytes = new Uint8Array(size);
    bytes.set(node.bytes.subarray(0, size));
    node.bytes = bytes;
  }
}

class FakeFileHandle implements OpfsFileHandle {
  readonly kind = 'file';
  readonly #store: FakeStore;
  readonly #open: Set<FakeAccessHandle>;
  readonly move?: NonNullable<OpfsFileHandle['move']>;
  #path: Path;

  constructor(store: FakeStore, path: Path, open: Set<FakeAccessHandle>) {
    this.#store = store;
    this.#path = path;
    this.#open = open;
    if (store.features.hasMove) this.move = (directory, name) => this.#move(directory as FakeDirectoryHandle, name);
  }

  get name(): string {
    return this.#path.at(-1) ?? '';
  }

  async getFile(): Promise<{ size: number; lastModified: number }> {
    await this.#store.later();
    const { bytes, lastModified } = this.#store.file(this.#path);
    return { size: bytes.length, lastModified };
  }

  async createSyncAccessHandle(options?: { readonly mode: string }): Promise<OpfsAccessHandle> {
    await this.#store.later();
    const node = this.#store.file(this.#path);
    const isReadOnly = options?.mode === 'read-only' && this.#store.features.hasModes;
    const isLocked = [...node.holders].some((holder) => !isReadOnly || !holder.isReadOnly);
    if (isLocked) fail('NoModificationAllowedError');
    return new FakeAccessHandle(this.#store, node, this.#open, isReadOnly);
  }

  async #move(directory: FakeDirectoryHandle, name: string): Promise<void> {
    checkName(name);
    await this.#store.later();
    const node = this.#store.file(this.#path);
    const target = this.#store.directory(directory.path);
    const replaced = target.entries.get(name);
    if (replaced?.kind === 'directory') fail('InvalidModificationError');
    if (node.holders.size > 0 || (replaced?.holders.size ?? 0) > 0) fail('NoModificationAllowedError');
    this.#store.directory(this.#path.slice(0, -1)).entries.delete(this.name);
    target.entries.set(name, node);
    this.#path = [...directory.path, name];
    this.#store.changed();
  }
}

class FakeDirectoryHandle implements OpfsDirectoryHandle {
  readonly kind = 'directory';
  readonly path: Path;
  readonly #store: FakeStore;
  readonly #open: Set<FakeAccessHandle>;

  constructor(store: FakeStore, path: Path, open: Set<FakeAccessHandle>) {
    this.#store = store;
    this.path = path;
    this.#open = open;
  }

  get name(): string {
    return this.path.at(-1) ?? '';
  }

  async getFileHandle(name: string, options?: { readonly create: boolean }): Promise<OpfsFileHandle> {
    checkName(name);
    await this.#store.later();
    const { entries } = this.#store.directory(this.path);
    const found = entries.get(name);
    if (found?.kind === 'directory') fail('TypeMismatchError');
    if (found === undefined && options?.create !== true) fail('NotFoundError');
    if (found === undefined) {
      const lastModified = this.#store.now();
      entries.set(name, { kind: 'file', bytes: new Uint8Array(0), lastModified, holders: new Set() });
    }
    return new FakeFileHandle(this.#store, [...this.path, name], this.#open);
  }

  async getDirectoryHandle(name: string, options?: { readonly create: boolean }): Promise<OpfsDirectoryHandle> {
    checkName(name);
    await this.#store.later();
    const { entries } = this.#store.directory(this.path);
    const found = entries.get(name);
    if (found?.kind === 'file') fail('TypeMismatchError');
    if (found === undefined && options?.create !== true) fail('NotFoundError');
    if (found === undefined) entries.set(name, { kind: 'directory', entries: new Map() });
    return new FakeDirectoryHandle(this.#store, [...this.path, name], this.#open);
  }

  async removeEntry(name: string): Promise<void> {
    checkName(name);
    await this.#store.later();
    const { entries } = this.#store.directory(this.path);
    const found = entries.get(name) ?? fail('NotFoundError');
    if (isLocked(found)) fail('NoModificationAllowedError');
    if (found.kind === 'directory' && found.entries.size > 0) fail('InvalidModificationError');
    entries.delete(name);
    this.#store.changed();
  }

  async *entries(): AsyncGenerator<readonly [string, OpfsFileHandle | OpfsDirectoryHandle]> {
    await this.#store.later();
    for (const [name, { kind }] of [...this.#store.directory(this.path).entries]) {
      await this.#store.later();
      const path = [...this.path, name];
      const Handle = kind === 'file' ? FakeFileHandle : FakeDirectoryHandle;
      yield [name, new Handle(this.#store, path, this.#open)];
    }
  }
}

function isLocked(node: Node): boolean {
  return node.kind === 'file' ? node.holders.size > 0 : [...node.entries.values()].some(isLocked);
}

function checkName(name: string): void {
  const isAllowed = name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name);
  if (!isAllowed) throw new TypeError('fake: Name is not allowed.');
}
