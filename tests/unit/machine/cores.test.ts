// A pool of cores whose workers do what the test says: become ready, fail to start, end late. Whoever waits is always
// answered. The wait is the test's: nothing here takes longer than promises do.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createLocalControl } from '../../../runtime/channel/layout.ts';
import { type Core, CorePool, type Cores, SlotAllocator } from '../../../runtime/machine/cores/pool.ts';
import { deferred } from '../../../runtime/machine/values/deferred.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';

/** A worker that the test plays. */
class FakeWorker {
  message: (message: unknown) => void = () => {};
  error: (error: Error) => void = () => {};
  readonly #gone = deferred<void>();
  isTerminated = false;
  post(): void {}
  onMessage(listener: (message: unknown) => void): void {
    this.message = listener;
  }
  onError(listener: (error: Error) => void): void {
    this.error = listener;
  }
  setRef(): void {}
  terminate(): Promise<void> {
    this.isTerminated = true;
    return this.#gone.promise;
  }
  becomeReady(): void {
    this.message({ type: 'ready' });
  }
  leave(): void {
    this.#gone.resolve();
  }
}

const workers: FakeWorker[] = [];
const { createWorker } = vi.hoisted(() => ({ createWorker: vi.fn() }));
vi.mock('../../../runtime/host/index.ts', () => ({ host: { createWorker } }));

beforeEach(() => {
  workers.length = 0;
  createWorker.mockImplementation(() => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  });
});

const reason = new Error('closed');
const LEFT = Promise.resolve();

/** Takes a core; what becomes of it is looked at later, or never. */
function take(pool: CorePool, signal?: AbortSignal): Promise<Core> {
  const taken = pool.take(1, true, signal).then(([core]) => core);
  taken.catch(() => {});
  return taken;
}

/** As take, several. */
function takeMany(pool: CorePool, count: number, signal?: AbortSignal): Promise<Cores> {
  const taken = pool.take(count, true, signal);
  taken.catch(() => {});
  return taken;
}

interface Fixture {
  readonly pool: CorePool;
  readonly slots: SlotAllocator;
  readonly bugs: string[];
}

function createPool(options: { limit?: number; slots?: number; queueLimit?: number } = {}): Fixture {
  const { limit = 1, slots = 2 * limit, queueLimit = 10 } = options;
  const bugs: string[] = [];
  const allocator = new SlotAllocator(slots);
  const pool = new CorePool({
    control: createLocalControl(slots),
    slots: allocator,
    epochMs: 0,
    limit,
    queueLimit,
    workers: undefined,
    onBug: (message) => bugs.push(message),
  });
  return { pool, slots: allocator, bugs };
}

/** Lets everything happen that promises do by themselves. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What became of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'pending';
  promise.then(
    (value) => {
      state = value;
    },
    (error: unknown) => {
      state = error;
    },
  );
  await settle();
  return state;
}

function worker(index: number): FakeWorker {
  const found = workers[index];
  if (found === undefined) throw new Error(`there is no worker ${index}, but ${workers.length} workers`);
  return found;
}

describe('whoever waits for a worker that starts', () => {
  test('gets it when it is ready', async () => {
    const { pool } = createPool();
    const taken = take(pool);
    expect(await stateOf(taken)).toBe('pending');
    worker(0).becomeReady();
    expect(await stateOf(taken)).toMatchObject({ slot: 0 });
    expect(pool.freeCount).toBe(0);
  });

  test('is told when the pool is closed, which ends the worker', async () => {
    const { pool } = createPool();
    const taken = take(pool);
    const started = pool.start(1);
    started.catch(() => {});
    await settle();
    const closed = pool.close(reason);
    expect(await stateOf(taken)).toBe(reason);
    expect(await stateOf(started)).toBe(reason);
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
    expect(await stateOf(closed)).toBe('pending');
    for (const each of workers) each.leave();
    expect(await stateOf(closed)).toBe(undefined);
    expect(await stateOf(pool.take(1, true))).toBe(reason);
  });

  test('is told when it fails to start, and so is who queues behind; it is a bug of ours once', async () => {
    const { pool, bugs } = createPool();
    const taken = take(pool);
    const queued = take(pool);
    await settle();
    worker(0).error(new Error('no such file'));
    expect(await stateOf(taken)).toMatchObject({ code: 'EIO', message: /no such file/ });
    expect(await stateOf(queued)).toMatchObject({ code: 'EIO' });
    expect(bugs).toHaveLength(1);
  });

  test('is told when the host gives no worker at all, and the slot is not lost', async () => {
    const { pool } = createPool({ slots: 1 });
    createWorker.mockImplementationOnce(() => {
      throw new Error('too many threads');
    });
    expect(await stateOf(pool.take(1, true))).toMatchObject({ code: 'EIO', message: /too many threads/ });
    const next = take(pool);
    await settle();
    worker(0).becomeReady();
    expect(await stateOf(next)).toMatchObject({ slot: 0 });
  });

  test('may leave by a signal; the worker is the next one’s', async () => {
    const { pool } = createPool();
    const controller = new AbortController();
    const taken = take(pool, controller.signal);
    await settle();
    controller.abort(reason);
    expect(await stateOf(taken)).toBe(reason);
    expect(pool.freeCount).toBe(1);
    const next = pool.take(1, false);
    worker(0).becomeReady();
    expect(await stateOf(next)).toMatchObject([{ slot: 0 }]);
    expect(workers).toHaveLength(1);
  });

  test('waits for a slot in quarantine, unless the pool is closed', async () => {
    const { pool } = createPool({ slots: 1 });
    const first = take(pool);
    await settle();
    worker(0).becomeReady();
    const core = await first;
    void pool.replace(core, LEFT);
    const next = take(pool);
    expect(await stateOf(next)).toBe('pending');
    expect(workers).toHaveLength(1);
    void pool.close(reason);
    expect(await stateOf(next)).toBe(reason);
  });
});

describe('replacing a core whose guest does not leave', () => {
  test('gives whoever queues a new core, not before it is ready', async () => {
    const { pool } = createPool();
    const first = take(pool);
    await settle();
    worker(0).becomeReady();
    const core = await first;
    const queued = take(pool);
    const gone = pool.replace(core, LEFT);
    await settle();
    expect(await stateOf(queued)).toBe('pending');
    worker(1).becomeReady();
    expect(await stateOf(queued)).toMatchObject({ slot: 1 });
    worker(0).leave();
    expect(await stateOf(gone)).toBe(undefined);
    expect(pool.freeCount).toBe(0);
  });

  test('fails whoever queues when the new worker does not start, or the pool is closed', async () => {
    for (const failure of ['error', 'close'] as const) {
      workers.length = 0;
      const { pool } = createPool();
      const first = take(pool);
      await settle();
      worker(0).becomeReady();
      const core = await first;
      const queued = take(pool);
      void pool.replace(core, LEFT);
      await settle();
      if (failure === 'error') worker(1).error(new Error('no memory'));
      else void pool.close(reason);
      expect(await stateOf(queued)).toMatchObject(failure === 'error' ? { code: 'EIO' } : { message: 'closed' });
    }
  });

  test('has a spare started when nobody queues', async () => {
    const { pool } = createPool();
    const first = take(pool);
    await settle();
    worker(0).becomeReady();
    void pool.replace(await first, LEFT);
    await settle();
    expect(workers).toHaveLength(2);
    worker(1).becomeReady();
    await settle();
    expect(await stateOf(pool.take(1, false))).toMatchObject([{ slot: 1 }]);
    expect(workers).toHaveLength(2);
  });
});

describe('the line', () => {
  test('is served in order, and no more workers start than may have a guest', async () => {
    const { pool } = createPool({ limit: 2 });
    const takes = [1, 2, 3, 4].map(() => take(pool));
    await settle();
    expect(workers).toHaveLength(2);
    for (const each of workers) each.becomeReady();
    const [first, second] = await Promise.all(takes.slice(0, 2));
    expect(await stateOf(takes[2] as Promise<unknown>)).toBe('pending');
    pool.giveBack(first as NonNullable<typeof first>);
    expect(await takes[2]).toBe(first);
    pool.giveBack(second as NonNullable<typeof second>);
    expect(await takes[3]).toBe(second);
    expect(pool.freeCount).toBe(0);
  });

  test('may be full, or not wanted', async () => {
    const { pool } = createPool({ queueLimit: 1 });
    void take(pool);
    void take(pool);
    await settle();
    expect(await stateOf(pool.take(1, true))).toMatchObject({ code: 'EAGAIN', message: /wait already/ });
    expect(await stateOf(pool.take(1, false))).toMatchObject({ code: 'EAGAIN' });
    expect(await stateOf(createPool({ limit: 0 }).pool.take(1, true))).toMatchObject({ code: 'EAGAIN' });
  });

  test('a core that is given back after the close is nobody’s', async () => {
    const { pool } = createPool();
    const first = take(pool);
    await settle();
    worker(0).becomeReady();
    const core = await first;
    void pool.close(reason);
    pool.giveBack(core);
    expect(await stateOf(pool.take(1, true))).toBe(reason);
    expect(workers).toHaveLength(1);
  });
});

describe('a process that wants several cores', () => {
  /** A pool whose workers are ready as soon as they start. */
  async function readyPool(limit: number, ahead: number): Promise<CorePool> {
    createWorker.mockImplementation(() => {
      const worker = new FakeWorker();
      workers.push(worker);
      setImmediate(() => worker.becomeReady());
      return worker;
    });
    const { pool } = createPool({ limit });
    await pool.start(ahead);
    return pool;
  }

  const slotsOf = (cores: Cores): number[] => cores.map(({ slot }) => slot);

  test('gets all at once, each of them once, and workers start for those only that are missing', async () => {
    const pool = await readyPool(256, 2);
    expect(workers).toHaveLength(2);
    const cores = await pool.take(5, false);
    expect(new Set(slotsOf(cores)).size).toBe(5);
    expect(workers).toHaveLength(5);
    expect(pool.freeCount).toBe(251);
    for (const core of cores) pool.giveBack(core);
    await pool.take(3, false);
    expect(workers).toHaveLength(5);
    expect(pool.freeCount).toBe(253);
  });

  test('gets none before there are all, though some are free', async () => {
    const pool = await readyPool(4, 4);
    const [held] = await pool.take(1, false);
    const all = takeMany(pool, 4);
    expect(await stateOf(all)).toBe('pending');
    expect(pool.freeCount).toBe(0);
    pool.giveBack(held);
    expect(slotsOf(await all).sort()).toEqual([0, 1, 2, 3]);
  });

  test('is not overtaken by one who wants fewer, also while its workers start', async () => {
    const pool = await readyPool(4, 1);
    const order: string[] = [];
    const note = (name: string, taken: Promise<unknown>): Promise<unknown> => taken.then(() => order.push(name));
    const three = takeMany(pool, 3);
    const one = takeMany(pool, 1);
    const four = takeMany(pool, 4);
    const last = takeMany(pool, 1);
    const noted = [note('three', three), note('one', one), note('four', four), note('last', last)];
    await Promise.all(noted.slice(0, 2));
    expect(order).toEqual(['three', 'one']);
    for (const core of await three) pool.giveBack(core);
    expect(await stateOf(last)).toBe('pending');
    for (const core of await one) pool.giveBack(core);
    expect(await stateOf(last)).toBe('pending');
    expect(order).toEqual(['three', 'one', 'four']);
    for (const core of await four) pool.giveBack(core);
    await last;
    expect(order).toEqual(['three', 'one', 'four', 'last']);
    expect(workers).toHaveLength(4);
  });

  test('that leaves the line lets those behind it have what they want', async () => {
    const pool = await readyPool(2, 2);
    const [held] = await pool.take(1, false);
    const controller = new AbortController();
    const two = takeMany(pool, 2, controller.signal);
    const one = takeMany(pool, 1);
    expect(await stateOf(one)).toBe('pending');
    controller.abort(reason);
    expect(await stateOf(two)).toBe(reason);
    expect(await one).toHaveLength(1);
    pool.giveBack(held);
    expect(pool.freeCount).toBe(1);
  });

  test('is told when there are not so many, or not now, or too many wait', async () => {
    const pool = await readyPool(4, 1);
    const code = 'EAGAIN';
    expect(await stateOf(pool.take(5, true))).toMatchObject({ code, message: /wants 5 cores, the machine has 4/ });
    await pool.take(2, false);
    expect(await stateOf(pool.take(3, false))).toMatchObject({ code, message: /2 cores are free, 3 wanted/ });
    for (let waiting = 0; waiting < 10; waiting++) void takeMany(pool, 3);
    expect(await stateOf(pool.take(1, true))).toMatchObject({ code, message: /10 programs wait already/ });
  });

  test('waits for all of its workers, and is told when one of them does not start', async () => {
    const { pool } = createPool({ limit: 3 });
    const three = takeMany(pool, 3);
    await settle();
    worker(0).becomeReady();
    worker(1).becomeReady();
    expect(await stateOf(three)).toBe('pending');
    worker(2).error(new Error('no memory'));
    expect(await stateOf(three)).toMatchObject({ code: 'EIO', message: /no memory/ });
    expect(pool.freeCount).toBe(3);
    expect(await stateOf(pool.take(2, false))).toHaveLength(2);
  });

  test('gets another core for one whose guest did not leave', async () => {
    const pool = await readyPool(2, 2);
    const [first, second] = await pool.take(2, false);
    const next = takeMany(pool, 2);
    pool.giveBack(first);
    void pool.replace(second as Core, LEFT);
    expect(slotsOf(await next).sort()).toEqual([first.slot, 2]);
  });
});

test('any order of taking, giving back and leaving loses no core and lets nobody wait for cores that are free', async () => {
  const LIMIT = 6;
  const first = seedOfRun();
  for (let seed = first; seed < first + 50; seed++) {
    workers.length = 0;
    const { below: random } = seededRandom(seed);
    const { pool } = createPool({ limit: LIMIT, queueLimit: 100 });
    const held: Core[] = [];
    const line: { count: number; controller: AbortController; isServed: boolean; isGone: boolean }[] = [];
    for (let step = 0; step < 60; step++) {
      const action = random(4);
      if (action <= 1) {
        const controller = new AbortController();
        const taker = { count: 1 + random(LIMIT), controller, isServed: false, isGone: false };
        line.push(taker);
        takeMany(pool, taker.count, controller.signal).then(
          (cores) => {
            taker.isServed = true;
            held.push(...cores);
          },
          () => {
            taker.isGone = true;
          },
        );
      } else if (action === 2) {
        const [core] = held.splice(random(Math.max(1, held.length)), 1);
        if (core !== undefined && random(4) === 0) void pool.replace(core, LEFT);
        else if (core !== undefined) pool.giveBack(core);
      } else {
        line.filter(({ isServed, isGone }) => !isServed && !isGone)[random(3)]?.controller.abort(reason);
      }
      await settle();
      for (const each of workers) {
        each.becomeReady();
        if (each.isTerminated) each.leave();
      }
      await settle();
      await settle();
      const waiting = line.filter(({ isServed, isGone }) => !isServed && !isGone);
      const served = line.filter(({ isServed }) => isServed).length;
      const context = `seed ${seed}, step ${step}, ${served} served`;
      expect(held.length, context).toBeLessThanOrEqual(LIMIT);
      expect(new Set(held.map(({ slot }) => slot)).size, context).toBe(held.length);
      if (waiting[0] !== undefined) expect(waiting[0].count, context).toBeGreaterThan(LIMIT - held.length);
      const lastServed = line.findLastIndex(({ isServed }) => isServed);
      const isOvertaken = line.slice(0, Math.max(0, lastServed)).some((one) => !one.isServed && !one.isGone);
      expect(isOvertaken, context).toBe(false);
      expect(workers.filter(({ isTerminated }) => !isTerminated).length, context).toBeLessThanOrEqual(LIMIT + 1);
    }
  }
});
