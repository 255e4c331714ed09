// Descriptors 0, 1 and 2 of the process as a guest's own (see runtime/host/standard-file). A regular file, a directory or a
// device like /dev/null is the guest's as it is. What may have nothing to read yet, a pipe, socket or terminal on
// descriptor 0, must never be waited for by a call: it is read without waiting, and the event loop, here, tells when there is
// something. Pipes, sockets and terminals to write to stay ours: see streams.ts.
//
// To read without waiting needs O_NONBLOCK, which would be seen by all who share the file description: the shell's other
// commands would fail with EAGAIN. On Linux, opening /proc/self/fd/0 makes a description of our own of the same pipe or
// terminal. Where that cannot be (sockets, pipes of another user, other systems), descriptor 0 itself is used, and Node, which
// sets the flag, takes it back at its end.

import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { isatty, ReadStream } from 'node:tty';
import { createWatch, serveWatch } from '../../host/readable-watch.ts';
import type { StandardFileMessage } from '../../host/standard-file.ts';
import type { HostStdio } from '../../machine/messages.ts';

/** Access modes and flags of Linux, which guests see. */
const O_RDONLY = 0;
const O_WRONLY = 1;
const KEPT_FLAGS = 0o3 | 0o2000;

/**
 * @param hasInput the guest may read descriptor 0
 * @param hasOutput it may write to 1 and 2 itself, where these are files
 */
export function hostStdio(hasInput: boolean, hasOutput: boolean): HostStdio {
  const input = hasInput ? inputOf(0) : undefined;
  return {
    files: hasOutput ? [input?.file, outputOf(1), outputOf(2)] : [input?.file],
    serve: (ring) => {
      if (input?.readable !== undefined) void serveWatch(input.watch, input.readable, ring);
    },
  };
}

type Input =
  | { readonly file: StandardFileMessage; readonly readable?: undefined }
  | { readonly file: StandardFileMessage; readonly watch: SharedArrayBuffer; readonly readable: () => Promise<void> };

function inputOf(fd: number): Input {
  const status = fstatSync(fd);
  const isTerminal = isatty(fd);
  if (!isTerminal && !status.isFIFO() && !status.isSocket()) return { file: fileOf(fd, status) };
  const watch = createWatch();
  const [own, other, watched] = [reopen(fd), reopen(fd), reopen(fd)];
  if (own === undefined || other === undefined || watched === undefined) return sharedInputOf(fd, isTerminal);
  if (status.isFIFO()) showHangUp(fd);
  let readiness: Readiness | undefined;
  return {
    file: { fd: own, flags: O_RDONLY, isSeekable: false, watch, other },
    watch,
    readable: () => {
      readiness ??= new Readiness(watched, isTerminal);
      return readiness.wait();
    },
  };
}

/** What cannot be opened again. The stream comes first: it makes reads return at once. */
function sharedInputOf(fd: number, isTerminal: boolean): Input {
  const file = { fd, flags: O_RDONLY, isSeekable: false };
  const watch = createWatch();
  try {
    const readiness = new Readiness(fd, isTerminal);
    return { file: { ...file, watch }, watch, readable: () => readiness.wait() };
  } catch {
    return { file }; // nothing that Node can wait for: reads wait themselves
  }
}

/** @returns undefined for what may be slow to take what is written */
function outputOf(fd: number): StandardFileMessage | undefined {
  const status = fstatSync(fd);
  return isatty(fd) || status.isFIFO() || status.isSocket() ? undefined : fileOf(fd, status);
}

function fileOf(fd: number, status: Stats): StandardFileMessage {
  return { fd, flags: flagsOf(fd), isSeekable: !status.isDirectory() };
}

function flagsOf(fd: number): number {
  try {
    const [, flags] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
    if (flags !== undefined) return Number.parseInt(flags, 8) & KEPT_FLAGS;
  } catch {
    // No /proc: what a shell would have opened it with.
  }
  return fd === 0 ? O_RDONLY : O_WRONLY;
}

function reopen(fd: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined; // a socket, a pipe or terminal of another user's, no /proc
  }
}

/**
 * Of a pipe with a name Linux tells no hang-up to who opened it when its writers had gone, until one has come and gone again:
 * this one. It changes nothing for others.
 */
function showHangUp(fd: number): void {
  try {
    closeSync(openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // Not ours to write: a poll then waits for a writer.
  }
}

/**
 * Waits in the event loop until a descriptor has something to read, and reads nothing: Node's streams read into a buffer that
 * they are given, and one that is empty makes libuv say ENOBUFS as soon as there is something, or the end. For a stream that
 * is an error, after which it would be destroyed; this one pauses instead.
 */
class Readiness {
  readonly #stream: Socket;
  #found: (() => void) | undefined;

  constructor(fd: number, isTerminal: boolean) {
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer: new Uint8Array(0), callback: () => false },
    };
    this.#stream = isTerminal ? new ReadStream(fd, options) : new Socket(options);
    this.#stream.pause();
    this.#stream.destroy = () => {
      this.#stream.pause();
      this.#found?.();
      return this.#stream;
    };
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#found = resolve;
      this.#stream.resume();
    });
  }
}
