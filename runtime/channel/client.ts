// The guest's end of a mailbox: stores number and raw arguments, rings, waits for the completion. Called by core/bind.
// One client a guest thread; its wait is a spin bounded in time, then a sleep (see wait-policy). It knows no call.
// A stack overflow may strike between any two statements, calls of the engine's own included. So what was posted is known from the
// word REQUEST alone, and a call first waits out a request that an earlier one left open.

import { type AnyHandler, carriedTypeOf, isWide, type Row, type WasmType } from '../abi/row.ts';
import { type Doorbell, ring, type Wait } from '../shm/doorbell.ts';
import type { Interrupts } from '../shm/waits.ts';
import {
  blockBase,
  CALL_BACK,
  CALL_BACK_DONE,
  type Control,
  linuxDoorbell,
  MACHINE,
  QUIET_GROUPS,
  SLOT,
  slotBase,
} from './layout.ts';
import { sleepOnSlot } from './run-clock.ts';
import { boundedPolicyOf, policyOf, SpinBudget } from './wait-policy.ts';

/** Iterations between two looks at the clock; about 1 µs. */
const SPINS_A_LOOK = 200;

/** What leaves the guest for good: a real trap, after the reason was noted. */
export type Leave = () => never;
/** Work that the server leaves to the guest's own thread: what may block it, and nobody else. */
export type Work = () => void;

export class Client {
  readonly #control: Control;
  readonly #slot: number;
  readonly #base: number;
  /** Index of the process's attention word. */
  readonly #attention: number;
  readonly #leave: Leave;
  readonly #work: Work | undefined;
  readonly #wait: Wait | undefined;
  readonly #linux: Doorbell;
  readonly #budget: SpinBudget;
  /** Of the thread, once it has signals. */
  interrupts: Interrupts | undefined;

  /**
   * @param block of the thread's process
   * @param wait of a thread that has something to do before it sleeps: it then spins no longer than is cheap
   */
  constructor(control: Control, slot: number, block: number, leave: Leave, work?: Work, wait?: Wait) {
    this.#control = control;
    this.#slot = slot;
    this.#base = slotBase(slot);
    this.#attention = blockBase(block);
    this.#leave = leave;
    this.#work = work;
    this.#wait = wait;
    this.#linux = linuxDoorbell(control);
    this.#budget = new SpinBudget(wait === undefined ? policyOf(control) : boundedPolicyOf(control));
  }

  /** A handler that ships the row's call, and returns what the server's answers. It has no use for a context. */
  handlerFor(row: Row): AnyHandler<unknown> {
    const { i32 } = this.#control;
    const args = this.#base + SLOT.ARGS;
    const n = row.number;
    const types = row.params.map(carriedTypeOf);
    const put = (index: number, value: number | bigint): void => this.#put(types[index], index, value);
    type Value = number | bigint;
    const call = isWide(row)
      ? (): number => {
          this.ship(n);
          return this.#control.f64[(this.#base + SLOT.RESULT) >> 1] as number;
        }
      : (): number => {
          this.ship(n);
          return this.#result();
        };
    if (types.every((type) => type === 'i32')) {
      // Calls of up to four int32 arguments, which are most: stores without a test of the type.
      switch (types.length) {
        case 0:
          return call;
        case 1:
          return (_context, a: number) => {
            i32[args] = a;
            return call();
          };
        case 2:
          return (_context, a: number, b: number) => {
            i32[args] = a;
            i32[args + 2] = b;
            return call();
          };
        case 3:
          return (_context, a: number, b: number, c: number) => {
            i32[args] = a;
            i32[args + 2] = b;
            i32[args + 4] = c;
            return call();
          };
        case 4:
          return (_context, a: number, b: number, c: number, d: number) => {
            i32[args] = a;
            i32[args + 2] = b;
            i32[args + 4] = c;
            i32[args + 6] = d;
            return call();
          };
      }
    }
    return (_context, a: Value, b: Value, c: Value, d: Value, e: Value, f: Value, g: Value, h: Value, i: Value) => {
      const count = types.length;
      if (count > 0) put(0, a);
      if (count > 1) put(1, b);
      if (count > 2) put(2, c);
      if (count > 3) put(3, d);
      if (count > 4) put(4, e);
      if (count > 5) put(5, f);
      if (count > 6) put(6, g);
      if (count > 7) put(7, h);
      if (count > 8) put(8, i);
      return call();
    };
  }

  /** Reports a call without parameters beyond one int32 (the monitor's own); the guest need not live. */
  report(call: number, argument: number): void {
    this.#control.i32[this.#base + SLOT.ARGS] = argument;
    this.#post(call);
  }

  /** Ships the request whose arguments stand in the mailbox and returns when it is complete. */
  ship(call: number): void {
    const { i32 } = this.#control;
    this.#await(this.#post(call));
    if (i32[this.#base + SLOT.WORK] !== 0) this.#doWork();
    if (i32[this.#attention] !== 0) this.#leave();
  }

  /** Works for the server as often as it calls back, until the call is complete. */
  #doWork(): void {
    const { i32 } = this.#control;
    const word = this.#base + SLOT.WORK;
    for (let kind = i32[word]; kind !== 0; kind = i32[word]) {
      // A killed guest's mailbox is not served any more: nobody would take the answer.
      if (i32[this.#attention] !== 0) return;
      i32[word] = 0;
      this.#work?.();
      if (kind === CALL_BACK) this.#await(this.#post(CALL_BACK_DONE));
    }
  }

  #post(call: number): number {
    const { i32 } = this.#control;
    const base = this.#base;
    const last = i32[base + SLOT.REQUEST] as number; // this thread alone stores it
    if (Atomics.load(i32, base + SLOT.DONE) !== last) this.#await(last);
    const generation = (last + 1) | 0;
    i32[base + SLOT.CALL] = call;
    // Pairs with the load in server.serve.
    Atomics.store(i32, base + SLOT.REQUEST, generation);
    // Pairs with the store of QUIET in the server, which looks at REQUEST after it.
    if (Atomics.load(i32, base + SLOT.QUIET) !== 0)
      Atomics.or(i32, MACHINE.QUIET_POSTS, 1 << (this.#slot % QUIET_GROUPS));
    ring(this.#linux);
    return generation;
  }

  #await(generation: number): void {
    const { i32 } = this.#control;
    const base = this.#base;
    const spinMs = this.#budget.next();
    if (spinMs > 0) {
      // Pairs with the store of DONE in server.complete.
      for (let i = 0; i < SPINS_A_LOOK; i++) {
        if (Atomics.load(i32, base + SLOT.DONE) === generation) return this.#budget.succeeded();
      }
      if (this.#spin(generation, spinMs)) return this.#budget.succeeded();
      this.#budget.failed();
    }
    this.#sleep(generation);
  }

  #spin(generation: number, limitMs: number): boolean {
    const { i32 } = this.#control;
    const base = this.#base;
    const start = performance.now();
    for (;;) {
      for (let i = 0; i < SPINS_A_LOOK; i++) if (Atomics.load(i32, base + SLOT.DONE) === generation) return true;
      if (Atomics.load(i32, this.#attention) !== 0) return true;
      if (this.interrupts?.mayBeInterrupted() === true) return false;
      if (performance.now() - start > limitMs) return false;
    }
  }

  #sleep(generation: number): void {
    const { i32 } = this.#control;
    const base = this.#base;
    const isThere = (): boolean =>
      Atomics.load(i32, base + SLOT.DONE) === generation || Atomics.load(i32, this.#attention) !== 0;
    if (this.interrupts !== undefined) this.#sleepUntilInterrupted(generation, isThere, this.interrupts);
    sleepOnSlot(this.#control, this.#slot, isThere, undefined, this.#wait);
  }

  /** As long as no signal comes; then the server is asked to end the call. */
  #sleepUntilInterrupted(generation: number, isThere: () => boolean, interrupts: Interrupts): void {
    const leftMs = (): number => interrupts.nextDueMs - performance.now();
    do {
      sleepOnSlot(this.#control, this.#slot, () => isThere() || interrupts.mayBeInterrupted(), leftMs, this.#wait);
      if (isThere()) return;
    } while (!interrupts.isInterrupted());
    const { i32 } = this.#control;
    Atomics.store(i32, this.#base + SLOT.INTERRUPT, generation);
    // Pairs with the exchange in the server, which looks at INTERRUPT after it.
    Atomics.or(i32, MACHINE.QUIET_POSTS, 1 << (this.#slot % QUIET_GROUPS));
    ring(this.#linux);
  }

  #result(): number {
    return this.#control.i32[this.#base + SLOT.RESULT] as number;
  }

  #put(type: WasmType | undefined, index: number, value: number | bigint): void {
    const { i32, i64, f64 } = this.#control;
    const at = this.#base + SLOT.ARGS + 2 * index;
    if (typeof value === 'bigint') i64[at >> 1] = value;
    else if (type === 'f64') f64[at >> 1] = value;
    else i32[at] = value;
  }
}
