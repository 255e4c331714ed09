// Where threads that wait for ever are in their programs. Each alone can read its own stack: whoever tells of a hang asks the others, by their
// slots and their doorbells, and waits so long at most; each answers where it waits, in its slot.
//
//     ASKED  0 ──by who asks──▶ the asker's slot + 1 ──by the thread, the text before it──▶ TOLD

import { type Control, ringSlot, SLOT, slotBase, slotPlace } from '../channel/layout.ts';
import type { SleepUntil } from '../shm/waits.ts';

const TOLD = -1;
/** A thread that sleeps answers in far less; one that has no processor may need long. */
const PATIENCE_MS = 5000;

/** @returns of each slot a text; empty: its thread does not know, or has not answered */
export function askPlaces(
  control: Control,
  asker: number,
  slots: readonly number[],
  sleepUntil: SleepUntil,
): readonly string[] {
  const { i32 } = control;
  for (const slot of slots) {
    // Pairs with the load in isAsked.
    Atomics.store(i32, askedOf(slot), asker + 1);
    ringSlot(control, slot);
  }
  // Pairs with the store in tellPlace.
  const hasTold = (slot: number): boolean => Atomics.load(i32, askedOf(slot)) === TOLD;
  sleepUntil(() => slots.every(hasTold), PATIENCE_MS);
  return slots.map((slot) => (hasTold(slot) ? readPlace(control, slot) : ''));
}

/** Whether somebody has asked the thread on a slot, and it has not answered. */
export function isAsked({ i32 }: Control, slot: number): boolean {
  return Atomics.load(i32, askedOf(slot)) > 0;
}

/** The answer of the thread on a slot that was asked. */
export function tellPlace(control: Control, slot: number, text: string): void {
  const { i32 } = control;
  const asker = Atomics.load(i32, askedOf(slot)) - 1;
  const place = slotPlace(control, slot);
  const length = Math.min(text.length, place.length - 1);
  place[0] = length;
  for (let i = 0; i < length; i++) place[i + 1] = text.charCodeAt(i);
  Atomics.store(i32, askedOf(slot), TOLD);
  ringSlot(control, asker);
}

function readPlace(control: Control, slot: number): string {
  const [length = 0, ...units] = slotPlace(control, slot);
  return String.fromCharCode(...units.slice(0, length));
}

function askedOf(slot: number): number {
  return slotBase(slot) + SLOT.ASKED;
}
