// Signals of a thread of several: what others have sent is not lost between a look and a sleep.

import { expect, test } from 'vitest';
import { SignalActions } from '../../../personalities/cnk/signals/signal-actions.ts';
import { SignalMail, sendSignal } from '../../../personalities/cnk/signals/signal-mail.ts';
import { SignalSet } from '../../../personalities/cnk/signals/signal-set.ts';
import { Signals } from '../../../personalities/cnk/signals/signals.ts';

const USR1 = 10;

function thread(): { signals: Signals; words: Int32Array } {
  const words = new Int32Array(4);
  const mail = new SignalMail({ words, own: 0, process: 2, ring: () => {} });
  const primitives = { call: () => {}, raise: () => expect.fail('it ends'), nowMs: () => 0 };
  return { signals: new Signals(primitives, { actions: new SignalActions(), mail }), words };
}

test.each([0, 2])('a signal that comes between the looks of a thread that waits for it, in words from %i on', (at) => {
  const { signals, words } = thread();
  const wanted = SignalSet.of(USR1);
  signals.blocked = wanted;
  expect(signals.take(wanted)).toBe(0);
  sendSignal(words, at, USR1);
  // It is blocked, so no handler's: but the thread must not fall asleep.
  expect(signals.isInterrupted()).toBe(false);
  expect(signals.mayBeInterrupted(wanted)).toBe(true);
  expect(signals.take(wanted)).toBe(USR1);
  expect(signals.mayBeInterrupted(wanted)).toBe(false);
});
