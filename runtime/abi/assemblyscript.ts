// The rows of what AssemblyScript's compiler (asc 0.28) imports from module `env`: its built-ins `abort`, `trace` and
// `seed`, and the parts of its binding to the Web's globals that our guests use. Only the table; read through table.ts.
// A text is an AssemblyScript string: the address of its first UTF-16 unit, its length in bytes in the word before
// (see structs.ts). What else such a program imports, Math.* and the like, is refused by the loader.

import type { Row } from './row.ts';

const MODULE = 'env';

export const ASSEMBLYSCRIPT_ROWS = [
  {
    module: MODULE,
    name: 'abort',
    number: 47,
    home: 'linux',
    summary:
      'Writes a message and the place in the source to descriptor 2 and ends the process by SIGABRT. Message and file may be null.',
    params: [
      { name: 'message', kind: 'ptr', to: 'utf16', direction: 'in' },
      { name: 'fileName', kind: 'ptr', to: 'utf16', direction: 'in' },
      { name: 'lineNumber', kind: 'u32' },
      { name: 'columnNumber', kind: 'u32' },
    ],
    result: 'never',
    errors: {},
    blocks: true,
    support: 'full',
  },
  {
    module: MODULE,
    name: 'trace',
    number: 48,
    home: 'linux',
    summary: 'Writes a message and the first `n` of five numbers to descriptor 2, as one line.',
    params: [
      { name: 'message', kind: 'ptr', to: 'utf16', direction: 'in' },
      { name: 'n', kind: 's32' },
      { name: 'a0', kind: 'f64' },
      { name: 'a1', kind: 'f64' },
      { name: 'a2', kind: 'f64' },
      { name: 'a3', kind: 'f64' },
      { name: 'a4', kind: 'f64' },
    ],
    result: 'none',
    errors: {},
    blocks: true,
    support: 'full',
  },
  {
    module: MODULE,
    name: 'seed',
    number: 49,
    home: 'cnk',
    summary: 'Gives a random number to seed Math.random with.',
    params: [],
    result: 'f64',
    errors: {},
    blocks: false,
    support: 'full',
  },
  {
    module: MODULE,
    name: 'console.log',
    number: 50,
    home: 'linux',
    summary: 'Writes a text to descriptor 1, as one line.',
    params: [{ name: 'text', kind: 'ptr', to: 'utf16', direction: 'in' }],
    result: 'none',
    errors: {},
    blocks: true,
    support: 'full',
  },
  {
    module: MODULE,
    name: 'Date.now',
    number: 51,
    home: 'cnk',
    summary: 'Gives the time of day in whole milliseconds since 1970.',
    params: [],
    result: 'f64',
    errors: {},
    blocks: false,
    support: 'full',
  },
  {
    module: MODULE,
    name: 'performance.now',
    number: 52,
    home: 'cnk',
    summary: 'Gives the monotonic time in milliseconds, with fractions.',
    params: [],
    result: 'f64',
    errors: {},
    blocks: false,
    support: 'full',
  },
] as const satisfies readonly Row[];
