/**
 * The imports of one run of an LLVM tool: WASI preview 1 over a `FileTree`.
 *
 * It is no part of the machine's personalities: it serves a trusted tool on the host's own disk and knows only what LLVM calls. Every guest
 * path is relative to the one preopened directory, `/`. State lives as long as the run; nothing is shared with another one.
 * See: the preview 1 witx of WASI (`wasi_snapshot_preview1`).
 */
import type { FileKind, FileTree, OpenFile } from './files.ts';

export interface RunStreams {
  /** The whole of standard input, asked for at the first read. */
  readonly stdin?: (() => Uint8Array) | undefined;
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
  /** Standard error is a terminal: the tool colours its diagnostics. */
  readonly isTerminal?: boolean | undefined;
}

/** The end of a run by `proc_exit`. */
export class ToolExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the tool exited with status ${status}`);
    this.status = status;
  }
}

type Descriptor =
  | { readonly kind: 'stream'; readonly number: 0 | 1 | 2 }
  | { readonly kind: 'preopen' }
  | { readonly kind: 'file'; readonly file: OpenFile; readonly append: boolean; offset: number };

const errnos = {
  SUCCESS: 0,
  EACCES: 2,
  EBADF: 8,
  EEXIST: 20,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  EPERM: 63,
  EPIPE: 64,
  EROFS: 69,
  ESPIPE: 70,
  EXDEV: 75,
} satisfies Record<string, number>;

const errnoByCode: ReadonlyMap<string, number> = new Map(Object.entries(errnos));

const fileTypes = { other: 0, character: 2, directory: 3, file: 4, link: 7 } satisfies Record<FileKind, number>;

const preopenFd = 3;
const rights = { fdRead: 1n << 1n, fdWrite: 1n << 6n, all: (1n << 30n) - 1n, seekAndTell: (1n << 2n) | (1n << 5n) };
const openFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const appendFlag = 1;
const followFlag = 1;

type Import = (...args: never[]) => number;

/**
 * Makes the import object of one run.
 *
 * @param module names the imports; what it asks for and we lack is ENOSYS
 * @param memory gives the tool's memory, which exists only once it is instantiated
 */
export function createImports(
  module: WebAssembly.Module,
  memory: () => WebAssembly.Memory,
  tree: FileTree,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  streams: RunStreams,
): { imports: WebAssembly.Imports; closeAll: () => void } {
  const host = new ToolHost(memory, tree, args, env, streams);
  const known = host.imports();
  const functions: Record<string, Import> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== 'wasi_snapshot_preview1') throw new Error(`the compiler imports ${from}.${name}, which is not WASI`);
    functions[name] = known[name] ?? (() => errnos.ENOSYS);
  }
  return { imports: { wasi_snapshot_preview1: functions }, closeAll: () => host.closeAll() };
}

class ToolHost {
  readonly #memory: () => WebAssembly.Memory;
  readonly #tree: FileTree;
  readonly #args: readonly Uint8Array[];
  readonly #env: readonly Uint8Array[];
  readonly #streams: RunStreams;
  readonly #descriptors: (Descriptor | undefined)[];
  #stdin: Uint8Array | undefined;
  #cachedView = new DataView(new ArrayBuffer(0));

  constructor(
    memory: () => WebAssembly.Memory,
    tree: FileTree,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    streams: RunStreams,
  ) {
    const encoder = new TextEncoder();
    this.#memory = memory;
    this.#tree = tree;
    this.#args = args.map((arg) => encoder.encode(`${arg}\0`));
    this.#env = Object.entries(env).map(([key, value]) => encoder.encode(`${key}=${value}\0`));
    this.#streams = streams;
    this.#descriptors = [
      { kind: 'stream', number: 0 },
      { kind: 'stream', number: 1 },
      { kind: 'stream', number: 2 },
      { kind: 'preopen' },
    ];
  }

  closeAll(): void {
    for (const descriptor of this.#descriptors) if (descriptor?.kind === 'file') descriptor.file.close();
    this.#descriptors.length = 0;
  }

  imports(): Readonly<Record<string, Import>> {
    const strings = (list: readonly Uint8Array[], pointers: number, buffer: number): void => {
      let at = buffer;
      list.forEach((bytes, index) => {
        this.#view().setUint32(pointers + 4 * index, at, true);
        this.#bytes().set(bytes, at);
        at += bytes.length;
      });
    };
    const sizes = (list: readonly Uint8Array[], countPtr: number, bytesPtr: number): void => {
      this.#view().setUint32(countPtr, list.length, true);
      this.#view().setUint32(
        bytesPtr,
        list.reduce((sum, bytes) => sum + bytes.length, 0),
        true,
      );
    };
    return {
      args_get: guarded((pointers: number, buffer: number) => strings(this.#args, pointers, buffer)),
      args_sizes_get: guarded((count: number, bytes: number) => sizes(this.#args, count, bytes)),
      environ_get: guarded((pointers: number, buffer: number) => strings(this.#env, pointers, buffer)),
      environ_sizes_get: guarded((count: number, bytes: number) => sizes(this.#env, count, bytes)),
      clock_time_get: guarded((id: number, _precision: bigint, result: number) => {
        const ms = id === 0 ? performance.timeOrigin + performance.now() : performance.now();
        this.#view().setBigUint64(result, BigInt(Math.round(ms * 1e6)), true);
      }),
      fd_close: guarded((fd: number) => {
        const descriptor = this.#descriptor(fd);
        if (descriptor.kind === 'file') descriptor.file.close();
        this.#descriptors[fd] = undefined;
      }),
      fd_fdstat_get: guarded((fd: number, result: number) => this.#fdstat(this.#descriptor(fd), result)),
      fd_filestat_get: guarded((fd: number, result: number) => this.#filestatOfFd(fd, result)),
      fd_filestat_set_size: guarded((fd: number, size: bigint) => this.#file(fd).file.resize(Number(size))),
      fd_filestat_set_times: guarded((fd: number) => void this.#descriptor(fd)),
      fd_pread: guarded((fd: number, iovs: number, count: number, offset: bigint, result: number) => {
        const { file } = this.#file(fd);
        this.#view().setUint32(result, this.#readInto(iovs, count, file, Number(offset)), true);
      }),
      fd_prestat_get: guarded((fd: number, result: number) => {
        if (fd !== preopenFd) throw coded('EBADF');
        this.#view().setUint32(result, 0, true);
        this.#view().setUint32(result + 4, 1, true);
      }),
      fd_prestat_dir_name: guarded((fd: number, path: number) => {
        if (fd !== preopenFd) throw coded('EBADF');
        this.#view().setUint8(path, '/'.charCodeAt(0));
      }),
      fd_read: guarded((fd: number, iovs: number, count: number, result: number) =>
        this.#read(fd, iovs, count, result),
      ),
      fd_readdir: guarded((fd: number, buffer: number, length: number, cookie: bigint, result: number) =>
        this.#readDirectory(fd, buffer, length, Number(cookie), result),
      ),
      fd_seek: guarded((fd: number, offset: bigint, whence: number, result: number) => {
        const descriptor = this.#descriptor(fd);
        if (descriptor.kind !== 'file') throw coded('ESPIPE');
        const base = whence === 0 ? 0 : whence === 1 ? descriptor.offset : Number(descriptor.file.stat().size);
        if (base + Number(offset) < 0) throw coded('EINVAL');
        descriptor.offset = base + Number(offset);
        this.#view().setBigUint64(result, BigInt(descriptor.offset), true);
      }),
      fd_write: guarded((fd: number, iovs: number, count: number, result: number) =>
        this.#write(fd, iovs, count, result),
      ),
      path_create_directory: guarded((fd: number, path: number, length: number) =>
        this.#tree.makeDirectory(this.#path(fd, path, length)),
      ),
      path_filestat_get: guarded((fd: number, flags: number, path: number, length: number, result: number) =>
        this.#filestat(this.#tree.stat(this.#path(fd, path, length), (flags & followFlag) !== 0), result),
      ),
      path_open: guarded((...call: PathOpenCall) => this.#open(...call)),
      path_readlink: guarded(
        (fd: number, path: number, length: number, buffer: number, size: number, result: number) => {
          const target = new TextEncoder().encode(this.#tree.readLink(this.#path(fd, path, length))).subarray(0, size);
          this.#bytes().set(target, buffer);
          this.#view().setUint32(result, target.length, true);
        },
      ),
      path_remove_directory: guarded((fd: number, path: number, length: number) =>
        this.#tree.remove(this.#path(fd, path, length), 'directory'),
      ),
      path_rename: guarded((fd: number, from: number, fromLength: number, toFd: number, to: number, toLength: number) =>
        this.#tree.rename(this.#path(fd, from, fromLength), this.#path(toFd, to, toLength)),
      ),
      path_unlink_file: guarded((fd: number, path: number, length: number) =>
        this.#tree.remove(this.#path(fd, path, length), 'file'),
      ),
      proc_exit: (status: number) => {
        throw new ToolExit(status);
      },
      random_get: guarded((buffer: number, length: number) => {
        for (let at = 0; at < length; at += 65536) {
          this.#bytes().set(crypto.getRandomValues(new Uint8Array(Math.min(65536, length - at))), buffer + at);
        }
      }),
    };
  }

  #open(...call: PathOpenCall): void {
    const [fd, , pathPtr, length, oflags, base, , fdflags, result] = call;
    const directory = (oflags & openFlag.directory) !== 0;
    const append = (fdflags & appendFlag) !== 0;
    const file = this.#tree.open(this.#path(fd, pathPtr, length), {
      read: (base & rights.fdRead) !== 0n,
      write: !directory && (base & rights.fdWrite) !== 0n,
      append,
      create: (oflags & openFlag.create) !== 0,
      exclusive: (oflags & openFlag.exclusive) !== 0,
      truncate: (oflags & openFlag.truncate) !== 0,
      directory,
    });
    let number = this.#descriptors.indexOf(undefined, preopenFd + 1);
    if (number < 0) number = this.#descriptors.length;
    this.#descriptors[number] = { kind: 'file', file, append, offset: 0 };
    this.#view().setUint32(result, number, true);
  }

  #read(fd: number, iovs: number, count: number, result: number): void {
    const descriptor = this.#descriptor(fd);
    if (descriptor.kind === 'file') {
      const length = this.#readInto(iovs, count, descriptor.file, descriptor.offset);
      descriptor.offset += length;
      this.#view().setUint32(result, length, true);
      return;
    }
    if (descriptor.kind !== 'stream' || descriptor.number !== 0) throw coded('EBADF');
    this.#stdin ??= this.#streams.stdin?.() ?? new Uint8Array();
    let length = 0;
    for (const target of this.#iovecs(iovs, count)) {
      const part: Uint8Array = this.#stdin.subarray(0, target.length);
      target.set(part);
      this.#stdin = this.#stdin.subarray(part.length);
      length += part.length;
    }
    this.#view().setUint32(result, length, true);
  }

  #readInto(iovs: number, count: number, file: OpenFile, offset: number): number {
    let length = 0;
    for (const target of this.#iovecs(iovs, count)) {
      const read = file.read(target, offset + length);
      length += read;
      if (read < target.length) break;
    }
    return length;
  }

  #write(fd: number, iovs: number, count: number, result: number): void {
    const descriptor = this.#descriptor(fd);
    if (descriptor.kind === 'preopen') throw coded('EISDIR');
    let length = 0;
    for (const source of this.#iovecs(iovs, count)) {
      if (descriptor.kind === 'stream') {
        // The sink may keep what it gets, and the tool's memory moves when it grows: hand out a copy.
        (descriptor.number === 1 ? this.#streams.stdout : this.#streams.stderr)(source.slice());
        length += source.length;
        continue;
      }
      const at = descriptor.append ? Number(descriptor.file.stat().size) : descriptor.offset;
      const written = descriptor.file.write(source, at);
      descriptor.offset = at + written;
      length += written;
      if (written < source.length) break;
    }
    this.#view().setUint32(result, length, true);
  }

  #readDirectory(fd: number, buffer: number, length: number, cookie: number, result: number): void {
    const descriptor = this.#descriptor(fd);
    const entries = this.#tree.list(descriptor.kind === 'file' ? descriptor.file.path : '/');
    let used = 0;
    for (let index = cookie; index < entries.length && used < length; index++) {
      const entry = entries[index];
      if (!entry) break;
      const name = new TextEncoder().encode(entry.name);
      const record = new Uint8Array(24 + name.length);
      const view = new DataView(record.buffer);
      view.setBigUint64(0, BigInt(index + 1), true);
      view.setBigUint64(8, entry.inode, true);
      view.setUint32(16, name.length, true);
      view.setUint8(20, fileTypes[entry.kind]);
      record.set(name, 24);
      const part = record.subarray(0, length - used);
      this.#bytes().set(part, buffer + used);
      used += part.length;
    }
    this.#view().setUint32(result, used, true);
  }

  #fdstat(descriptor: Descriptor, result: number): void {
    const view = this.#view();
    const isTerminal = descriptor.kind === 'stream' && descriptor.number === 2 && this.#streams.isTerminal === true;
    const kind: FileKind =
      descriptor.kind === 'preopen'
        ? 'directory'
        : descriptor.kind === 'file'
          ? descriptor.file.stat().kind
          : isTerminal
            ? 'character'
            : 'other';
    const granted = descriptor.kind === 'stream' ? rights.all & ~rights.seekAndTell : rights.all;
    view.setUint8(result, fileTypes[kind]);
    view.setUint16(result + 2, descriptor.kind === 'file' && descriptor.append ? appendFlag : 0, true);
    view.setBigUint64(result + 8, granted, true);
    view.setBigUint64(result + 16, granted, true);
  }

  #filestatOfFd(fd: number, result: number): void {
    const descriptor = this.#descriptor(fd);
    if (descriptor.kind === 'stream') {
      this.#bytes().fill(0, result, result + 64);
      this.#view().setUint8(result + 16, fileTypes.other);
    } else {
      this.#filestat(descriptor.kind === 'file' ? descriptor.file.stat() : this.#tree.stat('/', true), result);
    }
  }

  #filestat(stat: ReturnType<FileTree['stat']>, result: number): void {
    const view = this.#view();
    view.setBigUint64(result, stat.device, true);
    view.setBigUint64(result + 8, stat.inode, true);
    view.setBigUint64(result + 16, BigInt(fileTypes[stat.kind]), true);
    view.setBigUint64(result + 24, stat.linkCount, true);
    view.setBigUint64(result + 32, stat.size, true);
    view.setBigUint64(result + 40, stat.accessNs, true);
    view.setBigUint64(result + 48, stat.modifyNs, true);
    view.setBigUint64(result + 56, stat.changeNs, true);
  }

  #descriptor(fd: number): Descriptor {
    const descriptor = this.#descriptors[fd];
    if (!descriptor) throw coded('EBADF');
    return descriptor;
  }

  #file(fd: number): Extract<Descriptor, { kind: 'file' }> {
    const descriptor = this.#descriptor(fd);
    if (descriptor.kind !== 'file') throw coded('EBADF');
    return descriptor;
  }

  /** The absolute path of a name that the tool gives relative to a directory. */
  #path(fd: number, path: number, length: number): string {
    const descriptor = this.#descriptor(fd);
    const name = new TextDecoder().decode(this.#bytes().subarray(path, path + length));
    return descriptor.kind === 'file' ? `${descriptor.file.path}/${name}` : `/${name}`;
  }

  *#iovecs(iovs: number, count: number): Generator<Uint8Array> {
    for (let index = 0; index < count; index++) {
      const pointer = this.#view().getUint32(iovs + 8 * index, true);
      const length = this.#view().getUint32(iovs + 8 * index + 4, true);
      if (length > 0) yield this.#bytes().subarray(pointer, pointer + length);
    }
  }

  #view(): DataView {
    const { buffer } = this.#memory();
    if (this.#cachedView.buffer !== buffer) this.#cachedView = new DataView(buffer);
    return this.#cachedView;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#memory().buffer);
  }
}

type PathOpenCall = [
  fd: number,
  dirflags: number,
  path: number,
  length: number,
  oflags: number,
  rightsBase: bigint,
  rightsInheriting: bigint,
  fdflags: number,
  result: number,
];

/** Turns what a handler throws into its errno: the one place where foreign exceptions are mapped. */
function guarded<A extends unknown[]>(handler: (...args: A) => void): (...args: A) => number {
  return (...args) => {
    try {
      handler(...args);
      return 0;
    } catch (error) {
      const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
      // Without a code it is a bug of ours, not the host's answer.
      if (code === undefined) throw error;
      return errnoByCode.get(code) ?? errnos.EIO;
    }
  };
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
