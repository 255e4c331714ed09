// The context of a system call: one object a guest thread, passed to every handler and, as the Caller, to the file systems.
// See: kernel/block, for how a call waits.

import type { ServiceContext } from '../../../runtime/channel/service.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { FileDescription } from '../vfs/inode.ts';
import type { FileLocks } from '../vfs/locks.ts';
import { PathWalk } from '../vfs/walk.ts';
import { BlockableCall } from './block.ts';
import type { Clock } from './clock.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { Process } from './process.ts';
import type { Scheduler, Sleeper } from './scheduler.ts';

/** What of the kernel a call may need. */
export interface Kernel {
  readonly clock: Clock;
  readonly scheduler: Scheduler<SyscallContext>;
  readonly locks: FileLocks;
  readonly hostname: string;
  readonly machine: MachineFacts;
  /** Those that have not ended. */
  readonly processes: Iterable<Process>;
  /** Random bytes fit for cryptography, at most 65,536, into memory that nobody shares. */
  random(into: Uint8Array<ArrayBuffer>): void;
  end(process: Process, waitStatus: number): void;
}

export class SyscallContext extends BlockableCall implements ServiceContext, Sleeper {
  readonly kernel: Kernel;
  readonly process: Process;
  readonly memory: GuestMemory;
  /** Walks of the call: most need one, those with two paths both. */
  readonly walk: PathWalk;
  readonly otherWalk: PathWalk;
  /** Instead of a handler run by the channel: continues a request of the host's own (see embedder/requests). */
  readonly resume: (() => void) | undefined;
  readonly #tidOf: (() => number) | undefined;

  wakeNs = Number.POSITIVE_INFINITY;
  isRunnable = false;

  /** @param tidOf the id of the thread whose calls these are, or 0 while none runs there; absent: the process's first */
  constructor(kernel: Kernel, process: Process, memory: GuestMemory, resume?: () => void, tidOf?: () => number) {
    super();
    this.kernel = kernel;
    this.process = process;
    this.memory = memory;
    this.resume = resume;
    this.#tidOf = tidOf;
    this.walk = new PathWalk(this, process);
    this.otherWalk = new PathWalk(this, process);
  }

  /** Of the thread whose calls these are; 0: none runs there now. */
  get tid(): number {
    return this.#tidOf?.() ?? this.process.pid;
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

  /** The file behind a descriptor: in all runs of a call what it was in the first. */
  description(fd: number): FileDescription | undefined {
    return this.fileOf(fd, this.process.descriptors);
  }

  /** Whether the descriptor of the call still is the file that it was in its first run. */
  get isDescriptorUnchanged(): boolean {
    return this.isUnchanged(this.process.descriptors);
  }

  /** It waits for an event or a time, and nothing has woken it: a signal may interrupt that. */
  get isInterruptible(): boolean {
    return this.queues.length > 0 || this.wakeNs !== Number.POSITIVE_INFINITY;
  }

  wake(): void {
    if (!this.process.hasEnded) this.kernel.scheduler.wake(this);
  }

  /** The call runs again at a time of the monotonic clock; Infinity: no matter when. */
  waitUntil(deadlineNs: number): void {
    if (deadlineNs === Number.POSITIVE_INFINITY) return;
    this.pin();
    this.kernel.scheduler.wakeAt(this, deadlineNs);
  }

  override clear(): void {
    super.clear();
    if (this.isInterruptible || this.isRunnable) this.kernel.scheduler.cancel(this);
  }
}
