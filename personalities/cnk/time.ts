// CNK's clocks and sleep. The clock is the worker's own, set to the machine's epoch at start, so that time agrees across
// cores and reading it costs no crossing.

import { Errno, NOT_SERVED } from '../../runtime/abi/errno.ts';
import type { GuestPtr } from '../../runtime/abi/types.ts';
import { EVENT, STRUCT_SIZES } from '../../runtime/abi/wasi/structs.ts';
import { CLOCKID, EVENTTYPE, SUBCLOCKFLAGS } from '../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, type WasiVersion } from '../../runtime/abi/wasi/version.ts';
import type { CnkContext } from './context.ts';

const TWO_32 = 2 ** 32;
const NS_PER_MS = 1e6;
/** What performance.now() resolves when the host is isolated: 5 µs in a page, less in Node. */
const RESOLUTION_NS = 1000;
const SUBSCRIPTIONS_MAX = 1024;

/** The processor-time clocks count from the process's start, waits included: a core runs one guest thread, always. */
export function clock_time_get(context: CnkContext, id: number, _precision: bigint, time: GuestPtr): number {
  const { memory } = context;
  if (id >>> 0 > CLOCKID.THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (!memory.contains(time, 8)) return -Errno.EFAULT;
  if (id !== CLOCKID.REALTIME) {
    const ns =
      id === CLOCKID.MONOTONIC
        ? performance.now() * NS_PER_MS + context.monotonicOffsetNs
        : (performance.now() - context.startedMs) * NS_PER_MS;
    memory.writeU64Halves(time, ns >>> 0, ns / TWO_32);
    return Errno.SUCCESS;
  }
  // Unix time in nanoseconds is past 2^53: the milliseconds are multiplied in two halves.
  const ms = context.realtimeOriginMs;
  const rest = performance.now() * NS_PER_MS + context.realtimeRestNs;
  const low = (ms >>> 0) * NS_PER_MS;
  const sum = (low % TWO_32) + rest;
  const high = Math.floor(ms / TWO_32) * NS_PER_MS + Math.floor(low / TWO_32) + Math.floor(sum / TWO_32);
  memory.writeU64Halves(time, sum >>> 0, high);
  return Errno.SUCCESS;
}

export function clock_res_get({ memory }: CnkContext, id: number, resolution: GuestPtr): number {
  if (id >>> 0 > CLOCKID.THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (!memory.contains(resolution, 8)) return -Errno.EFAULT;
  memory.writeU64Halves(resolution, RESOLUTION_NS, 0);
  return Errno.SUCCESS;
}

/** Serves a wait for clocks alone; one that names a descriptor is Linux's. */
export function poll_oneoff(
  context: CnkContext,
  subscriptions: GuestPtr,
  events: GuestPtr,
  count: number,
  eventCount: GuestPtr,
  { subscription }: WasiVersion = PREVIEW_1,
): number {
  const { memory } = context;
  const n = count >>> 0;
  if (!memory.containsArray(subscriptions, n, subscription.bytes)) return -Errno.EFAULT;
  if (!memory.containsArray(events, n, STRUCT_SIZES.event) || !memory.contains(eventCount, 4)) return -Errno.EFAULT;
  if (n === 0 || n > SUBSCRIPTIONS_MAX) return -Errno.EINVAL;
  const waits: { userdata: bigint; dueMs: number; errno: number }[] = [];
  const startMs = performance.now();
  for (let i = 0; i < n; i++) {
    const at = (subscriptions >>> 0) + i * subscription.bytes;
    if (memory.view.getUint8(at + subscription.tag) !== EVENTTYPE.CLOCK) return NOT_SERVED;
    const id = memory.readU32(at + subscription.clockId);
    const timeoutNs = Number(memory.readU64(at + subscription.clockTimeout));
    const flags = memory.readU16(at + subscription.clockFlags);
    const isAbsolute = (flags & SUBCLOCKFLAGS.SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
    const isKnown = id <= CLOCKID.THREAD_CPUTIME_ID && (flags & ~SUBCLOCKFLAGS.SUBSCRIPTION_CLOCK_ABSTIME) === 0;
    const dueMs = isAbsolute ? timeoutNs / NS_PER_MS - originMs(context, id) : startMs + timeoutNs / NS_PER_MS;
    waits.push({ userdata: memory.readU64(at), dueMs, errno: isKnown ? 0 : Errno.EINVAL });
  }
  const firstMs = Math.min(...waits.map((wait) => (wait.errno === 0 ? wait.dueMs : startMs)));
  context.sleep(firstMs - startMs);
  const nowMs = performance.now();
  let written = 0;
  for (const wait of waits) {
    if (wait.errno === 0 && wait.dueMs > nowMs) continue;
    const at = (events >>> 0) + written * STRUCT_SIZES.event;
    memory.bytes.fill(0, at, at + STRUCT_SIZES.event);
    memory.view.setBigUint64(at + EVENT.userdata, wait.userdata, true);
    memory.writeU16(at + EVENT.errno, wait.errno === 0 ? 0 : WASI_EINVAL);
    memory.view.setUint8(at + EVENT.type, EVENTTYPE.CLOCK);
    written++;
  }
  memory.writeU32(eventCount, written);
  return Errno.SUCCESS;
}

/** What `performance.now() === 0` is on that clock, in milliseconds. */
function originMs(context: CnkContext, id: number): number {
  if (id === CLOCKID.REALTIME) return context.realtimeOriginMs + context.realtimeRestNs / NS_PER_MS;
  return id === CLOCKID.MONOTONIC ? context.monotonicOffsetNs / NS_PER_MS : -context.startedMs;
}

/** An event carries the ABI's own number. */
const WASI_EINVAL = 28;
