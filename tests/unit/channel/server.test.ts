// The server of mailboxes with guests that are this test: in which order it serves, and that guests which have been quiet for long
// are heard when they call. What its threads' steps are in every order: tests/unit/shm/mailbox.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import type { AnyHandler } from '../../../runtime/abi/row.ts';
import { TABLE } from '../../../runtime/abi/table.ts';
import { Client } from '../../../runtime/channel/client.ts';
import {
  CALL_EXIT,
  type Control,
  createControl,
  MACHINE,
  QUIET_GROUPS,
  ringDoorbell,
  SLOT,
  slotBase,
} from '../../../runtime/channel/layout.ts';
import { Server } from '../../../runtime/channel/server.ts';
import type { ServiceContext } from '../../../runtime/channel/service.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

const CALL = TABLE.find(({ name }) => name === 'sched_yield')?.number ?? -1;
const SLOTS = 200;
const DEADLINE_MS = 10_000;

interface Guest extends ServiceContext {
  readonly slot: number;
}

let control: Control;
let guests: Guest[];
let server: Server<Guest>;
let served: Promise<void>;
/** Guests whose handlers ran, in order. */
let log: string[];
let runnable: Guest[];
let onRun: (guest: Guest) => number;
let onCompleted: (guest: Guest) => void;
let mayInterrupt: boolean;

beforeEach(() => {
  control = createControl(SLOTS, 'adaptive');
  log = [];
  runnable = [];
  onRun = () => 0;
  onCompleted = () => {};
  mayInterrupt = true;
  const handlers: AnyHandler<Guest>[] = [];
  handlers[CALL] = (guest) => {
    log.push(`run ${guest.slot}`);
    return onRun(guest);
  };
  const service = {
    handlers,
    takeRunnable: () => runnable.shift(),
    poll: () => Number.POSITIVE_INFINITY,
    completed: (guest: Guest) => onCompleted(guest),
    interrupt: () => (mayInterrupt ? -Errno.EINTR : undefined),
  };
  server = new Server(control, TABLE, service, {
    ended: (guest, status) => void log.push(`ended ${guest.slot} ${status}`),
    bug: (error) => void log.push(`bug ${error}`),
  });
  guests = Array.from({ length: SLOTS }, (_, slot) => {
    return { slot, memory: new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 }) };
  });
});
afterEach(async () => {
  server.stop();
  ringDoorbell(control);
  await served;
});

function serve(count: number): void {
  for (let slot = 0; slot < count; slot++) server.attach(slot, guests[slot] as Guest);
  served = server.serve(
    () => new Promise((resolve) => setImmediate(resolve)),
    () => Atomics.load(control.i32, MACHINE.POSTED),
  );
}

const leave = (): never => {
  throw new Error('nobody kills these guests');
};

/** Posts by a client, unless it would have to wait for the last answer: nobody would give it. */
function post(slot: number, call = CALL, argument = 0): void {
  if (isAnswered(slot)) new Client(control, slot, slot, leave).report(call, argument);
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it does not come');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function isAnswered(slot: number): boolean {
  const base = slotBase(slot);
  return Atomics.load(control.i32, base + SLOT.DONE) === Atomics.load(control.i32, base + SLOT.REQUEST);
}

function isQuiet(slot: number): boolean {
  return Atomics.load(control.i32, slotBase(slot) + SLOT.QUIET) !== 0;
}

describe('a call of a guest that has a signal to attend to', () => {
  /** As a client does that sleeps for its answer. */
  function interrupt(slot: number): void {
    const base = slotBase(slot);
    Atomics.store(control.i32, base + SLOT.INTERRUPT, Atomics.load(control.i32, base + SLOT.REQUEST));
    Atomics.or(control.i32, MACHINE.QUIET_POSTS, 1 << (slot % QUIET_GROUPS));
    ringDoorbell(control);
  }
  const result = (slot: number): number => control.i32[slotBase(slot) + SLOT.RESULT] as number;

  it('ends, and the others wait on', async () => {
    onRun = () => -ERESTART;
    serve(3);
    for (const slot of [0, 1, 2]) post(slot);
    await until(() => log.length === 3);
    interrupt(1);
    await until(() => isAnswered(1));
    expect([result(1), isAnswered(0), isAnswered(2)]).toEqual([-Errno.EINTR, false, false]);
    onRun = () => 7;
    post(1);
    await until(() => isAnswered(1));
    expect(result(1)).toBe(7);
  });

  it('ends once it waits for what may be interrupted', async () => {
    onRun = () => -ERESTART;
    mayInterrupt = false;
    serve(1);
    post(0);
    await until(() => log.length === 1);
    interrupt(0);
    await until(() => Atomics.load(control.i32, MACHINE.QUIET_POSTS) === 0);
    expect(isAnswered(0)).toBe(false);
    mayInterrupt = true;
    runnable.push(guests[0] as Guest);
    ringDoorbell(control);
    await until(() => isAnswered(0));
    expect(result(0)).toBe(-Errno.EINTR);
  });
});

describe('a call that may go on', () => {
  it('goes on before those who call without end are served again', async () => {
    let hasWaited = false;
    onRun = ({ slot }) => {
      if (slot === 0 && !hasWaited) {
        hasWaited = true;
        return -ERESTART;
      }
      if (slot === 1 && log.length < 100) runnable.push(...(hasWaited ? [guests[0] as Guest] : []));
      return 0;
    };
    // The second calls again before the server looks at anybody else.
    onCompleted = ({ slot }) => {
      if (slot === 1 && log.length < 100) post(1);
    };
    post(0);
    post(1);
    serve(2);
    await until(() => log.length >= 100 && isAnswered(0) && isAnswered(1));
    expect(log.slice(0, 3)).toEqual(['run 0', 'run 1', 'run 0']);
    expect(log.filter((line) => line === 'run 0')).toHaveLength(2);
  });
});

describe('guests that do not call', () => {
  it('drop out of the scan when there are many, and are heard when they call', async () => {
    serve(SLOTS);
    await until(() => {
      post(0);
      return guests.filter(({ slot }) => isQuiet(slot)).length === SLOTS - 1;
    });
    expect(isQuiet(0)).toBe(false);
    await until(() => isAnswered(0));
    log.length = 0;
    // Two of one group, one of another.
    for (const slot of [3, 35, 150]) post(slot);
    await until(() => [3, 35, 150].every(isAnswered));
    expect(log.sort()).toEqual(['run 150', 'run 3', 'run 35']);
    expect([3, 35, 150].map(isQuiet)).toEqual([false, false, false]);
    expect(isQuiet(67)).toBe(true);
  });

  it('stay in it when they are few', async () => {
    serve(4);
    const end = performance.now() + 10;
    await until(() => {
      post(0);
      return performance.now() > end;
    });
    expect([0, 1, 2, 3].map(isQuiet)).toEqual([false, false, false, false]);
  });

  it('end while they are quiet, and their slot is another guest’s that is heard', async () => {
    serve(SLOTS);
    await until(() => {
      post(0);
      return isQuiet(7) && isQuiet(8);
    });
    post(7, CALL_EXIT, 9);
    await until(() => log.includes('ended 7 9'));
    server.detach(guests[7] as Guest);
    server.detach(guests[8] as Guest);
    post(8);
    server.attach(8, guests[7] as Guest);
    expect(isQuiet(8)).toBe(false);
    await until(() => isAnswered(8));
    expect(log.at(-1)).toBe('run 7');
  });
});

it('a call that waits when its guest ends is completed', async () => {
  onRun = () => -ERESTART;
  serve(1);
  post(0);
  await until(() => log.length === 1);
  expect(isAnswered(0)).toBe(false);
  server.detach(guests[0] as Guest);
  expect(isAnswered(0)).toBe(true);
});
