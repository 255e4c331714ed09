// How long a guest's thread has run: since its guest began, less the time that it slept in waits of ours. No host that we know
// tells a thread's processor time to all who want it (a page tells none), so this is what stands for it everywhere; a thread
// that spins runs, and so does one that waits for a processor of the host.
// The guest's thread alone writes the words, between two changes of the sequence; the booting thread reads them.
//
//     RUN_SEQUENCE  odd while the others change │ RAN_MS float64: stretches that are over │ RUNNING_SINCE float64, 0: it sleeps

import { sleepUntil, type Wait } from '../shm/doorbell.ts';
import { type Control, SLOT, slotBase, slotDoorbell } from './layout.ts';

/** A thread that was ended in the middle of a change leaves it unfinished. */
const TRIES = 1000;

/** The time that all threads of the host agree on, in milliseconds. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** The slot's guest runs from now on. */
export function startRunning({ i32, f64 }: Control, slot: number): void {
  const base = slotBase(slot);
  // Both pair with the loads in ranMs.
  Atomics.add(i32, base + SLOT.RUN_SEQUENCE, 1);
  f64[(base + SLOT.RUNNING_SINCE) >> 1] = nowMs();
  Atomics.add(i32, base + SLOT.RUN_SEQUENCE, 1);
}

/** The slot's guest sleeps from now on, or has ended. @returns whether it ran */
export function stopRunning({ i32, f64 }: Control, slot: number): boolean {
  const base = slotBase(slot);
  const since = f64[(base + SLOT.RUNNING_SINCE) >> 1] as number;
  if (since === 0) return false;
  const ran = (base + SLOT.RAN_MS) >> 1;
  // Both pair with the loads in ranMs.
  Atomics.add(i32, base + SLOT.RUN_SEQUENCE, 1);
  f64[ran] = (f64[ran] as number) + Math.max(0, nowMs() - since);
  f64[(base + SLOT.RUNNING_SINCE) >> 1] = 0;
  Atomics.add(i32, base + SLOT.RUN_SEQUENCE, 1);
  return true;
}

/** Does something that sleeps: that time does not count. */
export function asleep<T>(control: Control, slot: number, sleep: () => T): T {
  const ran = stopRunning(control, slot);
  try {
    return sleep();
  } finally {
    if (ran) startRunning(control, slot);
  }
}

/** Sleeps on the slot's doorbell, which is time that does not count: see sleepUntil. For the slot's own thread. */
export function sleepOnSlot(
  control: Control,
  slot: number,
  isThere: () => boolean,
  leftMs?: () => number,
  wait?: Wait,
): void {
  asleep(control, slot, () => sleepUntil(slotDoorbell(control, slot), isThere, leftMs, wait));
}

/** How long the slot's guest has run so far, in milliseconds. */
export function ranMs({ i32, f64 }: Control, slot: number): number {
  const base = slotBase(slot);
  let ran = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    // Pairs with the adds above.
    const sequence = Atomics.load(i32, base + SLOT.RUN_SEQUENCE);
    const since = f64[(base + SLOT.RUNNING_SINCE) >> 1] as number;
    ran = (f64[(base + SLOT.RAN_MS) >> 1] as number) + (since === 0 ? 0 : Math.max(0, nowMs() - since));
    if ((sequence & 1) === 0 && Atomics.load(i32, base + SLOT.RUN_SEQUENCE) === sequence) return ran;
  }
  return ran;
}

/**
 * For a slot that its guest's thread does not share (see machine/unshared/backing): it was told of a sleep that begins, whose time does
 * not count. What a sleep is cut short by is counted too little, until the thread tells the whole at its end.
 *
 * @param durationMs Infinity: nothing ends it but the end of the thread
 */
export function creditSleep(control: Control, slot: number, durationMs: number): void {
  if (durationMs === Number.POSITIVE_INFINITY) return void stopRunning(control, slot);
  const { f64 } = control;
  const since = (slotBase(slot) + SLOT.RUNNING_SINCE) >> 1;
  if (f64[since] !== 0) f64[since] = (f64[since] as number) + durationMs;
}

/** For such a slot: how long its guest has run in all. */
export function setRanMs({ f64 }: Control, slot: number, durationMs: number): void {
  const base = slotBase(slot);
  f64[(base + SLOT.RUNNING_SINCE) >> 1] = 0;
  f64[(base + SLOT.RAN_MS) >> 1] = durationMs;
}

/** Nothing has run on the slot yet. */
export function clearRunning({ i32, f64 }: Control, slot: number): void {
  const base = slotBase(slot);
  f64[(base + SLOT.RUNNING_SINCE) >> 1] = 0;
  f64[(base + SLOT.RAN_MS) >> 1] = 0;
  Atomics.store(i32, base + SLOT.RUN_SEQUENCE, 0);
}
