// What a personality is to the channel's server (and to the in-worker loop of the `library` placement): handlers by call
// number, and the two hooks by which calls that wait go on. The channel knows nothing else of it.

import type { HandlerTable } from '../abi/row.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';

/**
 * The state of one guest thread on the serving side; made by the personality when the thread starts, and passed to each
 * handler. One call at a time is open on it.
 */
export interface ServiceContext {
  readonly memory: GuestMemory;
}

export interface Service<Context extends ServiceContext> {
  /** A missing handler is ENOSYS. */
  readonly handlers: HandlerTable<Context>;
  /**
   * The next context whose waiting call should run again (its wait queue was woken, its deadline passed, its slice ended),
   * or undefined. The server runs the same handler again with the same arguments.
   */
  takeRunnable(): Context | undefined;
  /**
   * Looks once for events from outside (bytes in a stream, room in one, an answered host request, a timer) and makes what
   * waited for them runnable. Never blocks.
   *
   * @returns milliseconds until the next timer is due, Infinity when there is none
   */
  poll(): number;
  /** A handler of this context is about to run. */
  begins?(context: Context): void;
  /** A call of an errno has failed with one that a limit of its process may be the cause of: ENOSPC, EMFILE. */
  refused?(context: Context, errno: number): void;
  /**
   * The guest's thread has a signal, and its call waits: what the call ends with now, −EINTR or what it has done so far.
   *
   * @returns undefined: it goes on, since it will not take long
   */
  interrupt?(context: Context): number | undefined;
  /** Called after each completed call: clears what a restarted handler kept between its runs. */
  completed(context: Context): void;
  /** Absent: the service leaves no work to its guests' threads. */
  readonly work?: ClientWork<Context>;
}

/** What a service leaves to the thread of the guest that asks, because it may block that thread and nobody else. */
export interface ClientWork<Context> {
  /** A handler is about to run: what is left from now on is its call's. */
  begin(): void;
  /** Whether a call that answered −ERESTART has left work, not yet announced: its guest is called back. */
  announce(context: Context): boolean;
  /** Whether a completed call has left work that nobody waits for. */
  announceLast(context: Context): boolean;
  /** The guest's thread has done what was announced. @returns whether the call should run again now */
  done(context: Context): boolean;
}

/** The reading end of a byte stream that another thread fills. Used by one thread. */
export interface StreamReader {
  /** Bytes that may be read now. */
  readonly available: number;
  /** Whether the writer has closed and every byte was read. */
  readonly ended: boolean;
  /** Whether the writer has closed; bytes may be left. */
  readonly hungUp: boolean;
  /** Takes up to `into.length` bytes, at most what is available. */
  read(into: Uint8Array): number;
  /** No more will be read; the writer sees `broken`. */
  close(): void;
}

/** The writing end of a byte stream that another thread empties. Used by one thread. */
export interface StreamWriter {
  /** Bytes that may be written now. */
  readonly space: number;
  /** Whether the reader has closed: EPIPE. */
  readonly broken: boolean;
  /** Puts up to `from.length` bytes, at most `space`. */
  write(from: Uint8Array): number;
  /** End of file for the reader, after what was written. */
  close(): void;
}
