// The signals of a process to itself, as one of its threads has them: which are blocked, which wait; and interval timers, which are
// signals to come. What the process does on each is shared by its threads (signal-actions); so is what others send (signal-mail).
// A handler is a function of the guest's table 0, called in the guest's own thread at the end of a system call.
// Who changes what may run says so by `least`: every call of the guest's compares its result with that anyway (core/bind), so
// a process that uses no signals pays nothing. A handler may leave by an exception or end the process: nothing here is caught,
// and all is stored before it is called.
// A timer is the thread's that has set it: it is due at one of its calls, and the process is sent the signal then.
// See: sigaction(2), sigsuspend(2), setitimer(2), signal(7).

import { endsProcess, Signal } from '../../../runtime/abi/signals.ts';
import { type SignalAction, SignalActions } from './signal-actions.ts';
import type { SignalMail } from './signal-mail.ts';
import { SignalSet } from './signal-set.ts';

export type { SignalAction } from './signal-actions.ts';

/** Handlers that are no functions. */
export const SIG_DFL = 0;
export const SIG_IGN = 1;
export const SA = { SIGINFO: 4, RESTART: 0x1000_0000, NODEFER: 0x4000_0000, RESETHAND: 0x8000_0000 } as const;

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

/** What a thread shares with the others of its process. */
export interface SharedSignals {
  readonly actions: SignalActions;
  readonly mail: SignalMail;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, mask: new SignalSet(), restorer: 0 };
const ALL = new SignalSet(-1, -1);
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
  readonly #actions: SignalActions;
  readonly #mail: SignalMail | undefined;
  #blocked = new SignalSet();
  #pending = new SignalSet();
  /** What is blocked again once the handlers have run that a call let in. */
  #restored: SignalSet | undefined;

  /** @param shared absent: the process has one thread */
  constructor(primitives: SignalPrimitives, shared?: SharedSignals) {
    this.#primitives = primitives;
    this.#actions = shared?.actions ?? new SignalActions();
    this.#mail = shared?.mail;
  }

  /** Another thread begins, which has nothing yet. */
  begin(): void {
    this.#blocked = new SignalSet();
    this.#pending = new SignalSet();
    this.#restored = undefined;
    this.stack = NO_STACK;
    for (const timer of this.timers) timer.dueMs = Number.POSITIVE_INFINITY;
    this.#note();
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
    const pending = this.#mail === undefined ? this.#pending : this.#pending.or(this.#mail.waiting());
    return pending.and(this.#blocked);
  }

  action(signal: number): SignalAction {
    return this.#actions.get(signal);
  }

  /** @param signal one that may have another action: neither SIGKILL nor SIGSTOP */
  setAction(signal: number, action: SignalAction): void {
    this.#actions.set(signal, { ...action, mask: action.mask.without(UNBLOCKABLE) });
    if (this.#isIgnored(signal)) {
      this.#pending.delete(signal);
      this.#mail?.drop(signal);
    }
    this.#note();
  }

  /** The process is sent a signal: this thread's, unless it blocks it, then whose that does not. */
  sendToProcess(signal: number): void {
    if (this.#mail === undefined || !this.#blocked.has(signal)) this.send(signal);
    else this.#mail.sendToProcess(signal);
  }

  /** This thread is sent a signal: its handler runs at the end of this call, unless it is blocked. */
  send(signal: number): void {
    if (!this.#blocked.has(signal) && this.#isIgnored(signal)) return;
    this.#pending.add(signal);
    this.#note();
  }

  /** Takes one of those that wait, without its action. @returns 0: there is none of them */
  take(wanted: SignalSet): number {
    this.#expire();
    this.#collect();
    const own = this.#pending.and(wanted).first;
    if (own !== 0) this.#pending.delete(own);
    this.#note();
    return own === 0 && this.#mail !== undefined ? this.#mail.takeOfProcess(wanted) : own;
  }

  /** Blocks others until the end of the call, whose handlers run with these blocked. */
  blockMeanwhile(signals: SignalSet): void {
    this.#restored = this.#blocked;
    this.blocked = signals;
    this.least = Number.POSITIVE_INFINITY; // what was blocked is blocked again, whether a handler runs or not
  }

  /** Whether others have sent something that this thread does not block, or waits for: only looks. */
  mayBeInterrupted(wanted?: SignalSet): boolean {
    if (this.#mail === undefined) return false;
    // What was collected since it was looked for is blocked, and in no mail any more.
    if (wanted !== undefined && this.#pending.and(wanted).first !== 0) return true;
    return this.#mail.hasNews(wanted === undefined ? this.#blocked : this.#blocked.without(wanted));
  }

  /** Whether a sleeping call has to end, since something is to be done about a signal. */
  isInterrupted(): boolean {
    this.#expire();
    this.#collect();
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

  /**
   * Does what is to be done about signals: at the end of a call whose result was below `least`.
   *
   * @returns whether a call that was interrupted goes on, as all handlers want it
   */
  attend(): boolean {
    let goesOn = true;
    this.#expire();
    this.#collect();
    const restored = this.#restored ?? this.#blocked;
    this.#restored = undefined;
    // As Linux does, which lets all in before the first handler runs: those that are blocked now stay out, others nest.
    const blocked = this.#blocked;
    for (let signal = this.#deliverable(); signal !== 0; signal = this.#deliverable()) {
      this.#pending.delete(signal);
      const { handler, flags } = this.action(signal);
      goesOn &&= handler === SIG_IGN || handler === SIG_DFL || (flags & SA.RESTART) !== 0;
      this.#deliver(signal);
      this.#blocked = blocked;
    }
    this.#blocked = restored;
    this.#note();
    return goesOn;
  }

  #deliver(signal: number): void {
    const { handler, flags, mask } = this.action(signal);
    if (handler === SIG_IGN) return;
    if (handler === SIG_DFL) {
      if (endsProcess(signal)) this.#primitives.raise(signal);
      return;
    }
    if ((flags & SA.RESETHAND) !== 0) this.#actions.set(signal, DEFAULT);
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
    const handler = this.#actions.handlerOf(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && !endsProcess(signal));
  }

  /** What others have sent waits here from now on; what the process was sent, if it is not blocked. */
  #collect(): void {
    const mail = this.#mail;
    if (mail === undefined || !mail.hasNews(this.#blocked)) return;
    this.#pending = this.#pending.or(mail.take(ALL.without(this.#blocked)));
    this.#note();
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
      this.sendToProcess(timer.signal);
    }
  }

  #note(): void {
    const isIdle = this.nextDueMs === Number.POSITIVE_INFINITY && this.#deliverable() === 0;
    this.least = isIdle ? 0 : Number.POSITIVE_INFINITY;
  }
}
