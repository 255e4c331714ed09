// The signals of a process to itself: what it does on each, which are blocked, which wait; and its interval timers, which are
// signals to come. A handler is a function of the guest's table 0, called in the guest's own thread at the end of a system call.
// Who changes what may run says so by `least`: every call of the guest's compares its result with that anyway (core/bind), so
// a process that uses no signals pays nothing. A handler may leave by an exception or end the process: nothing here is caught,
// and all is stored before it is called. One thread's; nothing here is shared.
// See: sigaction(2), sigsuspend(2), setitimer(2), signal(7).

import { endsProcess, Signal } from '../../../runtime/abi/signals.ts';
import { SIGNALS_MOST, SignalSet } from './signal-set.ts';

/** Handlers that are no functions. */
export const SIG_DFL = 0;
export const SIG_IGN = 1;
export const SA = { SIGINFO: 4, RESTART: 0x1000_0000, NODEFER: 0x4000_0000, RESETHAND: 0x8000_0000 } as const;

export interface SignalAction {
  /** An index of table 0, or SIG_DFL or SIG_IGN. */
  readonly handler: number;
  readonly flags: number;
  readonly mask: SignalSet;
  readonly restorer: number;
}

export interface SignalStack {
  readonly sp: number;
  readonly flags: number;
  readonly size: number;
}

/** Disabled, as its flags say. */
export const NO_STACK: SignalStack = { sp: 0, flags: 2, size: 0 };

/** An interval timer: counts down in real time, all three alike, since no host tells what a thread used. */
interface Timer {
  readonly signal: number;
  /** By the monotonic clock; Infinity: it is not set. */
  dueMs: number;
  intervalMs: number;
}

export interface SignalPrimitives {
  /** Calls the function of table 0 with a signal; what it throws goes on. */
  call(handler: number, signal: number): void;
  /** Ends the process by a signal's default action. */
  raise(signal: number): never;
  nowMs(): number;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, mask: new SignalSet(), restorer: 0 };
const UNBLOCKABLE = SignalSet.of(Signal.SIGKILL, Signal.SIGSTOP);

export class Signals {
  /** Results of calls that are below have to be looked at, and `attend` is to be called: 0, errors alone; Infinity, all. */
  least = 0;
  readonly timers: readonly [Timer, Timer, Timer] = [
    { signal: Signal.SIGALRM, dueMs: Number.POSITIVE_INFINITY, intervalMs: 0 },
    { signal: Signal.SIGVTALRM, dueMs: Number.POSITIVE_INFINITY, intervalMs: 0 },
    { signal: Signal.SIGPROF, dueMs: Number.POSITIVE_INFINITY, intervalMs: 0 },
  ];
  /** What was said of a stack for handlers. Nothing uses it. */
  stack: SignalStack = NO_STACK;
  readonly #primitives: SignalPrimitives;
  readonly #actions: SignalAction[] = new Array(SIGNALS_MOST + 1).fill(DEFAULT);
  #blocked = new SignalSet();
  #pending = new SignalSet();
  /** What is blocked again once the handlers have run that a call let in. */
  #restored: SignalSet | undefined;

  constructor(primitives: SignalPrimitives) {
    this.#primitives = primitives;
  }

  get blocked(): SignalSet {
    return this.#blocked;
  }

  set blocked(signals: SignalSet) {
    this.#blocked = signals.without(UNBLOCKABLE);
    this.#note();
  }

  /** Those that wait since they are blocked. */
  get pending(): SignalSet {
    return this.#pending.and(this.#blocked);
  }

  action(signal: number): SignalAction {
    return this.#actions[signal] ?? DEFAULT;
  }

  /** @param signal one that may have another action: neither SIGKILL nor SIGSTOP */
  setAction(signal: number, action: SignalAction): void {
    this.#actions[signal] = { ...action, mask: action.mask.without(UNBLOCKABLE) };
    if (this.#isIgnored(signal)) this.#pending.delete(signal);
    this.#note();
  }

  /** The process is sent a signal: its handler runs at the end of this call, unless it is blocked. */
  send(signal: number): void {
    if (!this.#blocked.has(signal) && this.#isIgnored(signal)) return;
    this.#pending.add(signal);
    this.#note();
  }

  /** Takes one of those that wait, without its action. @returns 0: there is none of them */
  take(wanted: SignalSet): number {
    this.#expire();
    const signal = this.#pending.and(wanted).first;
    if (signal !== 0) this.#pending.delete(signal);
    this.#note();
    return signal;
  }

  /** Blocks others until the end of the call, whose handlers run with these blocked. */
  blockMeanwhile(signals: SignalSet): void {
    this.#restored = this.#blocked;
    this.blocked = signals;
    this.least = Number.POSITIVE_INFINITY; // what was blocked is blocked again, whether a handler runs or not
  }

  /** Whether it may have to, as far as somebody else makes it: only looks. */
  mayBeInterrupted(): boolean {
    return false;
  }

  /** Whether a sleeping call has to end, since something is to be done about a signal. */
  isInterrupted(): boolean {
    this.#expire();
    let signal = this.#deliverable();
    for (; signal !== 0 && this.#isIgnored(signal); signal = this.#deliverable()) this.#pending.delete(signal);
    return signal !== 0;
  }

  /** When the next timer is due. */
  get nextDueMs(): number {
    const [real, virtual, profiling] = this.timers;
    return Math.min(real.dueMs, virtual.dueMs, profiling.dueMs);
  }

  /** @param inMs 0: the timer is stopped */
  setTimer(timer: Timer, inMs: number, intervalMs: number): void {
    timer.dueMs = inMs === 0 ? Number.POSITIVE_INFINITY : this.#primitives.nowMs() + inMs;
    timer.intervalMs = intervalMs;
    this.#note();
  }

  /** Does what is to be done about signals: at the end of a call whose result was below `least`. */
  attend(): void {
    this.#expire();
    const restored = this.#restored ?? this.#blocked;
    this.#restored = undefined;
    // As Linux does, which lets all in before the first handler runs: those that are blocked now stay out, others nest.
    const blocked = this.#blocked;
    for (let signal = this.#deliverable(); signal !== 0; signal = this.#deliverable()) {
      this.#pending.delete(signal);
      this.#deliver(signal);
      this.#blocked = blocked;
    }
    this.#blocked = restored;
    this.#note();
  }

  #deliver(signal: number): void {
    const { handler, flags, mask } = this.action(signal);
    if (handler === SIG_IGN) return;
    if (handler === SIG_DFL) {
      if (endsProcess(signal)) this.#primitives.raise(signal);
      return;
    }
    if ((flags & SA.RESETHAND) !== 0) this.#actions[signal] = DEFAULT;
    this.#blocked = this.#blocked.or(mask);
    if ((flags & SA.NODEFER) === 0) this.#blocked.add(signal);
    this.#primitives.call(handler, signal);
  }

  /** A signal that waits and is not blocked, SIGKILL first; 0: none. */
  #deliverable(): number {
    const signals = this.#pending.without(this.#blocked);
    return signals.has(Signal.SIGKILL) ? Signal.SIGKILL : signals.first;
  }

  #isIgnored(signal: number): boolean {
    const { handler } = this.action(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && !endsProcess(signal));
  }

  /** Timers that are due send their signals, each once however late. */
  #expire(): void {
    if (this.nextDueMs === Number.POSITIVE_INFINITY) return;
    const nowMs = this.#primitives.nowMs();
    for (const timer of this.timers) {
      if (timer.dueMs > nowMs) continue;
      const { intervalMs } = timer;
      const passed = intervalMs === 0 ? 0 : Math.floor((nowMs - timer.dueMs) / intervalMs) + 1;
      timer.dueMs = intervalMs === 0 ? Number.POSITIVE_INFINITY : timer.dueMs + passed * intervalMs;
      this.send(timer.signal);
    }
  }

  #note(): void {
    const isIdle = this.nextDueMs === Number.POSITIVE_INFINITY && this.#deliverable() === 0;
    this.least = isIdle ? 0 : Number.POSITIVE_INFINITY;
  }
}
