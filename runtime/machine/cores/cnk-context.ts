// What CNK is given in a thread that runs a guest: a core's worker, or the booting thread for a library there.

import {
  AddressSpace,
  CNK_HANDLERS,
  type CnkContext,
  CORE_HANDLERS,
  type CoreContext,
  endThread,
  type FilesContext,
  PAGES_A_WASM_PAGE,
  SignalActions,
  SignalMail,
  Signals,
  STAGED_HANDLERS,
  sendSignal,
  type ThreadState,
  type Threads,
  viewProcessState,
} from '../../../personalities/cnk/index.ts';
import { findRow } from '../../abi/table.ts';
import { type Control, ringSlot, SLOT, slotBase, slotCounters } from '../../channel/layout.ts';
import { type Attention, type Binding, bindRest } from '../../core/bind.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { CallService, Services } from '../../core/route.ts';
import { futexWaits, type Waits } from '../../core/wait-calls.ts';
import { host } from '../../host/index.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { RandomPool } from '../../memory/random-pool.ts';
import { encodeStrings } from '../../memory/string-vector.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { ThreadFutex } from '../../process/thread-futex.ts';
import type { Ending } from '../../shm/spin-lock.ts';
import type { Interrupts, SleepUntil } from '../../shm/waits.ts';
import type { EpochMs, ProcessMessage } from '../messages.ts';
import type { CallLimits } from '../process/limits.ts';
import { threadsOn } from './threads.ts';

export interface CnkParts {
  readonly process: Pick<ProcessMessage, 'pid' | 'args' | 'env'>;
  readonly memory: GuestMemory;
  readonly control: Control;
  readonly slot: number;
  readonly block: ProcessBlock;
  readonly epochMs: EpochMs;
  readonly monitor: Pick<Monitor, 'exit' | 'raise' | 'leave' | 'endThread' | 'placesOf'>;
  readonly limits?: CallLimits;
  /** Sleeps as the thread may. */
  readonly sleep: (durationMs: number) => void;
  /** Of a thread that shares the host's processors with others of its process. */
  readonly giveWay?: (() => void) | undefined;
}

const NEW_THREAD: ThreadState = { clearTid: 0, robustList: undefined, affinity: undefined };
const random = new RandomPool();

export function cnkContext(parts: CnkParts): CnkContext {
  const { process, memory, block, epochMs, monitor, sleep, limits } = parts;
  const bootedMs = performance.timeOrigin - epochMs;
  const originMs = Math.floor(performance.timeOrigin);
  return {
    pid: process.pid,
    identity: { isChanged: false },
    memory,
    descriptors: block.descriptors(limits?.openFiles),
    args: encodeStrings(process.args),
    environment: encodeStrings(process.env),
    monotonicOffsetNs: bootedMs * 1e6,
    startedMs: performance.now(),
    realtimeOriginMs: originMs,
    realtimeRestNs: (performance.timeOrigin - originMs) * 1e6,
    random,
    exit: monitor.exit,
    raise: monitor.raise,
    giveWay: parts.giveWay,
    sleep,
  };
}

/** CNK's services by home. */
export function cnkServices(parts: CnkParts): Services {
  const cnk = cnkService(cnkContext(parts), parts);
  return { cnk, fd: cnk };
}

/** With staged files, CNK may have whatever has a path or a descriptor. */
export function cnkServicesWithFiles(context: FilesContext, parts: CnkParts): Services {
  const cnk = cnkService(context, parts);
  const files: CallService = { ...cnk, handlerFor: ({ number }) => STAGED_HANDLERS[number] ?? CNK_HANDLERS[number] };
  return { cnk: files, fd: files, linux: files };
}

export interface CoreParts extends CnkParts, Pick<Binding, 'rest' | 'missing' | 'contain'> {
  /** The most that the guest's memory may have. */
  readonly maximumPages: number;
  /** Grows it. @returns the pages before; −1 */
  readonly grow: (pages: number) => number;
  /** Calls the function of table 0 with a signal. */
  readonly callHandler: (index: number, signal: number) => void;
  /** Sleeps as the thread may, on what others can wake it by. Absent: nobody can, as in a process of one thread. */
  readonly sleepUntil?: SleepUntil;
  /** Those of the thread's process; absent: it has this one. */
  readonly threads?: Threads;
  /** The process ends when all its threads wait for ever. */
  readonly deadlockCheck?: boolean;
  /** What its threads share: see cnk/threads/process-state; absent: it has one. */
  readonly shared?: SharedArrayBuffer | undefined;
}

/** What a thread of a process needs of its calls, besides the calls. */
export interface CoreService {
  readonly core: CallService;
  readonly attention: Attention;
  /** Waits and wakes of the thread: also those that are no calls. */
  readonly futex: ThreadFutex;
  /** Its waits that are no calls. */
  readonly waits: Waits;
  /** What may end its waits for calls that are served elsewhere. */
  readonly interrupts: Interrupts;
  /** Another thread begins with the same instance. */
  begin(): void;
  /** Ends the thread as its last call would: its function has returned. */
  endThread(status: number): never;
}

/** What is the guest's own thread's under every placement: its memory, its signals, its sleep. Made when a guest asks for it. */
export function coreService(parts: CoreParts): CoreService {
  const { control, slot, block, monitor, memory, maximumPages, grow, callHandler, sleep, deadlockCheck } = parts;
  const threads = parts.threads ?? threadsOn(undefined, { pid: parts.process.pid, slot }, monitor);
  const { processors } = host;
  const sleepUntil = parts.sleepUntil ?? ((_isThere, durationMs) => sleep(durationMs));
  const futex = new ThreadFutex({ control, slot, block, monitor, sleepUntil, threads, deadlockCheck, processors });
  const thread: ThreadState = { ...NEW_THREAD };
  const ending: Ending = { isEnding: () => block.ending !== 0, leave: monitor.leave };
  const state = parts.shared && viewProcessState(parts.shared, maximumPages);
  const mail = new SignalMail({
    words: control.i32,
    own: slotBase(slot) + SLOT.SIGNALS,
    process: block.signalsIndex,
    ring: () => block.ring(),
  });
  const signals = new Signals(
    { call: callHandler, raise: monitor.raise, nowMs: () => performance.now() },
    state && { actions: new SignalActions(state.actions, ending), mail },
  );
  let context: CoreContext | undefined;
  let space: AddressSpace | undefined;
  const newSpace = (): AddressSpace => {
    const pages = maximumPages * PAGES_A_WASM_PAGE;
    const bytes = state ?? { owners: new Uint8Array(pages), touched: new Uint8Array(pages), space: undefined };
    const { owners, touched, space: words } = bytes;
    return new AddressSpace({ owners, touched, memory, grow, ...(words && { words, ending }) });
  };
  const make = (): CoreContext => ({
    ...cnkContext(parts),
    threads,
    thread,
    processors,
    futex,
    signals,
    sleepUntil,
    sendSignal: (to, signal) => {
      sendSignal(control.i32, slotBase(to) + SLOT.SIGNALS, signal);
      ringSlot(control, to);
    },
    get space() {
      space ??= newSpace();
      return space;
    },
    callRest: restCaller(parts),
  });
  const made = (): CoreContext => {
    context ??= make();
    return context;
  };
  const core: CallService = {
    get context() {
      return made();
    },
    handlerFor: ({ number }) => CORE_HANDLERS[number],
    counters: slotCounters(control, slot).local,
  };
  return {
    core,
    attention: state === undefined ? signals : new SharedAttention(signals, ending),
    futex,
    waits: futexWaits(futex, signals),
    interrupts: signals,
    begin: () => {
      signals.begin();
      Object.assign(thread, NEW_THREAD);
    },
    endThread: (status) => endThread(made(), status),
  };
}

/** Of a thread that is not alone: at the end of each call it looks whether others have sent it a signal, or ended the process. */
class SharedAttention implements Attention {
  readonly #signals: Signals;
  readonly #ending: Ending;

  constructor(signals: Signals, ending: Ending) {
    this.#signals = signals;
    this.#ending = ending;
  }

  get least(): number {
    const isNeeded = this.#signals.mayBeInterrupted() || this.#ending.isEnding();
    return isNeeded ? Number.POSITIVE_INFINITY : this.#signals.least;
  }

  attend(): boolean {
    if (this.#ending.isEnding()) this.#ending.leave();
    return this.#signals.attend();
  }
}

/** Calls that a call of CNK's makes: bound when they are first made. */
function restCaller(parts: CoreParts): CoreContext['callRest'] {
  const bound = new Map<string, ReturnType<typeof bindRest>>();
  return (module, name, ...args) => {
    let call = bound.get(name);
    if (call === undefined) {
      const row = findRow(module, name);
      if (row === undefined) throw new RangeError(`there is no call ${module}.${name}`);
      call = bindRest(row, parts);
      bound.set(name, call);
    }
    return call(...args);
  };
}

function cnkService(context: CnkContext, { control, slot }: CnkParts): CallService {
  return {
    context,
    handlerFor: ({ number }) => CNK_HANDLERS[number],
    counters: slotCounters(control, slot).local,
    placements: ['cnk'],
  };
}
