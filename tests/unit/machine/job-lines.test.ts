// The output of several ranks as one stream of whole lines.

import { describe, expect, test } from 'vitest';
import { LineJoiner, type Lines, mergeLines } from '../../../runtime/machine/job/lines.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A source whose pieces come when the test says so. */
class Source {
  #waiting: ((step: IteratorResult<Uint8Array>) => void)[] = [];
  #ready: IteratorResult<Uint8Array>[] = [];
  asked = 0;

  give(text: string): void {
    this.#put({ done: false, value: encoder.encode(text) });
  }

  end(): void {
    this.#put({ done: true, value: undefined });
  }

  #put(step: IteratorResult<Uint8Array>): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#ready.push(step);
    else waiting(step);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => {
        this.asked++;
        const ready = this.#ready.shift();
        return ready === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(ready);
      },
    };
  }
}

function sourcesOf(...pieces: readonly (readonly string[])[]): Source[] {
  return pieces.map((texts) => {
    const source = new Source();
    for (const text of texts) source.give(text);
    source.end();
    return source;
  });
}

async function collect(sources: readonly AsyncIterable<Uint8Array>[]): Promise<[rank: number, text: string][]> {
  const all: [number, string][] = [];
  for await (const { rank, bytes } of mergeLines(sources)) all.push([rank, decoder.decode(bytes)]);
  return all;
}

describe('lines of several ranks', () => {
  test('a question comes as it is where that is wanted, and the line goes on behind it', async () => {
    const [first, second] = [new Source(), new Source()];
    const lines = mergeLines([first, second], 1);
    const texts: string[] = [];
    const joiner = new LineJoiner(undefined);
    const next = async () => texts.push(decoder.decode(joiner.join((await lines.next()).value as Lines)));
    first.give('whole\nHow many? ');
    await next();
    await next();
    first.give('4 it is\n');
    await next();
    first.give('More? ');
    await next();
    second.give('another rank\n');
    await next();
    expect(texts).toEqual(['whole\n', 'How many? ', '4 it is\n', 'More? ', '\nanother rank\n']);
    first.end();
    second.end();
    expect((await lines.next()).done).toBe(true);
  });

  test('are never parted, wherever their bytes were', async () => {
    const merged = await collect(sourcesOf(['a', 'b\nc', '\n'], ['1', '2', '\n3\n4']));
    expect(merged.filter(([rank]) => rank === 0)).toEqual([
      [0, 'ab\n'],
      [0, 'c\n'],
    ]);
    expect(merged.filter(([rank]) => rank === 1)).toEqual([
      [1, '12\n3\n'],
      [1, '4'],
    ]);
  });

  test('come when they are whole, not when all have written', async () => {
    const [first, second] = [new Source(), new Source()];
    const lines = mergeLines([first, second]);
    second.give('half');
    first.give('whole\n');
    expect((await lines.next()).value).toMatchObject({ rank: 0 });
    second.give(' more\n');
    expect((await lines.next()).value).toMatchObject({ rank: 1, bytes: encoder.encode('half more\n') });
    first.end();
    second.end();
    expect((await lines.next()).done).toBe(true);
  });

  test('are asked for no faster than they are read', async () => {
    const [source] = sourcesOf(Array.from({ length: 100 }, (_, i) => `${i}\n`)) as [Source];
    const lines = mergeLines([source]);
    await lines.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.asked).toBeLessThan(5);
    await lines.return();
  });

  test('of no rank are none', async () => {
    expect(await collect([])).toEqual([]);
    expect(await collect(sourcesOf([], []))).toEqual([]);
  });

  test('that are too long are cut', async () => {
    const long = 'x'.repeat(2 ** 19);
    const [source] = sourcesOf([long, long, long, '\n']);
    const merged = await collect([source as Source]);
    expect(merged.length).toBeGreaterThan(1);
    expect(merged.map(([, text]) => text).join('')).toBe(`${long}${long}${long}\n`);
  });

  test('end with the error of a source', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield encoder.encode('one\n');
      throw new Error('of the test');
    }
    await expect(collect([failing(), ...sourcesOf(['a\n'])])).rejects.toThrow('of the test');
  });
});

describe('one stream of them', () => {
  const join = (given: readonly [number, string][], tag?: (rank: number) => string): string => {
    const joiner = new LineJoiner(tag);
    const linesOf = ([rank, text]: readonly [number, string]): Lines => ({ rank, bytes: encoder.encode(text) });
    return given.map((one) => decoder.decode(joiner.join(linesOf(one)))).join('');
  };

  test('is what they wrote, byte for byte', () => {
    expect(join([[0, 'a\nb\n'], [1, 'c\n'], [0, 'd']])).toBe('a\nb\nc\nd'); // biome-ignore format: as read
  });

  test('ends a line without an end before another rank’s', () => {
    expect(join([[0, 'a'], [1, 'b'], [1, 'c\n'], [0, 'd']])).toBe('a\nbc\nd'); // biome-ignore format: as read
  });

  test('tells whose each line is, once', () => {
    const tag = (rank: number): string => `<${rank}>`;
    expect(join([[0, 'a\nb\n\n'], [1, 'c'], [1, 'd\ne'], [0, 'f']], tag)).toBe(
      '<0>a\n<0>b\n<0>\n<1>cd\n<1>e\n<0>f',
    ); // biome-ignore format: as read
  });
});
