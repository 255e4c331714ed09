// The serving end of all mailboxes: scans the slots that have a guest, runs the handler of a new request, completes it or
// leaves it open until its personality says that it may go on. Runs in the system core's worker, which must turn its event
// loop now and then (messages from the booting thread). It knows no call and no file.
// Shared words: channel/layout. The server alone stores DONE, RESULT and QUIET.
//
// A look at a slot costs as much as a hundredth of a call, so slots that have not called for a while drop out of the scan (QUIET):
// their next call says so by a bit. That is the protocol of shm/doorbell, with a bit in the place of a ring.

import { ERESTART, Errno } from '../abi/errno.ts';
import { isWide, type Row } from '../abi/row.ts';
import { announce, type Doorbell, retract, ring, toldOf } from '../shm/doorbell.ts';
import {
  CALL_BACK,
  CALL_BACK_DONE,
  CALL_EXIT,
  type Control,
  LAST_WORK,
  linuxDoorbell,
  MACHINE,
  POLICIES,
  QUIET_GROUPS,
  SLOT,
  slotBase,
  slotDoorbell,
} from './layout.ts';
import type { Service, ServiceContext } from './service.ts';
import { type Invoke, unpackFor } from './unpack.ts';
import { SpinBudget, WorkBudget } from './wait-policy.ts';

/** The event loop is turned at least so often, so that a busy server still receives messages and timers. */
const TURN_MS = 1;
const SCANS_A_LOOK = 256;
/** Long calls must not keep the event loop waiting. */
const SERVES_A_LOOK = 32;

/** So many slots are looked at always. */
const QUICK_LEAST = 8;
/** Beyond that, those that have not called for so long are not. */
const QUIET_MS = 1;

/** What a warm core takes to bring a guest to its first call. */
const START_MS = 0.2;
/** What waitAsync is given at most: about a day. */
const LONGEST_TIMER_MS = 1e8;

/** One slot that has a guest. */
interface Caller<Context> {
  readonly base: number;
  readonly doorbell: Doorbell;
  readonly context: Context;
  /** Generation of the newest request that was begun. */
  seen: number;
  isAttached: boolean;
  readonly group: number;
  /** Those that each scan looks at, or the quiet ones of its group. */
  list: Caller<Context>[];
  /** It has called since quiet ones were looked for last. */
  hasCalled: boolean;
  /** The handler of a call that waits, to be run again. */
  open: { invoke: Invoke<Context>; call: number } | undefined;
  /** The guest's thread works for the open call; it says so when it has done (CALL_BACK_DONE). */
  isCalledBack: boolean;
}

export interface ServerEvents<Context> {
  /** The monitor of a slot reports that its guest ended. */
  ended(context: Context, waitStatus: number): void;
  /** A handler threw: a bug of ours (or of a file system's), never the guest's. */
  bug(error: unknown, context: Context, call: string): void;
}

export class Server<Context extends ServiceContext> {
  readonly #control: Control;
  readonly #service: Service<Context>;
  readonly #events: ServerEvents<Context>;
  readonly #invoke: (Invoke<Context> | undefined)[] = [];
  readonly #rows: (Row | undefined)[] = [];
  /** By call number: its result takes eight bytes. */
  readonly #isWide: boolean[] = [];
  /** Those that each scan looks at. */
  readonly #quick: Caller<Context>[] = [];
  /** The others, by group. */
  readonly #quiet: readonly Caller<Context>[][] = Array.from({ length: QUIET_GROUPS }, () => []);
  #lastHushMs = 0;
  readonly #callerOf = new Map<Context, Caller<Context>>();
  readonly #budget: SpinBudget;
  /** While guests' threads work for their calls, which takes longer than a guest takes to call again. */
  readonly #workBudget: WorkBudget;
  #calledBack = 0;
  readonly #scansALook: number;
  /** A guest that was started a moment ago is about to call: its wake-up would be the longest part of a short run. */
  #awaitedUntil = 0;
  #stopped = false;

  constructor(control: Control, table: readonly Row[], service: Service<Context>, events: ServerEvents<Context>) {
    this.#control = control;
    this.#service = service;
    this.#events = events;
    const policy = POLICIES[control.i32[MACHINE.POLICY] as number] ?? 'adaptive';
    this.#budget = new SpinBudget(policy);
    this.#workBudget = new WorkBudget(policy);
    this.#scansALook = policy === 'park' ? 1 : SCANS_A_LOOK;
    for (const row of table) {
      this.#rows[row.number] = row;
      this.#isWide[row.number] = isWide(row);
      const handler = service.handlers[row.number];
      if (handler !== undefined) this.#invoke[row.number] = unpackFor(row, handler);
    }
  }

  /** Serves the guest thread on a slot from now on; requests already posted included. */
  attach(slot: number, context: Context): void {
    const base = slotBase(slot);
    const caller: Caller<Context> = {
      base,
      doorbell: slotDoorbell(this.#control, slot),
      context,
      seen: this.#control.i32[base + SLOT.DONE] as number,
      open: undefined,
      isCalledBack: false,
      isAttached: true,
      group: slot % QUIET_GROUPS,
      list: this.#quick,
      hasCalled: true,
    };
    this.#quick.push(caller);
    Atomics.store(this.#control.i32, base + SLOT.QUIET, 0);
    if (this.#scansALook > 1) this.#awaitedUntil = performance.now() + START_MS;
    this.#callerOf.set(context, caller);
  }

  /**
   * Serves the slot no longer. An open call is completed as interrupted: its guest is gone or about to leave, and whoever
   * uses the mailbox next must find it idle.
   */
  detach(context: Context): void {
    const caller = this.#callerOf.get(context);
    if (caller === undefined) return;
    caller.isAttached = false;
    this.#endCallBack(caller);
    this.#callerOf.delete(context);
    caller.list.splice(caller.list.indexOf(caller), 1);
    const { i32 } = this.#control;
    const newest = Atomics.load(i32, caller.base + SLOT.REQUEST);
    if (newest === i32[caller.base + SLOT.DONE]) return;
    const call = caller.open?.call ?? (i32[caller.base + SLOT.CALL] as number);
    this.#complete(caller, -Errno.EINTR, call, newest);
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * Serves until stopped.
   *
   * @param turn lets the event loop run once
   * @param received how many messages of the booting thread have arrived; it counts those that it posts
   */
  async serve(turn: () => Promise<void>, received: () => number): Promise<void> {
    const { i32 } = this.#control;
    const doorbell = linuxDoorbell(this.#control);
    let lastTurn = performance.now();
    /** Since when there was nothing to do, and what the server may spin from then on. */
    let idleSince = -1;
    let spinMs = 0;
    let budget: SpinBudget | WorkBudget = this.#budget;
    /** The next round is the look before a sleep. */
    let isLast = false;
    while (!this.#stopped) {
      const seen = isLast ? announce(doorbell) : 0;
      const nextTimerMs = this.#service.poll();
      let resumed = 0;
      let served = 0;
      for (let i = isLast ? 1 : this.#scansALook; i > 0 && served < SERVES_A_LOOK; i--) {
        const begun = this.#scan();
        if (begun === 0) continue;
        served += begun;
        resumed += this.#resume();
      }
      // What was posted goes first: who has heard of a guest's end, and asks for something then, finds it ended.
      resumed += this.#resume();
      const now = performance.now();
      if (this.#quick.length > QUICK_LEAST && now - this.#lastHushMs > QUIET_MS) this.#hush(now);
      const hasPost = Atomics.load(i32, MACHINE.POSTED) !== received();
      if (isLast && served + resumed === 0 && !hasPost && nextTimerMs > 0) {
        // In the event loop, so that messages arrive too.
        await toldOf(doorbell, seen, Math.min(nextTimerMs, LONGEST_TIMER_MS));
        lastTurn = performance.now();
      }
      if (isLast) {
        retract(doorbell);
        isLast = false;
        idleSince = -1;
        continue;
      }
      if (hasPost || now - lastTurn > TURN_MS) {
        await turn();
        lastTurn = now;
      }
      if (served + resumed > 0 || hasPost) {
        if (idleSince >= 0) budget.succeeded();
        idleSince = -1;
        continue;
      }
      if (idleSince < 0) {
        idleSince = now;
        budget = this.#calledBack > 0 ? this.#workBudget : this.#budget;
        spinMs = this.#callerOf.size > 0 ? budget.next() : 0;
      }
      if (now - idleSince < spinMs || now < this.#awaitedUntil) continue;
      if (spinMs > 0) budget.failed();
      isLast = true;
    }
  }

  /** Begins what is posted by now: whoever sends a message may have heard of it. */
  look(): void {
    this.#scan();
  }

  /** One look at every slot that is not quiet, or has said that it is no longer. @returns the number of requests begun */
  #scan(): number {
    const { i32 } = this.#control;
    // Pairs with the or in the client.
    if (Atomics.load(i32, MACHINE.QUIET_POSTS) !== 0) this.#takeQuiet(Atomics.exchange(i32, MACHINE.QUIET_POSTS, 0));
    const callers = this.#quick;
    let served = 0;
    for (let i = 0; i < callers.length; i++) {
      const caller = callers[i] as Caller<Context>;
      // Pairs with the store in client.post.
      const request = Atomics.load(i32, caller.base + SLOT.REQUEST);
      if (request === caller.seen) continue;
      caller.seen = request;
      caller.hasCalled = true;
      served++;
      this.#begin(caller);
    }
    return served;
  }

  /** Lets those drop out of the scan that have not called since this was done last. */
  #hush(nowMs: number): void {
    this.#lastHushMs = nowMs;
    for (const caller of [...this.#quick]) {
      // The store comes before the look: a client that posts after it sets its bit. Pairs with the load in the client.
      if (!caller.hasCalled) this.#move(caller, this.#quiet[caller.group] as Caller<Context>[], 1);
      if (this.#hasPosted(caller)) this.#move(caller, this.#quick, 0);
      caller.hasCalled = false;
    }
  }

  /** @param groups in which somebody has called */
  #takeQuiet(groups: number): void {
    for (const [group, callers] of this.#quiet.entries()) {
      if ((groups & (1 << group)) === 0) continue;
      for (const caller of callers.filter((one) => this.#hasPosted(one))) this.#move(caller, this.#quick, 0);
      for (const caller of callers.filter((one) => this.#isToEnd(one))) this.#interrupt(caller);
    }
    const isMeant = ({ group }: Caller<Context>): boolean => (groups & (1 << group)) !== 0;
    for (const caller of this.#quick.filter((one) => isMeant(one) && this.#isToEnd(one))) this.#interrupt(caller);
  }

  /** A call waits whose thread has a signal. */
  #isToEnd({ base, seen, open, isCalledBack }: Caller<Context>): boolean {
    if (open === undefined || isCalledBack) return false;
    // Pairs with the store in the client.
    return Atomics.load(this.#control.i32, base + SLOT.INTERRUPT) === seen;
  }

  #interrupt(caller: Caller<Context>): void {
    const { open, context } = caller;
    const result = this.#service.interrupt?.(context);
    if (open === undefined || result === undefined) return;
    caller.open = undefined;
    this.#complete(caller, result, open.call, caller.seen);
    this.#service.completed(context);
  }

  #hasPosted({ base, seen }: Caller<Context>): boolean {
    return Atomics.load(this.#control.i32, base + SLOT.REQUEST) !== seen;
  }

  #move(caller: Caller<Context>, list: Caller<Context>[], quiet: 0 | 1): void {
    caller.list.splice(caller.list.indexOf(caller), 1);
    caller.list = list;
    list.push(caller);
    Atomics.store(this.#control.i32, caller.base + SLOT.QUIET, quiet);
  }

  #begin(caller: Caller<Context>): void {
    const { i32 } = this.#control;
    const call = i32[caller.base + SLOT.CALL] as number;
    if (call === CALL_BACK_DONE) return this.#workDone(caller);
    // A guest that runs out of stack in the middle of its work may swallow that and call again.
    if (caller.isCalledBack) this.#dropOpen(caller);
    if (call === CALL_EXIT) {
      const waitStatus = i32[caller.base + SLOT.ARGS] as number;
      this.#complete(caller, 0, call, caller.seen);
      this.#events.ended(caller.context, waitStatus);
      return;
    }
    const invoke = this.#invoke[call];
    if (invoke === undefined) this.#complete(caller, -Errno.ENOSYS, call, caller.seen);
    else this.#run(caller, invoke, call);
  }

  #run(caller: Caller<Context>, invoke: Invoke<Context>, call: number): void {
    const { work } = this.#service;
    let result: number;
    work?.begin();
    this.#service.begins?.(caller.context);
    try {
      result = invoke(caller.context, this.#control, caller.base);
    } catch (error) {
      this.#events.bug(error, caller.context, this.#rows[call]?.name ?? `call ${call}`);
      result = -Errno.EIO;
    }
    if (!caller.isAttached) return; // the call ended its process: `detach` completed it
    if (result === -ERESTART && this.#rows[call]?.result !== 'number') {
      caller.open ??= { invoke, call };
      if (work?.announce(caller.context) === true) this.#callBack(caller);
      else if (this.#isToEnd(caller)) this.#interrupt(caller);
      return;
    }
    caller.open = undefined;
    if (result === -Errno.ENOSPC || result === -Errno.EMFILE) this.#refused(caller.context, -result, call);
    const isLeft = work?.announceLast(caller.context) === true;
    this.#complete(caller, result, call, caller.seen, isLeft ? LAST_WORK : 0);
    // The guest is let go first: it need not wait for this.
    this.#service.completed(caller.context);
  }

  #refused(context: Context, errno: number, call: number): void {
    if (this.#rows[call]?.result !== 'number') this.#service.refused?.(context, errno);
  }

  /** The guest's thread is to work for its open call. The mailbox's request counts as answered: the next one is its word. */
  #callBack(caller: Caller<Context>): void {
    caller.isCalledBack = true;
    this.#calledBack++;
    this.#answer(caller, CALL_BACK, caller.seen);
  }

  #workDone(caller: Caller<Context>): void {
    const { open } = caller;
    const mayRun = this.#service.work?.done(caller.context) === true;
    this.#endCallBack(caller);
    if (open === undefined) this.#complete(caller, -Errno.EIO, CALL_BACK_DONE, caller.seen);
    else if (mayRun) this.#run(caller, open.invoke, open.call);
  }

  #endCallBack(caller: Caller<Context>): void {
    if (caller.isCalledBack) this.#calledBack--;
    caller.isCalledBack = false;
  }

  #dropOpen(caller: Caller<Context>): void {
    this.#endCallBack(caller);
    caller.open = undefined;
    this.#service.work?.done(caller.context);
    this.#service.completed(caller.context);
  }

  #resume(): number {
    let resumed = 0;
    for (;;) {
      const context = this.#service.takeRunnable();
      if (context === undefined) return resumed;
      const caller = this.#callerOf.get(context);
      // Woken by something else while its guest works for it: it runs again when that is done.
      if (caller?.open === undefined || caller.isCalledBack) continue;
      resumed++;
      this.#run(caller, caller.open.invoke, caller.open.call);
      if (resumed >= SCANS_A_LOOK) return resumed;
    }
  }

  #complete(caller: Caller<Context>, result: number, call: number, generation: number, work = 0): void {
    const { i32, f64 } = this.#control;
    if (this.#isWide[call] === true) f64[(caller.base + SLOT.RESULT) >> 1] = result;
    else i32[caller.base + SLOT.RESULT] = result;
    this.#answer(caller, work, generation);
  }

  #answer(caller: Caller<Context>, work: number, generation: number): void {
    const { i32 } = this.#control;
    i32[caller.base + SLOT.WORK] = work;
    // Pairs with the loads in the client.
    Atomics.store(i32, caller.base + SLOT.DONE, generation);
    ring(caller.doorbell);
  }
}
