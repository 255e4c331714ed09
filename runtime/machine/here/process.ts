// A process whose guest runs in the booting thread: its end, its memory and slot, what it wrote. The counterpart of
// GuestProcess, which has a core. Nothing can interrupt its guest: it ends by itself, by its embedder between two calls, or
// with the machine. Owned by the booting thread.

import { decodeStatus, Signal, type SignalName, signalStatus } from '../../abi/signals.ts';
import type { Pid } from '../../abi/types.ts';
import type { Control } from '../../channel/layout.ts';
import type { GuestEnd, Monitor } from '../../core/monitor.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { RingReader } from '../../shm/byte-stream.ts';
import { containedBugError, FusedError } from '../errors.ts';
import type { LaunchError } from '../messages.ts';
import { countsOf, type Exit, exitTrap } from '../process/exit.ts';
import { Output } from '../process/output.ts';
import { ProgramEndedError } from '../resident/ended-error.ts';
import { deferred } from '../values/deferred.ts';

export interface HereProcessParts {
  readonly pid: Pid;
  readonly control: Control;
  readonly block: ProcessBlock;
  readonly monitor: Monitor;
  /** Its standard streams, and what wakes who serves them. */
  readonly stdout: SharedArrayBuffer;
  readonly stderr: SharedArrayBuffer;
  readonly ring: () => void;
  /** The process has ended; `isOwn`: nobody has told Linux yet. */
  readonly onEnd: (waitStatus: number, isOwn: boolean, exit: Exit) => void;
  /** Bytes that its memory has; asked at its end. */
  readonly peakMemory: () => number;
  /** Nobody uses its memory and slot any more. */
  readonly onFree: () => void;
  readonly onBug: (report: string) => void;
}

/** What is kept of each stream: more is dropped, since nobody may ever ask for it. */
const OUTPUT_MOST = 16 * 2 ** 20;

export class HereProcess {
  readonly pid: Pid;
  readonly #parts: HereProcessParts;
  readonly #started = deferred<void>();
  readonly #streams: readonly [KeptStream, KeptStream];
  #exit: Exit | undefined;
  readonly #startedMs = performance.now();
  /** What ended it, when that was no end of its own. */
  #failure: FusedError | undefined;
  /** Calls of it that are under way: they nest when it calls back. */
  #depth = 0;

  constructor(parts: HereProcessParts) {
    this.pid = parts.pid;
    this.#parts = parts;
    this.#streams = [new KeptStream(parts.stdout, parts.ring), new KeptStream(parts.stderr, parts.ring)];
  }

  /** Resolves when Linux serves the process; rejects when it does not. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** How it ended; undefined while it has not. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** What it has written so far. */
  get output(): readonly [stdout: Output, stderr: Output] {
    this.attend();
    const [stdout, stderr] = this.#streams;
    return [new Output(stdout.chunks), new Output(stderr.chunks)];
  }

  /** Takes what it has written, so that there is room: its thread is the reader's own. */
  attend(): void {
    for (const stream of this.#streams) stream.take();
  }

  /**
   * Runs something of the guest's. Only the outermost call settles its end: below it are the guest's own frames, which must be
   * left by the engine's own trap.
   *
   * Errors: ProgramEndedError: it ended in this call, or had before; what ended it, when that was an error of ours.
   */
  call<T>(run: () => T): T {
    if (this.#exit !== undefined) throw this.ended('the program has ended');
    this.#depth++;
    try {
      return run();
    } catch (error) {
      return this.#left(error);
    } finally {
      this.#depth--;
    }
  }

  /** What whoever wants something of it after its end is told. */
  ended(message: string): Error {
    return this.#failure ?? new ProgramEndedError(message, this.#exit);
  }

  /** The guest has ended. @returns how, by whoever was first */
  settle(how: GuestEnd): Exit {
    if (this.#exit !== undefined) return this.#exit;
    const { control, block, monitor } = this.#parts;
    const { end, isOwn } = monitor.settle(how);
    this.attend();
    const { waitStatus, trap } = end;
    this.#exit = {
      ...decodeStatus(waitStatus),
      trap: exitTrap(trap),
      counts: countsOf(control, block),
      hasTimedOut: false,
      limit: undefined,
      durationMs: performance.now() - this.#startedMs,
      cpuMs: 0, // a look at the clock at each call would cost more than most calls
      values: [],
      peakMemory: this.#parts.peakMemory(),
    };
    if (how.failure instanceof FusedError) this.#failure = how.failure;
    if (how.bug !== undefined) {
      this.#failure = containedBugError(how.bug);
      this.#parts.onBug(how.bug);
    }
    const exit = this.#exit;
    this.#parts.onEnd(waitStatus, isOwn, exit);
    return exit;
  }

  // What the machine says of it, as of every process.

  /** Linux serves it. */
  begin(): void {
    this.#started.resolve();
  }

  /** Linux has no such process. */
  refuse({ code, message }: LaunchError): void {
    this.#fail(new FusedError(code, message));
  }

  /** Linux has ended it, in this thread: its guest leaves at the end of its call. */
  endedInLinux(waitStatus: number): void {
    this.#parts.block.end(waitStatus);
  }

  /** Linux has let go of its memory and slot. */
  linuxLeft(): void {
    this.attend();
    this.#parts.onFree();
  }

  /** Ends it between two calls, or as soon as the call under way crosses. */
  kill(signal: SignalName): boolean {
    if (this.#exit !== undefined) return false;
    this.settle({ waitStatus: signalStatus(Signal[signal]), trap: undefined });
    return true;
  }

  fail({ code, message }: LaunchError): void {
    this.#fail(new FusedError(code, message));
  }

  abandon(): void {
    this.kill('SIGKILL');
  }

  #left(error: unknown): never {
    if (this.#depth > 1) throw error;
    const { monitor } = this.#parts;
    const outcome = monitor.guard<never>(() => {
      throw error;
    });
    if ('value' in outcome) return outcome.value;
    const { trap, signal, exitCode } = this.settle(outcome.end);
    throw this.ended(`the program ended: ${trap?.message ?? signal ?? `exit status ${exitCode}`}`);
  }

  #fail(error: FusedError): void {
    this.#failure ??= error;
    this.#started.reject(error);
    this.kill('SIGKILL');
  }
}

class KeptStream {
  readonly chunks: Uint8Array[] = [];
  readonly #reader: RingReader;
  #length = 0;

  constructor(stream: SharedArrayBuffer, ring: () => void) {
    this.#reader = new RingReader(stream, ring);
  }

  take(): void {
    while (this.#reader.available > 0) {
      const chunk = new Uint8Array(this.#reader.available);
      this.#reader.read(chunk);
      const kept = chunk.subarray(0, OUTPUT_MOST - this.#length);
      if (kept.length > 0) this.chunks.push(kept);
      this.#length += kept.length;
    }
  }
}
