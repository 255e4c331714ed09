// A doorbell in every order of its threads' steps: nobody sleeps on when there is something for it.

import { describe, expect, it } from 'vitest';
import * as doorbell from '../../../runtime/shm/doorbell.ts';
import { explore, importMutated, type Mutation, type Thread } from './step-machine.ts';

const BELL = 0;
const ANNOUNCED = 1;
const THERE = 2;
const OTHER = 3;
const BYTES = 64;

type Doorbells = typeof doorbell;

function bellOf(memory: SharedArrayBuffer): doorbell.Doorbell {
  return { words: new Int32Array(memory), bell: BELL, announced: ANNOUNCED };
}

/** Sleeps until both words are set, as often as asked; returns what it found. */
function sleeper({ sleepUntil }: Doorbells, words: readonly number[], leftMs?: () => () => number): Thread {
  return {
    run: (memory) => {
      const bell = bellOf(memory);
      for (const word of words) {
        sleepUntil(bell, () => Atomics.load(bell.words, word) !== 0, leftMs?.());
      }
      return words.map((word) => Atomics.load(bell.words, word)).join();
    },
  };
}

/** The same, in its event loop. */
function eventLoop({ sleepUntilTold }: Doorbells, word: number): Thread {
  return {
    run: async (memory) => {
      const bell = bellOf(memory);
      await sleepUntilTold(bell, () => Atomics.load(bell.words, word) !== 0);
      return Atomics.load(bell.words, word);
    },
  };
}

function ringer({ ring }: Doorbells, word: number, mayBeEnded = false): Thread {
  return {
    mayBeEnded,
    run: (memory) => {
      const bell = bellOf(memory);
      Atomics.store(bell.words, word, 1);
      ring(bell);
    },
  };
}

/** What a look says once the time is over. */
function limited(): () => number {
  const dueMs = performance.now() + 10;
  return () => dueMs - performance.now();
}

describe('a sleeper', () => {
  it('hears of what it waits for, and finds the doorbell as it was', async () => {
    const { endings, states } = await explore(BYTES, [sleeper(doorbell, [THERE]), ringer(doorbell, THERE)]);
    expect(endings).toEqual([{ values: ['1', undefined], stuck: [] }]);
    expect(states).toBeGreaterThan(20);
  });

  it('hears of two things by two threads, one after the other', async () => {
    const threads = [sleeper(doorbell, [THERE, OTHER]), ringer(doorbell, OTHER), ringer(doorbell, THERE)];
    const { endings, states } = await explore(BYTES, threads);
    expect(endings).toEqual([{ values: ['1,1', undefined, undefined], stuck: [] }]);
    expect(states).toBeGreaterThan(200);
  });

  it('hears of it in its event loop too', async () => {
    const threads = [eventLoop(doorbell, THERE), ringer(doorbell, THERE), ringer(doorbell, OTHER)];
    const { endings } = await explore(BYTES, threads);
    expect(endings).toEqual([{ values: [1, undefined, undefined], stuck: [] }]);
  });

  it('is awake when its time is over, whether or not anything came', async () => {
    const { endings } = await explore(BYTES, [sleeper(doorbell, [THERE], limited), ringer(doorbell, THERE)]);
    expect(endings.every(({ stuck }) => stuck.length === 0)).toBe(true);
    expect(endings.map(({ values }) => values[0]).sort()).toEqual(['0', '1']);
  });

  it('hears of it from the second when the first was ended in the middle of its ring', async () => {
    const threads = [sleeper(doorbell, [THERE]), ringer(doorbell, OTHER, true), ringer(doorbell, THERE)];
    const { endings } = await explore(BYTES, threads);
    expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
  });
});

describe('a protocol that lacks a part of it loses a wake-up', () => {
  const file = 'runtime/shm/doorbell.ts';
  const LACKING: Readonly<Record<string, Mutation>> = {
    'the look after the announcement': {
      file,
      from: '    const seen = announce(doorbell);\n    if (isThere()) break;\n    const timeoutMs',
      to: '    if (isThere()) break;\n    const seen = announce(doorbell);\n    const timeoutMs',
    },
    'the same look in an event loop': {
      file,
      from: '    const seen = announce(doorbell, wanted);\n    if (isThere()) break;',
      to: '    if (isThere()) break;\n    const seen = announce(doorbell, wanted);',
    },
    'the announcement': { file, from: '  Atomics.store(words, announced, wanted);\n', to: '' },
    'the change of the bell': { file, from: '  Atomics.add(words, bell, 1);\n', to: '' },
    'the notification': { file, from: '  Atomics.notify(words, bell);\n', to: '' },
  };

  it.each(Object.entries(LACKING))('%s', async (_title, mutation) => {
    const lacking = await importMutated<Doorbells>([file], [mutation]);
    const stuck: number[] = [];
    for (const thread of [sleeper(lacking, [THERE]), eventLoop(lacking, THERE)]) {
      const { endings } = await explore(BYTES, [thread, ringer(lacking, THERE)]);
      stuck.push(...endings.flatMap((ending) => ending.stuck));
    }
    expect(stuck).toContain(0);
  });
});
