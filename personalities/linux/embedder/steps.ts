// What the operations of the machine's embedder are made of: calls, whole files read or written in slices, directories made and
// listed. See: embedder/requests.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, pause, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { mkdirAt } from '../syscalls/links.ts';
import { openAt } from '../syscalls/open.ts';
import type { FileDescription } from '../vfs/inode.ts';

/** Most bytes that are copied before others have their turn. */
export const SLICE = 1 << 20;
/** Bytes that are read beyond the size that a file tells. */
const PROBE = 4096;
/** The longest file that is read in one piece, as Node's. */
const READ_MOST = 2 ** 31 - 1;
const DIRECTORY_MODE = 0o755;
/** Most bytes of a file that tells no size: a device may have no end. */
const ENDLESS_MOST = 2 ** 28;

export type HostOutcome = { readonly value: unknown } | { readonly error: LinuxError };

/**
 * Starts steps; they go on whenever their context is runnable.
 *
 * @param createContext makes the context that they run in, given how it is continued
 * @param name of the operation, for errors
 * @param done is called once
 * @param bug gets an exception that is neither Linux's nor the host's lack of memory; what it returns is the reason that the
 *   embedder reads
 */
export function startSteps(
  createContext: (resume: () => void) => SyscallContext,
  name: string,
  begin: (ctx: SyscallContext) => Steps<unknown>,
  done: (outcome: HostOutcome) => void,
  bug: (error: unknown) => string | undefined,
): void {
  const steps = begin(createContext(() => advance()));
  const advance = (): void => {
    let outcome: HostOutcome;
    try {
      const step = steps.next();
      if (step.done !== true) return;
      outcome = { value: step.value };
    } catch (error) {
      outcome = { error: refusalOf(error, name, bug) };
    }
    done(outcome);
  };
  advance();
}

/** The error of an operation that an exception has ended. */
function refusalOf(error: unknown, name: string, bug: (error: unknown) => string | undefined): LinuxError {
  if (error instanceof LinuxError) return error;
  // V8 has no memory for an array: what was asked for is too large.
  if (error instanceof RangeError && /alloc|array|length/i.test(error.message)) {
    return new LinuxError(Errno.ENOMEM, name, undefined, error.message);
  }
  return new LinuxError(Errno.EIO, name, undefined, bug(error));
}

/** Runs a call until it need not wait; an error number is thrown. */
export function* call<Result>(
  ctx: SyscallContext,
  name: string,
  path: string | undefined,
  run: () => Result | number,
): Steps<Exclude<Result, number>> {
  const result = yield* attempt(ctx, run);
  if (typeof result === 'number' && result < 0) throw new LinuxError(-result, name, path);
  return result as Exclude<Result, number>;
}

/** Uses what a call has opened, and closes it unless others have it open too. */
export function* using<Result>(file: FileDescription, use: (file: FileDescription) => Steps<Result>): Steps<Result> {
  file.retain();
  try {
    return yield* use(file);
  } finally {
    file.release();
  }
}

/** Opens a file, uses it, closes it. */
export function* withOpen<Result>(
  ctx: SyscallContext,
  name: string,
  path: string,
  flags: number,
  mode: number,
  use: (file: FileDescription) => Steps<Result>,
): Steps<Result> {
  return yield* using(yield* call(ctx, name, path, () => openAt(ctx, ctx.process.root, path, flags, mode, 0)), use);
}

/**
 * The contents of a file, from its start.
 *
 * Errors (LinuxError): EISDIR; EFBIG: more than can be read in one piece.
 */
export function* readAll(ctx: SyscallContext, file: FileDescription, path: string): Steps<Uint8Array> {
  const { inode } = file;
  if (inode.isDirectory) throw new LinuxError(Errno.EISDIR, 'read', path);
  const most = inode.isRegular ? READ_MOST : ENDLESS_MOST;
  if (inode.size > most) throw tooLarge(path, most);
  let bytes = new Uint8Array(inode.size);
  let done = 0;
  for (let pauseAt = SLICE; ; ) {
    // The file may have grown, or tell no size: look for more.
    const isFull = done === bytes.length;
    const into = isFull ? new Uint8Array(PROBE) : bytes;
    const start = isFull ? 0 : done;
    const count = Math.min(SLICE, into.length - start);
    const position = done;
    const result = yield* attempt(ctx, () => file.read(ctx, into, start, count, position));
    if (result < 0) throw new LinuxError(-result, 'read', path);
    if (result === 0) return isFull ? bytes : bytes.slice(0, done);
    if (isFull) {
      const larger = new Uint8Array(Math.min(Math.max(2 * bytes.length, SLICE), most + PROBE));
      larger.set(bytes);
      larger.set(into.subarray(0, result), done);
      bytes = larger;
    }
    done += result;
    if (done > most) throw tooLarge(path, most);
    if (done < pauseAt) continue;
    pauseAt = done + SLICE;
    yield* pause(ctx);
  }
}

function tooLarge(path: string, most: number): LinuxError {
  return new LinuxError(Errno.EFBIG, 'read', path, `more than ${most} bytes of it are not read in one piece`);
}

/** Stores bytes at the start of a file, or appends them. */
export function* writeAll(ctx: SyscallContext, file: FileDescription, bytes: Uint8Array, path: string): Steps<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = done;
    const count = Math.min(SLICE, bytes.length - at);
    const position = file.isAppending ? -1 : at;
    const result = yield* attempt(ctx, () => file.write(ctx, bytes, at, count, position));
    if (result < 0) throw new LinuxError(-result, 'write', path);
    done += result;
    if (done < bytes.length) yield* pause(ctx);
  }
}

/** The names of a directory, without `.` and `..`. */
export function* list(
  ctx: SyscallContext,
  directory: FileDescription,
  path: string,
): Steps<{ name: string; mode: number }[]> {
  const entries: { name: string; mode: number }[] = [];
  let next = 0;
  const sink = {
    entry(name: string, _ino: number, mode: number, cookie: number): boolean {
      next = cookie;
      if (name !== '.' && name !== '..') entries.push({ name, mode });
      return true;
    },
  };
  yield* call(ctx, 'scandir', path, () => directory.readDirectory(ctx, next, sink));
  return entries;
}

/**
 * Makes a directory and those above it that are missing.
 *
 * @param modeAbove of those above it
 * @returns the path of the first that was made
 */
export function* makeDirectories(
  ctx: SyscallContext,
  path: string,
  mode: number = DIRECTORY_MODE,
  modeAbove: number = DIRECTORY_MODE,
): Steps<string | undefined> {
  let first: string | undefined;
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    const part = end < 0 ? path : path.slice(0, end);
    const result = yield* attempt(ctx, () => mkdirAt(ctx, ctx.process.root, part, end < 0 ? mode : modeAbove, 0));
    if (result === 0) first ??= part;
    else if (result !== -Errno.EEXIST) throw new LinuxError(-result, 'mkdir', path);
    if (end < 0) return first;
  }
}
