// The monitor of an application core: arms the kill word, instantiates a guest, runs it, and turns whatever way it ends
// into a wait status. One guest at a time. A bug of ours ends the guest in whose call it came up, and is told apart: what a
// guest's thread can reach is the guest's own, so nobody else is hurt (see `contain`).
// See: fusedos spcm (a monitor loop that starts a program and reports its exceptions).

import { exitStatus, Signal, signalStatus } from '../abi/signals.ts';
import { type Control, KILLED } from '../channel/layout.ts';
import { sleepOnSlot, startRunning, stopRunning } from '../channel/run-clock.ts';
import { firstOwnFunction } from '../memory/module/index.ts';
import type { ProcessBlock } from '../process/block.ts';
import { askPlaces, isAsked, tellPlace } from '../process/places.ts';
import type { Wait } from '../shm/doorbell.ts';
import { renderLastWords } from './last-words.ts';
import { programPlace } from './program-place.ts';
import { type LocateSource, sourceLocator } from './source-lines.ts';
import { type AbortPlace, createLeave, type Trap, trapOf } from './traps.ts';

/** How a guest ended. */
export interface GuestEnd {
  readonly waitStatus: number;
  /** Present when a trap or one of our checks ended it. */
  readonly trap: Trap | undefined;
  /** The report of a bug of ours that ended it. */
  readonly bug?: string;
  /** A function of the embedder's failed: what the embedder is told. */
  readonly failure?: Error;
  /** Its thread alone has ended: see `endThread`. */
  readonly isThreadOnly?: true;
  /** It ended its job: what its user is told. */
  readonly aborted?: string;
}

interface Reason {
  readonly waitStatus: number;
  readonly message: string | undefined;
  /** What came out of our own code. */
  readonly bug?: string;
  readonly failure?: Error;
  readonly isThreadOnly?: true;
  readonly aborted?: string;
}

const NEVER = (): boolean => false;

export class Monitor {
  readonly #control: Control;
  readonly #slot: number;
  readonly #process: ProcessBlock;
  readonly #trap = createLeave();
  #reason: Reason | undefined;
  #lastWords: AbortPlace | undefined;
  #locate: LocateSource | undefined;
  #module: WebAssembly.Module | undefined;

  constructor(control: Control, slot: number, process: ProcessBlock) {
    this.#control = control;
    this.#slot = slot;
    this.#process = process;
  }

  /** Forgets the last guest; before anything of the next one runs. */
  arm(module: WebAssembly.Module): void {
    this.rearm();
    this.#locate = sourceLocator(module);
    this.#module = module;
  }

  /** Forgets how the last thread of the same guest ended. */
  rearm(): void {
    this.#reason = undefined;
    this.#lastWords = undefined;
  }

  get isKilled(): boolean {
    return this.#process.ending !== 0;
  }

  /** The guest makes a call that ends it, and says why. */
  noteLastWords(words: AbortPlace): void {
    this.#lastWords = words;
  }

  readonly leave = (): never => this.#trap();

  readonly exit = (code: number): never => this.#end({ waitStatus: exitStatus(code), message: undefined });

  /** Ends the process, and with it its job. @param aborted what its user is told */
  readonly abort = (code: number, aborted: string): never =>
    this.#end({ waitStatus: exitStatus(code), message: undefined, aborted });

  /** Ends the thread, not its process. */
  readonly endThread = (code: number): never =>
    this.#end({ waitStatus: exitStatus(code), message: undefined, isThreadOnly: true });

  readonly raise = (signal: number, message?: string): never =>
    this.#end({ waitStatus: signalStatus(signal), message: message ?? `raised signal ${signal}` });

  readonly missing = (module: string, name: string): never =>
    this.raise(Signal.SIGSYS, `the program called ${module}.${name}, which nobody provides`);

  /**
   * Takes what came out of a call as an exception: the end of the guest goes on as it is (the engine knows its own traps by
   * the object), a bug of ours becomes one.
   */
  readonly contain = (error: unknown): never => {
    if (this.#reason !== undefined || trapOf(error) !== undefined) throw error;
    return this.#end(bugReason(error));
  };

  /**
   * As contain, for what came out of a function of the embedder's: the guest cannot go on, and its embedder is told.
   *
   * @param describe makes the error for the embedder
   */
  readonly failHost = (error: unknown, describe: () => Error): never => {
    const isEngines = error instanceof WebAssembly.RuntimeError || /call stack|recursion/.test(messageOf(error));
    if (this.#reason !== undefined || isEngines) throw error;
    return this.#end({ waitStatus: signalStatus(Signal.SIGKILL), message: undefined, failure: describe() });
  };

  /** Sleeps on the slot's doorbell; leaves the guest when it is killed. @param wait as of sleepUntil */
  readonly sleep = (durationMs: number, wait?: Wait): void => this.sleepUntil(NEVER, durationMs, wait);

  /** As `sleep`, until something is true at most, for which others ring. */
  readonly sleepUntil = (isThere: () => boolean, durationMs: number, wait?: Wait): void => {
    const dueMs = performance.now() + durationMs;
    const leftMs = (): number => dueMs - performance.now();
    const mayGoOn = (): boolean => {
      if (isAsked(this.#control, this.#slot)) tellPlace(this.#control, this.#slot, this.#place());
      return this.isKilled || isThere();
    };
    sleepOnSlot(this.#control, this.#slot, mayGoOn, leftMs, wait);
    if (this.isKilled) this.leave();
  };

  /**
   * Where threads are in their programs, which wait by `sleepUntil` or are this one. Blocks, not for long.
   *
   * @returns of each slot a text; empty: nothing is known
   */
  readonly placesOf = (slots: readonly number[]): readonly string[] => {
    const others = slots.filter((slot) => slot !== this.#slot);
    const told = askPlaces(this.#control, this.#slot, others, this.sleepUntil);
    return slots.map((slot) => (slot === this.#slot ? this.#place() : (told[others.indexOf(slot)] as string)));
  };

  /**
   * Runs guest code.
   *
   * @param run instantiates or calls; its value is kept when it returns
   * @returns the value, or how the guest ended
   */
  guard<T>(run: () => T): { readonly value: T } | { readonly end: GuestEnd } {
    startRunning(this.#control, this.#slot);
    try {
      return { value: run() };
    } catch (error) {
      return { end: this.#endOf(error) };
    } finally {
      stopRunning(this.#control, this.#slot);
    }
  }

  /**
   * Settles how the guest ended: whoever ends its process first decides it.
   *
   * @returns the end, and whether it is the guest's own, so that Linux has yet to be told
   */
  settle(end: GuestEnd): { readonly end: GuestEnd; readonly isOwn: boolean } {
    const earlier = this.#process.end(end.waitStatus);
    if (earlier === 0) return { end, isOwn: true };
    const waitStatus = earlier & ~KILLED;
    const settled = waitStatus === end.waitStatus ? end : { waitStatus, trap: undefined };
    return { end: end.bug === undefined ? settled : { ...settled, bug: end.bug }, isOwn: false };
  }

  get #firstOwn(): number | undefined {
    return this.#module && firstOwnFunction(this.#module);
  }

  /** Where this thread is in its program, and makes a call. */
  #place(): string {
    return programPlace(new Error().stack ?? '', this.#locate ?? (() => undefined), this.#firstOwn);
  }

  #endOf(error: unknown): GuestEnd {
    const reason = this.#reason;
    if (reason?.bug !== undefined) return { waitStatus: reason.waitStatus, trap: undefined, bug: reason.bug };
    if (reason !== undefined && reason.message === undefined) {
      const { waitStatus, failure, isThreadOnly, aborted } = reason;
      const how = { ...(failure && { failure }), ...(isThreadOnly && { isThreadOnly }) };
      return { waitStatus, trap: undefined, ...how, ...(aborted !== undefined && { aborted }) };
    }
    const trap = trapOf(error, this.#locate, this.#firstOwn);
    if (reason?.message !== undefined) {
      const { waitStatus, message } = reason;
      const frames = (trap?.frames ?? []).slice(1); // without the helper that trapped
      return { waitStatus, trap: { signal: waitStatus & 0x7f, message, frames } };
    }
    const kill = this.#process.ending;
    if (kill !== 0) return killedEnd(kill & ~KILLED, trap, this.#lastWords);
    if (trap === undefined) return { ...bugReason(error), trap: undefined };
    return { waitStatus: signalStatus(trap.signal), trap };
  }

  #end(reason: Reason): never {
    this.#reason = reason;
    if (reason.message !== undefined) return this.#trap();
    // Nobody asks where it was: the engine need not write that down, which takes longer than all the rest.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return this.#trap();
    } finally {
      Error.stackTraceLimit = limit;
    }
  }
}

/**
 * The end of a guest that somebody else has ended: Linux, because the guest raised a signal or exited, or the booting thread,
 * which has reported the end itself and asks for no more.
 */
function killedEnd(waitStatus: number, trap: Trap | undefined, abort: AbortPlace | undefined): GuestEnd {
  const signal = waitStatus & 0x7f;
  if (signal === 0) return { waitStatus, trap: undefined };
  const frames = (trap?.frames ?? []).slice(1); // without the helper that trapped
  if (abort !== undefined && signal === Signal.SIGABRT) {
    return { waitStatus, trap: { signal, message: renderLastWords(abort), frames, abort } };
  }
  return { waitStatus, trap: { signal, message: `raised signal ${signal}`, frames } };
}

/** How a bug of ours ends the guest in whose call it came up: as Linux ends a process in whose call the kernel failed. */
function bugReason(error: unknown): { waitStatus: number; message: undefined; bug: string } {
  const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { waitStatus: signalStatus(Signal.SIGKILL), message: undefined, bug };
}

function messageOf(error: unknown): string {
  return error instanceof RangeError || (error as Error | undefined)?.name === 'InternalError'
    ? (error as Error).message
    : '';
}
