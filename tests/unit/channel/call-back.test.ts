// A server that calls its guests back: what their mailboxes hold at each step, and what becomes of calls whose guests do not
// keep to the way of things. The guest is this test, which stores the words that a client stores.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import type { AnyHandler } from '../../../runtime/abi/row.ts';
import { TABLE } from '../../../runtime/abi/table.ts';
import {
  CALL_BACK,
  CALL_BACK_DONE,
  CALL_EXIT,
  createControl,
  LAST_WORK,
  ringDoorbell,
  SLOT,
  slotBase,
} from '../../../runtime/channel/layout.ts';
import { Server } from '../../../runtime/channel/server.ts';
import type { ServiceContext } from '../../../runtime/channel/service.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

const ROW = TABLE.find(({ name }) => name === 'sched_yield');
const CALL = ROW?.number ?? -1;
const DEADLINE_MS = 10_000;

describe('a server that calls back', () => {
  const control = createControl(1, 'park');
  const { i32 } = control;
  const base = slotBase(0);
  const context: ServiceContext = { memory: new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 }) };
  /** What happens in the service, in order. */
  let log: string[];
  /** Results of the handler's next runs. */
  let results: number[];
  /** Whether a run leaves work. */
  let leaves: { work: boolean; last: boolean };
  let runnable: ServiceContext[];
  let server: Server<ServiceContext>;
  let served: Promise<void>;

  beforeEach(() => {
    i32.fill(0);
    log = [];
    results = [];
    leaves = { work: true, last: false };
    runnable = [];
    const handlers: AnyHandler<ServiceContext>[] = [];
    handlers[CALL] = () => {
      log.push('run');
      return results.shift() ?? 0;
    };
    const service = {
      handlers,
      takeRunnable: () => runnable.shift(),
      poll: () => Number.POSITIVE_INFINITY,
      completed: () => void log.push('completed'),
      work: {
        begin: () => {},
        announce: () => leaves.work,
        announceLast: () => leaves.last,
        done: () => {
          log.push('done');
          return true;
        },
      },
    };
    server = new Server(control, TABLE, service, {
      ended: (_context, status) => void log.push(`ended ${status}`),
      bug: (error) => void log.push(`bug ${error}`),
    });
    server.attach(0, context);
    served = server.serve(
      () => new Promise((resolve) => setImmediate(resolve)),
      () => 0,
    );
  });
  afterEach(async () => {
    server.stop();
    ringDoorbell(control);
    await served;
  });

  /** Posts as a client does. @returns when the mailbox is answered: what it says of work, and the result */
  async function post(call: number): Promise<[work: number, result: number]> {
    const generation = (i32[base + SLOT.REQUEST] as number) + 1;
    i32[base + SLOT.CALL] = call;
    Atomics.store(i32, base + SLOT.REQUEST, generation);
    ringDoorbell(control);
    const end = Date.now() + DEADLINE_MS;
    while (Atomics.load(i32, base + SLOT.DONE) !== generation) {
      if (Date.now() > end) throw new Error('not answered');
      await new Promise((resolve) => setImmediate(resolve));
    }
    return [i32[base + SLOT.WORK] as number, i32[base + SLOT.RESULT] as number];
  }

  it('runs the call again when its guest has worked, as often as it takes', async () => {
    results = [-ERESTART, -ERESTART, 7];
    expect((await post(CALL))[0]).toBe(CALL_BACK);
    expect((await post(CALL_BACK_DONE))[0]).toBe(CALL_BACK);
    expect(log).toEqual(['run', 'done', 'run']);
    expect(await post(CALL_BACK_DONE)).toEqual([0, 7]);
    expect(log).toEqual(['run', 'done', 'run', 'done', 'run', 'completed']);
  });

  it('does not run a call that is woken while its guest works', async () => {
    results = [-ERESTART, 3];
    await post(CALL);
    runnable.push(context);
    ringDoorbell(control);
    while (runnable.length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(['run']);
    expect(await post(CALL_BACK_DONE)).toEqual([0, 3]);
  });

  it('leaves work with a completed call', async () => {
    leaves = { work: false, last: true };
    expect(await post(CALL)).toEqual([LAST_WORK, 0]);
    leaves.last = false;
    expect(await post(CALL)).toEqual([0, 0]);
  });

  it('drops a call whose guest calls anew instead of working', async () => {
    results = [-ERESTART, 5];
    await post(CALL);
    expect(await post(CALL)).toEqual([0, 5]);
    expect(log).toEqual(['run', 'done', 'completed', 'run', 'completed']);
  });

  it('hears of the end of a guest that was called back', async () => {
    results = [-ERESTART];
    await post(CALL);
    i32[base + SLOT.ARGS] = 9;
    await post(CALL_EXIT);
    expect(log).toEqual(['run', 'done', 'completed', 'ended 9']);
  });

  it('answers a guest that says it has worked and was not called back', async () => {
    expect(await post(CALL_BACK_DONE)).toEqual([0, -Errno.EIO]);
  });
});
