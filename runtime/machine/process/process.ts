// A guest process as its embedder holds it: streams, end, kill. One object from `machine.spawn`; it joins what the core and
// Linux say of the process, and gives core and memory back when the last user of each is gone.

import { decodeStatus, SIGNAL_NAMES, Signal, type SignalName, signalStatus } from '../../abi/signals.ts';
import type { Pid } from '../../abi/types.ts';

import { type Control, KILLED } from '../../channel/layout.ts';
import { ranMs } from '../../channel/run-clock.ts';

import type { GuestEnd } from '../../core/monitor.ts';
import type { MemoryShare } from '../../memory/lease.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import type { ProcessBlock } from '../../process/block.ts';
import type { Core, Cores } from '../cores/pool.ts';
import { containedBugError, FusedError } from '../errors.ts';
import type { HostCallbacks } from '../host-functions/callbacks.ts';
import type { FromCore, LaunchError, StartGuest, StdioBuffers, ToCore } from '../messages.ts';
import { ProgramEndedError } from '../resident/ended-error.ts';
import { type CallOptions, ExportCalls, type Work } from '../resident/export-calls.ts';
import { checkOneOf } from '../values/arguments.ts';
import { deferred } from '../values/deferred.ts';
import { type CoreKeepers, ProcessCores } from './cores.ts';
import { countsOf, type Exit, exitTrap } from './exit.ts';
import { type EndingLimit, OutputBudget, type RunLimits, refusedLimit } from './limits.ts';
import type { Output } from './output.ts';
import type { ByteInput } from './stdin.ts';
import { type ByteSink, type ByteSource, type LastWords, Stdio } from './stdio.ts';
import type { TraceReader } from './trace.ts';

const asItIs = (chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => chunk;

/** The status of what nobody else ended. */
const KILLED_BY_US = signalStatus(Signal.SIGKILL);

type EndMessage = Extract<FromCore, { type: 'ended' }>;

const OUTPUT_NAMES = ['stdout', 'stderr'] as const;

export interface ProcessParts extends CoreKeepers {
  readonly pid: Pid;
  /** The first runs main. */
  readonly cores: Cores;
  /** The shares of the guest's threads and of Linux in the process's memory. */
  readonly guestMemory: MemoryShare | undefined;
  readonly linuxMemory: MemoryShare | undefined;
  readonly stdio: StdioBuffers;
  readonly control: Control;
  readonly block: ProcessBlock;
  /** Wakes whoever serves the process's streams. */
  readonly ring: () => void;
  /** Tells Linux that the process was ended from outside. */
  readonly endInLinux: (pid: Pid, waitStatus: number) => void;
  /** A bug of ours ended the process. */
  readonly onBug: (report: string) => void;
  /** Neither a core nor Linux has anything of the process any more. */
  readonly onGone: () => void;
  /** Of its calls, when the user wants one. */
  readonly trace?: TraceReader | undefined;
  /** A stream that was collected has no user any more. */
  readonly onStreamFree: (stream: SharedArrayBuffer) => void;
  /** The machine's Linux has no part in it (the `library` placement). */
  readonly hasOwnLinux: boolean;
  readonly limits: RunLimits;
  /** What it writes is counted before it comes to the streams: see machine/unshared/backing. */
  readonly countsEarly?: boolean;
  /** Functions of the embedder's that the guest calls back. */
  readonly hostCalls?: Pick<HostCallbacks, 'take'> | undefined;
  readonly mode: StartGuest['mode'];
  /** Of a job of several. */
  readonly isRank?: boolean;
}

export class GuestProcess {
  readonly pid: Pid;
  readonly #parts: ProcessParts;
  readonly #stdio: Stdio;
  readonly #lastWords = deferred<LastWords>();
  readonly #exit = deferred<Exit>();
  readonly #exports: ExportCalls;
  readonly #linuxLeft = deferred<void>();
  /** Neither a core nor Linux has anything of the process any more. */
  readonly #gone = deferred<void>();
  #hasEnded = false;
  #exited: Exit | undefined;
  readonly #cores: ProcessCores;
  /** What the guest's threads said as they left, before it is known which of them ended the process. */
  readonly #ends: EndMessage[] = [];
  readonly #budget: OutputBudget;
  readonly #startedMs = performance.now();
  /** What it was ended by, from outside. */
  #limit: EndingLimit | undefined;

  /** @internal */
  constructor(parts: ProcessParts) {
    this.pid = parts.pid;
    this.#parts = parts;
    this.#exports = new ExportCalls(
      (message) => this.#main.worker.post(message),
      () => this.kill('SIGKILL'),
    );
    const { maxOutput = Number.POSITIVE_INFINITY, outputOverflow = 'end' } = parts.limits;
    this.#budget = new OutputBudget(maxOutput, () => outputOverflow === 'end' && this.exceed('output'));
    const keep = parts.countsEarly ? asItIs : (chunk: Uint8Array<ArrayBuffer>) => this.#budget.keep(chunk);
    this.#stdio = new Stdio(parts.stdio, parts.ring, this.#lastWords.promise, keep);
    if (parts.hasOwnLinux) this.#linuxLeft.resolve();
    parts.trace?.done.catch(() => this.kill('SIGKILL'));
    const listen = (core: Core, message: FromCore): void => this.#fromCore(core, message);
    this.#cores = new ProcessCores(parts.cores, parts, this.#linuxLeft.promise, listen);
    void this.#leave();
  }

  /** On which its main function runs. */
  get #main(): Core {
    return this.#parts.cores[0];
  }

  /** Resolves when the process has ended; rejects when it could not be started. */
  get exit(): Promise<Exit> {
    return this.#exit.promise;
  }

  /** What the guest reads from descriptor 0. Closing it is the guest's end of file. */
  get stdin(): ByteSink {
    return this.#stdio.stdin;
  }

  get stdout(): ByteSource {
    return this.#stdio.stdout;
  }

  /** Ends with the trace of the guest's functions when a trap ended it. */
  get stderr(): ByteSource {
    return this.#stdio.stderr;
  }

  /** As `stdin`, without the cost of a Web stream. @internal */
  get input(): ByteInput {
    return this.#stdio.input;
  }

  /** As `stdout` and `stderr`, without the cost of a Web stream. @internal */
  output(name: 'stdout' | 'stderr'): AsyncGenerator<Uint8Array, void, undefined> {
    checkOneOf('name', name, OUTPUT_NAMES);
    return this.#stdio.output(name);
  }

  /** Resolves when the option `trace` has got its last line; rejects when it threw, which ends the process by SIGKILL. */
  get traced(): Promise<void> {
    return this.#parts.trace?.done ?? Promise.resolve();
  }

  /** All that the process writes; instead of the streams. */
  async collect(): Promise<[stdout: Output, stderr: Output]> {
    const outputs = await this.#stdio.collect();
    this.freeOutput();
    return outputs;
  }

  /** All that it writes was read, or nobody reads it: the streams may be another's once it is gone. @internal */
  freeOutput(): void {
    const [, stdout, stderr] = this.#parts.stdio;
    void this.#gone.promise.then(() => new Set([stdout, stderr]).forEach(this.#parts.onStreamFree));
  }

  /**
   * Ends the process by a signal; its status is known at once, whatever the guest does.
   *
   * @returns false when it had ended already
   *
   * Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE: there is no such signal.
   */
  kill(signal: SignalName = 'SIGTERM'): boolean {
    checkOneOf('signal', signal, SIGNAL_NAMES);
    if (this.#hasEnded) return false;
    const waitStatus = signalStatus(Signal[signal]);
    if (this.#parts.block.end(waitStatus) !== 0) return false;
    this.#parts.endInLinux(this.pid, waitStatus);
    this.#ended({ waitStatus, trap: undefined }, []);
    void this.#cores.expectLeave();
    return true;
  }

  /** As kill, because of a limit. @internal */
  exceed(limit: EndingLimit): void {
    if (this.#hasEnded) return;
    this.#limit = limit;
    if (!this.kill(limit === 'cpu' ? 'SIGXCPU' : 'SIGKILL')) this.#limit = undefined;
  }

  /** How long it has run so far, in milliseconds: without its sleeps and waits for calls. */
  get cpuMs(): number {
    return this.#exited?.cpuMs ?? this.#ranMs();
  }

  /** It has written more than the option `maxOutput` allows, as far as was read. */
  get isOutputCut(): boolean {
    return this.#budget.isExceeded;
  }

  /** Counts what it has written. @returns what of it is within the limit @internal */
  keepOutput(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return this.#budget.keep(chunk);
  }

  /** Resolves when the functions of a loaded program can be called; rejects when it could not be loaded. @internal */
  get loaded(): Promise<void> {
    return this.#exports.loaded;
  }

  /** Its memory is not another's yet, and its functions may be called. @internal */
  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** Resolves when neither core nor memory is used by the process any more. @internal */
  get left(): Promise<void> {
    return this.#gone.promise;
  }

  /** Calls functions that a loaded program exports. Errors: as ExportCalls.call. @internal */
  call(work: Work, limits: CallOptions): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new ProgramEndedError('the program has ended', this.#exited));
    return this.#exports.call(work, limits);
  }

  /** Lets a loaded program end. @internal */
  unload(): void {
    if (!this.#hasEnded) this.#main.worker.post({ type: 'unload' } satisfies ToCore);
  }

  /** Linux has let go of the process's memory and mailbox. @internal */
  linuxLeft(): void {
    this.#parts.linuxMemory?.end();
    this.#linuxLeft.resolve();
  }

  /** Linux has no such process: the guest must leave, and was never one. @internal */
  refuse(error: LaunchError): void {
    const isFirst = this.#parts.block.end(KILLED_BY_US) === 0;
    this.#stdio.close();
    this.#failed(error);
    if (isFirst) void this.#cores.expectLeave();
  }

  /** The machine stops because of an error of its own: whoever waits for the process hears of that. @internal */
  fail(error: LaunchError): void {
    this.#failed(error);
    this.#failCalls(error.message);
    this.#stdio.close();
  }

  /** The machine is gone: what nobody else can end any more, ends here. @internal */
  abandon(): void {
    const word = this.#parts.block.ending;
    this.#ended({ waitStatus: word === 0 ? KILLED_BY_US : word & ~KILLED, trap: undefined }, []);
    this.#stdio.close();
    this.#parts.trace?.close();
    this.#gone.resolve();
  }

  #fromCore(core: Core, message: FromCore): void {
    switch (message.type) {
      case 'loaded':
      case 'result':
      case 'batch-result':
        return this.#exports.take(message);
      case 'lost':
        return this.#lost(core, message.message);
      case 'ended':
        return this.#leftBy(core, message);
      case 'host-call':
        return void this.#parts.hostCalls
          ?.take(message, this.#parts.cores.indexOf(core))
          .catch((error: FusedError) => this.#endBy(error));
      case 'trace':
        return void this.#parts.trace?.take(message.line);
      case 'ready':
      case 'bug':
      case 'scrubbed':
      case 'sleeps':
      case 'volume-memory':
    }
  }

  /** One of the guest's threads has left its core: the process has ended, by that thread or another. */
  #leftBy(core: Core, message: EndMessage): void {
    if (message.end.bug !== undefined) return this.#lost(core, message.end.bug);
    if (!this.#cores.takeBack(core)) return;
    this.#ends.push(message);
    if (message.isOwn) this.#endedBy(message);
    // Others have heard of it too, or do not look.
    if (this.#cores.areHeld) void this.#cores.expectLeave();
  }

  #endedBy({ end, error, values }: EndMessage): void {
    if (error !== undefined) this.#failed(error);
    else this.#ended(end, values ?? []);
  }

  /** A function of the embedder's has failed: the guest cannot go on, and whoever waits for the process is told why. */
  #endBy(error: FusedError): void {
    if (this.#hasEnded) return;
    const isFirst = this.#parts.block.end(KILLED_BY_US) === 0;
    this.#closeStreams();
    this.#failed(error);
    if (!isFirst) return; // the guest leaves already
    this.#parts.endInLinux(this.pid, KILLED_BY_US);
    void this.#cores.expectLeave();
  }

  #failed(given: LaunchError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cores.expectFree();
    const error = given instanceof FusedError ? given : new FusedError(given.code, given.message);
    this.#exports.fail(error);
    this.#lastWords.resolve(undefined);
    this.#exit.reject(error);
  }

  #ended(end: GuestEnd, values: readonly string[]): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cores.expectFree();
    this.#closeStreams();
    const status = decodeStatus(end.waitStatus);
    const { control, block } = this.#parts;
    // What a rank has to say of its job's end, the job tells.
    this.#lastWords.resolve(end.trap ?? (this.#parts.isRank ? undefined : end.aborted));
    this.#exited = {
      ...status,
      trap: exitTrap(end.trap),
      ...(end.aborted !== undefined && { aborted: end.aborted }),
      counts: countsOf(control, block),
      hasTimedOut: this.#limit === 'timeout',
      limit: this.#limit ?? (status.exitCode === 0 ? undefined : refusedLimit(block)),
      durationMs: performance.now() - this.#startedMs,
      cpuMs: this.cpuMs,
      values,
      peakMemory: block.memoryPages() * PAGE_BYTES,
    };
    this.#failCalls(end.trap?.message ?? status.signal ?? `exit status ${status.exitCode}`);
    this.#exit.resolve(this.#exited);
  }

  /** Of a process of the machine's Linux, that closes what the guest wrote to. */
  #closeStreams(): void {
    if (this.#parts.hasOwnLinux) this.#stdio.close();
    else this.#stdio.closeInput();
  }

  /** Who waits for the program's functions waits in vain. */
  #failCalls(reason: string): void {
    if (this.#parts.mode === 'command') return;
    this.#exports.ended(reason, this.#exited);
  }

  /** When nobody has anything of the process any more, its cores and its memory are free. */
  async #leave(): Promise<void> {
    await this.#cores.left;
    // Linux has ended it: who was in that call can tell more than the others.
    const end = this.#ends.find((one) => one.end.trap !== undefined) ?? this.#ends[0];
    if (end !== undefined && !this.#hasEnded) {
      this.#endedBy(end);
      // Or a thread has, and was ended itself before it told Linux, which may hear of it twice.
      if (this.#cores.wereEnded) this.#parts.endInLinux(this.pid, this.#parts.block.ending & ~KILLED);
    }
    this.#parts.trace?.close();
    await this.#linuxLeft.promise;
    this.#cores.giveBack();
    this.#parts.guestMemory?.end();
    this.#parts.onGone();
    this.#gone.resolve();
  }

  /** A bug of ours has ended the guest; what it left of its thread is not used again. */
  #lost(core: Core, report: string): void {
    this.#parts.onBug(report);
    this.#failed(containedBugError(report));
    this.#stdio.close();
    if (this.#parts.block.end(KILLED_BY_US) === 0) this.#parts.endInLinux(this.pid, KILLED_BY_US);
    void this.#cores.endThread(core);
    void this.#cores.expectLeave();
  }

  /** How long its threads have run. */
  #ranMs(): number {
    const { control, block } = this.#parts;
    return block.slots().reduce((total, slot) => total + ranMs(control, slot), 0);
  }
}
