// What may be a program's stdin, and who is told when which of the two parties gives up.

import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import {
  type ByteInput,
  feedStdin,
  openStdin,
  readStdin,
  type StdinSource,
} from '../../../runtime/machine/process/stdin.ts';
import { deferred } from '../../../runtime/machine/values/deferred.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const failure = new Error('the network is down');

async function* later(...chunks: unknown[]): AsyncGenerator<unknown> {
  for (const chunk of chunks) yield chunk;
}

function webStream(...chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

/** A program's end of stdin: takes so many chunks, then closes it. */
class Program implements ByteInput {
  readonly #closed = deferred<void>();
  readonly #wanted: number;
  text = '';
  hasEnd = false;
  isBroken = false;

  constructor(wanted = Number.POSITIVE_INFINITY) {
    this.#wanted = wanted;
    if (wanted === 0) this.closeStdin();
  }

  async writeAll(chunk: Uint8Array): Promise<boolean> {
    if (this.isBroken) return false;
    this.text += new TextDecoder().decode(chunk);
    if (this.text.length >= this.#wanted) this.closeStdin();
    return !this.isBroken;
  }
  close(): void {
    this.hasEnd = true;
  }
  closeStdin(): void {
    this.isBroken = true;
    this.#closed.resolve();
  }
  whenBroken(): Promise<void> {
    return this.#closed.promise;
  }
}

describe('a source may be', () => {
  const buffer = bytes('..abc..').buffer;
  test.each<[string, () => unknown, string]>([
    ['text', () => 'aäc', 'aäc'],
    ['empty text', () => '', ''],
    ['null', () => null, ''],
    ['bytes', () => bytes('abc'), 'abc'],
    ['a Buffer', () => Buffer.from('abc'), 'abc'],
    ['an ArrayBuffer', () => bytes('abc').buffer, 'abc'],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(2), '\0\0'],
    ['a view of a part', () => new DataView(buffer, 2, 3), 'abc'],
    ['numbers of 16 bits', () => Uint16Array.of(0x6261, 0x6463), 'abcd'],
    ['a Blob', () => new Blob(['a', bytes('bc')]), 'abc'],
    ['a Response', () => new Response('abc'), 'abc'],
    ['a Response without a body', () => new Response(null), ''],
    ['a Request', () => new Request('http://localhost/', { method: 'POST', body: 'abc' }), 'abc'],
    ['a Web stream of bytes', () => webStream(bytes('a'), bytes('bc')), 'abc'],
    ['a Web stream of text', () => webStream('a', 'bc'), 'abc'],
    ['a Node stream', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), 'abc'],
    ['a Node stream in object mode', () => Readable.from(['a', bytes('bc')]), 'abc'],
    ['an array', () => ['a', bytes('b'), bytes('c').buffer], 'abc'],
    ['a Set', () => new Set(['a', 'b']), 'ab'],
    ['an array of promises', () => [Promise.resolve('a'), 'b'], 'ab'],
    ['an async generator', () => later('a', bytes('bc')), 'abc'],
    ['empty chunks', () => later('', 'a', new Uint8Array(0), 'b'), 'ab'],
  ])('%s', async (_what, make, expected) => {
    const program = new Program();
    await feedStdin(openStdin(make() as StdinSource), program);
    expect([program.text, program.hasEnd]).toEqual([expected, true]);
    expect(new TextDecoder().decode(await readStdin(openStdin(make() as StdinSource)))).toBe(expected);
  });
});

test.each([
  [5],
  [true],
  [5n],
  [Symbol('x')],
  [{}],
  [() => 'x'],
  [new Date(0)],
  [/x/],
  [Promise.resolve('x')],
  [new Error('x')],
  [{ [Symbol.iterator]: 5 }],
])('%o is refused at once', (source) => {
  expect(() => openStdin(source as StdinSource)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('"options.stdin"') }),
  );
});

test('a body that was read, and a stream that somebody else reads, are refused at once', async () => {
  const response = new Response('abc');
  await response.text();
  expect(() => openStdin(response)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  const stream = webStream('abc');
  stream.getReader();
  expect(() => openStdin(stream)).toThrow(TypeError);
});

describe('a source that fails', () => {
  const sources: [string, () => unknown][] = [
    [
      'a Web stream, later',
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(bytes('ab'));
            setTimeout(() => controller.error(failure), 5);
          },
        }),
    ],
    ['a Web stream, at once', () => new ReadableStream({ start: (controller) => controller.error(failure) })],
    [
      'an async generator',
      async function* () {
        yield 'ab';
        throw failure;
      },
    ],
    [
      'a sync generator',
      function* () {
        yield 'ab';
        throw failure;
      },
    ],
    [
      'a sync generator of a promise',
      function* () {
        yield 'ab';
        yield Promise.reject(failure);
      },
    ],
    [
      'a Node stream',
      () =>
        new Readable({
          read() {
            this.push('ab');
            this.destroy(failure);
          },
        }),
    ],
    [
      'a Node stream that failed before it was read',
      () => {
        const stream = new Readable({ read() {} });
        stream.destroy(failure);
        return stream;
      },
    ],
  ];
  test.each(sources)('%s: its error is told, and the program gets no end of file', async (_what, make) => {
    const program = new Program();
    const source = openStdin(make.call(undefined) as StdinSource);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(feedStdin(source, program)).rejects.toBe(failure);
    expect(program.hasEnd).toBe(false);
    await expect(readStdin(openStdin(make() as StdinSource))).rejects.toBe(failure);
  });

  test.each([[5], [null], [undefined], [{}], [['a']]])('a chunk %o is told as such', async (chunk) => {
    const close = vi.fn();
    async function* source(): AsyncGenerator<unknown> {
      try {
        yield 'first';
        yield chunk;
      } finally {
        close();
      }
    }
    const fed = feedStdin(openStdin(source() as StdinSource), new Program());
    await expect(fed).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(close).toHaveBeenCalledTimes(1);
  });
});

describe('a program that wants no more', () => {
  test('has a Web stream cancelled, also one that gives nothing just now', async () => {
    for (const wanted of [0, 2]) {
      const cancel = vi.fn();
      const program = new Program(wanted);
      const stream = new ReadableStream({ start: (controller) => controller.enqueue(bytes('ab')), cancel });
      await feedStdin(openStdin(stream), program);
      expect(cancel).toHaveBeenCalledTimes(1);
    }
  });

  test('has a Node stream destroyed', async () => {
    const stream = new Readable({ read() {} });
    const program = new Program();
    const fed = feedStdin(openStdin(stream), program);
    stream.push('ab');
    await vi.waitFor(() => expect(program.text).toBe('ab'));
    program.closeStdin();
    await fed;
    expect(stream.destroyed).toBe(true);
  });

  test('has an iterator returned', async () => {
    const finished = vi.fn();
    function* endless(): Generator<string> {
      try {
        for (;;) yield 'abc';
      } finally {
        finished();
      }
    }
    await feedStdin(openStdin(endless()), new Program(10));
    expect(finished).toHaveBeenCalledTimes(1);
  });

  test('does not wait for a source that never answers', async () => {
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const program = new Program();
    const fed = feedStdin(openStdin(never), program);
    program.closeStdin();
    await fed;
  });

  test('hears nothing of a source that fails after that', async () => {
    const program = new Program();
    const ended = deferred<void>();
    async function* source(): AsyncGenerator<string> {
      yield 'ab';
      await ended.promise;
      throw failure;
    }
    const fed = feedStdin(openStdin(source()), program);
    program.closeStdin();
    ended.resolve();
    await fed;
  });
});
