// An open file of the machine, shaped like FileHandle of node:fs/promises: a descriptor of Linux's process 1 (see
// personalities/linux/host-open-files), which is closed by `close`, and with the machine. Streams are Web streams, which Node and
// pages both have. `close` waits for what the handle was asked before.

import type { HostStat } from '../../../personalities/linux/booting-thread.ts';
import { concatenate } from '../../memory/concatenate.ts';
import { FusedError } from '../errors.ts';
import { checkInteger, invalidType, invalidValue, outOfRange, withCode } from '../values/arguments.ts';
import {
  type Content,
  type ContentSource,
  isStepwise,
  notContent,
  piecesOf,
  viewOf,
  wholeContent,
} from './contents.ts';
import { decodeText, type Encoding, encodingOf } from './encodings.ts';
import { type ReadStreamOptions, readStream, type WriteStreamOptions, writeStream } from './file-streams.ts';
import {
  booleanOf,
  checkAborted,
  contentEncodingOf,
  idOf,
  lengthOf,
  modeOf,
  type OpenMode,
  type Options,
  optionsOf,
  secondsOf,
  signalOf,
  statIsBig,
  type TimeLike,
} from './fs-options.ts';
import type { FileRequest } from './request.ts';
import { BigIntStats, Stats } from './stats.ts';

/** Most that one request carries. */
const PIECE = 1 << 20;
const READ_DEFAULT = 16_384;
const READ_MOST = 2 ** 31 - 1;
/** The file's own offset is used, and moved. */
const AT_OFFSET = -1;

export interface ReadOptions {
  /** Where in the buffer; default 0. */
  readonly offset?: number | null;
  /** Most bytes; default: what the buffer has room for. */
  readonly length?: number | null;
  /** In the file; default: its own offset, which is then moved. */
  readonly position?: number | bigint | null;
}

export interface FileReadResult<Buffer extends ArrayBufferView> {
  readonly bytesRead: number;
  readonly buffer: Buffer;
}

export interface FileWriteResult<Buffer> {
  readonly bytesWritten: number;
  readonly buffer: Buffer;
}

export interface ReadFileOptions {
  readonly encoding?: Encoding | 'buffer' | null;
  readonly signal?: AbortSignal;
}

export interface WriteFileOptions {
  /** Of text. Default utf8. */
  readonly encoding?: Encoding | null;
  /** Syncs the file when all is written. */
  readonly flush?: boolean;
  readonly signal?: AbortSignal;
}

export class FileHandle {
  readonly #request: FileRequest;
  readonly #path: string;
  #fd: number;
  #pending = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  #isLocked = false;

  /** Use `machine.fs.open`. */
  constructor(request: FileRequest, fd: number, path: string) {
    this.#request = request;
    this.#fd = fd;
    this.#path = path;
  }

  /** Its number in the machine's process 1; −1 once it is closed. */
  get fd(): number {
    return this.#fd;
  }

  /** @returns how many bytes were read: 0 at the end of the file */
  read<Buffer extends ArrayBufferView>(
    buffer: Buffer,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<FileReadResult<Buffer>>;
  read<Buffer extends ArrayBufferView>(buffer: Buffer, options?: ReadOptions): Promise<FileReadResult<Buffer>>;
  read<Buffer extends ArrayBufferView = Uint8Array<ArrayBuffer>>(
    options?: (ReadOptions & { readonly buffer?: Buffer }) | null,
  ): Promise<FileReadResult<Buffer>>;
  async read(
    first?: unknown,
    second?: unknown,
    length?: unknown,
    position?: unknown,
  ): Promise<FileReadResult<ArrayBufferView>> {
    return this.#use('read', async (fd) => {
      const given = readArguments(first, second, length, position);
      const { buffer } = given;
      const into = bytesOf(buffer);
      if (given.length === 0) return { bytesRead: 0, buffer };
      if (into.length === 0) throw invalidValue('buffer', buffer, 'is empty and cannot be written');
      checkRange(given.offset, given.length, into.length);
      const room = into.subarray(given.offset, given.offset + given.length);
      return { bytesRead: await this.#readInto(fd, room, given.position), buffer };
    });
  }

  async readv<Buffers extends readonly ArrayBufferView[]>(
    buffers: Buffers,
    position?: number | null,
  ): Promise<{ readonly bytesRead: number; readonly buffers: Buffers }> {
    return this.#use('readv', async (fd) => {
      const views = viewsOf(buffers);
      let at = positionOf(position);
      let bytesRead = 0;
      for (const view of views) {
        const count = await this.#readInto(fd, view, at);
        bytesRead += count;
        if (at !== AT_OFFSET) at += count;
        if (count < view.length) break;
      }
      return { bytesRead, buffers };
    });
  }

  /** @returns how many bytes were written: fewer than were given where there is no room for more */
  write<Buffer extends ArrayBufferView | ArrayBuffer>(
    buffer: Buffer,
    offset?: number | null | ReadOptions,
    length?: number | null,
    position?: number | null,
  ): Promise<FileWriteResult<Buffer>>;
  write(text: string, position?: number | null, encoding?: Encoding | null): Promise<FileWriteResult<string>>;
  async write(first: unknown, second?: unknown, third?: unknown, fourth?: unknown): Promise<FileWriteResult<unknown>> {
    return this.#use('write', async (fd) => {
      if (typeof first === 'string') {
        const encoding = encodingOf(third);
        if (encoding === 'hex' && first.length % 2 !== 0) {
          throw invalidValue('encoding', third, `is invalid for data of length ${first.length}`);
        }
        const bytes = wholeContent(first, encoding) as Uint8Array<ArrayBuffer>;
        return { bytesWritten: await this.#writeFrom(fd, bytes, positionOf(second)), buffer: first };
      }
      const bytes = wholeContent(first);
      if (bytes === undefined) throw notContent('buffer', first);
      if (bytes.length === 0) return { bytesWritten: 0, buffer: first };
      const { offset, length, position } = writeArguments(bytes.length, second, third, fourth);
      const part = bytes.subarray(offset, offset + length);
      return { bytesWritten: await this.#writeFrom(fd, part, position), buffer: first };
    });
  }

  async writev<Buffers extends readonly ArrayBufferView[]>(
    buffers: Buffers,
    position?: number | null,
  ): Promise<{ readonly bytesWritten: number; readonly buffers: Buffers }> {
    return this.#use('writev', async (fd) => {
      // Copied before anything is written: the caller may change them meanwhile.
      const pieces = viewsOf(buffers).map((view) => new Uint8Array(view));
      let at = positionOf(position);
      let bytesWritten = 0;
      for (const piece of pieces) {
        const count = await this.#writeFrom(fd, piece, at);
        bytesWritten += count;
        if (at !== AT_OFFSET) at += count;
        if (count < piece.length) break;
      }
      return { bytesWritten, buffers };
    });
  }

  /** What stands from the file's offset on to its end. */
  readFile(
    options?: { readonly encoding?: null | 'buffer'; readonly signal?: AbortSignal } | null,
  ): Promise<Uint8Array<ArrayBuffer>>;
  readFile(options: Encoding | { readonly encoding: Encoding; readonly signal?: AbortSignal }): Promise<string>;
  readFile(options?: ReadFileOptions | Encoding | null): Promise<Uint8Array<ArrayBuffer> | string>;
  async readFile(given?: unknown): Promise<Uint8Array<ArrayBuffer> | string> {
    return this.#use('readFile', async (fd) => {
      const options = optionsOf(given);
      const encoding = contentEncodingOf(options);
      const bytes = await this.#readAll(fd, signalOf(options));
      return encoding === undefined ? bytes : decodeText(bytes, encoding);
    });
  }

  /** Writes at the file's offset; pieces of a source one after the other. */
  async writeFile(content: ContentSource, given?: WriteFileOptions | Encoding | null): Promise<void> {
    return this.#use('writeFile', (fd) => this.#writeAll(fd, content, optionsOf(given)));
  }

  async appendFile(content: ContentSource, given?: WriteFileOptions | Encoding | null): Promise<void> {
    return this.writeFile(content, given);
  }

  stat(options?: { readonly bigint?: false } | undefined): Promise<Stats>;
  stat(options: { readonly bigint: true }): Promise<BigIntStats>;
  async stat(options?: unknown): Promise<Stats | BigIntStats> {
    return this.#use('stat', async (fd) => {
      const isBig = statIsBig(options);
      const stat = (await this.#request('fdStat', [fd])) as HostStat;
      return isBig ? new BigIntStats(stat) : new Stats(stat);
    });
  }

  async truncate(length = 0): Promise<void> {
    return this.#use('truncate', async (fd) => {
      const size = lengthOf(length);
      await this.#request('fdTruncate', [fd, size]);
    });
  }

  async sync(): Promise<void> {
    return this.#use('sync', async (fd) => void (await this.#request('fdSync', [fd, false])));
  }

  async datasync(): Promise<void> {
    return this.#use('datasync', async (fd) => void (await this.#request('fdSync', [fd, true])));
  }

  async chmod(mode: OpenMode): Promise<void> {
    return this.#use('chmod', async (fd) => void (await this.#request('fdChmod', [fd, modeOf(mode, 'mode')])));
  }

  async chown(uid: number, gid: number): Promise<void> {
    return this.#use('chown', async (fd) => {
      const ids = [idOf(uid, 'uid'), idOf(gid, 'gid')];
      await this.#request('fdChown', [fd, ...ids]);
    });
  }

  async utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#use('utimes', async (fd) => {
      const times = [secondsOf(atime, 'atime'), secondsOf(mtime, 'mtime')];
      await this.#request('fdUtimes', [fd, ...times]);
    });
  }

  /** The file's bytes from its offset on; closes the handle at its end, unless `autoClose` is false. */
  createReadStream(options: ReadStreamOptions & { readonly encoding: Encoding }): ReadableStream<string>;
  createReadStream(options?: ReadStreamOptions): ReadableStream<Uint8Array<ArrayBuffer>>;
  createReadStream(options?: ReadStreamOptions): ReadableStream<Uint8Array<ArrayBuffer> | string> {
    this.#requireOpen('createReadStream');
    return readStream(async () => this, options);
  }

  /** As createReadStream; the handle stays open, as Node's does, and one such stream is all it gives. */
  readableWebStream(options?: { readonly type?: 'bytes' | undefined }): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#requireOpen('readableWebStream');
    if (this.#isLocked) throw withCode(new Error('Invalid state: The FileHandle is locked'), 'ERR_INVALID_STATE');
    if (options?.type !== undefined && typeof options.type !== 'string') {
      throw invalidType('options.type', 'of type string', options.type);
    }
    this.#isLocked = true;
    return readStream(async () => this, { autoClose: false });
  }

  /** Writes at the file's offset, or from `start` on; closes the handle at the end, unless `autoClose` is false. */
  createWriteStream(options?: WriteStreamOptions): WritableStream<Content> {
    this.#requireOpen('createWriteStream');
    return writeStream(async () => this, options);
  }

  /** The lines of the file without what ends them, from its offset on. Closes the handle. */
  async *readLines(
    options?: ReadStreamOptions & { readonly encoding?: Encoding },
  ): AsyncGenerator<string, void, undefined> {
    const encoding = (options?.encoding ?? 'utf8') as Encoding;
    const reader = this.createReadStream({ ...options, encoding }).getReader();
    let rest = '';
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop() ?? '';
        yield* lines;
      }
      if (rest.endsWith('\r')) rest = rest.slice(0, -1);
      if (rest !== '') yield rest;
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  /** @returns when what it was asked before is done, and the file closed; also when it is closed already */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    try {
      await this.#request('fdClose', [fd]);
    } catch (error) {
      // It was closed with the machine.
      if (!(error instanceof FusedError) || error.code !== 'ESHUTDOWN') throw error;
    }
  }

  #requireOpen(syscall: string): number {
    if (this.#fd >= 0) return this.#fd;
    throw Object.assign(new FusedError('EBADF', 'file closed'), { syscall, path: this.#path });
  }

  /** Runs what needs the file open; `close` waits for it. */
  async #use<Result>(syscall: string, run: (fd: number) => Promise<Result>): Promise<Result> {
    const fd = this.#requireOpen(syscall);
    this.#pending++;
    try {
      return await run(fd);
    } finally {
      if (--this.#pending === 0) this.#idle?.();
    }
  }

  async #readInto(fd: number, into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const length = Math.min(PIECE, into.length - done);
      const at = position === AT_OFFSET ? AT_OFFSET : position + done;
      const bytes = (await this.#request('fdRead', [fd, length, at])) as Uint8Array;
      into.set(bytes, done);
      done += bytes.length;
      if (bytes.length < length) break;
    }
    return done;
  }

  async #readAll(fd: number, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      checkAborted(signal);
      const bytes = (await this.#request('fdRead', [fd, PIECE, AT_OFFSET])) as Uint8Array;
      if (bytes.length === 0) break;
      pieces.push(bytes);
      total += bytes.length;
      if (total > READ_MOST) {
        throw withCode(new RangeError(`File size (${total}) is greater than 2 GiB`), 'ERR_FS_FILE_TOO_LARGE');
      }
    }
    checkAborted(signal);
    return concatenate(pieces);
  }

  async #writeAll(fd: number, content: unknown, options: Options): Promise<void> {
    const encoding = contentEncodingOf(options);
    const signal = signalOf(options);
    const isFlushed = booleanOf(options, 'flush');
    const whole = wholeContent(content, encoding);
    if (whole === undefined && !isStepwise(content)) throw notContent('data', content);
    checkAborted(signal);
    if (whole !== undefined) await this.#writeWhole(fd, whole, signal);
    else {
      for await (const piece of piecesOf(content, encoding)) {
        checkAborted(signal);
        await this.#writeWhole(fd, piece, signal);
      }
    }
    if (isFlushed) await this.#request('fdSync', [fd, false]);
  }

  /** Until all is written, or an error says why not. */
  async #writeWhole(fd: number, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      checkAborted(signal);
      done += await this.#writeFrom(fd, bytes.subarray(done, done + PIECE), AT_OFFSET);
    }
    checkAborted(signal);
  }

  /** @param bytes of our own */
  async #writeFrom(fd: number, bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    let done = 0;
    do {
      // A request takes its whole buffer along.
      const piece = bytes.slice(done, done + PIECE);
      const at = position === AT_OFFSET ? AT_OFFSET : position + done;
      const count = (await this.#request('fdWrite', [fd, piece, at], [piece.buffer])) as number;
      done += count;
      if (count < Math.min(PIECE, bytes.length - done + count)) break;
    } while (done < bytes.length);
    return done;
  }
}

interface Transfer {
  readonly offset: number;
  readonly length: number;
  readonly position: number;
}

function readArguments(
  first: unknown,
  second: unknown,
  third: unknown,
  fourth: unknown,
): Transfer & { readonly buffer: ArrayBufferView } {
  let [buffer, offset, length, position] = [first, second, third, fourth];
  if (!ArrayBuffer.isView(first)) {
    if (first !== undefined && (typeof first !== 'object' || Array.isArray(first))) {
      throw invalidType('options', 'of type object', first);
    }
    const options = (first ?? {}) as Readonly<Record<string, unknown>>;
    buffer = options['buffer'] === undefined ? new Uint8Array(READ_DEFAULT) : options['buffer'];
    ({ offset, length, position } = options);
  } else if (typeof second === 'object' && second !== null) {
    ({ offset, length, position } = second as Readonly<Record<string, unknown>>);
  }
  if (!ArrayBuffer.isView(buffer)) {
    throw invalidType('buffer', 'an instance of Buffer, TypedArray, or DataView', buffer);
  }
  const start = offset ?? 0;
  checkInteger('offset', start, 0, Number.MAX_SAFE_INTEGER);
  const count = length ?? buffer.byteLength - start;
  if (typeof count !== 'number') throw invalidType('length', 'of type number', count);
  return { buffer, offset: start, length: count, position: positionOf(position) };
}

function writeArguments(size: number, second: unknown, third: unknown, fourth: unknown): Transfer {
  let [offset, length, position] = [second, third, fourth];
  if (typeof second === 'object' && second !== null) {
    ({ offset, length, position } = second as Readonly<Record<string, unknown>>);
  }
  const start = offset ?? 0;
  checkInteger('offset', start, 0, Number.MAX_SAFE_INTEGER);
  const count = typeof length === 'number' ? length : size - start;
  if (start > size) throw outOfRange('offset', `<= ${size}`, start);
  if (!Number.isInteger(count)) throw outOfRange('length', 'an integer', count);
  if (count > size - start) throw outOfRange('length', `<= ${size - start}`, count);
  if (count < 0) throw outOfRange('length', '>= 0', count);
  return { offset: start, length: count, position: positionOf(position) };
}

function checkRange(offset: number, length: number, size: number): void {
  if (!Number.isInteger(length)) throw outOfRange('length', 'an integer', length);
  if (length < 0) throw outOfRange('length', '>= 0', length);
  if (offset + length > size) throw outOfRange('length', `<= ${size - offset}`, length);
}

/** As Node: what is no position is the file's own offset. */
function positionOf(value: unknown): number {
  const position = typeof value === 'bigint' ? Number(value) : value;
  return typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 ? position : AT_OFFSET;
}

function viewsOf(buffers: unknown): Uint8Array[] {
  if (!Array.isArray(buffers) || !buffers.every((buffer) => ArrayBuffer.isView(buffer))) {
    throw invalidType('buffers', 'an instance of ArrayBufferView[]', buffers);
  }
  return buffers.map((buffer) => bytesOf(buffer));
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return viewOf(view) ?? new Uint8Array(0);
}
