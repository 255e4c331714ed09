// A descriptor of the host's own as a guest's standard stream. The host is asked each time for its attributes, its offset and
// what can be read. See: runtime/host/standard-file.

import { Errno } from '../../../runtime/abi/errno.ts';
import { emptyAttributes, takeStats } from '../../../runtime/files/attributes.ts';
import { HAS_BYTES, HUNG_UP } from '../../../runtime/host/descriptor-calls.ts';
import type { StandardFile } from '../../../runtime/host/standard-file.ts';
import type { Caller } from '../vfs/caller.ts';
import { FileDescription, type FileSystem, Inode, POLLHUP, POLLIN, POLLOUT, type TimesChange } from '../vfs/inode.ts';
import { O_ACCMODE, O_APPEND, O_RDWR } from '../vfs/mode.ts';
import type { Devices, OpenStreams } from './stdio.ts';
import { WaitQueue } from './wait.ts';

export class StandardInode extends Inode {
  readonly fileSystem: FileSystem;
  readonly file: StandardFile;
  readonly isTerminal: boolean;
  readonly readyQueue = new WaitQueue();
  readonly #open: OpenStreams;

  constructor(devices: Devices, file: StandardFile, isTerminal: boolean, open: OpenStreams) {
    super(inoOf(file) ?? devices.nextIno(), 0, 0, 0);
    this.fileSystem = devices;
    this.file = file;
    this.isTerminal = isTerminal;
    this.#open = open;
    open.add(this);
    this.refresh();
  }

  /** What was open for one thing only can be opened again for nothing else: its name is not known here. */
  open(_caller: Caller, flags: number): FileDescription | number {
    const access = this.file.flags & O_ACCMODE;
    if (access !== O_RDWR && access !== (flags & O_ACCMODE)) return -Errno.EACCES;
    return this.file.isSeekable ? new PositionedDescription(this, flags) : new StandardDescription(this, flags);
  }

  override get label(): string {
    return `${this.isTerminal ? 'tty' : this.file.isWatched ? 'pipe' : 'file'}:[${this.ino}]`;
  }

  override refresh(): number {
    const stats = this.file.stat();
    if (typeof stats === 'number') return stats;
    const attributes = emptyAttributes();
    takeStats(stats, attributes);
    const { ino: _ino, dev: _dev, ...rest } = attributes;
    Object.assign(this, rest);
    return 0;
  }

  override truncate(_caller: Caller, size: number): number {
    const result = this.file.truncate(size);
    return result < 0 ? result : this.refresh();
  }

  override setTimes(_caller: Caller, { atime, mtime }: TimesChange): number {
    const seconds = ({ sec, nsec }: { sec: number; nsec: number }): number => sec + nsec / 1e9;
    const result = this.refresh();
    if (result < 0) return result;
    return this.file.setTimes(
      seconds(atime ?? { sec: this.atimeSec, nsec: this.atimeNsec }),
      seconds(mtime ?? { sec: this.mtimeSec, nsec: this.mtimeNsec }),
    );
  }

  /** Wakes who waits for something to read. */
  look(): void {
    if (!this.readyQueue.isEmpty && this.file.hasNews) this.readyQueue.wakeAll();
  }

  protected override unused(): void {
    this.#open.delete(this);
  }
}

/** A description with an offset of its own, as after an open of /dev/stdin. */
class PositionedDescription extends FileDescription {
  declare readonly inode: StandardInode;

  override read(_caller: Caller, into: Uint8Array, start: number, length: number, position: number): number {
    return this.inode.file.read(into, start, length, position);
  }

  override write(_caller: Caller, from: Uint8Array, start: number, length: number, position: number): number {
    const { inode } = this;
    if (position >= 0) return inode.file.write(from, start, length, position);
    inode.refresh();
    const result = inode.file.write(from, start, length, inode.size);
    inode.refresh();
    return result;
  }

  override allocate(caller: Caller, offset: number, length: number): number {
    const result = this.inode.refresh();
    if (result < 0) return result;
    return offset + length > this.inode.size ? this.inode.truncate(caller, offset + length) : 0;
  }

  override sync(_caller: Caller, dataOnly: boolean): number {
    return this.inode.file.sync(dataOnly);
  }
  override get isTerminal(): boolean {
    return this.inode.isTerminal;
  }
}

/** The description that the guest's host has: its offset is shared with all who have it. */
export class StandardDescription extends PositionedDescription {
  override readonly isSeekable: boolean;
  /** By the last look at it. */
  #found = 0;

  constructor(inode: StandardInode, flags: number) {
    super(inode, flags);
    this.isSeekable = inode.file.isSeekable;
  }

  override tell(): number {
    return this.inode.file.tell();
  }
  override moveTo(position: number): number {
    return this.inode.file.moveTo(position);
  }

  override readNext(_caller: Caller, into: Uint8Array, start: number, length: number): number {
    return this.inode.file.read(into, start, length, null);
  }

  override writeNext(_caller: Caller, from: Uint8Array, start: number, length: number): number {
    const { file } = this.inode;
    // Where the host's own description appends, it does so by itself, and between other writers.
    if (this.isAppending && (file.flags & O_APPEND) === 0) {
      this.inode.refresh();
      file.moveTo(this.inode.size);
    }
    return file.write(from, start, length, null);
  }

  override readiness(): number {
    const { file } = this.inode;
    if (!file.isWatched) return POLLIN | POLLOUT;
    this.#found = file.poll();
    return this.#found === 0 ? 0 : POLLIN | ((this.#found & HUNG_UP) !== 0 ? POLLHUP : 0);
  }

  override readableBytes(): number {
    const { inode } = this;
    // The host does not say how many bytes a pipe has: one at least.
    if (inode.file.isWatched) return this.#found & HAS_BYTES;
    if (!inode.isRegular || inode.refresh() < 0) return 0;
    return Math.max(0, inode.size - Math.max(0, this.tell()));
  }

  override get readyQueue(): WaitQueue | undefined {
    return this.inode.file.isWatched ? this.inode.readyQueue : undefined;
  }
}

/** The host's number, so that a program which asks whether two of its files are one gets a true answer. */
function inoOf(file: StandardFile): number | undefined {
  const stats = file.stat();
  return typeof stats === 'number' ? undefined : Number(BigInt.asUintN(53, stats.ino));
}
