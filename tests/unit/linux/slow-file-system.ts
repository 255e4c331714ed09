// A file system in memory whose every operation takes time, as a host directory's do: it answers only when told to.

import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import type { Clock } from '../../../personalities/linux/kernel/clock.ts';
import { copyAttributes } from '../../../personalities/linux/vfs/attributes.ts';
import type { Caller } from '../../../personalities/linux/vfs/caller.ts';
import { type DirectorySink, FileDescription, type FileSystem, Inode } from '../../../personalities/linux/vfs/inode.ts';
import { ERESTART } from '../../../runtime/abi/errno.ts';

export class SlowFileSystem implements FileSystem {
  readonly type = 'slow';
  readonly device: number;
  readonly root: SlowInode;
  holds = 0;
  readonly requests: string[] = [];
  /** Open files that somebody refers to. */
  readonly open = new Set<FileDescription>();
  readonly #inner: MemoryFileSystem;
  readonly #pending: (() => void)[] = [];
  readonly #inodes = new Map<Inode, SlowInode>();

  /** @param inner what it shows; others may change it meanwhile */
  constructor(clock: Clock, inner = new MemoryFileSystem({ clock, quotaBytes: 1 << 24 })) {
    this.#inner = inner;
    this.device = this.#inner.device;
    this.root = this.wrap(this.#inner.root);
  }

  status() {
    return this.#inner.status();
  }

  wrap(inner: Inode): SlowInode {
    let inode = this.#inodes.get(inner);
    if (inode === undefined) {
      inode = new SlowInode(this, inner);
      this.#inodes.set(inner, inode);
    }
    inode.take();
    return inode;
  }

  /** Runs an operation later, once a call; −ERESTART until then. */
  ask<Result>(caller: Caller, key: string, run: () => Result): Result | number {
    const answer = caller.replay(key) as { result: Result } | undefined;
    if (answer !== undefined) return answer.result;
    const { generation } = caller;
    this.requests.push(key);
    this.#pending.push(() => caller.deliver(generation, key, { result: run() }));
    return -ERESTART;
  }

  /** Answers what was asked. @returns how much that was */
  answer(): number {
    const pending = this.#pending.splice(0);
    for (const run of pending) run();
    return pending.length;
  }
}

export class SlowInode extends Inode {
  readonly fileSystem: SlowFileSystem;
  readonly inner: Inode;

  constructor(fileSystem: SlowFileSystem, inner: Inode) {
    super(inner.ino, inner.mode, inner.uid, inner.gid);
    this.fileSystem = fileSystem;
    this.inner = inner;
  }

  take(): void {
    copyAttributes(this.inner, this);
  }

  #ask<Result>(caller: Caller, key: string, run: () => Result): Result | number {
    return this.fileSystem.ask(caller, `${key} ${this.ino}`, run);
  }
  #inode(caller: Caller, key: string, run: () => Inode | number): Inode | number {
    return this.#ask(caller, key, () => {
      const result = run();
      return typeof result === 'number' ? result : this.fileSystem.wrap(result);
    });
  }

  override refresh(caller: Caller): number {
    return this.#ask(caller, 'refresh', () => {
      this.take();
      return 0;
    });
  }
  override parent(caller: Caller): Inode | number {
    const above = this.inner.parent(caller);
    return typeof above === 'number' ? above : this.fileSystem.wrap(above);
  }
  override readlink(caller: Caller): string | number {
    return this.#ask(caller, 'readlink', () => this.inner.readlink(caller));
  }
  override lookup(caller: Caller, name: string): Inode | number {
    return this.#inode(caller, `lookup ${name}`, () => this.inner.lookup(caller, name));
  }
  override create(caller: Caller, name: string, mode: number): Inode | number {
    return this.#inode(caller, `create ${name}`, () => this.inner.create(caller, name, mode));
  }
  override mkdir(caller: Caller, name: string, mode: number): Inode | number {
    return this.#inode(caller, `mkdir ${name}`, () => this.inner.mkdir(caller, name, mode));
  }
  override unlink(caller: Caller, name: string, inode: Inode): number {
    return this.#ask(caller, `unlink ${name}`, () => this.inner.unlink(caller, name, (inode as SlowInode).inner));
  }
  override rmdir(caller: Caller, name: string, inode: Inode): number {
    return this.#ask(caller, `rmdir ${name}`, () => this.inner.rmdir(caller, name, (inode as SlowInode).inner));
  }
  override truncate(caller: Caller, size: number): number {
    return this.#ask(caller, `truncate ${size}`, () => this.inner.truncate(caller, size));
  }
  open(caller: Caller, flags: number): FileDescription | number {
    return this.#ask(caller, `open ${flags}`, () => {
      const inner = this.inner.open(caller, flags);
      return typeof inner === 'number' ? inner : new SlowDescription(this, flags, inner);
    });
  }
}

class SlowDescription extends FileDescription {
  declare readonly inode: SlowInode;
  readonly #inner: FileDescription;

  constructor(inode: SlowInode, flags: number, inner: FileDescription) {
    super(inode, flags);
    this.#inner = inner;
  }

  override retain(): void {
    super.retain();
    this.inode.fileSystem.open.add(this);
  }
  protected override released(): void {
    this.inode.fileSystem.open.delete(this);
  }

  override read(caller: Caller, into: Uint8Array, start: number, length: number, position: number): number {
    const key = `read ${position} ${length}`;
    const answer = this.inode.fileSystem.ask(caller, key, (): Uint8Array => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, this.#inner.read(caller, bytes, 0, length, position));
    });
    if (typeof answer === 'number') return answer;
    into.set(answer, start);
    return answer.length;
  }

  override write(caller: Caller, from: Uint8Array, start: number, length: number, position: number): number {
    const bytes = from.slice(start, start + length);
    return this.inode.fileSystem.ask(caller, `write ${position} ${length}`, () => {
      const result = this.#inner.write(caller, bytes, 0, length, position);
      this.inode.take();
      return result;
    });
  }

  override readDirectory(caller: Caller, cookie: number, sink: DirectorySink): number {
    const result = this.inode.fileSystem.ask(caller, `list ${cookie}`, () => 0);
    return result < 0 ? result : this.#inner.readDirectory(caller, cookie, sink);
  }
}
