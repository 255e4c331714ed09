// Of `machine.fs`: what reads, writes and opens files. Contents that are there whole cross to Linux in one request, which opens,
// writes and closes; all others, and what may be aborted on its way, go by an open file.

import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
} from '../../../personalities/linux/booting-thread.ts';
import { type Content, type ContentSource, isStepwise, notContent, wholeContent } from './contents.ts';
import { decodeText, type Encoding } from './encodings.ts';
import { FileHandle, type ReadFileOptions, type WriteFileOptions } from './file-handle.ts';
import { type ReadStreamOptions, readStream, type WriteStreamOptions, writeStream } from './file-streams.ts';
import {
  booleanOf,
  checkAborted,
  contentEncodingOf,
  copyFlagsOf,
  flagsOf,
  lengthOf,
  modeOf,
  type OpenMode,
  type Options,
  optionsOf,
  signalOf,
} from './fs-options.ts';
import { type PathLike, pathOf } from './paths.ts';
import type { FileRequest } from './request.ts';

const FILE_MODE = 0o666;

/** By Linux's numbers, which are the machine's wherever it runs. */
export const constants = Object.freeze({
  F_OK: 0,
  R_OK: 4,
  W_OK: 2,
  X_OK: 1,
  COPYFILE_EXCL: 1,
  COPYFILE_FICLONE: 2,
  COPYFILE_FICLONE_FORCE: 4,
  O_RDONLY,
  O_WRONLY,
  O_RDWR,
  O_CREAT,
  O_EXCL,
  O_TRUNC,
  O_APPEND,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_SYNC,
  O_DSYNC,
  O_NONBLOCK,
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o040000,
  S_IFCHR: 0o020000,
  S_IFBLK: 0o060000,
  S_IFIFO: 0o010000,
  S_IFLNK: 0o120000,
  S_IFSOCK: 0o140000,
  S_IRWXU: 0o700,
  S_IRUSR: 0o400,
  S_IWUSR: 0o200,
  S_IXUSR: 0o100,
  S_IRWXG: 0o070,
  S_IRGRP: 0o040,
  S_IWGRP: 0o020,
  S_IXGRP: 0o010,
  S_IRWXO: 0o007,
  S_IROTH: 0o004,
  S_IWOTH: 0o002,
  S_IXOTH: 0o001,
});

/** `r+` and the like, or O_* of `constants` added up. */
export type OpenFlag = string | number;

export interface WriteOptions extends WriteFileOptions {
  readonly mode?: OpenMode;
  /** Default `w`; of appendFile `a`. */
  readonly flag?: OpenFlag;
}

export interface ReadOptions extends ReadFileOptions {
  readonly flag?: OpenFlag;
}

export interface OpenReadStreamOptions extends ReadStreamOptions {
  /** Default `r`. */
  readonly flags?: OpenFlag;
  readonly mode?: OpenMode;
}

export interface OpenWriteStreamOptions extends WriteStreamOptions {
  /** Default `w`. */
  readonly flags?: OpenFlag;
  readonly mode?: OpenMode;
}

export function createWholeFiles(request: FileRequest) {
  async function open(path: PathLike, flags: OpenFlag = 'r', mode?: OpenMode): Promise<FileHandle> {
    const at = pathOf(path);
    return openAt(at, flagsOf(flags), modeOf(mode, 'mode', FILE_MODE));
  }

  async function openAt(path: string, flags: number, mode: number): Promise<FileHandle> {
    return new FileHandle(request, (await request('open', [path, flags, mode])) as number, path);
  }

  async function readFile(
    path: PathLike | FileHandle,
    options?: (ReadOptions & { readonly encoding?: null | undefined | 'buffer' }) | null,
  ): Promise<Uint8Array<ArrayBuffer>>;
  async function readFile(
    path: PathLike | FileHandle,
    options: Encoding | (ReadOptions & { readonly encoding: Encoding }),
  ): Promise<string>;
  async function readFile(
    path: PathLike | FileHandle,
    options?: ReadOptions | Encoding | null,
  ): Promise<Uint8Array<ArrayBuffer> | string>;
  async function readFile(path: unknown, given?: unknown): Promise<Uint8Array<ArrayBuffer> | string> {
    const options = optionsOf(given);
    const encoding = contentEncodingOf(options);
    if (path instanceof FileHandle) return path.readFile(options as ReadFileOptions);
    const signal = signalOf(options);
    checkAborted(signal);
    const at = pathOf(path);
    const flags = flagsOf(options['flag'] || 'r');
    const bytes =
      signal === undefined
        ? ((await request('readFile', [at, flags])) as Uint8Array<ArrayBuffer>)
        : await using(openAt(at, flags, FILE_MODE), (file) => file.readFile({ signal }));
    return encoding === undefined ? bytes : decodeText(bytes, encoding);
  }

  async function writeFile(
    path: PathLike | FileHandle,
    content: ContentSource,
    options?: WriteOptions | Encoding | null,
  ): Promise<void> {
    return write(path, content, optionsOf(options), 'w');
  }

  async function appendFile(
    path: PathLike | FileHandle,
    content: ContentSource,
    options?: WriteOptions | Encoding | null,
  ): Promise<void> {
    return write(path, content, optionsOf(options), 'a');
  }

  async function write(path: unknown, content: ContentSource, options: Options, otherwise: 'w' | 'a'): Promise<void> {
    const isFlushed = booleanOf(options, 'flush');
    const encoding = contentEncodingOf(options);
    const whole = wholeContent(content, encoding);
    if (whole === undefined && !isStepwise(content)) throw notContent('data', content);
    if (path instanceof FileHandle) return path.writeFile(whole ?? content, options);
    const signal = signalOf(options);
    checkAborted(signal);
    const at = pathOf(path);
    const flag = flagsOf(options['flag'] || otherwise);
    const mode = modeOf(options['mode'], 'mode', FILE_MODE);
    if (whole !== undefined && signal === undefined && !isFlushed) {
      await request('writeFile', [at, whole, { flag, mode }], [whole.buffer]);
      return;
    }
    await using(openAt(at, flag, mode), (file) => file.writeFile(whole ?? content, options));
  }

  /** @param flags COPYFILE_* of `constants`, added up. Errors: EEXIST with COPYFILE_EXCL; EOPNOTSUPP with FICLONE_FORCE */
  async function copyFile(from: PathLike, to: PathLike, flags: number = 0): Promise<void> {
    const paths = [pathOf(from, 'src'), pathOf(to, 'dest')];
    await request('copyFile', [...paths, copyFlagsOf(flags)]);
  }

  async function truncate(path: PathLike, length = 0): Promise<void> {
    const at = pathOf(path);
    await request('truncate', [at, lengthOf(length)]);
  }

  function createReadStream(
    path: PathLike,
    options: Encoding | (OpenReadStreamOptions & { readonly encoding: Encoding }),
  ): ReadableStream<string>;
  function createReadStream(
    path: PathLike,
    options?: OpenReadStreamOptions | null,
  ): ReadableStream<Uint8Array<ArrayBuffer>>;
  function createReadStream(path: PathLike, given?: unknown): ReadableStream<Uint8Array<ArrayBuffer> | string> {
    const at = pathOf(path);
    const options = optionsOf(given);
    const flags = flagsOf(options['flags'] ?? 'r');
    const mode = modeOf(options['mode'], 'mode', FILE_MODE);
    return readStream(() => openAt(at, flags, mode), options);
  }

  function createWriteStream(
    path: PathLike,
    given?: OpenWriteStreamOptions | Encoding | null,
  ): WritableStream<Content> {
    const at = pathOf(path);
    const options = optionsOf(given);
    const flags = flagsOf(options['flags'] ?? 'w');
    const mode = modeOf(options['mode'], 'mode', FILE_MODE);
    return writeStream(() => openAt(at, flags, mode), options);
  }

  return {
    /** @param flags as node:fs takes them: text, or O_* of `constants` added up */
    open,
    readFile,
    /** The contents are given whole or piece by piece, as iterables and streams. */
    writeFile,
    appendFile,
    copyFile,
    truncate,
    /** A file as a Web stream of bytes, or of strings with `encoding`. Opened when it is first read. */
    createReadStream,
    /** A file as a Web stream that takes bytes and strings. Opened when it is first written. */
    createWriteStream,
  };
}

async function using<Result>(opened: Promise<FileHandle>, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await opened;
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
