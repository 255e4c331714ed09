// A job of several ranks as its embedder holds it: its output, its end, kill. A rank that ends otherwise than by status 0 ends the job: the
// others are ended as by `kill`, and what the job tells of its end is what that rank told. The ranks' memories are all ranks', so the
// job holds them until nothing of any rank runs.

import type { CallTimes, Traffic } from '../../../personalities/messaging/index.ts';
import type { SignalName } from '../../abi/signals.ts';
import type { Pid } from '../../abi/types.ts';
import { FusedError } from '../errors.ts';
import type { Exit } from '../process/exit.ts';
import { type EndingLimit, OutputBudget } from '../process/limits.ts';
import type { GuestProcess } from '../process/process.ts';
import type { ByteInput } from '../process/stdin.ts';
import { deferred } from '../values/deferred.ts';
import { startTimer } from '../values/timer.ts';
import { LineJoiner, mergeLines, splitLines } from './lines.ts';
import type { JobOptions } from './options.ts';

/** How a rank ended. */
export interface RankExit extends Exit {
  readonly rank: number;
  readonly pid: Pid;
  /** `args[0]`. */
  readonly program: string;
}

/** The rank that ended the job, and how. */
export interface JobFailure {
  readonly rank: number;
  readonly pid: Pid;
  readonly program: string;
  /** A sentence that names them and the cause. */
  readonly message: string;
}

/**
 * How a job ended: as the rank that ended it, or by status 0 when all ranks did. `counts`, `cpuMs` and `peakMemory` are sums over all
 * ranks.
 */
export interface JobExit extends Exit {
  /** By rank; those that the end of the job ended have the signal SIGTERM. */
  readonly ranks: readonly RankExit[];
  /** What ranks have sent to one another, by sender, then receiver; those of collective operations among it. */
  readonly traffic: Traffic;
  /** By rank: how long it was in each call of MPI, in milliseconds; with the option `times`. */
  readonly times?: readonly CallTimes[];
  /** Absent when all ranks ended by status 0, and when the job was ended from outside. */
  readonly failure?: JobFailure;
}

export interface JobParts {
  /** By rank. */
  readonly processes: readonly GuestProcess[];
  /** Of their programs. */
  readonly names: readonly string[];
  readonly options: JobOptions;
  /** Of the first of them, in the job; the others follow it. */
  readonly firstRank: number;
  /** What the ranks have sent so far. */
  readonly traffic: () => Traffic;
  /** How long the ranks have been in calls; undefined: nobody measures it. */
  readonly times: () => readonly CallTimes[] | undefined;
  /** Wakes a rank of these, if it sleeps. */
  readonly wake: (rank: number) => void;
  /** Nothing of a rank runs any more, though its memory is there. */
  readonly onRankEnded: (rank: number) => void;
  /** Nothing of any rank runs any more. */
  readonly onGone: () => void;
}

/** After so long a terminal shows a line that has no end yet: it may be a question. */
const PROMPT_MS = 50;

export class Job {
  readonly #parts: JobParts;
  readonly #exits: (Exit | undefined)[];
  readonly #exit = deferred<JobExit>();
  readonly #budget: OutputBudget;
  readonly #startedMs = performance.now();
  /** The rank that ended it, among those of this machine. */
  #first: number | undefined;
  /** It was ended from outside. */
  #isKilled = false;
  #limit: EndingLimit | undefined;
  /** Why a rank did not start, or a bug of ours that ended it. */
  #error: Error | undefined;
  #left: number;

  /** @internal */
  constructor(parts: JobParts) {
    const { processes, options, firstRank } = parts;
    this.#parts = parts;
    this.#left = processes.length;
    this.#exits = processes.map(() => undefined);
    const { maxOutput = Number.POSITIVE_INFINITY, outputOverflow = 'end' } = options;
    this.#budget = new OutputBudget(maxOutput, () => outputOverflow === 'end' && this.#exceed('output'));
    for (const [index, process] of processes.entries()) {
      process.exit.then(
        (exit) => this.#ended(index, exit),
        (error: Error) => this.#failed(firstRank + index, error),
      );
      void process.left.then(() => parts.onRankEnded(firstRank + index));
    }
    void Promise.all(processes.map(({ left }) => left)).then(parts.onGone);
    this.#limitTime();
  }

  /** Resolves when all ranks have ended; rejects when one could not be started, or a function of the embedder's failed. */
  get exit(): Promise<JobExit> {
    return this.#exit.promise;
  }

  /** Of each rank, by rank. */
  get pids(): Pid[] {
    return this.#parts.processes.map(({ pid }) => pid);
  }

  /** As of a process. */
  get traced(): Promise<void> {
    return Promise.all(this.#parts.processes.map(({ traced }) => traced)).then(() => {});
  }

  /** It has written more than the option `maxOutput` allows, as far as was read. */
  get isOutputCut(): boolean {
    return this.#budget.isExceeded;
  }

  /** There is something for a rank from elsewhere. @internal */
  wakeRank(rank: number): void {
    this.#parts.wake(rank);
  }

  /** What the first rank reads from descriptor 0. @internal */
  get input(): ByteInput {
    return (this.#parts.processes[0] as GuestProcess).input;
  }

  /** What its ranks write, in whole lines. Once a stream. @internal */
  async *output(name: 'stdout' | 'stderr'): AsyncGenerator<Uint8Array, void, undefined> {
    const { processes, options, firstRank } = this.#parts;
    const { tagOutput = false, onOutput } = options;
    const joiner = new LineJoiner(tagOutput ? (index) => `[1,${firstRank + index}]<${name}>: ` : undefined);
    const isTerminal = options.terminals?.[name === 'stdout' ? 1 : 2] === true;
    const sources = processes.map((process) => process.output(name));
    for await (const lines of mergeLines(sources, isTerminal ? PROMPT_MS : undefined)) {
      const bytes = this.#budget.keep(joiner.join(lines));
      if (onOutput !== undefined) {
        for (const line of splitLines(lines.bytes)) {
          await onOutput(textOf(line), { rank: firstRank + lines.rank, stream: name });
        }
      }
      if (bytes.length > 0) yield bytes;
    }
  }

  /** Nobody reads its output any more, or all was read. @internal */
  freeOutput(): void {
    for (const process of this.#parts.processes) process.freeOutput();
  }

  /**
   * Ends all ranks by a signal.
   *
   * @returns false when all had ended already
   *
   * Errors: as of a process.
   */
  kill(signal: SignalName = 'SIGTERM'): boolean {
    this.#isKilled ||= this.#first === undefined;
    return this.#killAll(signal);
  }

  #killAll(signal: SignalName): boolean {
    return this.#parts.processes.map((process) => process.kill(signal)).includes(true);
  }

  #exceed(limit: EndingLimit): void {
    if (this.#left === 0) return;
    this.#isKilled ||= this.#first === undefined;
    this.#limit ??= limit;
    for (const process of this.#parts.processes) process.exceed(limit);
  }

  #limitTime(): void {
    const { timeoutMs = Number.POSITIVE_INFINITY, signal } = this.#parts.options;
    const stopTimer = startTimer(timeoutMs, () => this.#exceed('timeout'));
    const abort = (): void => void this.kill('SIGKILL');
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    const done = (): void => {
      stopTimer();
      signal?.removeEventListener('abort', abort);
    };
    this.exit.then(done, done);
  }

  #ended(index: number, exit: Exit): void {
    this.#exits[index] = exit;
    const isFailure = exit.exitCode !== 0 || exit.aborted !== undefined;
    if (isFailure && this.#first === undefined && this.#error === undefined) {
      this.#first = index;
      this.#killAll('SIGTERM');
    }
    this.#settle();
  }

  #failed(rank: number, error: Error): void {
    this.#error ??= error instanceof FusedError ? new FusedError(error.code, `rank ${rank}: ${error.message}`) : error;
    this.#killAll('SIGKILL');
    this.#settle();
  }

  #settle(): void {
    this.#left--;
    if (this.#left > 0) return;
    if (this.#error !== undefined) return this.#exit.reject(this.#error);
    this.#exit.resolve(this.#exitOf(this.#exits as Exit[]));
  }

  #exitOf(exits: readonly Exit[]): JobExit {
    const { processes, names, firstRank } = this.#parts;
    const ranks = exits.map((exit, index): RankExit => {
      const { pid } = processes[index] as GuestProcess;
      return { ...exit, rank: firstRank + index, pid, program: names[index] as string };
    });
    const first = ranks[this.#first ?? 0] as RankExit;
    const { exitCode, signal, trap, aborted, hasTimedOut, limit } = first;
    const sum = (of: (exit: Exit) => number): number => exits.reduce((total, exit) => total + of(exit), 0);
    const isFailure = this.#first !== undefined && !this.#isKilled;
    const times = this.#parts.times();
    return {
      exitCode,
      signal,
      trap,
      ...(aborted !== undefined && { aborted }),
      counts: sumOfCounts(exits),
      hasTimedOut,
      limit: this.#limit ?? limit,
      durationMs: performance.now() - this.#startedMs,
      cpuMs: sum(({ cpuMs }) => cpuMs),
      values: [],
      peakMemory: sum(({ peakMemory }) => peakMemory),
      ranks,
      traffic: this.#parts.traffic(),
      ...(times && { times }),
      ...(isFailure && { failure: failureOf(first) }),
    };
  }
}

function failureOf(exit: RankExit): JobFailure {
  const { rank, pid, program } = exit;
  return { rank, pid, program, message: `rank ${rank} (pid ${pid}, ${program})${causeOf(exit)}` };
}

/** What follows who it was. */
function causeOf({ rank, exitCode, signal, trap, aborted, limit }: RankExit): string {
  const own = `rank ${rank}`;
  if (aborted?.startsWith(own)) return aborted.slice(own.length); // ` called MPI_Abort …`, `: MPI_Send: …`
  if (aborted !== undefined) return `: ${aborted}`;
  if (signal === undefined) return ` ended with exit status ${exitCode}`;
  const because = trap?.message ?? (limit === 'cpu' ? 'its processor time was up' : undefined);
  return ` was ended by ${signal}${because === undefined ? '' : `: ${because}`}`;
}

function sumOfCounts(exits: readonly Exit[]): Exit['counts'] {
  const sums: Record<string, { local: number; shipped: number }> = {};
  for (const { counts } of exits) {
    for (const [name, { local, shipped }] of Object.entries(counts)) {
      sums[name] ??= { local: 0, shipped: 0 };
      sums[name].local += local;
      sums[name].shipped += shipped;
    }
  }
  return sums;
}

function textOf(line: Uint8Array): string {
  const text = new TextDecoder().decode(line);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
