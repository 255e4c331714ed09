// The rows of `wasi_unstable` (snapshot 0, preview 0), from which programs of 2019 and before import. They
// are preview 1's but for what wasi-version.ts tells, so they are derived; numbers are preview 1's from BASE on. See: WASI preview 0 witx, `wasi_unstable`.

import type { HandlersOf, Param, Row } from '../row.ts';
import { WASI_ROWS } from './rows.ts';
import type { StructName } from './structs.ts';

type SharedRow = Exclude<(typeof WASI_ROWS)[number], { readonly name: 'sock_accept' }>;

/** One handler a row, by the row's name. Parameters have the kinds that preview 1's have. */
export type UnstableHandlers<Context> = HandlersOf<SharedRow, Context>;

const BASE = 64;

const STRUCTS: { readonly [name in StructName]?: StructName } = {
  filestat: 'filestat_unstable',
  subscription: 'subscription_unstable',
};
const TYPES: { readonly [type: string]: string } = { whence: 'whence_unstable', rights: 'rights_unstable' };

export const UNSTABLE_ROWS: readonly Row[] = WASI_ROWS.filter(({ name }) => name !== 'sock_accept').map(
  (row): Row => ({ ...row, module: 'wasi_unstable', number: BASE + row.number, params: row.params.map(ofUnstable) }),
);

function ofUnstable(param: Param): Param {
  const { to, type } = param;
  return {
    ...param,
    ...(to !== undefined && { to: STRUCTS[to] ?? to }),
    ...(type !== undefined && { type: TYPES[type] ?? type }),
  };
}
