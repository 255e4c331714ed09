// Values that no sane caller passes, for sweeps over the arguments of public functions: each argument gets each of them in
// turn. What must come out is a documented result or an argument error, never a lost machine, a hang or silence.

export interface OddValue {
  /** For the test's report. */
  readonly name: string;
  /** Makes it afresh: some can be used once only. */
  readonly make: () => unknown;
}

const odd = (name: string, make: () => unknown): OddValue => ({ name, make });

export const ODD_VALUES: readonly OddValue[] = [
  odd('undefined', () => undefined),
  odd('null', () => null),
  odd('true', () => true),
  odd('false', () => false),
  odd('0', () => 0),
  odd('-1', () => -1),
  odd('1.5', () => 1.5),
  odd('NaN', () => Number.NaN),
  odd('Infinity', () => Number.POSITIVE_INFINITY),
  odd('-Infinity', () => Number.NEGATIVE_INFINITY),
  odd('2 ** 31', () => 2 ** 31),
  odd('2 ** 53', () => 2 ** 53),
  odd('1e300', () => 1e300),
  odd('5n', () => 5n),
  odd('2n ** 64n', () => 2n ** 64n),
  odd("''", () => ''),
  odd("'abc'", () => 'abc'),
  odd("'12.5'", () => '12.5'),
  odd("'777'", () => '777'),
  odd('a NUL in a string', () => 'a\0b'),
  odd('a lone surrogate', () => 'a\ud800b'),
  odd('a string of 70,000 characters', () => 'x'.repeat(70_000)),
  odd('a Symbol', () => Symbol('odd')),
  odd('a function', () => () => 'called'),
  odd('{}', () => ({})),
  odd('an object without a prototype', () => Object.create(null)),
  odd('an object that refers to itself', () => {
    const self: Record<string, unknown> = {};
    self['self'] = self;
    return self;
  }),
  odd('an object whose getters throw', () => {
    const refuse = (): never => {
      throw new Error('a getter of the caller');
    };
    return Object.defineProperties(
      {},
      Object.fromEntries(
        ['encoding', 'flag', 'mode', 'recursive', 'signal', 'path', 'args', 'env'].map((key) => [
          key,
          { get: refuse, enumerable: true },
        ]),
      ),
    );
  }),
  odd('an object whose toString throws', () => ({
    toString: (): never => {
      throw new Error('toString of the caller');
    },
  })),
  odd('[]', () => []),
  odd('[1, null]', () => [1, null]),
  odd('a Date', () => new Date(1e12)),
  odd('an invalid Date', () => new Date(Number.NaN)),
  odd('a Map', () => new Map([['a', 1]])),
  odd('a RegExp', () => /odd/),
  odd('an Error', () => new Error('odd')),
  odd('a Promise', () => Promise.resolve('late')),
  odd('an ArrayBuffer', () => new ArrayBuffer(3)),
  odd('a SharedArrayBuffer', () => new SharedArrayBuffer(3)),
  odd('an empty Uint8Array', () => new Uint8Array(0)),
  odd('bytes that are not UTF-8', () => Uint8Array.of(0x6f, 0xff, 0x64)),
  odd('a Float64Array', () => Float64Array.of(1.5, -2)),
  odd('a DataView', () => new DataView(new ArrayBuffer(8), 2, 3)),
  odd('a detached Uint8Array', () => {
    const bytes = new Uint8Array(4);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    return bytes;
  }),
  odd('a file: URL', () => new URL('file:///nowhere/odd')),
  odd('an http: URL', () => new URL('http://localhost/odd')),
  odd('a ReadableStream', () => new ReadableStream({ start: (controller) => controller.close() })),
  odd('an iterable that throws', () => ({
    *[Symbol.iterator]() {
      yield 'first';
      throw new Error('an iterable of the caller');
    },
  })),
  odd('an AbortSignal that is aborted', () => AbortSignal.abort()),
  odd('a Proxy that refuses', () => {
    const refuse = (): never => {
      throw new Error('a Proxy of the caller');
    };
    return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse });
  }),
];
