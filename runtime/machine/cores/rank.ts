// A rank of a job, in the worker that runs it: what messaging is given there. Loaded with the first program that makes calls of MPI; one
// that was started alone is a job of one rank. MPI is that of the process's first thread: others of it are told so.

import {
  createRank,
  jobMemoryBytes,
  MESSAGING_HANDLERS,
  measuring,
  OTHER_THREADS,
  type OtherThread,
  type RankParts,
  type Torus,
  torusFor,
} from '../../../personalities/messaging/index.ts';
import { Signal } from '../../abi/signals.ts';
import { type Control, slotCounters, slotDoorbell } from '../../channel/layout.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { CallService } from '../../core/route.ts';
import type { SignalHandlers } from '../../core/signal-handlers.ts';
import { host } from '../../host/index.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { type Doorbell, ring } from '../../shm/doorbell.ts';
import type { EpochMs, JobSetup, StartGuest, TransportModule } from '../messages.ts';

export interface RankServiceParts {
  readonly start: Pick<StartGuest, 'deadlockCheck' | 'job' | 'threads' | 'unshared'>;
  readonly control: Control;
  readonly slot: number;
  /** Of the rank's process. */
  readonly block: Pick<ProcessBlock, 'messaging'>;
  readonly epochMs: EpochMs;
  /** Of the guest. */
  readonly memory: GuestMemory;
  readonly monitor: Pick<Monitor, 'sleepUntil' | 'abort' | 'raise' | 'placesOf'>;
  readonly handlers: Pick<SignalHandlers, 'exports' | 'table'>;
  /** From `loadTransport`. */
  readonly createTransport: RankParts['createTransport'];
}

/** What MPI_Get_processor_name tells: all ranks are on one machine. See also uname. */
const PROCESSOR_NAME = 'fusedos';

/** Before the guest starts: in guest code the worker can wait for nothing. */
export async function loadTransport({
  module,
  name,
  args,
}: TransportModule): Promise<NonNullable<RankParts['createTransport']>> {
  const create = (await import(module))[name];
  return (parts) => create(parts, ...args);
}

/** Serves the calls of MPI. The rank is made when a guest's imports ask for it. */
export function rankService(parts: RankServiceParts): CallService {
  const { start, control, slot } = parts;
  const counters = slotCounters(control, slot).local;
  const isMain = start.threads === undefined || start.threads.slots[0] === slot;
  if (!isMain) return otherThread(parts, counters);
  const measured = start.job?.times && measuring(start.job.times, start.job.rank);
  let context: ReturnType<typeof createRank> | undefined;
  return {
    get context() {
      context ??= createRank(rankParts(parts, start.job ?? jobOfOne(parts)));
      return context;
    },
    handlerFor: ({ number }) => {
      const handler = MESSAGING_HANDLERS[number];
      return measured === undefined || handler === undefined ? handler : measured(handler, number);
    },
    counters,
  };
}

/** Of a thread that may ask how things stand, and no more. */
function otherThread({ memory, monitor, epochMs, block }: RankServiceParts, counters: Float64Array): CallService {
  const context = { memory, nowMs: clockSince(epochMs), standing: () => block.messaging };
  const raise = (text: string): never => monitor.raise(Signal.SIGABRT, text);
  return {
    context,
    handlerFor: ({ name }) => {
      const entry = OTHER_THREADS[name];
      if (entry === undefined)
        return () => raise(`${name} was called by another thread than main: only main may (MPI_THREAD_FUNNELED)`);
      return (thread: OtherThread, address: number) => {
        try {
          return entry(thread, address);
        } catch (error) {
          return raise(`${name}: ${(error as Error).message}`);
        }
      };
    },
    counters,
  };
}

/** Milliseconds since the machine's start. */
function clockSince(epochMs: EpochMs): () => number {
  const originMs = performance.timeOrigin - epochMs;
  return () => performance.now() + originMs;
}

function jobOfOne({ start, slot }: RankServiceParts): JobSetup {
  const bytes = jobMemoryBytes(1);
  // One thread has it alone where the host shares none.
  const shared = start.unshared === undefined ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  const torus = torusFor(1, {}) as Torus;
  return { rank: 0, size: 1, ranksHere: 1, torus, shared: shared as SharedArrayBuffer, memories: [], slots: [slot] };
}

function rankParts(parts: RankServiceParts, job: JobSetup): RankParts {
  const { start, control, block, memory, monitor, handlers, epochMs, createTransport } = parts;
  const { rank, size, torus, ranksHere, shared, memories, slots } = job;
  const peers: (GuestMemory | undefined)[] = [];
  peers[rank] = memory;
  // All of it: a peer's bounds are its own to check, and its words are another's once it has ended.
  const peer = (other: number): GuestMemory => {
    const known = peers[other] ?? new GuestMemory(memories[other] as WebAssembly.Memory);
    peers[other] = known;
    return known;
  };
  const doorbells: (Doorbell | undefined)[] = [];
  const ringRank = (other: number): void => {
    const doorbell = doorbells[other] ?? slotDoorbell(control, slots[other] as number);
    doorbells[other] = doorbell;
    ring(doorbell);
  };
  return {
    rank,
    size,
    torus,
    ranksHere,
    shared,
    memory,
    peer,
    ring: ringRank,
    createTransport,
    // Messaging has looked before.
    sleepUntil: monitor.sleepUntil,
    tellThreads: (standing) => {
      block.messaging = standing;
    },
    nowMs: clockSince(epochMs),
    processors: host.processors,
    deadlockCheck: start.deadlockCheck,
    table: () => handlers.table,
    exports: () => handlers.exports,
    abort: monitor.abort,
    placesOf: (ranks) => monitor.placesOf(ranks.map((other) => slots[other] as number)),
    processorName: PROCESSOR_NAME,
  };
}
