// A small ABI that only tests have: a row of each kind of result, of three homes, with handlers that are told by their arguments
// what to answer. The test and the thread that serves it use the same.

import { ERESTART, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import { type Abi, type HandlersOf, type HandlerTable, handlersByNumber, type Row } from '../../../runtime/abi/row.ts';
import { CallTable } from '../../../runtime/abi/table.ts';

const SMALL = {
  module: 'small',
  home: 'cnk',
  errors: {},
  blocks: false,
  support: 'full',
  summary: 'Of tests.',
} as const;
const A = { name: 'a', kind: 's32' } as const;
const B = { name: 'b', kind: 's32' } as const;

export const SMALL_ROWS = [
  { ...SMALL, name: 'check', number: 1, params: [A], result: 'errno' },
  { ...SMALL, name: 'count', number: 2, params: [A, B], result: 'value' },
  { ...SMALL, name: 'total', number: 3, params: [{ name: 'a', kind: 's64' }], result: 'value64' },
  { ...SMALL, name: 'ratio', number: 4, params: [A], result: 'number' },
  { ...SMALL, name: 'note', number: 5, params: [A], result: 'none' },
  { ...SMALL, name: 'wait', number: 6, params: [A, B], result: 'value' },
  { ...SMALL, name: 'wait64', number: 7, params: [A, { name: 'b', kind: 's64' }], result: 'value64' },
  { ...SMALL, name: 'odd', number: 8, params: [A], result: 'value' },
  { ...SMALL, name: 'sum0', number: 9, params: [], result: 'value' },
  { ...SMALL, name: 'sum3', number: 10, params: [A, B, { ...A, name: 'c' }], result: 'value' },
  { ...SMALL, name: 'sum4', number: 11, params: [A, B, { ...A, name: 'c' }, { ...A, name: 'd' }], result: 'value' },
  {
    ...SMALL,
    name: 'sum5',
    number: 12,
    params: [A, B, { ...A, name: 'c' }, { ...A, name: 'd' }, { name: 'e', kind: 'f64' }],
    result: 'value',
  },
  { ...SMALL, name: 'near', number: 13, home: 'near', params: [A], result: 'value' },
  { ...SMALL, name: 'far', number: 14, home: 'linux', params: [A], result: 'value' },
  { ...SMALL, name: 'nobody', number: 15, home: 'linux', params: [A], result: 'value' },
  { ...SMALL, module: 'other', name: 'check', number: 16, params: [A], result: 'errno' },
  { ...SMALL, module: 'other', name: 'ratio', number: 17, params: [A], result: 'number' },
  { ...SMALL, module: 'other', name: 'left', number: 18, params: [A], result: 'errno' },
  { ...SMALL, name: 'wide', number: 19, params: [A], result: 'value', wideResult: true },
  {
    ...SMALL,
    name: 'offset',
    number: 20,
    params: [A, { name: 'b', kind: 'long' }],
    result: 'value64',
    wideResult: true,
  },
] as const satisfies readonly Row[];

type SmallRow = Extract<(typeof SMALL_ROWS)[number], { module: 'small' }>;

/** Errors as Linux tells them. */
const SMALL_ABI: Abi = { rows: SMALL_ROWS.filter(({ module }) => module === 'small'), encodeError: (errno) => -errno };
/** Errors as numbers of its own. */
const OTHER_ABI: Abi = {
  rows: SMALL_ROWS.filter(({ module }) => module === 'other'),
  encodeError: (errno) => -1000 - errno,
};

export const SMALL_CALLS = new CallTable([SMALL_ABI, OTHER_ABI]);

/** What the handlers keep of their guest. */
export interface SmallContext {
  readonly name: string;
  /** How often the open call has run. */
  runs: number;
  readonly noted: number[];
}

const handlers: Omit<HandlersOf<SmallRow, SmallContext>, 'nobody'> = {
  check: (_, a) => -a,
  count: (_, a, b) => a * b,
  total: (_, a) => Number(a),
  ratio: (_, a) => a / 4,
  note: ({ noted }, a) => noted.push(a) * 0,
  wait: (context, a, b) => (context.runs++ < a ? -ERESTART : b),
  wait64: (context, a, b) => (context.runs++ < a ? -ERESTART : Number(b)),
  odd: (_, a) => (a % 2 === 0 ? NOT_SERVED : a),
  sum0: () => 7,
  sum3: (_, a, b, c) => a + 10 * b + 100 * c,
  sum4: (_, a, b, c, d) => a + 10 * b + 100 * c + 1000 * d,
  sum5: (_, a, b, c, d, e) => a + 10 * b + 100 * c + 1000 * d + 4 * e,
  near: (_, a) => a + 1,
  far: (_, a) => a + 2,
  wide: (_, a) => a,
  offset: (_, a, b) => a + b,
};

export const SMALL_HANDLERS: HandlerTable<SmallContext> = handlersByNumber<SmallContext>(
  [SMALL_ABI.rows, handlers],
  [OTHER_ABI.rows, { ...handlers, left: () => NOT_SERVED }],
);

/** As those, but that what CNK leaves is answered. */
export const FAR_HANDLERS: HandlerTable<SmallContext> = handlersByNumber<SmallContext>(
  [SMALL_ABI.rows, { ...handlers, odd: (_: SmallContext, a: number) => 100 + a }],
  [OTHER_ABI.rows, { ...handlers, left: handlers.check }],
);
