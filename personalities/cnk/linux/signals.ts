// Linux's calls of a process's own signals. What they change is done at the end of the call, by core/bind through Signals.attend.
// See: sigaction(2), sigprocmask(2), sigsuspend(2), kill(2), setitimer(2), sigaltstack(2).

import { Errno } from '../../../runtime/abi/errno.ts';
import { ITIMERVAL, SIGACTION, LINUX_STRUCT_SIZES as SIZES, STACK } from '../../../runtime/abi/linux/structs.ts';
import { SIGMASK_HOW } from '../../../runtime/abi/linux/types.ts';
import { Signal } from '../../../runtime/abi/signals.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { SIGNALS_MOST, SignalSet } from '../signals/signal-set.ts';
import { NO_STACK, type SignalAction, type SignalStack, type Signals } from '../signals/signals.ts';
import type { CoreContext, CoreHandlers } from './context.ts';
import { sleepUntil } from './sleep.ts';
import { NS_PER_S, readTimeMs, storeTimeMs, TIMESPEC_BYTES, US_PER_S } from './times.ts';

/** Of the kernel's mask; and of the C library's, which programs give that call by themselves. */
const MASK_SIZES: ReadonlySet<number> = new Set([8, 128]);
const MASK_BYTES = 8;
const SS = { DISABLE: 2, ONSTACK: 1, AUTODISARM: 0x8000_0000 } as const;
const STACK_LEAST = 2048;

export const SYS_rt_sigaction: CoreHandlers['SYS_rt_sigaction'] = ({ memory, signals }, signal, act, old, size) => {
  if (!MASK_SIZES.has(size) || signal < 1 || signal > SIGNALS_MOST) return -Errno.EINVAL;
  if (act !== 0 && (signal === Signal.SIGKILL || signal === Signal.SIGSTOP)) return -Errno.EINVAL;
  if (act !== 0 && !memory.contains(act, SIZES.sigaction)) return -Errno.EFAULT;
  if (old !== 0 && !memory.contains(old, SIZES.sigaction)) return -Errno.EFAULT;
  const action = act === 0 ? undefined : readAction(memory, act);
  if (old !== 0) storeAction(memory, old, signals.action(signal));
  if (action !== undefined) signals.setAction(signal, action);
  return 0;
};

function readAction(memory: GuestMemory, at: number): SignalAction {
  return {
    handler: memory.readU32(at + SIGACTION.handler),
    mask: SignalSet.read(memory, at + SIGACTION.mask),
    flags: memory.readU32(at + SIGACTION.flags),
    restorer: memory.readU32(at + SIGACTION.restorer),
  };
}

function storeAction(memory: GuestMemory, at: number, { handler, mask, flags, restorer }: SignalAction): void {
  memory.bytes.fill(0, at >>> 0, (at >>> 0) + SIZES.sigaction);
  memory.writeU32(at + SIGACTION.handler, handler);
  mask.store(memory, at + SIGACTION.mask);
  memory.writeU32(at + SIGACTION.flags, flags);
  memory.writeU32(at + SIGACTION.restorer, restorer);
}

export const SYS_rt_sigprocmask: CoreHandlers['SYS_rt_sigprocmask'] = ({ memory, signals }, how, set, old, size) => {
  if (!MASK_SIZES.has(size)) return -Errno.EINVAL;
  if (set !== 0 && !memory.contains(set, MASK_BYTES)) return -Errno.EFAULT;
  if (old !== 0 && !memory.contains(old, MASK_BYTES)) return -Errno.EFAULT;
  const before = signals.blocked;
  if (set !== 0) {
    const after = changed(before, how, SignalSet.read(memory, set));
    if (after === undefined) return -Errno.EINVAL;
    signals.blocked = after;
  }
  if (old !== 0) before.store(memory, old);
  return 0;
};

function changed(before: SignalSet, how: number, set: SignalSet): SignalSet | undefined {
  switch (how) {
    case SIGMASK_HOW.SIG_BLOCK:
      return before.or(set);
    case SIGMASK_HOW.SIG_UNBLOCK:
      return before.without(set);
    case SIGMASK_HOW.SIG_SETMASK:
      return set;
    default:
      return undefined;
  }
}

export const SYS_rt_sigpending: CoreHandlers['SYS_rt_sigpending'] = ({ memory, signals }, set, size) => {
  if (size > MASK_BYTES && !MASK_SIZES.has(size)) return -Errno.EINVAL;
  if (!memory.contains(set, MASK_BYTES)) return -Errno.EFAULT;
  signals.pending.store(memory, set);
  return 0;
};

export const SYS_rt_sigsuspend: CoreHandlers['SYS_rt_sigsuspend'] = (context, mask, size) => {
  const { memory, signals } = context;
  if (!MASK_SIZES.has(size)) return -Errno.EINVAL;
  if (!memory.contains(mask, MASK_BYTES)) return -Errno.EFAULT;
  signals.blockMeanwhile(SignalSet.read(memory, mask));
  return waitForSignal(context);
};

export const SYS_pause: CoreHandlers['SYS_pause'] = (context) => waitForSignal(context);

function waitForSignal(context: CoreContext): number {
  while (!sleepUntil(context, Number.POSITIVE_INFINITY));
  return -Errno.EINTR;
}

export const SYS_rt_sigtimedwait: CoreHandlers['SYS_rt_sigtimedwait'] = (context, set, info, timeout, size) => {
  const { memory, signals } = context;
  if (!MASK_SIZES.has(size)) return -Errno.EINVAL;
  if (!memory.contains(set, MASK_BYTES)) return -Errno.EFAULT;
  if (info !== 0 && !memory.contains(info, SIZES.siginfo)) return -Errno.EFAULT;
  if (timeout !== 0 && !memory.contains(timeout, TIMESPEC_BYTES)) return -Errno.EFAULT;
  const timeoutMs = timeout === 0 ? Number.POSITIVE_INFINITY : readTimeMs(memory, timeout, NS_PER_S);
  if (timeoutMs < 0) return -Errno.EINVAL;
  const wanted = SignalSet.read(memory, set).without(SignalSet.of(Signal.SIGKILL, Signal.SIGSTOP));
  const dueMs = performance.now() + timeoutMs;
  for (;;) {
    const signal = signals.take(wanted);
    if (signal !== 0) {
      if (info !== 0) storeInfo(context, info, signal);
      return signal;
    }
    const nowMs = performance.now();
    if (nowMs >= dueMs) return -Errno.EAGAIN;
    if (signals.isInterrupted()) return -Errno.EINTR;
    context.sleepUntil(() => signals.mayBeInterrupted(wanted), Math.min(dueMs, signals.nextDueMs) - nowMs);
  }
};

/** All signals come from the process itself; where they say by whom differs with the kind, and is the same for those. */
function storeInfo({ memory, pid }: CoreContext, at: number, signal: number): void {
  memory.bytes.fill(0, at >>> 0, (at >>> 0) + SIZES.siginfo);
  memory.writeU32(at, signal);
  memory.writeU32(at + 16, pid);
}

export const SYS_rt_sigreturn: CoreHandlers['SYS_rt_sigreturn'] = () => 0;

/** Handlers run on the stack where the call was made: what is said of another is kept and told. */
export const SYS_sigaltstack: CoreHandlers['SYS_sigaltstack'] = ({ memory, signals }, stack, old) => {
  if (stack !== 0 && !memory.contains(stack, SIZES.stack)) return -Errno.EFAULT;
  if (old !== 0 && !memory.contains(old, SIZES.stack)) return -Errno.EFAULT;
  const before = signals.stack;
  const { sp, flags, size } = stack === 0 ? before : readStack(memory, stack);
  const mode = (flags & ~SS.AUTODISARM) >>> 0;
  if (mode !== 0 && mode !== SS.DISABLE && mode !== SS.ONSTACK) return -Errno.EINVAL;
  if (mode !== SS.DISABLE && size < STACK_LEAST) return -Errno.ENOMEM;
  signals.stack = mode === SS.DISABLE ? NO_STACK : { sp, flags: flags & SS.AUTODISARM, size };
  if (old !== 0) storeStack(memory, old, before);
  return 0;
};

function readStack(memory: GuestMemory, at: number): SignalStack {
  return {
    sp: memory.readU32(at + STACK.sp),
    flags: memory.readU32(at + STACK.flags),
    size: memory.readU32(at + STACK.size),
  };
}

function storeStack(memory: GuestMemory, at: number, { sp, flags, size }: SignalStack): void {
  memory.writeU32(at + STACK.sp, sp);
  memory.writeU32(at + STACK.flags, flags);
  memory.writeU32(at + STACK.size, size);
}

export const SYS_kill: CoreHandlers['SYS_kill'] = ({ pid, signals }, target, signal) =>
  send(signals, target === pid || target === 0 || target === -pid, signal);

export const SYS_tkill: CoreHandlers['SYS_tkill'] = (context, target, signal) =>
  target <= 0 ? -Errno.EINVAL : sendToThread(context, target, signal);

export const SYS_tgkill: CoreHandlers['SYS_tgkill'] = (context, group, target, signal) => {
  if (target <= 0 || group <= 0) return -Errno.EINVAL;
  return sendToThread(context, group === context.pid ? target : 0, signal);
};

/** @param tid 0: of no thread of the process */
function sendToThread({ signals, threads, sendSignal }: CoreContext, tid: number, signal: number): number {
  if (signal < 0 || signal > SIGNALS_MOST) return -Errno.EINVAL;
  const slot = threads.slotOf(tid);
  if (slot === undefined) return -Errno.ESRCH;
  if (signal === 0) return 0;
  // What ends the process need not wait until that thread makes a call.
  if (slot === threads.slot || signal === Signal.SIGKILL) signals.send(signal);
  else sendSignal(slot, signal);
  return 0;
}

/** The value that goes with it is lost: handlers are given the signal's number. */
export const SYS_rt_sigqueueinfo: CoreHandlers['SYS_rt_sigqueueinfo'] = (
  { pid, memory, signals },
  target,
  signal,
  info,
) => (memory.contains(info, SIZES.siginfo) ? send(signals, target === pid, signal) : -Errno.EFAULT);

/** @param isOwn of another process nobody knows here */
function send(signals: Signals, isOwn: boolean, signal: number): number {
  if (signal < 0 || signal > SIGNALS_MOST) return -Errno.EINVAL;
  if (!isOwn) return -Errno.ESRCH;
  if (signal !== 0) signals.sendToProcess(signal);
  return 0;
}

export const SYS_alarm: CoreHandlers['SYS_alarm'] = ({ signals }, seconds) => {
  const [timer] = signals.timers;
  const leftMs = timer.dueMs - performance.now();
  signals.setTimer(timer, (seconds >>> 0) * 1000, 0);
  // A part of a second counts as one, unless it is nearly nothing of more.
  return Number.isFinite(leftMs) ? Math.max(1, Math.round(leftMs / 1000)) : 0;
};

export const SYS_getitimer: CoreHandlers['SYS_getitimer'] = ({ memory, signals }, which, value) => {
  const timer = signals.timers[which];
  if (timer === undefined) return -Errno.EINVAL;
  if (!memory.contains(value, SIZES.itimerval)) return -Errno.EFAULT;
  storeTimer(memory, value, timer);
  return 0;
};

export const SYS_setitimer: CoreHandlers['SYS_setitimer'] = ({ memory, signals }, which, value, old) => {
  const timer = signals.timers[which];
  if (timer === undefined) return -Errno.EINVAL;
  if (value !== 0 && !memory.contains(value, SIZES.itimerval)) return -Errno.EFAULT;
  if (old !== 0 && !memory.contains(old, SIZES.itimerval)) return -Errno.EFAULT;
  const inMs = value === 0 ? 0 : readTimeMs(memory, value + ITIMERVAL.value, US_PER_S);
  const intervalMs = value === 0 ? 0 : readTimeMs(memory, value + ITIMERVAL.interval, US_PER_S);
  if (inMs < 0 || intervalMs < 0) return -Errno.EINVAL;
  if (old !== 0) storeTimer(memory, old, timer);
  signals.setTimer(timer, inMs, intervalMs);
  return 0;
};

function storeTimer(memory: GuestMemory, at: number, { dueMs, intervalMs }: Signals['timers'][0]): void {
  const leftMs = Number.isFinite(dueMs) ? Math.max(0.001, dueMs - performance.now()) : 0;
  storeTimeMs(memory, at + ITIMERVAL.interval, intervalMs, US_PER_S);
  storeTimeMs(memory, at + ITIMERVAL.value, leftMs, US_PER_S);
}
