// poll_oneoff's structs: subscriptions, decoded from a copy, and events. See: WASI preview 1 witx, `subscription`, `event`.

import { Errno } from '../errno.ts';
import { wasiErrnoOf } from './errno.ts';
import { EVENT, IOV_MAX, STRUCT_SIZES, type StructMemory } from './structs.ts';
import { CLOCKID, EVENTTYPE, SUBCLOCKFLAGS } from './types.ts';
import type { WasiVersion } from './version.ts';

export interface Subscription {
  readonly userdata: bigint;
  /** EVENTTYPE, or a number that is none. */
  readonly type: number;
  /** Of a clock; of another, anything. */
  readonly clock: {
    readonly id: number;
    readonly timeoutNs: bigint;
    readonly isAbsolute: boolean;
    readonly isKnown: boolean;
  };
  /** Of all but a clock. */
  readonly fd: number;
}

export interface Event {
  readonly userdata: bigint;
  readonly type: number;
  /** Linux's number. */
  readonly errno: number;
  readonly bytes: number;
  /** EVENTRWFLAGS. */
  readonly flags: number;
}

/** Copies the subscriptions of a call whose pointers are good. @returns them, or −EFAULT, −EINVAL: none, or too many */
export function copySubscriptions(
  memory: StructMemory,
  subscriptions: number,
  events: number,
  count: number,
  eventCount: number,
  { subscription }: WasiVersion,
): Uint8Array<ArrayBuffer> | number {
  const total = count >>> 0;
  if (
    !memory.contains(eventCount, STRUCT_SIZES.size) ||
    !memory.containsArray(subscriptions, total, subscription.bytes) ||
    !memory.containsArray(events, total, STRUCT_SIZES.event)
  ) {
    return -Errno.EFAULT;
  }
  if (total === 0 || total > IOV_MAX) return -Errno.EINVAL;
  return memory.copyOut(subscriptions, total * subscription.bytes);
}

/** @param view of copied subscriptions @param at where it stands */
export function decodeSubscription(view: DataView, at: number, { subscription }: WasiVersion): Subscription {
  const type = view.getUint8(at + subscription.tag);
  return {
    userdata: view.getBigUint64(at + subscription.userdata, true),
    type,
    fd: view.getUint32(at + subscription.fd, true),
    clock: type === EVENTTYPE.CLOCK ? decodeClock(view, at, subscription) : NO_CLOCK,
  };
}

/** @param copy of subscriptions */
export function decodeSubscriptions(copy: Uint8Array<ArrayBuffer>, version: WasiVersion): Subscription[] {
  const view = new DataView(copy.buffer);
  const all: Subscription[] = [];
  const { bytes } = version.subscription;
  for (let at = 0; at < copy.length; at += bytes) all.push(decodeSubscription(view, at, version));
  return all;
}

function decodeClock(view: DataView, at: number, subscription: WasiVersion['subscription']): Subscription['clock'] {
  const id = view.getUint32(at + subscription.clockId, true);
  const flags = view.getUint16(at + subscription.clockFlags, true);
  const absolute = SUBCLOCKFLAGS.SUBSCRIPTION_CLOCK_ABSTIME;
  return {
    id,
    timeoutNs: view.getBigUint64(at + subscription.clockTimeout, true),
    isAbsolute: (flags & absolute) !== 0,
    isKnown: id <= CLOCKID.THREAD_CPUTIME_ID && (flags & ~absolute) === 0,
  };
}

const NO_CLOCK: Subscription['clock'] = { id: 0, timeoutNs: 0n, isAbsolute: false, isKnown: false };

/** The event of a clock: it has come, or there is no such clock. */
export function clockEvent({ userdata, clock }: Subscription): Event {
  return { userdata, type: EVENTTYPE.CLOCK, errno: clock.isKnown ? 0 : Errno.EINVAL, bytes: 0, flags: 0 };
}

/** Stores the events of a call, and their count last. */
export function storeEvents(memory: StructMemory, events: number, eventCount: number, all: readonly Event[]): void {
  let at = events >>> 0;
  for (const { userdata, errno, type, bytes, flags } of all) {
    memory.writeU64(at + EVENT.userdata, userdata);
    // Error, type and padding: eight bytes.
    memory.writeU64Halves(at + EVENT.errno, wasiErrnoOf(errno) | (type << 16), 0);
    memory.writeNumber(at + EVENT.nbytes, bytes);
    memory.writeU64Halves(at + EVENT.flags, flags, 0);
    at += STRUCT_SIZES.event;
  }
  memory.writeU32(eventCount >>> 0, all.length);
}
