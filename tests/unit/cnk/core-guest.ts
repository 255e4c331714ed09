// A guest of CNK's that makes Linux's calls in this thread: handlers as the binder calls them, with a memory, a clock and a Linux
// that are the test's.

import {
  AddressSpace,
  type CoreContext,
  processStateBytes,
  SignalActions,
  SignalMail,
  Signals,
  sendSignal,
  type Threads,
  viewProcessState,
} from '../../../personalities/cnk/index.ts';
import { coreHandlers, linuxHandlers } from '../../../personalities/cnk/linux/index.ts';
import { Errno, errnoName, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import { type Control, createControl, SLOT, slotBase } from '../../../runtime/channel/layout.ts';
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
  readonly #why: string;
  constructor(how: number, why = '') {
    super(`ended by ${how}`);
    this.how = how;
    this.#why = why;
  }

  /** For people. */
  get why(): string {
    return this.#why;
  }
}

export type Answer = number | string;

/** What the threads of a process share; each is a guest of its own here, and acts while another one sleeps. */
export class GuestProcess {
  readonly source = new WebAssembly.Memory({ initial: OWN_PAGES, maximum: MOST_PAGES, shared: true });
  readonly control: Control;
  readonly block: ProcessBlock;
  readonly state = viewProcessState(new SharedArrayBuffer(processStateBytes(MOST_PAGES)), MOST_PAGES);
  /** Tids by slot. */
  readonly tids: number[];
  /** What happened to threads, in order. */
  readonly events: string[] = [];
  deadlockCheck = false;
  /** Where threads that wait are in their programs, by slot. */
  places: readonly string[] = [];
  processors = 64;

  constructor(threads = 1) {
    this.control = createControl(threads, 'park');
    this.block = new ProcessBlock(this.control, 0);
    this.tids = Array.from({ length: threads }, (_, slot) => PID + slot);
    for (const [slot, tid] of this.tids.entries()) {
      this.control.i32[slotBase(slot) + SLOT.TID] = tid;
      this.block.threadBegins();
    }
  }

  threadsOf(slot: number, exit: (status: number) => never): Threads {
    const { tids, events } = this;
    const own = tids[slot] as number;
    return {
      tid: own,
      slot,
      most: tids.length,
      start: (start) => {
        events.push(JSON.stringify(start));
        return tids.length === 1 ? -Errno.EAGAIN : 1000;
      },
      leaving: () => events.push(`${own} is about to leave`),
      end: (status) => {
        events.push(`${own} ends with ${status}`);
        this.end(slot);
        return exit(status);
      },
      slotOf: (tid) => (tid !== 0 && tids.includes(tid) ? tids.indexOf(tid) : undefined),
      running: () => tids.flatMap((tid, at) => (tid === 0 ? [] : [at])),
    };
  }

  /** No thread is on the slot any more. */
  end(slot: number): void {
    this.block.threadEnds();
    this.tids[slot] = 0;
    this.control.i32[slotBase(slot) + SLOT.TID] = 0;
  }
}

export class CoreGuest {
  readonly source: WebAssembly.Memory;
  readonly memory: GuestMemory;
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

  constructor(args: readonly string[] = ['program', 'ü', ''], process = new GuestProcess(), slot = 0) {
    this.source = process.source;
    this.memory = new GuestMemory(this.source);
    const exit = (code: number): never => {
      throw new Ended(code);
    };
    const raise = (signal: number, message = ''): never => {
      throw new Ended(-signal, message);
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
    const { control, block, state, processors } = process;
    const isShared = process.tids.length > 1;
    const threads = process.threadsOf(slot, exit);
    const leave = (): never => {
      throw new Error('the process has not ended');
    };
    const sleepUntil = (isThere: () => boolean, durationMs: number): void => {
      if (!isThere()) sleep(durationMs);
    };
    const { deadlockCheck } = process;
    const placesOf = (slots: readonly number[]): string[] => slots.map((each) => process.places[each] ?? '');
    const monitor = { leave, raise, placesOf };
    const futex = new ThreadFutex({ control, slot, block, monitor, sleepUntil, threads, processors, deadlockCheck });
    const ending = { isEnding: () => block.ending !== 0, leave };
    const mail = new SignalMail({
      words: control.i32,
      own: slotBase(slot) + SLOT.SIGNALS,
      process: block.signalsIndex,
      ring: () => {},
    });
    const { owners, touched, space: words } = state;
    this.context = {
      threads,
      thread: { clearTid: 0, robustList: undefined, affinity: undefined },
      processors,
      giveWay: futex.giveWay,
      futex,
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
      sendSignal: (to, signal) => sendSignal(control.i32, slotBase(to) + SLOT.SIGNALS, signal),
      space: new AddressSpace({ owners, touched, memory, grow, words, ...(isShared && { ending }) }),
      signals: new Signals(
        {
          call: (index, signal) => {
            this.handled.push([index, signal]);
            this.onSignal(signal);
          },
          raise,
          nowMs: () => performance.now(),
        },
        isShared ? { actions: new SignalActions(state.actions, ending), mail } : undefined,
      ),
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
    if (signals.least !== 0 || signals.mayBeInterrupted()) signals.attend();
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
