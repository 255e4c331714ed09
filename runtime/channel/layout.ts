// Layout of the machine's control memory: one SharedArrayBuffer that every worker of a machine maps. It holds the words of
// the machine, the slots of threads and the blocks of processes (process/block). A slot belongs to one worker for that worker's
// life: the mailbox of the guest thread that runs there, its doorbell, its counters and its run clock.
//
//   byte 0     machine words: 128 B written by Linux and clients, 128 B written rarely
//   byte 256   slot 0 │ block 0 │ slot 1 │ block 1 │ …   whose block is whose, no number says
//
//   slot +0    request   128 B, written by the client:   REQUEST CALL arg0 … arg8 (8 B each), PARKED, DOORBELL, INTERRUPT
//        +128  response  128 B, written by the server:   DONE . RESULT(8 B) WORK QUIET
//        +256  thread    128 B, rarely written:          RUN_SEQUENCE RAN_MS RUNNING_SINCE
//                                                        TID STATE START_FUNCTION START_ARGUMENT SIGNALS(2) FUTEX(4) ASKED
//        +384  local calls, then shipped calls            COUNTERS float64 each
//              where the thread is in its program         1 KiB, see process/places
//
// Request and response stand on lines (and line pairs, which processors prefetch together) of their own, so that an empty
// round trip moves two lines.

import { descriptorTableBytes } from '../abi/descriptor-table.ts';
import { TABLE_SIZE } from '../abi/table.ts';
import type { Pid } from '../abi/types.ts';
import { type Doorbell, ring } from '../shm/doorbell.ts';

/** Index of each machine word, in int32. */
export const MACHINE = {
  /** What Linux sleeps on: see shm/doorbell. */
  DOORBELL: 0,
  /** Not 0 while Linux sleeps on it or is about to. */
  PARKED: 1,
  /** Messages that the booting thread has posted to Linux, counted. Linux turns its event loop when it changes. */
  POSTED: 2,
  /** A bit for each group of slots (see QUIET, INTERRUPT) in which one has posted or wants its call ended. Clients set, the server takes. */
  QUIET_POSTS: 3,
  /** Index into POLICIES. */
  POLICY: 32,
  /** Processes that were started, those with a Linux of their own included: see nextPid. */
  STARTED: 33,
} as const;

/** Index of each word of a slot, in int32 from the slot's start. */
export const SLOT = {
  /** Generation of the newest request. Client stores, server loads. Pairs with DONE. */
  REQUEST: 0,
  CALL: 1,
  ARGS: 2,
  /** Not 0 while the guest's thread sleeps on DOORBELL or is about to. */
  PARKED: 20,
  /** What the guest's thread sleeps on, whatever it waits for: an answer, a stream, time, a host function. See shm/doorbell. */
  DOORBELL: 21,
  /** Generation of the newest request whose wait a signal is to end. Client stores, then sets its group's bit in QUIET_POSTS. */
  INTERRUPT: 22,
  /** Generation of the newest completed request. Server stores, then rings; client loads. Pairs with REQUEST. */
  DONE: 32,
  /** 8-byte aligned: an int32 or a float64. */
  RESULT: 34,
  /** 0, or CALL_BACK or LAST_WORK: what the client does before it goes on. Server stores before DONE, client clears. */
  WORK: 36,
  /** Not 0: the server looks at the slot only when its group's bit in QUIET_POSTS is set. Server stores, then looks again. */
  QUIET: 37,
  /** How long the guest has run: see run-clock. */
  RUN_SEQUENCE: 66,
  /** 8-byte aligned, float64. */
  RAN_MS: 68,
  /** 8-byte aligned, float64. */
  RUNNING_SINCE: 70,
  /** The id of the thread that runs there; 0: none. */
  TID: 72,
  /** What a core does that is reserved for threads of the process: see process/thread-cores. */
  STATE: 73,
  START_FUNCTION: 74,
  START_ARGUMENT: 75,
  /** Two words: signals that other threads have sent to this one. */
  SIGNALS: 76,
  /** Four words: the thread's entry in a futex queue. See shm/futex. */
  FUTEX: 78,
  /** Somebody wants to know where the thread is in its program. See process/places. */
  ASKED: 82,
  COUNTERS: 96,
} as const;

export const MAX_ARGS = 9;
/** Groups of slots that have a bit of QUIET_POSTS each: slot modulo so many. */
export const QUIET_GROUPS = 32;
/** Calls that a slot counts: all of the table, up to a whole line. */
const COUNTERS = Math.ceil(TABLE_SIZE / 8) * 8;
/** Descriptors of a process (RLIMIT_NOFILE). */
export const DESCRIPTORS = 1024;
/** Set in a process's attention word beside the wait status, which may be zero. */
export const KILLED = 0x10000;
/** The call number by which a monitor reports the end of its guest; the wait status is its first argument. */
export const CALL_EXIT = 0;
/** The call number by which a client says that it has done what it was called back for. */
export const CALL_BACK_DONE = -1;
/** WORK: the call is not complete; the client works for the server, then says so and waits on. */
export const CALL_BACK = 1;
/** WORK: the call is complete, and the client has something to do that nobody waits for. */
export const LAST_WORK = 2;

const MACHINE_BYTES = 256;
const FIRST_PID = 2;
const PLACE_OFFSET = SLOT.COUNTERS * 4 + COUNTERS * 2 * 8;
const PLACE_BYTES = 1024;
const SLOT_BYTES = PLACE_OFFSET + PLACE_BYTES;
/** Where in a process's block its futex queues begin, and how many words they have; behind them is its descriptor table. */
export const BLOCK_FUTEX_OFFSET = 384;
export const BLOCK_FUTEX_WORDS = 64;
export const BLOCK_TABLE_OFFSET = BLOCK_FUTEX_OFFSET + BLOCK_FUTEX_WORDS * 4;
const BLOCK_BYTES = BLOCK_TABLE_OFFSET + descriptorTableBytes(DESCRIPTORS);
/** Most slots that the set of a block has room for. */
const SLOTS_MOST = 2048;

/** How both sides of a mailbox wait; the index is the word POLICY. */
export const POLICIES = ['poll', 'adaptive', 'park'] as const;
export type PollPolicy = (typeof POLICIES)[number];

/** Typed views on the control memory; each worker makes its own. */
export interface Control {
  readonly buffer: SharedArrayBuffer;
  readonly i32: Int32Array<SharedArrayBuffer>;
  readonly i64: BigInt64Array<SharedArrayBuffer>;
  readonly f64: Float64Array<SharedArrayBuffer>;
}

export function createControl(slots: number, policy: PollPolicy): Control {
  const control = viewControl(new SharedArrayBuffer(controlBytes(slots)));
  control.i32[MACHINE.POLICY] = POLICIES.indexOf(policy);
  return control;
}

/** For a thread that shares none of it: see machine/unshared/backing. */
export function createLocalControl(slots: number): Control {
  return viewControl(new ArrayBuffer(controlBytes(slots)) as ArrayBufferLike as SharedArrayBuffer);
}

export function viewControl(buffer: SharedArrayBuffer): Control {
  return { buffer, i32: new Int32Array(buffer), i64: new BigInt64Array(buffer), f64: new Float64Array(buffer) };
}

/** Index in int32 of a slot's first word. */
export function slotBase(slot: number): number {
  return (MACHINE_BYTES + slot * (SLOT_BYTES + BLOCK_BYTES)) >>> 2;
}

/** Index in int32 of a block's first word, which is its process's attention word: not 0 when its threads must leave. */
export function blockBase(block: number): number {
  return (MACHINE_BYTES + block * (SLOT_BYTES + BLOCK_BYTES) + SLOT_BYTES) >>> 2;
}

function controlBytes(slots: number): number {
  if (slots > SLOTS_MOST) throw new RangeError(`a machine has at most ${SLOTS_MOST} slots`);
  return MACHINE_BYTES + slots * (SLOT_BYTES + BLOCK_BYTES);
}

/** The pid of a process that is about to start, in any thread: nobody needs to be asked. The first is 2, as after an init. */
export function nextPid({ i32 }: Control): Pid {
  return (Atomics.add(i32, MACHINE.STARTED, 1) + FIRST_PID) as Pid;
}

/** The slot's counters by call number: calls served locally, calls shipped. */
export function slotCounters(control: Control, slot: number): { local: Float64Array; shipped: Float64Array } {
  const start = slotBase(slot) * 4 + SLOT.COUNTERS * 4;
  return {
    local: new Float64Array(control.buffer, start, COUNTERS),
    shipped: new Float64Array(control.buffer, start + COUNTERS * 8, COUNTERS),
  };
}

/** Where the slot's thread is in its program: how many characters, then each. */
export function slotPlace({ buffer }: Control, slot: number): Uint16Array {
  return new Uint16Array(buffer, slotBase(slot) * 4 + PLACE_OFFSET, PLACE_BYTES / Uint16Array.BYTES_PER_ELEMENT);
}

/** What Linux sleeps on. */
export function linuxDoorbell({ i32 }: Control): Doorbell {
  return { words: i32, bell: MACHINE.DOORBELL, announced: MACHINE.PARKED };
}

/** What the thread on a slot sleeps on. */
export function slotDoorbell({ i32 }: Control, slot: number): Doorbell {
  const base = slotBase(slot);
  return { words: i32, bell: base + SLOT.DOORBELL, announced: base + SLOT.PARKED };
}

/** Tells Linux that there is something to look at. Never blocks. */
export function ringDoorbell(control: Control): void {
  ring(linuxDoorbell(control));
}

/** Tells the thread on a slot that what it waits for may be there. Never blocks. */
export function ringSlot(control: Control, slot: number): void {
  ring(slotDoorbell(control, slot));
}
