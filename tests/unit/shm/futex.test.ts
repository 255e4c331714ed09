// Futex queues in every order of their threads' steps: no wake-up is lost or counted twice, whoever times out, is moved or ends meanwhile,
// and the queues are empty afterwards.

import { describe, expect, it, test } from 'vitest';
import * as doorbells from '../../../runtime/shm/doorbell.ts';
import * as futex from '../../../runtime/shm/futex.ts';
import {
  type Ending,
  type Explored,
  explore,
  importMutated,
  type Mutation,
  type Thread,
  turnBack,
} from './step-machine.ts';

/** Words, by index: what threads wait on, the end of the process, a doorbell and an entry each, the queues. */
const VALUE = 0;
const ENDING = 2;
const BELLS = 4;
const ENTRIES = 12;
const QUEUES = 28;
const BYTES = 512;
const THREADS = 4;
const HEADER = 4;
/** A lock that is held is looked at, then the end of the process. */
const ACCESSES_A_LOOK = 2;
const KILLED = 'killed';
const [HERE, THERE] = [64, 72];

type Futex = typeof futex & typeof doorbells;
const sound: Futex = { ...futex, ...doorbells };

/** What a thread works on, made anew for each of its steps. */
class Site {
  readonly words: Int32Array;
  readonly queues: futex.FutexQueues;
  readonly me: number;
  readonly #futex: Futex;

  constructor(implementation: Futex, memory: SharedArrayBuffer, me: number, buckets: number) {
    this.words = new Int32Array(memory);
    this.me = me;
    this.#futex = implementation;
    this.queues = new implementation.FutexQueues({
      words: this.words,
      queues: QUEUES,
      length: HEADER + 4 * buckets,
      entryOf: (thread) => ENTRIES + 4 * thread,
      ring: (thread) => implementation.ring(this.bellOf(thread)),
      isEnding: () => this.isEnding(),
      leave: () => {
        throw KILLED;
      },
      pause: () => turnBack(ACCESSES_A_LOOK),
    });
  }

  readonly bellOf = (thread: number): doorbells.Doorbell => ({
    words: this.words,
    bell: BELLS + 2 * thread,
    announced: BELLS + 2 * thread + 1,
  });

  readonly isEnding = (): boolean => Atomics.load(this.words, ENDING) !== 0;

  /** Waits as a thread does. */
  wait(address: number, dueMs = Number.POSITIVE_INFINITY): string {
    const { queues, words } = this;
    const isStill = (): boolean => Atomics.load(words, VALUE) === 0;
    if (!queues.enter(this.me, address, futex.ANY, false, isStill)) return 'differs';
    const leftMs = (): number => dueMs - performance.now();
    this.#futex.sleepUntil(this.bellOf(this.me), () => queues.isWoken(this.me) || this.isEnding(), leftMs);
    if (this.isEnding()) return KILLED;
    if (queues.isWoken(this.me)) return 'woken';
    return queues.leave(this.me) ? 'woken' : 'late';
  }
}

interface Setup {
  readonly implementation?: Futex;
  readonly buckets?: number;
}

type Act = (site: Site) => unknown;

/** Threads by what they do; what they return is how it went. */
function threadsOf(
  acts: readonly Act[],
  { implementation = sound, buckets = 1 }: Setup,
  how: Partial<Thread>[] = [],
): Thread[] {
  return acts.map((act, me) => ({
    ...how[me],
    run: (memory) => {
      try {
        return act(new Site(implementation, memory, me, buckets));
      } catch (error) {
        if (error !== KILLED) throw error;
        return KILLED;
      }
    },
  }));
}

/** Words that are 0 when nobody holds a lock, waits or is about to. */
function emptyWords(buckets: number): number[] {
  const all = [QUEUES];
  for (let i = 0; i < 4 * buckets; i++) all.push(QUEUES + HEADER + i);
  return all;
}

async function run(acts: readonly Act[], setup: Setup = {}, how: Partial<Thread>[] = []): Promise<Explored> {
  return explore(BYTES, threadsOf(acts, setup, how), BYTES, emptyWords(setup.buckets ?? 1));
}

const waits: Act = (site) => site.wait(HERE);
const waitsALittle: Act = (site) => site.wait(HERE, 10);
const wakes =
  (most: number, address = HERE): Act =>
  ({ queues }) =>
    queues.wake(address, most);
/** Changes the word that they wait on, then wakes. */
const changes =
  (most: number): Act =>
  ({ queues, words }) => {
    Atomics.store(words, VALUE, 1);
    return queues.wake(HERE, most);
  };
const ends: Act = (site) => {
  Atomics.store(site.words, ENDING, 1);
  for (let thread = 0; thread < THREADS; thread++) sound.ring(site.bellOf(thread));
};

const woken = ({ values }: Ending): number => values.filter((value) => value === 'woken').length;
const counted = ({ values }: Ending): number =>
  values.reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0);
const asleep = ({ values }: Ending): number => values.filter((value) => value === 'asleep').length;

/** However it went, nobody is left in a queue who is not asleep. */
function expectSound({ endings }: Explored): void {
  for (const ending of endings) {
    expect([ending, ending.stuck]).toEqual([ending, []]);
    const [waiting, ...buckets] = ending.words as number[];
    expect([ending, waiting]).toEqual([ending, asleep(ending)]);
    if (asleep(ending) === 0) expect([ending, buckets.some((word) => word !== 0)]).toEqual([ending, false]);
  }
}

test('who waits for a change is woken by who makes it, or has seen it', async () => {
  const explored = await run([waits, changes(1)]);
  expectSound(explored);
  expect(explored.endings.map(({ values }) => values)).toEqual(
    expect.arrayContaining([
      ['differs', 0],
      ['woken', 1],
    ]),
  );
  expect(explored.endings).toHaveLength(2);
});

test('two who wait for a change hear of it from one who wakes all', async () => {
  const explored = await run([waits, waits, changes(9)]);
  expectSound(explored);
  for (const ending of explored.endings) expect(woken(ending)).toBe(counted(ending));
  expect(new Set(explored.endings.map(woken))).toEqual(new Set([0, 1, 2]));
});

test('two wake-ups of one each wake two', async () => {
  const changesTwice: Act = (site) => (changes(1)(site) as number) + site.queues.wake(HERE, 1);
  const explored = await run([waits, waits, changesTwice]);
  expectSound(explored);
  for (const ending of explored.endings) expect([ending, woken(ending)]).toEqual([ending, counted(ending)]);
});

test('who is woken when his time is over was woken; who was not is out of the queue', async () => {
  const explored = await run([waitsALittle, wakes(1)]);
  expectSound(explored);
  for (const ending of explored.endings) expect([ending, woken(ending)]).toEqual([ending, counted(ending)]);
  expect(new Set(explored.endings.map(({ values }) => values[0]))).toEqual(new Set(['late', 'woken']));
});

test('a wake-up goes to one who waits, when another one leaves', async () => {
  const explored = await run([waitsALittle, waits, wakes(1)], {}, [{}, { isServer: true }]);
  expectSound(explored);
  for (const ending of explored.endings) expect([ending, woken(ending)]).toEqual([ending, counted(ending)]);
});

describe.each([1, 2])('of %i buckets', (buckets) => {
  const moves: Act = ({ queues }) => {
    const moved = queues.requeue(HERE, 0, THERE, 1, () => true) ?? 0;
    return moved === 0 ? 0 : queues.wake(THERE, 1);
  };

  test('who is moved is woken where he is, or leaves from there', async () => {
    const explored = await run([waitsALittle, moves], { buckets });
    expectSound(explored);
    for (const ending of explored.endings) expect([ending, woken(ending)]).toEqual([ending, counted(ending)]);
    expect(new Set(explored.endings.map(({ values }) => values[0]))).toEqual(new Set(['late', 'woken']));
  });

  test('who wakes finds him at the one address or the other', async () => {
    const explored = await run([waitsALittle, moves, wakes(1)], { buckets });
    expectSound(explored);
    for (const ending of explored.endings) expect([ending, woken(ending)]).toEqual([ending, counted(ending)]);
  });

  test('two who take both locks do not wait for each other', async () => {
    const there: Act = ({ queues }) => queues.requeue(HERE, 1, THERE, 1, () => true);
    const back: Act = ({ queues }) => queues.wakeOperation(THERE, 1, HERE, 1, () => 1);
    expectSound(await run([there, back], { buckets }));
    expectSound(await run([there, back, waitsALittle], { buckets }));
  });
});

describe('the end of the process', () => {
  it('is heard of by who waits', async () => {
    const explored = await run([waits, ends]);
    expect(explored.endings.map(({ values }) => values[0])).toEqual([KILLED]);
  });

  it('is heard of by who waits for a lock whose holder was ended', async () => {
    for (const act of [waits, wakes(1), waitsALittle]) {
      const { endings } = await run([act, wakes(1), ends], {}, [{}, { mayBeEnded: true }]);
      expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
    }
  });
});

describe('threads that all wait for ever', () => {
  /** Waits for ever, and looks whether all do; its own process then ends. */
  const waitsForEver = ({ me, queues, words, bellOf, isEnding }: Site): string => {
    if (!queues.enter(me, HERE, futex.ANY, true, () => true)) return 'differs';
    if (queues.deadlock(() => [0, 1]) !== undefined) {
      Atomics.store(words, ENDING, 1);
      for (const thread of [0, 1]) sound.ring(bellOf(thread));
      return 'deadlock';
    }
    sound.sleepUntil(bellOf(me), () => queues.isWoken(me) || isEnding());
    return isEnding() ? KILLED : 'woken';
  };
  const wakesThenWaits = (site: Site): string => `${site.queues.wake(HERE, 1)} ${waitsForEver(site)}`;

  async function found(implementation: Futex): Promise<string[]> {
    const acts = threadsOf([waitsForEver, wakesThenWaits], { implementation }, [{}, { isServer: true }]);
    const { endings } = await explore(BYTES, acts);
    expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
    return endings.map(({ values }) => values.join());
  }
  /** Somebody was woken, and yet all are said to wait. */
  const isWrong = (text: string): boolean => text.includes('deadlock') && text.includes('1 ');

  it('are found, and only they', async () => {
    const endings = await found(sound);
    expect(endings).toContain('woken,asleep');
    expect(endings.some((text) => text.includes('deadlock'))).toBe(true);
    expect(endings.filter(isWrong)).toEqual([]);
    expect(endings.filter((text) => text === 'asleep,asleep' || text === 'killed,killed')).toEqual([]);
  });

  it('are not told from others by a look without the locks', async () => {
    const file = 'runtime/shm/futex.ts';
    const mutation = { file, from: 'const waiters = this.#allWaitForever(all)', to: 'const waiters = true' };
    const implementation = await importMutated<Futex>([file, 'runtime/shm/doorbell.ts'], [mutation]);
    expect((await found(implementation)).some(isWrong)).toBe(true);
  });
});

describe('a queue that lacks a part of its protocol', () => {
  const file = 'runtime/shm/futex.ts';
  const moves: Act = ({ queues }) => {
    queues.requeue(HERE, 0, THERE, 1, () => true);
    return 0;
  };
  const LACKING: Readonly<Record<string, readonly [Mutation, ...acts: Act[]]>> = {
    'the announcement before the look at the word': [
      {
        file,
        from: '    Atomics.add(words, bucket + BUCKET.COMING, 1);\n    this.#lock(bucket);\n    const waits = isStill();',
        to: '    this.#lock(bucket);\n    const waits = isStill();\n    Atomics.add(words, bucket + BUCKET.COMING, 1);',
      },
      waits,
      changes(1),
    ],
    'the lock around look and entry': [
      {
        file,
        from: '    this.#lock(bucket);\n    const waits = isStill();',
        to: '    const waits = isStill();\n    this.#lock(bucket);',
      },
      waits,
      changes(1),
    ],
    'the look whether who leaves was woken': [
      { file, from: 'const isThere = Atomics.load(words, at) === state;', to: 'const isThere = true;' },
      waitsALittle,
      wakes(1),
    ],
    'the bucket that who was moved is in': [
      { file, from: '      this.#setBucket(entry + ENTRY.STATE, target);\n', to: '' },
      waitsALittle,
      moves,
    ],
    'the ring': [{ file, from: 'this.#parts.ring(thread);', to: '{}' }, waits, changes(1)],
    'an order of locks': [
      {
        file,
        from: '    this.#lock(this.#bucketAt(Math.min(one, other)));\n    if (one !== other) this.#lock(this.#bucketAt(Math.max(one, other)));',
        to: '    this.#lock(this.#bucketAt(one));\n    if (one !== other) this.#lock(this.#bucketAt(other));',
      },
      ({ queues }) => queues.requeue(HERE, 1, THERE, 1, () => true),
      ({ queues }) => queues.requeue(THERE, 1, HERE, 1, () => true),
    ],
  };

  it.each(Object.entries(LACKING))('%s, goes wrong', async (_title, [mutation, ...acts]) => {
    const implementation = await importMutated<Futex>([file, 'runtime/shm/doorbell.ts'], [mutation]);
    const goes = async (which: Futex): Promise<void> => {
      const explored = await run(acts, { implementation: which, buckets: 2 });
      expectSound(explored);
      for (const ending of explored.endings) expect([ending, woken(ending)]).toEqual([ending, counted(ending)]);
    };
    await expect(goes(sound)).resolves.toBeUndefined();
    await expect(goes(implementation)).rejects.toThrow();
  });
});
