// A descriptor of the host process as one of a guest's standard streams: what the guest reads is taken from it when the guest
// reads, and no more than it asked for; its offset is the one that it shares with the shell's other commands. So whoever
// comes next finds what was left. Regular files, directories and devices such as /dev/null may be either stream; a pipe,
// socket or terminal stands here to be read only, because a write to it may wait.
// Used by the thread that has Linux, which asks while a guest waits for it and for nothing else. Nothing waits here, except
// for a disk.

import type { BigIntStats } from 'node:fs';
import { Errno } from '../abi/errno.ts';
import { DescriptorCalls, HAS_BYTES } from './descriptor-calls.ts';
import { errnoOf } from './errno.ts';
import { builtin } from './node-builtins.ts';
import { WatchReader } from './readable-watch.ts';

const SEEK_SET = 0;
const SEEK_CUR = 1;

/** What the thread that has Linux is told of such a descriptor. */
export interface StandardFileMessage {
  /** The descriptor, of the process's own or opened anew. */
  readonly fd: number;
  /** Access mode and O_APPEND, by Linux's numbers. */
  readonly flags: number;
  /** Whether it has an offset: a regular file or a device of memory. */
  readonly isSeekable: boolean;
  /** What may have nothing to read yet: reads of `fd` do not wait then, and the watch tells when to look again. */
  readonly watch?: SharedArrayBuffer;
  /** With `watch`: another descriptor of the same pipe. */
  readonly other?: number;
}

export class StandardFile {
  readonly flags: number;
  readonly isSeekable: boolean;
  readonly #fd: number;
  readonly #other: number | undefined;
  readonly #watch: WatchReader | undefined;
  /** Made when it is needed first: most programs neither seek nor poll. */
  #calls: DescriptorCalls | undefined;

  constructor({ fd, flags, isSeekable, watch, other }: StandardFileMessage) {
    this.#fd = fd;
    this.flags = flags;
    this.isSeekable = isSeekable;
    this.#other = other;
    this.#watch = watch && new WatchReader(watch);
  }

  /** @returns −errno when the host fails */
  stat(): BigIntStats | number {
    return attempt(() => builtin('node:fs').fstatSync(this.#fd, { bigint: true }));
  }

  /**
   * @param position null: at the offset, which moves
   * @returns bytes read; −EAGAIN: none yet, `isReadable` tells when to look again
   */
  read(into: Uint8Array, start: number, length: number, position: number | null): number {
    const count = attempt(() => builtin('node:fs').readSync(this.#fd, into, start, length, position));
    if (count === -Errno.EAGAIN) this.#watch?.ask();
    else this.#watch?.clear();
    return count;
  }

  write(from: Uint8Array, start: number, length: number, position: number | null): number {
    return attempt(() => builtin('node:fs').writeSync(this.#fd, from, start, length, position));
  }

  /** The offset. */
  tell(): number {
    return this.#descriptorCalls.seek(0, SEEK_CUR);
  }

  /** Moves the offset. */
  moveTo(position: number): number {
    return this.#descriptorCalls.seek(position, SEEK_SET);
  }

  truncate(size: number): number {
    return attempt(() => builtin('node:fs').ftruncateSync(this.#fd, size) ?? 0);
  }

  /** @param atime seconds since 1970, as mtime */
  setTimes(atime: number, mtime: number): number {
    return attempt(() => builtin('node:fs').futimesSync(this.#fd, atime, mtime) ?? 0);
  }

  sync(dataOnly: boolean): number {
    const fs = builtin('node:fs');
    return attempt(() => (dataOnly ? fs.fdatasyncSync : fs.fsyncSync)(this.#fd) ?? 0);
  }

  /** Whether it may wait at all. */
  get isWatched(): boolean {
    return this.#watch !== undefined;
  }

  /** Whether there was something to read since a read or `poll` found nothing: to be looked at often. */
  get hasNews(): boolean {
    return this.#watch?.isReadable ?? true;
  }

  /** What can be done without waiting: bits of descriptor-calls. When that is nothing, `hasNews` tells when to look again. */
  poll(): number {
    const watch = this.#watch;
    if (watch === undefined) return HAS_BYTES;
    if (watch.isWanted) return 0;
    const found = this.#descriptorCalls.poll();
    if (found === 0) watch.ask();
    return found;
  }

  get #descriptorCalls(): DescriptorCalls {
    this.#calls ??= new DescriptorCalls(this.#fd, this.#other);
    return this.#calls;
  }
}

/** @returns −errno for what the host throws */
function attempt<Result>(call: () => Result): Result | number {
  try {
    return call();
  } catch (error) {
    return -errnoOf(error);
  }
}
