// A Linux driven directly, with a plain memory as its guest: calls by name, arguments put into memory, errnos by name.

import {
  type FileSystem,
  Linux,
  type Process,
  type ProcessSpec,
  type SyscallContext,
} from '../../../personalities/linux/index.ts';
import { ERESTART, errnoName } from '../../../runtime/abi/errno.ts';
import { type AnyHandler, carriedTypeOf, type Row } from '../../../runtime/abi/row.ts';
import { findRow, TABLE } from '../../../runtime/abi/table.ts';
import type { Fd, GuestPtr, Pid } from '../../../runtime/abi/types.ts';
import { OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, type WasiVersion } from '../../../runtime/abi/wasi/version.ts';
import type { StreamReader, StreamWriter } from '../../../runtime/channel/service.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

export const PAGE = 65_536;
/** Addresses that tests use: results, an iovec array, text, and a large buffer to the end. */
export const AT = { result: 64, iovec: 256, text: 4096, other: 12_288, buffer: 20_480 } as const;
/** All rights that a regular file, or a directory, may be asked for. */
export const FILE_RIGHTS = BigInt(
  RIGHTS.FD_READ |
    RIGHTS.FD_WRITE |
    RIGHTS.FD_SEEK |
    RIGHTS.FD_TELL |
    RIGHTS.FD_ALLOCATE |
    RIGHTS.FD_SYNC |
    RIGHTS.FD_DATASYNC |
    RIGHTS.FD_ADVISE |
    RIGHTS.FD_FDSTAT_SET_FLAGS |
    RIGHTS.FD_FILESTAT_GET |
    RIGHTS.FD_FILESTAT_SET_SIZE |
    RIGHTS.FD_FILESTAT_SET_TIMES |
    RIGHTS.POLL_FD_READWRITE,
);
export const READ_RIGHTS = FILE_RIGHTS & ~BigInt(RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE);
export const DIRECTORY_RIGHTS = 0x0fbf_ffffn & ~FILE_RIGHTS;
const ROOT = 3 as Fd;

/** Compares memory whole: quicker than `toEqual`, which looks at each element as a value. */
export function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  const isSame = Buffer.compare(actual, expected) === 0;
  if (isSame) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  throw new Error(`memory differs at ${at}: ${actual[at]} instead of ${expected[at]}`);
}

/** A byte stream within one thread: both ends. */
export class Pipe implements StreamReader, StreamWriter {
  readonly capacity: number;
  bytes: number[] = [];
  isWriterClosed = false;
  isReaderClosed = false;

  constructor(capacity = 64) {
    this.capacity = capacity;
  }
  get available(): number {
    return this.bytes.length;
  }
  get hungUp(): boolean {
    return this.isWriterClosed;
  }
  get ended(): boolean {
    return this.isWriterClosed && this.bytes.length === 0;
  }
  get space(): number {
    return this.capacity - this.bytes.length;
  }
  get broken(): boolean {
    return this.isReaderClosed;
  }
  read(into: Uint8Array): number {
    const taken = this.bytes.splice(0, into.length);
    into.set(taken);
    return taken.length;
  }
  write(from: Uint8Array): number {
    const count = Math.min(from.length, this.space);
    this.bytes.push(...from.subarray(0, count));
    return count;
  }
  /** The end that the kernel has is closed. */
  close(): void {
    this.isWriterClosed = true;
    this.isReaderClosed = true;
  }
  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes));
  }
}

export interface GuestOptions extends Partial<ProcessSpec> {
  readonly quotaBytes?: number;
  readonly pages?: number;
  /** Takes the place of the tree in memory. */
  readonly root?: FileSystem;
  /** What the guest imports its calls from. */
  readonly version?: WasiVersion;
  /** It is another thread of this one's process; the options that make a process mean nothing then. */
  readonly threadOf?: Guest;
}

function mountRoot(linux: Linux, fileSystem: FileSystem): void {
  let isDone = false;
  linux.requestMount({ path: '/', fileSystem, readOnly: false }, (outcome) => {
    if ('error' in outcome) throw outcome.error;
    isDone = true;
  });
  if (!isDone) throw new Error('the root takes time to be mounted');
}

function spawn(linux: Linux, options: GuestOptions): Process {
  const spec = {
    pid: nextPid(),
    args: ['guest', 'α'],
    env: ['A=1'],
    stdio: ['null', 'null', 'null'],
    preopens: [{ name: '/', path: '/' }],
    ...options,
  } satisfies ProcessSpec;
  let spawned: Process | undefined;
  linux.spawn(spec, (outcome) => {
    if ('error' in outcome) throw outcome.error;
    spawned = outcome.process;
  });
  if (spawned === undefined) throw new Error('a directory takes time to be found');
  return spawned;
}

let lastPid = 100;
export function nextPid(): Pid {
  return ++lastPid as Pid;
}

export class Guest {
  readonly linux: Linux;
  readonly version: WasiVersion;
  readonly process: Process;
  readonly memory: GuestMemory;
  readonly ctx: SyscallContext;
  /** Time by hand: nanoseconds. */
  nowNs = 0;
  readonly exits: number[] = [];

  constructor(options: GuestOptions = {}, linux?: Linux) {
    this.version = options.version ?? PREVIEW_1;
    this.linux =
      options.threadOf?.linux ??
      linux ??
      new Linux({
        clock: { monotonicNs: () => this.nowNs++, realtimeNs: () => 1_700_000_000_000_000_000n + BigInt(this.nowNs) },
        random: (into) => into.fill(0xa5),
        quotaBytes: options.quotaBytes ?? 64 << 20,
        onExit: (_process, status) => this.exits.push(status),
        onBug: (report) => {
          throw new Error(report);
        },
      });
    if (options.root !== undefined) mountRoot(this.linux, options.root);
    const { threadOf } = options;
    this.process = threadOf?.process ?? spawn(this.linux, options);
    const pages = options.pages ?? 4;
    this.memory =
      threadOf?.memory ?? new GuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
    this.ctx = this.linux.attach(this.process, this.memory);
  }

  /** Runs a call until it completes, or until nothing can wake it. @returns errno's name, `OK`, or `WAITS` */
  call(name: string, ...args: readonly (number | bigint)[]): string {
    const result = this.begin(name, ...args);
    return result === 'WAITS' ? this.goOn() : result;
  }

  #open: { handler: AnyHandler<SyscallContext>; args: readonly never[] } | undefined;

  /** Runs a call once. */
  begin(name: string, ...args: readonly (number | bigint)[]): string {
    const row = this.row(name);
    const handler = this.linux.handlers[row.number];
    if (handler === undefined) throw new Error(`nobody serves ${name}`);
    // As a guest passes them: 32-bit integers are signed.
    const raw = row.params.map((param, i) => {
      const value = args[i] ?? 0;
      if (carriedTypeOf(param) === 'i64') return BigInt.asIntN(64, BigInt(value));
      return carriedTypeOf(param) === 'i32' ? Number(value) | 0 : Number(value);
    });
    this.#open = { handler, args: raw as unknown as readonly never[] };
    return this.#run();
  }

  /** The row of a WASI call of the guest's version, or of another call. */
  protected row(name: string): Row {
    const row = findRow(this.version.module, name) ?? TABLE.find((candidate) => candidate.name === name);
    if (row === undefined) throw new Error(`no call ${name}`);
    return row;
  }

  /** Lets the kernel look for events and runs the open call again while it may. */
  goOn(): string {
    for (;;) {
      this.linux.poll();
      const runnable = this.linux.takeRunnable();
      if (runnable === undefined) return 'WAITS';
      if (runnable !== this.ctx) continue;
      const result = this.#run();
      if (result !== 'WAITS') return result;
    }
  }

  #run(): string {
    if (this.#open === undefined) throw new Error('no call is open');
    const result = this.#open.handler(this.ctx, ...this.#open.args);
    if (result === -ERESTART) return 'WAITS';
    this.linux.completed(this.ctx);
    return result === 0 ? 'OK' : errnoName(-result);
  }

  /** Puts UTF-8 text into memory. @returns address and length */
  text(text: string | Uint8Array, at: number = AT.text): [GuestPtr, number] {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    this.memory.copyIn(at, bytes);
    return [at as GuestPtr, bytes.length];
  }

  iovec(address: number, length: number): [number, number] {
    this.memory.writeU32(AT.iovec, address);
    this.memory.writeU32(AT.iovec + 4, length);
    return [AT.iovec, 1];
  }

  u32(at: number = AT.result): number {
    return this.memory.readU32(at);
  }

  open(path: string, oflags = 0, rights: bigint = FILE_RIGHTS, fdflags = 0, dirflags = 0): Fd | string {
    const directoryRights = (oflags & OFLAGS.DIRECTORY) !== 0 ? DIRECTORY_RIGHTS : rights;
    const result = this.call(
      'path_open',
      ROOT,
      dirflags,
      ...this.text(path),
      oflags,
      directoryRights,
      0x3fff_ffffn,
      fdflags,
      AT.result,
    );
    return result === 'OK' ? (this.u32() as Fd) : result;
  }

  /** Opens what must open. */
  fd(path: string, oflags: number = OFLAGS.CREAT, rights: bigint = FILE_RIGHTS, fdflags = 0): Fd {
    const fd = this.open(path, oflags, rights, fdflags);
    if (typeof fd === 'string') throw new Error(`${path}: ${fd}`);
    return fd;
  }

  write(fd: number, text: string | Uint8Array): number | string {
    const [at, length] = this.text(text, AT.buffer);
    const result = this.call('fd_write', fd, ...this.iovec(at, length), AT.result);
    return result === 'OK' ? this.u32() : result;
  }

  pwrite(fd: number, text: string, offset: number | bigint): number | string {
    const [at, length] = this.text(text, AT.buffer);
    const result = this.call('fd_pwrite', fd, ...this.iovec(at, length), BigInt(offset), AT.result);
    return result === 'OK' ? this.u32() : result;
  }

  read(fd: number, length: number): string {
    const result = this.call('fd_read', fd, ...this.iovec(AT.buffer, length), AT.result);
    return result === 'OK' ? this.string(AT.buffer, this.u32()) : result;
  }

  pread(fd: number, length: number, offset: number | bigint): string {
    const result = this.call('fd_pread', fd, ...this.iovec(AT.buffer, length), BigInt(offset), AT.result);
    return result === 'OK' ? this.string(AT.buffer, this.u32()) : result;
  }

  string(at: number, length: number): string {
    return new TextDecoder('latin1').decode(this.memory.copyOut(at, length));
  }

  /** The fields of a filestat that path_filestat_get or fd_filestat_get stored. */
  stat(
    pathOrFd: string | number,
    dirflags = 0,
  ): { ino: bigint; type: number; nlink: number; size: number; mtim: bigint } | string {
    const result =
      typeof pathOrFd === 'number'
        ? this.call('fd_filestat_get', pathOrFd, AT.result)
        : this.call('path_filestat_get', ROOT, dirflags, ...this.text(pathOrFd), AT.result);
    if (result !== 'OK') return result;
    const { filestat } = this.version;
    const links = AT.result + filestat.nlink;
    return {
      ino: this.memory.readU64(AT.result + filestat.ino),
      type: this.memory.readU32(AT.result + filestat.filetype) & 0xff,
      nlink: filestat.size - filestat.nlink === 4 ? this.memory.readU32(links) : Number(this.memory.readU64(links)),
      size: Number(this.memory.readU64(AT.result + filestat.size)),
      mtim: this.memory.readU64(AT.result + filestat.mtim),
    };
  }

  size(pathOrFd: string | number): number {
    const stat = this.stat(pathOrFd);
    if (typeof stat === 'string') throw new Error(`${pathOrFd}: ${stat}`);
    return stat.size;
  }

  /** A call with one path. */
  path(call: 'path_create_directory' | 'path_remove_directory' | 'path_unlink_file', path: string): string {
    return this.call(call, ROOT, ...this.text(path));
  }
  mkdir(path: string): string {
    return this.path('path_create_directory', path);
  }
  rename(from: string, to: string): string {
    return this.call('path_rename', ROOT, ...this.text(from), ROOT, ...this.text(to, AT.other));
  }
  link(from: string, to: string, flags = 0): string {
    return this.call('path_link', ROOT, flags, ...this.text(from), ROOT, ...this.text(to, AT.other));
  }
  symlink(target: string, path: string): string {
    return this.call('path_symlink', ...this.text(target), ROOT, ...this.text(path, AT.other));
  }

  /** Descriptors that are open. */
  get descriptors(): number[] {
    return [...this.process.descriptors.entries()].map(([fd]) => fd);
  }
}
