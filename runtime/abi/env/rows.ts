// The rows of what AssemblyScript's compiler (asc 0.28) imports from module `env`: its built-ins `abort`, `trace` and
// `seed`, and what its standard library imports for `console`, `process`, `Date` and `performance`. Only the table; read
// through table.ts. A text is an AssemblyScript string: the address of its first UTF-16 unit, its length in bytes in the
// word before (see structs.ts). Not here, since only the program's own allocator and class numbers could answer them:
// `process.argv` (a global) and `crypto.getRandomValuesN`; and JSMath and the DOM, which a program names itself.

import type { Abi, Row } from '../row.ts';

const MODULE = 'env';

// Parameters that many rows share.
const TEXT = { name: 'text', kind: 'ptr', to: 'utf16', direction: 'in' } as const;
const MESSAGE = { ...TEXT, name: 'message' } as const;
const LABEL = { ...TEXT, name: 'label' } as const;

// What many rows share.
const PRINTS = { module: MODULE, home: 'linux', result: 'none', errors: {}, blocks: true, support: 'full' } as const;
const NUMBER = {
  module: MODULE,
  home: 'cnk',
  params: [],
  result: 'number',
  errors: {},
  blocks: false,
  support: 'full',
} as const;

export const ASSEMBLYSCRIPT_ROWS = [
  {
    module: MODULE,
    name: 'abort',
    number: 47,
    home: 'linux',
    summary:
      'Writes a message and the place in the source to descriptor 2 and ends the process by SIGABRT. Message and file may be null.',
    params: [
      MESSAGE,
      { ...TEXT, name: 'fileName' },
      { name: 'lineNumber', kind: 'u32' },
      { name: 'columnNumber', kind: 'u32' },
    ],
    result: 'never',
    errors: {},
    blocks: true,
    support: 'full',
  },
  {
    ...PRINTS,
    name: 'trace',
    number: 48,
    summary: 'Writes a message and the first `n` of five numbers to descriptor 2, as one line.',
    params: [
      MESSAGE,
      { name: 'n', kind: 's32' },
      { name: 'a0', kind: 'f64' },
      { name: 'a1', kind: 'f64' },
      { name: 'a2', kind: 'f64' },
      { name: 'a3', kind: 'f64' },
      { name: 'a4', kind: 'f64' },
    ],
  },
  {
    ...NUMBER,
    name: 'seed',
    number: 49,
    summary: 'Gives a random number to seed Math.random with.',
  },
  {
    ...PRINTS,
    name: 'console.log',
    number: 50,
    summary: 'Writes a text to descriptor 1, as one line.',
    params: [TEXT],
  },
  {
    ...NUMBER,
    name: 'Date.now',
    number: 51,
    summary: 'Gives the time of day in whole milliseconds since 1970.',
  },
  {
    ...NUMBER,
    name: 'performance.now',
    number: 52,
    summary: 'Gives the monotonic time in milliseconds, with fractions.',
  },
  {
    ...PRINTS,
    name: 'console.assert',
    number: 111,
    summary: 'Writes a text after `Assertion failed: ` to descriptor 2, as one line, when the condition is 0.',
    params: [{ name: 'condition', kind: 'u32' }, MESSAGE],
  },
  {
    ...PRINTS,
    name: 'console.debug',
    number: 112,
    summary: 'Writes a text to descriptor 1, as one line.',
    params: [TEXT],
  },
  {
    ...PRINTS,
    name: 'console.info',
    number: 113,
    summary: 'Writes a text to descriptor 1, as one line.',
    params: [TEXT],
  },
  {
    ...PRINTS,
    name: 'console.warn',
    number: 114,
    summary: 'Writes a text to descriptor 2, as one line.',
    params: [TEXT],
  },
  {
    ...PRINTS,
    name: 'console.error',
    number: 115,
    summary: 'Writes a text to descriptor 2, as one line.',
    params: [TEXT],
  },
  {
    ...PRINTS,
    name: 'console.time',
    number: 116,
    summary: 'Starts a timer of the process by its label; one that runs goes on, which is told on descriptor 2.',
    params: [LABEL],
  },
  {
    ...PRINTS,
    name: 'console.timeLog',
    number: 117,
    summary: 'Writes label and time of a timer to descriptor 1, as one line; that there is none, to descriptor 2.',
    params: [LABEL],
  },
  {
    ...PRINTS,
    name: 'console.timeEnd',
    number: 118,
    summary: 'As `console.timeLog`, and the timer ends.',
    params: [LABEL],
  },
  {
    module: MODULE,
    name: 'process.exit',
    number: 119,
    home: 'cnk',
    summary: 'Ends the process with a status.',
    params: [{ name: 'code', kind: 'u32', type: 'exitcode' }],
    result: 'never',
    errors: {},
    blocks: false,
    support: 'full',
  },
] as const satisfies readonly Row[];

/** None of its calls tells an error. */
export const ASSEMBLYSCRIPT: Abi = { rows: ASSEMBLYSCRIPT_ROWS, encodeError: () => 0 };
