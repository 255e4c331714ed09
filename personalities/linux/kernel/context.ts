// The context of a system call: one object a guest thread, passed to every handler and, as the Caller, to the file systems.
// What a call that waits must remember between its runs lives here, and is cleared when the call completes.

import type { ServiceContext } from '../../../runtime/channel/service.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { OpenTrees } from '../image/open-trees.ts';
import { AnswerRecord } from '../vfs/answers.ts';
import type { Caller } from '../vfs/caller.ts';
import type { FileLocks } from '../vfs/locks.ts';
import { PathWalk } from '../vfs/walk.ts';
import type { Clock } from './clock.ts';
import type { Process } from './process.ts';
import type { Scheduler, Sleeper } from './scheduler.ts';
import type { WaitQueue } from './wait.ts';

/** What of the kernel a call may need. */
export interface Kernel {
  readonly clock: Clock;
  readonly scheduler: Scheduler<SyscallContext>;
  readonly locks: FileLocks;
  /** Those that have not ended. */
  readonly processes: Iterable<Process>;
  /** Images and checkpoints of the machine's embedder. */
  readonly openTrees: OpenTrees;
  /** Random bytes fit for cryptography, at most 65,536, into memory that nobody shares. */
  random(into: Uint8Array<ArrayBuffer>): void;
  end(process: Process, waitStatus: number): void;
}

export class SyscallContext implements ServiceContext, Caller, Sleeper {
  readonly kernel: Kernel;
  readonly process: Process;
  readonly memory: GuestMemory;
  /** Walks of the call: most need one, those with two paths both. */
  readonly walk: PathWalk;
  readonly otherWalk: PathWalk;
  /** Instead of a handler run by the channel: continues a request of the host's own (see embedder/requests). */
  readonly resume: (() => void) | undefined;

  // Kept between the runs of a call.
  /** Bytes transferred by earlier runs. */
  progress = 0;
  /** When the call first ran, by the monotonic clock; −1: not noted. */
  startedNs = -1;
  /** What else a call must keep. */
  kept: unknown;
  /** Undoes what the call has arranged elsewhere: runs when the call completes, or is cancelled. */
  atEnd: (() => void) | undefined;
  generation = 0;
  readonly #answers = new AnswerRecord();

  readonly queues: WaitQueue[] = [];
  wakeNs = Number.POSITIVE_INFINITY;
  isRunnable = false;

  constructor(kernel: Kernel, process: Process, memory: GuestMemory, resume?: () => void) {
    this.kernel = kernel;
    this.process = process;
    this.memory = memory;
    this.resume = resume;
    this.walk = new PathWalk(this, process);
    this.otherWalk = new PathWalk(this, process);
  }

  get uid(): number {
    return this.process.uid;
  }
  get gid(): number {
    return this.process.gid;
  }
  get groups(): readonly number[] {
    return this.process.groups;
  }

  /** Its call has returned ERESTART and nothing has woken it: it is on a queue, or sleeps until a time. */
  get isWaiting(): boolean {
    return this.queues.length > 0 || this.wakeNs !== Number.POSITIVE_INFINITY;
  }

  wake(): void {
    if (!this.process.hasEnded) this.kernel.scheduler.wake(this);
  }
  waitOn(queue: WaitQueue): void {
    queue.add(this);
  }
  yieldTurn(): void {
    this.wake();
  }

  replay(key: string | number): unknown {
    return this.#answers.replay(key);
  }

  deliver(generation: number, key: string | number, value: unknown): void {
    if (generation !== this.generation || this.process.hasEnded) return;
    this.#answers.add(key, value);
    this.wake();
  }

  /** A run of the call begins. */
  beginRun(): void {
    this.#answers.rewind();
  }

  /** A part of the call is done for good: later runs go on from there, and do not ask again what led to it. */
  settle(progress: number): void {
    this.progress = progress;
    if (!this.#answers.isEmpty) this.#forgetAnswers();
  }

  /** The call completed, or was cancelled. */
  clear(): void {
    this.progress = 0;
    this.startedNs = -1;
    this.kept = undefined;
    this.generation++;
    if (this.atEnd !== undefined) this.#end(this.atEnd);
    if (!this.#answers.isEmpty) this.#forgetAnswers();
    if (this.queues.length > 0 || this.wakeNs !== Number.POSITIVE_INFINITY || this.isRunnable) {
      this.kernel.scheduler.cancel(this);
    }
  }

  #end(undo: () => void): void {
    this.atEnd = undefined;
    undo();
  }

  #forgetAnswers(): void {
    this.#answers.clear();
    this.generation++;
  }
}
