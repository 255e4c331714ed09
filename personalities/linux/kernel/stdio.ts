// The standard streams of a process as files: byte streams whose other end a thread of the host's has, or descriptors of the
// host's own (standard-file.ts). Byte streams show as FIFOs, or as terminals when the host says so. The other end does not say
// when it moves: the kernel calls `look` whenever it looks for events.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { StreamReader, StreamWriter } from '../../../runtime/channel/service.ts';
import type { StandardFile } from '../../../runtime/host/standard-file.ts';
import { stampAll } from '../vfs/attributes.ts';
import type { Caller } from '../vfs/caller.ts';
import { FileDescription, type FileSystem, Inode, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../vfs/inode.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY, S_IFCHR, S_IFIFO } from '../vfs/mode.ts';
import type { Clock } from './clock.ts';
import type { Descriptors } from './descriptors.ts';
import { WaitQueue } from './wait.ts';

/** What such files belong to: /dev. */
export interface Devices extends FileSystem {
  nextIno(): number;
}

/** The reading or the writing end of a stream. */
export type StreamEnd =
  | { readonly kind: 'reader'; readonly stream: StreamReader }
  | { readonly kind: 'writer'; readonly stream: StreamWriter };

/** What a descriptor of a new process is to be. */
export type StandardEnd = StreamEnd | { readonly kind: 'host'; readonly file: StandardFile } | 'null';

/** The streams that are open, for `look`. */
export type OpenStreams = Set<{ look(): void }>;

export class StreamInode extends Inode {
  readonly fileSystem: FileSystem;
  readonly end: StreamEnd;
  readonly isTerminal: boolean;
  readonly readyQueue = new WaitQueue();
  readonly #open: OpenStreams;

  constructor(devices: Devices, clock: Clock, end: StreamEnd, isTerminal: boolean, open: OpenStreams) {
    super(devices.nextIno(), (isTerminal ? S_IFCHR : S_IFIFO) | 0o620, 0, 0);
    this.fileSystem = devices;
    this.end = end;
    this.isTerminal = isTerminal;
    this.#open = open;
    open.add(this);
    stampAll(this, clock);
  }

  open(_caller: Caller, flags: number): FileDescription | number {
    const reads = (flags & O_ACCMODE) === O_RDONLY;
    // The stream has one direction; POSIX would wait for the other end, which is not ours to give.
    if (reads !== (this.end.kind === 'reader')) return -Errno.EACCES;
    return new StreamDescription(this, flags);
  }

  override get label(): string {
    return `${this.isTerminal ? 'tty' : 'pipe'}:[${this.ino}]`;
  }

  readiness(): number {
    if (this.end.kind === 'reader') {
      // The flag first, as in `ended`.
      const { hungUp } = this.end.stream;
      return (this.end.stream.available > 0 || hungUp ? POLLIN : 0) | (hungUp ? POLLHUP : 0);
    }
    const { broken, space } = this.end.stream;
    return (broken || space > 0 ? POLLOUT : 0) | (broken ? POLLERR : 0);
  }

  /** Wakes who waits for it when the other end has moved. */
  look(): void {
    if (!this.readyQueue.isEmpty && this.readiness() !== 0) this.readyQueue.wakeAll();
  }

  protected override unused(): void {
    this.#open.delete(this);
    this.end.stream.close();
  }
}

export class StreamDescription extends FileDescription {
  declare readonly inode: StreamInode;
  override readonly isSeekable = false;

  override read(_caller: Caller, into: Uint8Array, start: number, length: number): number {
    const { end } = this.inode;
    if (end.kind !== 'reader') return -Errno.EBADF;
    const { stream } = end;
    if (stream.available === 0) return stream.ended ? 0 : -Errno.EAGAIN;
    return stream.read(into.subarray(start, start + length));
  }

  override write(_caller: Caller, from: Uint8Array, start: number, length: number): number {
    const { end } = this.inode;
    if (end.kind !== 'writer') return -Errno.EBADF;
    const { stream } = end;
    if (stream.broken) return -Errno.EPIPE;
    const written = stream.write(from.subarray(start, start + length));
    return written === 0 && length > 0 ? -Errno.EAGAIN : written;
  }

  override readiness(): number {
    return this.inode.readiness();
  }
  override readableBytes(): number {
    const { end } = this.inode;
    return end.kind === 'reader' ? end.stream.available : 0;
  }
  override get readyQueue(): WaitQueue {
    return this.inode.readyQueue;
  }
  override get isTerminal(): boolean {
    return this.inode.isTerminal;
  }
}

/** A description of a stream's one direction. */
export function openStream(inode: StreamInode): FileDescription {
  return new StreamDescription(inode, inode.end.kind === 'reader' ? O_RDONLY : O_WRONLY);
}

export interface Stdio {
  /** Descriptors 0, 1 and 2. One writer may stand twice. */
  readonly stdio: readonly [
    StreamReader | StandardFile | 'null',
    StreamWriter | StandardFile | 'null',
    StreamWriter | StandardFile | 'null',
  ];
  /** Which of them are terminals. */
  readonly terminals?: readonly [boolean, boolean, boolean];
}

/** Opens descriptors 0, 1 and 2; a writer that stands twice is one description, as after `2>&1`. */
export function openStdio(
  descriptors: Descriptors,
  { stdio: [stdin, stdout, stderr], terminals = [false, false, false] }: Stdio,
  open: (end: StandardEnd, isTerminal: boolean) => FileDescription,
): void {
  const input = open(readingEnd(stdin), terminals[0]);
  const output = open(writingEnd(stdout), terminals[1]);
  const error = stderr === stdout ? output : open(writingEnd(stderr), terminals[2]);
  for (const [fd, description] of [input, output, error].entries()) descriptors.fill(fd, description);
}

function readingEnd(stream: Stdio['stdio'][0]): StandardEnd {
  if (stream === 'null') return 'null';
  return 'stat' in stream ? { kind: 'host', file: stream } : { kind: 'reader', stream };
}

function writingEnd(stream: Stdio['stdio'][1]): StandardEnd {
  if (stream === 'null') return 'null';
  return 'stat' in stream ? { kind: 'host', file: stream } : { kind: 'writer', stream };
}
