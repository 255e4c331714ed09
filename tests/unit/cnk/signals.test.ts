// What a process does on its own signals: order, masks, nesting, handlers that leave, default actions, timers.

import { beforeEach, expect, test } from 'vitest';
import { SignalSet } from '../../../personalities/cnk/signals/signal-set.ts';
import { SA, SIG_DFL, SIG_IGN, Signals } from '../../../personalities/cnk/signals/signals.ts';
import { Signal } from '../../../runtime/abi/signals.ts';

class Ended extends Error {}

const { SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGTERM, SIGKILL, SIGSTOP, SIGVTALRM } = Signal;
const HANDLER = 7;

let nowMs: number;
/** What ran: signals, negative for a default action that ended the process. */
let ran: number[];
let onCall: (signal: number) => void;
let signals: Signals;

beforeEach(() => {
  nowMs = 1000;
  ran = [];
  onCall = () => {};
  signals = new Signals({
    call: (handler, signal) => {
      expect(handler).toBe(HANDLER);
      ran.push(signal);
      onCall(signal);
    },
    raise: (signal) => {
      ran.push(-signal);
      throw new Ended();
    },
    nowMs: () => nowMs,
  });
});

function handle(signal: number, { handler = HANDLER, flags = 0, mask = new SignalSet() } = {}): void {
  signals.setAction(signal, { handler, flags, mask, restorer: 0 });
}

/** As the end of a call does. */
function attend(): number[] {
  if (signals.least !== 0) signals.attend();
  return ran.splice(0);
}

test('a process that uses no signals has nothing to look at', () => {
  expect(signals.least).toBe(0);
  handle(SIGUSR1);
  expect(signals.least).toBe(0);
  signals.send(SIGCHLD);
  expect(signals.least).toBe(0);
});

test('a handler runs once for each signal, the lowest number first, and then there is nothing to look at', () => {
  for (const signal of [SIGUSR1, SIGUSR2, 64, 33]) {
    handle(signal);
    signals.send(signal);
    signals.send(signal);
  }
  signals.send(SIGUSR1);
  expect(attend()).toEqual([SIGUSR1, SIGUSR2, 33, 64]);
  expect(signals.least).toBe(0);
});

test('a blocked signal waits until it is unblocked', () => {
  handle(SIGUSR1);
  signals.blocked = SignalSet.of(SIGUSR1, SIGKILL, SIGSTOP);
  expect(signals.blocked).toEqual(SignalSet.of(SIGUSR1));
  signals.send(SIGUSR1);
  expect(signals.least).toBe(0);
  expect(signals.pending).toEqual(SignalSet.of(SIGUSR1));
  signals.blocked = new SignalSet();
  expect(attend()).toEqual([SIGUSR1]);
  expect(signals.pending).toEqual(new SignalSet());
});

test('while a handler runs its signal and its mask are blocked; SA_NODEFER leaves the signal in', () => {
  const seen: SignalSet[] = [];
  let depth = 0;
  onCall = (signal) => {
    seen.push(signals.blocked);
    if (depth++ < 2) signals.send(signal);
    if (signals.least !== 0) signals.attend();
  };
  handle(SIGUSR1, { mask: SignalSet.of(SIGTERM, SIGKILL) });
  signals.send(SIGUSR1);
  expect(attend()).toEqual([SIGUSR1, SIGUSR1, SIGUSR1]); // one after another
  expect(seen).toEqual(Array(3).fill(SignalSet.of(SIGUSR1, SIGTERM)));
  expect(signals.blocked).toEqual(new SignalSet());

  seen.length = 0;
  depth = 0;
  const order: string[] = [];
  handle(SIGUSR2, { flags: SA.NODEFER });
  onCall = (signal) => {
    order.push('in');
    if (depth++ < 2) signals.send(signal);
    if (signals.least !== 0) signals.attend();
    order.push('out');
  };
  signals.send(SIGUSR2);
  attend();
  expect(order).toEqual(['in', 'in', 'in', 'out', 'out', 'out']);
});

test('SA_RESETHAND: the next one has the default action', () => {
  handle(SIGUSR1, { flags: SA.RESETHAND });
  signals.send(SIGUSR1);
  expect(attend()).toEqual([SIGUSR1]);
  expect(signals.action(SIGUSR1).handler).toBe(SIG_DFL);
  signals.send(SIGUSR1);
  expect(attend).toThrow(Ended);
  expect(ran).toEqual([-SIGUSR1]);
});

test('default actions end the process or do nothing; an ignored signal is gone, also one that waited', () => {
  for (const signal of [SIGCHLD, Signal.SIGURG, Signal.SIGWINCH, Signal.SIGCONT, SIGSTOP]) signals.send(signal);
  expect(attend()).toEqual([]);
  signals.blocked = SignalSet.of(SIGTERM, SIGUSR1);
  signals.send(SIGTERM);
  handle(SIGTERM, { handler: SIG_IGN });
  expect(signals.pending).toEqual(new SignalSet());
  handle(SIGUSR1, { handler: SIG_IGN });
  signals.send(SIGUSR1);
  expect(signals.pending).toEqual(SignalSet.of(SIGUSR1)); // it may be handled by the time it is let in
  signals.blocked = new SignalSet();
  expect(signals.isInterrupted()).toBe(false);
  expect(attend()).toEqual([]);
  signals.send(40);
  expect(attend).toThrow(Ended);
  expect(ran).toEqual([-40]);
});

test('SIGKILL comes before every handler, and cannot be blocked', () => {
  handle(SIGUSR1);
  handle(Signal.SIGHUP);
  signals.blocked = SignalSet.of(SIGKILL);
  signals.send(Signal.SIGHUP);
  signals.send(SIGKILL);
  expect(attend).toThrow(Ended);
  expect(ran).toEqual([-SIGKILL]);
});

test('a handler that leaves by an exception leaves its mask behind, as longjmp does; the next call goes on', () => {
  handle(SIGUSR1);
  onCall = () => {
    throw new Error('longjmp');
  };
  signals.send(SIGUSR1);
  expect(attend).toThrow('longjmp');
  expect(signals.blocked).toEqual(SignalSet.of(SIGUSR1));
  ran = [];
  expect(attend()).toEqual([]);
  expect(signals.least).toBe(0);
  signals.blocked = new SignalSet();
  expect(attend()).toEqual([]);
});

test('a call that waits with another mask: handlers run with that mask, then the old one is back', () => {
  const seen: SignalSet[] = [];
  onCall = () => seen.push(signals.blocked);
  handle(SIGUSR1);
  handle(SIGUSR2);
  signals.blocked = SignalSet.of(SIGUSR1, SIGUSR2);
  signals.send(SIGUSR1);
  signals.send(SIGUSR2);
  expect(signals.isInterrupted()).toBe(false);
  signals.blockMeanwhile(SignalSet.of(SIGTERM));
  expect(signals.isInterrupted()).toBe(true);
  expect(attend()).toEqual([SIGUSR1, SIGUSR2]);
  expect(seen).toEqual([SignalSet.of(SIGUSR1, SIGTERM), SignalSet.of(SIGUSR2, SIGTERM)]);
  expect(signals.blocked).toEqual(SignalSet.of(SIGUSR1, SIGUSR2));
  expect(signals.least).toBe(0);
});

test('a waiting signal can be taken without its action', () => {
  signals.blocked = SignalSet.of(SIGUSR1, SIGUSR2);
  signals.send(SIGUSR2);
  expect(signals.take(SignalSet.of(SIGUSR1))).toBe(0);
  expect(signals.take(SignalSet.of(SIGUSR1, SIGUSR2))).toBe(SIGUSR2);
  expect(signals.pending).toEqual(new SignalSet());
});

test('timers send their signals when a call looks, once however late, and go on at their interval', () => {
  const [real, virtual] = signals.timers;
  handle(SIGALRM);
  handle(SIGVTALRM);
  signals.setTimer(real, 10, 0);
  signals.setTimer(virtual, 5, 20);
  expect(signals.nextDueMs).toBe(1005);
  expect(attend()).toEqual([]);
  expect(signals.least).not.toBe(0);
  nowMs = 1067;
  expect(signals.isInterrupted()).toBe(true);
  expect(attend()).toEqual([SIGALRM, SIGVTALRM]);
  expect(real.dueMs).toBe(Number.POSITIVE_INFINITY);
  expect(virtual.dueMs).toBe(1085);
  nowMs = 1085;
  expect(attend()).toEqual([SIGVTALRM]);
  signals.setTimer(virtual, 0, 20);
  expect(signals.nextDueMs).toBe(Number.POSITIVE_INFINITY);
  expect(signals.least).toBe(0);
});

test('a set has signals 1 to 64, and tells the lowest', () => {
  for (let signal = 1; signal <= 64; signal++) {
    const set = SignalSet.of(signal);
    expect(set.first).toBe(signal);
    for (let other = 1; other <= 64; other++) expect(set.has(other)).toBe(other === signal);
    set.delete(signal);
    expect(set.first).toBe(0);
  }
  expect(SignalSet.of(64, 32, 33).first).toBe(32);
});
