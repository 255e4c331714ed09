// Threads that are asked where they are: what one answers, and who does not answer in time.

import { beforeEach, expect, test } from 'vitest';
import { type Control, createControl } from '../../../runtime/channel/layout.ts';
import { askPlaces, isAsked, tellPlace } from '../../../runtime/process/places.ts';
import { clearThread } from '../../../runtime/process/thread-cores.ts';

let control: Control;
beforeEach(() => {
  control = createControl(4, 'park');
});

/** Asks slots 1 and 3; while it sleeps, others act. */
function ask(act: (isThere: () => boolean) => void): readonly string[] {
  return askPlaces(control, 0, [1, 3], (isThere) => act(isThere));
}

test('all answer, and the last one wakes who asked', () => {
  const told = ask((isThere) => {
    tellPlace(control, 3, 'wörk <- main');
    expect(isThere()).toBe(false);
    tellPlace(control, 1, 'main');
    expect(isThere()).toBe(true);
  });
  expect(told).toEqual(['main', 'wörk <- main']);
  expect([0, 1, 2, 3].map((slot) => isAsked(control, slot))).toEqual([false, false, false, false]);
});

test('who does not answer in time has no place', () => {
  expect(ask(() => tellPlace(control, 3, 'main'))).toEqual(['', 'main']);
  expect(isAsked(control, 1)).toBe(true);
  clearThread(control, 1, 5); // the next process's thread is not asked
  expect(isAsked(control, 1)).toBe(false);
});

test('a place is cut off where there is no more room', () => {
  const [place = ''] = ask(() => tellPlace(control, 1, 'x'.repeat(1000)));
  expect(place).toMatch(/^x{500,520}$/);
});
