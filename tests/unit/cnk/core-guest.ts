// A guest of CNK's that makes Linux's calls in this thread: handlers as the binder calls them, with a memory, a clock and a Linux
// that are the test's.

import { AddressSpace, type CoreContext, PAGES_A_WASM_PAGE, Signals } from '../../../personalities/cnk/index.ts';
import { coreHandlers, linuxHandlers } from '../../../personalities/cnk/linux/index.ts';
import { errnoName, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import { createControl } from '../../../runtime/channel/layout.ts';
import { threadsOn } from '../../../runtime/machine/cores/threads.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { RandomPool } from '../../../runtime/memory/random-pool.ts';
import { encodeStrings } from '../../../runtime/memory/string-vector.ts';
import { ProcessBlock } from '../../../runtime/process/block.ts';
import { ThreadFutex } from '../../../runtime/process/thread-futex.ts';

const OWN_PAGES = 1;
const MOST_PAGES = 8;
const PID = 42;

/** The guest has ended: by an exit status, or by a signal below zero. */
export class Ended extends Error {
  readonly how: number;
  constructor(how: number) {
    super(`ended by ${how}`);
    this.how = how;
  }
}

export type Answer = number | string;

export class CoreGuest {
  readonly source = new WebAssembly.Memory({ initial: OWN_PAGES, maximum: MOST_PAGES, shared: true });
  readonly memory = new GuestMemory(this.source);
  /** Handlers that ran: index and signal. */
  readonly handled: [index: number, signal: number][] = [];
  /** What a handler does. */
  onSignal: (signal: number) => void = () => {};
  /** How long it slept, in milliseconds; a sleep takes no time of ours. */
  readonly slept: number[] = [];
  /** What the rest answers. */
  rest: (name: string, ...args: number[]) => number = () => NOT_SERVED;
  /** How far sleeps have put its clock forward: asleep is awake again. */
  onSleep: (durationMs: number) => void = () => {};
  readonly context: CoreContext;

  constructor(args: readonly string[] = ['program', 'ü', '']) {
    const exit = (code: number): never => {
      throw new Ended(code);
    };
    const raise = (signal: number): never => {
      throw new Ended(-signal);
    };
    const grow = (pages: number): number => {
      try {
        return this.source.grow(pages);
      } catch {
        return -1;
      }
    };
    const { memory } = this;
    const sleep = (durationMs: number): void => {
      this.slept.push(durationMs);
      this.onSleep(durationMs);
    };
    const control = createControl(1, 'park');
    const block = new ProcessBlock(control, 0);
    const threads = threadsOn(undefined, { pid: PID, slot: 0 }, { exit, endThread: exit });
    const leave = (): never => {
      throw new Error('the process has not ended');
    };
    const sleepUntil = (_isThere: () => boolean, durationMs: number): void => sleep(durationMs);
    this.context = {
      threads,
      thread: { clearTid: 0, robustList: undefined, affinity: undefined },
      processors: 1,
      giveWay: () => {},
      futex: new ThreadFutex({
        control,
        slot: 0,
        block,
        monitor: { leave, raise },
        sleepUntil,
        threads,
        processors: 1,
      }),
      pid: PID,
      identity: { isChanged: false },
      memory,
      descriptors: new Int32Array(0),
      args: encodeStrings(args),
      environment: encodeStrings([]),
      monotonicOffsetNs: 5e9,
      startedMs: performance.now(),
      realtimeOriginMs: Math.floor(performance.timeOrigin),
      realtimeRestNs: 0,
      random: new RandomPool(),
      exit,
      raise,
      sleep,
      sleepUntil,
      sendSignal: () => {
        throw new Error('there is no other thread');
      },
      space: new AddressSpace({
        owners: new Uint8Array(MOST_PAGES * PAGES_A_WASM_PAGE),
        touched: new Uint8Array(MOST_PAGES * PAGES_A_WASM_PAGE),
        memory,
        grow,
      }),
      signals: new Signals({
        call: (index, signal) => {
          this.handled.push([index, signal]);
          this.onSignal(signal);
        },
        raise,
        nowMs: () => performance.now(),
      }),
      callRest: (_module, name, ...values) => this.rest(name, ...values),
    };
  }

  /** Makes a call, as the binder does. @returns a number, or the error's name */
  call(name: string, ...args: number[]): Answer {
    const handlers = { ...linuxHandlers, ...coreHandlers } as unknown as Readonly<
      Record<string, (context: CoreContext, ...values: number[]) => number>
    >;
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`there is no ${name}`);
    const result = handler(this.context, ...args);
    if (result === NOT_SERVED) return 'NOT_SERVED';
    const { signals } = this.context;
    if (signals.least !== 0) signals.attend();
    return result < 0 ? errnoName(-result) : result;
  }

  /** Stores 64-bit numbers. */
  store(at: number, ...values: number[]): number {
    values.forEach((value, i) => {
      this.memory.writeU64(at + 8 * i, BigInt.asUintN(64, BigInt(value)));
    });
    return at;
  }

  /** Loads 64-bit numbers. */
  load(at: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => Number(BigInt.asIntN(64, this.memory.readU64(at + 8 * i))));
  }
}
