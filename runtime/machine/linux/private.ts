// A Linux for one process alone, in the thread that runs the guest: its handlers are called as functions. Made for the
// `library` placement, for machines without shared memory, and for import objects. A call that waits turns that Linux by
// hand: looks for events, then sleeps as its thread may.

import {
  type HostOutcome,
  Linux,
  LinuxError,
  type MachineFacts,
  type Process,
  type ProcessSpec,
  type SyscallContext,
} from '../../../personalities/linux/index.ts';
import { Errno } from '../../abi/errno.ts';
import { blockBase, type Control, slotCounters } from '../../channel/layout.ts';
import { sleepOnSlot } from '../../channel/run-clock.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { CallService } from '../../core/route.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { FusedError } from '../errors.ts';
import type { CallLimits } from '../process/limits.ts';
import { fillRandom, linuxClock } from './parts.ts';

/**
 * Sleeps until something is there, asked again whenever something may have happened, and after so many milliseconds.
 *
 * @returns false when the thread must not sleep
 */
export type Sleeper = (isThere: () => boolean, leftMs: () => number) => boolean;

export interface PrivateLinuxParts {
  readonly memory: GuestMemory;
  /** Holds slot and block; need not be shared. */
  readonly control: Control;
  readonly slot: number;
  readonly block: ProcessBlock;
  readonly monitor: Monitor;
  readonly epochMs: number;
  readonly quotaBytes: number;
  /** The machine that it is part of, if any. */
  readonly machine?: MachineFacts;
  readonly sleeper: Sleeper;
  readonly limits?: CallLimits | undefined;
  /** Makes the tree that the process finds. @returns the process */
  readonly prepare: (linux: Linux) => Omit<ProcessSpec, 'descriptors' | 'limits'>;
}

export interface PrivateLinux extends CallService {
  readonly linux: Linux;
  /** Sleeps as the thread may; leaves the guest when it is killed. */
  sleep(durationMs: number): void;
  /** The guest has ended: closes its descriptors and streams. */
  end(waitStatus: number): void;
}

/** Errors: LinuxError when the working or a preopened directory is missing; what `prepare` throws. */
export function createPrivateLinux(parts: PrivateLinuxParts): PrivateLinux {
  const linux = new Linux({
    clock: linuxClock(parts.epochMs),
    random: fillRandom,
    quotaBytes: parts.quotaBytes,
    ...(parts.machine && { machine: parts.machine }),
    onExit: (_process, waitStatus) => parts.block.end(waitStatus),
    onBug: (report) => {
      throw new Error(report);
    },
  });
  return joinLinux(linux, parts, parts.prepare(linux));
}

/**
 * Makes a process of a Linux in this thread, whose guest runs here too. Whoever made that Linux ends the block's process when it
 * exits.
 *
 * Errors: LinuxError when the working or a preopened directory is missing.
 */
export function joinLinux(
  linux: Linux,
  {
    memory,
    control,
    slot,
    block,
    monitor,
    sleeper,
    limits = {},
  }: Pick<PrivateLinuxParts, 'memory' | 'control' | 'slot' | 'block' | 'monitor' | 'sleeper' | 'limits'>,
  process: Omit<ProcessSpec, 'descriptors' | 'limits'>,
): PrivateLinux {
  const { i32 } = control;
  const attention = blockBase(block.number);
  const spec: ProcessSpec = {
    ...process,
    descriptors: block.descriptors(limits.openFiles),
    limits: {
      ...(limits.storage === undefined ? {} : { storage: limits.storage }),
      onRefused: (limit) => block.refuse(limit),
    },
  };
  const entry = spawn(linux, spec, sleeper, monitor);
  linux.chargeAlways(entry);
  const context = linux.attach(entry, memory);
  const noteRefusal = (result: number): void => {
    if (result === -Errno.ENOSPC || result === -Errno.EMFILE) linux.refused(context, -result);
  };
  return {
    linux,
    context,
    handlerFor: ({ number }) => linux.handlers[number],
    counters: slotCounters(control, slot).local,
    after: (result) => {
      if (result < 0) noteRefusal(result);
      linux.completed(context);
      if (i32[attention] !== 0) monitor.leave();
    },
    wait: () => waitRunnable(linux, context, sleeper, monitor),
    sleep: (durationMs) => {
      const dueMs = performance.now() + durationMs;
      const leftMs = (): number => dueMs - performance.now();
      sleeper(() => monitor.isKilled || leftMs() <= 0, leftMs);
      if (monitor.isKilled) monitor.leave();
    },
    end: (waitStatus) => linux.end(entry, waitStatus),
  };
}

/** Errors (LinuxError): those of Linux.spawn; EAGAIN, the thread must not wait. */
function spawn(linux: Linux, spec: ProcessSpec, sleeper: Sleeper, monitor: Monitor): Process {
  const outcomes: Parameters<Parameters<Linux['spawn']>[1]>[0][] = [];
  linux.spawn(spec, (outcome) => outcomes.push(outcome));
  waitUntil(() => outcomes.length > 0, linux, sleeper, monitor);
  const [outcome = { error: new LinuxError(Errno.EAGAIN, 'spawn', spec.cwd ?? '/') }] = outcomes;
  if ('error' in outcome) throw outcome.error;
  return outcome.process;
}

function waitRunnable(linux: Linux, context: SyscallContext, sleeper: Sleeper, monitor: Monitor): boolean {
  return waitUntil((runnable) => runnable === context, linux, sleeper, monitor);
}

/**
 * Turns a Linux by hand until something holds, and sleeps in between.
 *
 * @param isDone is asked once at each look, and with each call that can go on
 * @param takeEvents takes further events from outside
 * @returns false when the thread must not sleep
 */
export function waitUntil(
  isDone: (runnable: SyscallContext | undefined) => boolean,
  linux: Linux,
  sleeper: Sleeper,
  monitor: Monitor,
  takeEvents: () => void = () => {},
): boolean {
  let timerMs = 0;
  let isThere = false;
  const look = (): boolean => {
    takeEvents();
    timerMs = linux.poll();
    for (let runnable = linux.takeRunnable(); runnable !== undefined; runnable = linux.takeRunnable()) {
      if (isDone(runnable)) return true;
    }
    return isDone(undefined) || monitor.isKilled;
  };
  // A call that may go on is taken by the look that finds it.
  const isAwake = sleeper(
    () => {
      isThere ||= look();
      return isThere;
    },
    () => timerMs,
  );
  if (monitor.isKilled) monitor.leave();
  return isAwake;
}

/** Sleeps on a slot's doorbell, which other threads ring. */
export function doorbellSleeper(control: Control, slot: number): Sleeper {
  return (isThere, leftMs) => {
    while (!isThere()) sleepOnSlot(control, slot, isThere, leftMs);
    return true;
  };
}

/**
 * Sleeps where no other thread can wake: only timers end it. Even a page that is not isolated may wait on a memory that
 * nobody else has, in a worker; no page may in its own thread.
 *
 * @param tell is told of each sleep before it begins
 */
export function loneSleeper(tell: (durationMs: number) => void = () => {}): Sleeper {
  let word: Int32Array | undefined;
  return (isThere, leftMs) => {
    while (!isThere()) {
      try {
        word ??= new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 1);
        tell(leftMs());
        Atomics.wait(word, 0, 0, leftMs());
      } catch {
        return false;
      }
    }
    return true;
  };
}

/** Runs an operation of `machine.fs` on a tree in memory, at once. Errors: LinuxError; EAGAIN when it would have to wait. */
export function request(linux: Linux, operation: string, args: readonly unknown[]): unknown {
  const outcomes: HostOutcome[] = [];
  linux.request(operation, args, (outcome) => outcomes.push(outcome));
  // Long operations stop between their slices.
  while (outcomes.length === 0 && linux.poll() === 0) linux.takeRunnable();
  const [outcome = { error: new LinuxError(Errno.EAGAIN, operation) }] = outcomes;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** As `request`, for the embedder. Errors: FusedError with Node's `errno`, `syscall` and `path`. */
export function publicRequest(linux: Linux, operation: string, args: readonly unknown[]): unknown {
  return publicly(() => request(linux, operation, args));
}

/** Runs what throws LinuxErrors, for the embedder. Errors: as publicRequest. */
export function publicly<Result>(operation: () => Result): Result {
  try {
    return operation();
  } catch (error) {
    throw error instanceof LinuxError ? publicError(error) : error;
  }
}

export function publicError({ code, message, errno, syscall, path }: LinuxError): FusedError {
  return Object.assign(new FusedError(code, message), { errno, syscall, path });
}
