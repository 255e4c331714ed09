// A guest process as its embedder holds it: streams, end, kill. One object from `machine.spawn`; it joins what the core and
// Linux say of the process, and gives core and memory back when the last user of each is gone.

import { decodeStatus, Signal, type SignalName, signalName, signalStatus } from '../abi/signals.ts';
import { TABLE } from '../abi/table.ts';
import type { Pid } from '../abi/types.ts';
import { RingReader, RingWriter } from '../channel/byte-stream.ts';
import { type Control, KILLED, SLOT, slotBase, slotCounters } from '../channel/layout.ts';
import type { GuestEnd } from '../core/monitor.ts';
import type { Trap } from '../core/traps.ts';
import type { PooledMemory } from '../memory/pool.ts';
import type { Core } from './cores.ts';
import { FusedError } from './errors.ts';
import type { FromCore, LaunchError, StdioBuffers } from './messages.ts';

/** Calls of one name: how many were served in the guest's worker, how many shipped to Linux. */
export interface CallCount {
  readonly local: number;
  readonly shipped: number;
}

/** How a process ended. */
export interface Exit {
  /** The guest's own; 128 + signal when a signal ended it. */
  readonly exitCode: number;
  readonly signal: SignalName | undefined;
  /** The trap behind the signal, when there was one. */
  readonly trap: { readonly message: string; readonly frames: readonly string[] } | undefined;
  /** Calls by name; only those that were made. */
  readonly counts: Readonly<Record<string, CallCount>>;
  /** It was ended because its time was up. */
  readonly hasTimedOut: boolean;
  /** Results of the function that `invoke` named, as text. */
  readonly values: readonly string[];
}

/** Between the look whether a killed guest has left, and the end of its thread. */
const KILL_LOOKS_MS = [1, 2, 4] as const;

export interface ProcessParts {
  readonly pid: Pid;
  readonly core: Core;
  readonly memory: PooledMemory | undefined;
  readonly stdio: StdioBuffers;
  readonly control: Control;
  /** Wakes whoever serves the process's streams. */
  readonly ring: () => void;
  /** Tells Linux that the process was ended from outside. */
  readonly endInLinux: (waitStatus: number) => void;
  /** Nobody uses the core, its mailbox included, any more. */
  readonly onCoreFree: () => void;
  /**
   * The guest does not leave: its thread must be ended.
   *
   * @param linuxLeft resolves when Linux uses the mailbox no more
   * @returns when the thread is gone
   */
  readonly onCoreStuck: (linuxLeft: Promise<void>) => Promise<void>;
  /** No one uses the process's memory any more. */
  readonly onMemoryFree: () => void;
  /** Linux has no part in it (the `library` placement). */
  readonly isApart: boolean;
}

export class GuestProcess {
  readonly pid: Pid;
  /** Writable: what the guest reads from descriptor 0. Closing it is the guest's end of file. */
  readonly stdin: WritableStream<Uint8Array | string>;
  readonly stdout: ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  /** Resolves when the process has ended; rejects when it could not be started. */
  readonly exit: Promise<Exit>;
  readonly #parts: ProcessParts;
  readonly #settle: (end: GuestEnd, values: readonly string[]) => void;
  readonly #fail: (error: Error) => void;
  #hasEnded = false;
  #hasCoreLeft = false;
  #isCoreStuck = false;
  readonly #linuxLeft: Promise<void>;
  #resolveLinuxLeft: () => void = () => {};
  #hasTimedOut = false;
  #calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastCall = 0;
  readonly #loaded: Promise<readonly string[]>;
  #resolveLoaded: (exports: readonly string[]) => void = () => {};
  #rejectLoaded: (error: Error) => void = () => {};

  constructor(parts: ProcessParts) {
    this.pid = parts.pid;
    this.#parts = parts;
    this.#linuxLeft = new Promise((resolve) => {
      this.#resolveLinuxLeft = resolve;
    });
    if (parts.isApart) this.#resolveLinuxLeft();
    let settle: (exit: Exit) => void = () => {};
    let fail: (error: Error) => void = () => {};
    this.exit = new Promise((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    this.exit.catch(() => {}); // a process that nobody awaits must not stop the program
    this.#loaded = new Promise((resolve, reject) => {
      this.#resolveLoaded = resolve;
      this.#rejectLoaded = reject;
    });
    this.#loaded.catch(() => {});
    const [stdin, stdout, stderr] = parts.stdio;
    let trapText: (end: Trap | undefined) => void = () => {};
    const trapWritten = new Promise<Trap | undefined>((resolve) => {
      trapText = resolve;
    });
    this.stdin = stdin === null ? closedSink() : ringSink(new RingWriter(stdin, parts.ring));
    this.stdout = ringSource(new RingReader(stdout, parts.ring));
    this.stderr = ringSource(new RingReader(stderr, parts.ring), async () => renderTrap(await trapWritten));
    this.#settle = ({ waitStatus, trap }, values) => {
      trapText(trap);
      settle({
        ...decodeStatus(waitStatus),
        trap: trap === undefined ? undefined : { message: trap.message, frames: trap.frames },
        counts: this.#counts(),
        hasTimedOut: this.#hasTimedOut,
        values,
      });
    };
    this.#fail = (error) => {
      trapText(undefined);
      fail(error);
    };
    parts.core.listener = (message) => this.#fromCore(message);
  }

  /**
   * Ends the process by a signal; its status is known at once, whatever the guest does.
   *
   * @returns false when it had ended already
   */
  kill(signal: SignalName = 'SIGTERM'): boolean {
    if (!(signal in Signal)) throw new FusedError('EINVAL', `there is no signal ${signal}`);
    if (this.#hasEnded) return false;
    const waitStatus = signalStatus(Signal[signal]);
    const { control, core } = this.#parts;
    const base = slotBase(core.slot);
    // Whoever sets the word first decides how the process ended, and tells Linux.
    if (Atomics.compareExchange(control.i32, base + SLOT.KILL, 0, KILLED | waitStatus) !== 0) return false;
    this.#wake();
    this.#parts.endInLinux(waitStatus);
    this.#ended({ waitStatus, trap: undefined }, []);
    void this.#expectLeave();
    return true;
  }

  /** As kill, for a time that is up. */
  timeOut(): void {
    this.#hasTimedOut = true;
    this.#hasTimedOut = this.kill('SIGKILL');
  }

  /** The names of the functions that a loaded program exports; rejects when it could not be loaded. */
  get loaded(): Promise<readonly string[]> {
    return this.#loaded;
  }

  /** Calls an exported function of a loaded program. */
  call(name: string, args: readonly (number | bigint)[]): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new FusedError('ESRCH', 'the program has ended'));
    const id = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#parts.core.worker.post({ type: 'call', id, name, args });
    });
  }

  /** Lets a loaded program end. */
  unload(): void {
    if (!this.#hasEnded) this.#parts.core.worker.post({ type: 'unload' });
  }

  /** Linux has let go of the process's memory and mailbox. */
  linuxLeft(): void {
    this.#resolveLinuxLeft();
  }

  /** Linux has no such process: the guest must leave, and was never one. */
  refuse(error: LaunchError): void {
    const { control, core } = this.#parts;
    const earlier = Atomics.compareExchange(
      control.i32,
      slotBase(core.slot) + SLOT.KILL,
      0,
      KILLED | signalStatus(Signal.SIGKILL),
    );
    this.#closeStreams();
    this.#failed(error);
    if (earlier !== 0) return;
    this.#wake();
    void this.#expectLeave();
  }

  #fromCore(message: FromCore): void {
    switch (message.type) {
      case 'loaded':
        return this.#resolveLoaded(message.exports);
      case 'result': {
        const call = this.#calls.get(message.id);
        this.#calls.delete(message.id);
        if (message.error !== undefined) call?.reject(new FusedError('EINVAL', message.error));
        else call?.resolve(message.value);
        return;
      }
      case 'ended':
        if (message.error !== undefined) this.#failed(message.error);
        else this.#ended(message.end, message.values ?? []);
        return void this.#coreLeft();
      case 'ready':
      case 'bug':
    }
  }

  #failed({ code, message }: LaunchError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const error = new FusedError(code, message);
    this.#rejectLoaded(error);
    this.#fail(error);
  }

  #ended(end: GuestEnd, values: readonly string[]): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#parts.isApart) this.#closeStreams();
    const { exitCode, signal } = decodeStatus(end.waitStatus);
    const error = new FusedError(
      'ESRCH',
      `the program ended: ${end.trap?.message ?? signal ?? `exit status ${exitCode}`}`,
    );
    this.#rejectLoaded(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    this.#settle(end, values);
  }

  /** A private Linux that was killed cannot close its streams: this side does. */
  #closeStreams(): void {
    const [, stdout, stderr] = this.#parts.stdio;
    for (const buffer of [stdout, stderr]) new RingWriter(buffer).close();
  }

  /** The guest has left its core by itself: core and memory are free as soon as Linux has let go of them too. */
  async #coreLeft(): Promise<void> {
    if (this.#hasCoreLeft || this.#isCoreStuck) return;
    this.#hasCoreLeft = true;
    await this.#linuxLeft;
    this.#parts.onCoreFree();
    this.#parts.onMemoryFree();
  }

  /** Gives a killed guest some milliseconds to leave by itself, then has its thread ended. */
  async #expectLeave(): Promise<void> {
    for (const delayMs of KILL_LOOKS_MS) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (this.#hasCoreLeft) return;
      this.#wake();
    }
    this.#isCoreStuck = true;
    await this.#parts.onCoreStuck(this.#linuxLeft);
    await this.#linuxLeft;
    this.#parts.onMemoryFree();
  }

  /** Wakes the guest's thread from every wait of ours, again until it has left: it may have been about to wait. */
  #wake(): void {
    const { control, core } = this.#parts;
    const base = slotBase(core.slot);
    Atomics.add(control.i32, base + SLOT.DOORBELL, 1);
    Atomics.notify(control.i32, base + SLOT.DOORBELL);
    Atomics.notify(control.i32, base + SLOT.DONE);
  }

  #counts(): Record<string, CallCount> {
    const { local, shipped } = slotCounters(this.#parts.control, this.#parts.core.slot);
    const counts: Record<string, CallCount> = {};
    for (const { name, number } of TABLE) {
      const count = { local: local[number] ?? 0, shipped: shipped[number] ?? 0 };
      if (count.local + count.shipped > 0) counts[name] = count;
    }
    return counts;
  }
}

/** What a shell's user would want to read of a trap, as bytes for stderr. */
function renderTrap(trap: Trap | undefined): Uint8Array {
  if (trap === undefined) return new Uint8Array(0);
  const name = signalName(trap.signal) ?? `signal ${trap.signal}`;
  const frames = trap.frames.map((frame) => `    at ${frame}\n`).join('');
  return new TextEncoder().encode(`fusedos: ${name}: ${trap.message}\n${frames}`);
}

function closedSink(): WritableStream<Uint8Array | string> {
  return new WritableStream({
    start: (controller) => controller.error(new FusedError('EPIPE', 'the program has no stdin')),
  });
}

function ringSink(writer: RingWriter): WritableStream<Uint8Array | string> {
  const encoder = new TextEncoder();
  return new WritableStream({
    async write(chunk) {
      const isWritten = await writer.writeAll(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
      if (!isWritten) throw new FusedError('EPIPE', 'the program has closed its stdin');
    },
    close: () => writer.close(),
    abort: () => writer.close(),
  });
}

/** @param last what follows after the guest's own bytes */
function ringSource(
  reader: RingReader,
  last: () => Promise<Uint8Array> = async () => new Uint8Array(0),
): ReadableStream<Uint8Array> & AsyncIterable<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await reader.next();
      if (chunk.length > 0) return controller.enqueue(chunk);
      const rest = await last();
      if (rest.length > 0) controller.enqueue(rest);
      controller.close();
    },
    cancel: () => reader.close(),
  });
  return withIterator(stream);
}

/** Streams of some browsers are not async-iterable yet. */
function withIterator(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> & AsyncIterable<Uint8Array> {
  if (Symbol.asyncIterator in stream) return stream as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  async function* iterate(): AsyncGenerator<Uint8Array> {
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    try {
      for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
    } finally {
      reader.releaseLock();
    }
  }
  return Object.assign(stream, { [Symbol.asyncIterator]: iterate });
}
