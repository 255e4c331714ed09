// A byte stream in every order of its two ends' steps: what is written is read, whole and in order, and nobody waits for what is
// there.

import { describe, expect, it } from 'vitest';
import * as byteStream from '../../../runtime/shm/byte-stream.ts';
import { ENDED, type Explored, explore, importMutated, restAs, type Thread } from './step-machine.ts';

type Streams = typeof byteStream;

const HEADER_BYTES = 64;

const CAPACITY = 1;

function exploreStream(threads: readonly Thread[], capacity = CAPACITY): Promise<Explored> {
  return explore(HEADER_BYTES + capacity, threads, HEADER_BYTES);
}

function bytesOf(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (const [i, value] of values.entries()) bytes.set(new Uint8Array(1).fill(value), i);
  return bytes;
}

/** Writes all of it, waits for room where there is none, and closes. @returns whether it was all taken */
function writer({ RingWriter }: Streams, values: readonly number[], mayBeEnded = false): Thread {
  return {
    mayBeEnded,
    run: async (memory) => {
      const stream = new RingWriter(memory);
      const isTaken = await stream.writeAll(bytesOf(values));
      stream.close();
      return isTaken;
    },
  };
}

/** Reads to the end. @returns what it read */
function reader({ RingReader }: Streams, least = 1): Thread {
  return {
    run: async (memory) => {
      const stream = new RingReader(memory);
      const values: number[] = [];
      for (;;) {
        restAs(() => values.join());
        const chunk = await stream.next(least);
        if (chunk.length === 0) return values.join();
        values.push(...chunk);
      }
    },
  };
}

/** Reads once, and closes. */
function leaver({ RingReader }: Streams): Thread {
  return {
    run: async (memory) => {
      const stream = new RingReader(memory);
      await stream.next();
      stream.close();
    },
  };
}

/** Closes the writer's end from elsewhere, as whoever ends a writer does. */
function closer({ RingWriter }: Streams): Thread {
  return { run: (memory) => new RingWriter(memory).close() };
}

describe('a byte stream', () => {
  it('carries more than it has room for', async () => {
    const { endings, states } = await exploreStream([writer(byteStream, [1, 2]), reader(byteStream)]);
    expect(endings).toEqual([{ values: [true, '1,2'], stuck: [] }]);
    expect(states).toBeGreaterThan(500);
  });

  it('wakes a reader that wants more than one byte once they are there', async () => {
    const { endings } = await exploreStream([writer(byteStream, [1, 2]), reader(byteStream, 2)], 2);
    expect(endings).toEqual([{ values: [true, '1,2'], stuck: [] }]);
  });

  it('lets a writer go whose reader has closed', async () => {
    const { endings } = await exploreStream([writer(byteStream, [1, 2, 3]), leaver(byteStream)]);
    expect(endings.map(({ values }) => values[0])).toEqual(expect.arrayContaining([false]));
    expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
  });

  it('tells a reader of the close of a writer that was ended anywhere', async () => {
    const threads = [writer(byteStream, [1], true), reader(byteStream), closer(byteStream)];
    const { endings } = await exploreStream(threads);
    expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
    expect(new Set(endings.map(({ values }) => values[0]))).toEqual(new Set([true, ENDED]));
    expect(new Set(endings.map(({ values }) => values[1]))).toEqual(new Set(['', '1']));
  });

  it('that does not look again before it sleeps loses a wake-up', async () => {
    const lacking = await importMutated<Streams>(
      ['runtime/shm/byte-stream.ts'],
      [
        {
          file: 'runtime/shm/doorbell.ts',
          from: '    const seen = announce(doorbell, wanted);\n    if (isThere()) break;',
          to: '    if (isThere()) break;\n    const seen = announce(doorbell, wanted);',
        },
      ],
    );
    const { endings } = await exploreStream([writer(lacking, [1, 2]), reader(lacking)]);
    expect(endings.some(({ stuck }) => stuck.length > 0)).toBe(true);
  });
});
