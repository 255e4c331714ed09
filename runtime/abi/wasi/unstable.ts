// The rows of `wasi_unstable` (snapshot 0, preview 0), from which programs of 2019 and before import. They
// are preview 1's but for what wasi-version.ts tells, so they are derived; numbers are preview 1's from BASE on. See: WASI preview 0 witx, `wasi_unstable`.

import type { Abi, HandlersOf, Param, Row } from '../row.ts';
import type { StructName } from '../structs.ts';
import { wasiErrnoOf } from './errno.ts';
import { WASI_ROWS } from './rows.ts';
import { rightsOfUnstable, UNSTABLE, type WasiVersion, whenceOfUnstable } from './version.ts';

type WasiHandlersOf<Context> = HandlersOf<(typeof WASI_ROWS)[number], Context>;
type WithVersion<Handler> = Handler extends (...args: infer Args) => number
  ? (...args: [...Args, version?: WasiVersion]) => number
  : never;

/** Handlers of preview 1 that serve `wasi_unstable` too, told the version where that matters. */
export type WasiHandlers<Context> = {
  readonly [Name in keyof WasiHandlersOf<Context>]: WithVersion<WasiHandlersOf<Context>[Name]>;
};

const BASE = 64;

const STRUCTS: { readonly [name in StructName]?: StructName } = {
  filestat: 'filestat_unstable',
  subscription: 'subscription_unstable',
};
const TYPES: { readonly [type: string]: string } = { whence: 'whence_unstable', rights: 'rights_unstable' };

export const UNSTABLE_ROWS: readonly Row[] = WASI_ROWS.filter(({ name }) => name !== 'sock_accept').map(
  (row): Row => ({ ...row, module: 'wasi_unstable', number: BASE + row.number, params: row.params.map(ofUnstable) }),
);

/** The handlers of `wasi_unstable` that those of preview 1 make. */
export function unstableHandlers<Context>(preview1: Partial<WasiHandlers<Context>>): Partial<WasiHandlersOf<Context>> {
  const { fd_fdstat_get, fd_fdstat_set_rights, fd_filestat_get, fd_seek, path_filestat_get, path_open, poll_oneoff } =
    preview1;
  return {
    ...preview1,
    ...(fd_fdstat_get && { fd_fdstat_get: (ctx, fd, stat) => fd_fdstat_get(ctx, fd, stat, UNSTABLE) }),
    ...(fd_fdstat_set_rights && {
      fd_fdstat_set_rights: (ctx, fd, base, inheriting) => fd_fdstat_set_rights(ctx, fd, base, inheriting, UNSTABLE),
    }),
    ...(fd_filestat_get && { fd_filestat_get: (ctx, fd, buf) => fd_filestat_get(ctx, fd, buf, UNSTABLE) }),
    ...(fd_seek && {
      fd_seek: (ctx, fd, offset, whence, newOffset) => fd_seek(ctx, fd, offset, whenceOfUnstable(whence), newOffset),
    }),
    ...(path_filestat_get && {
      path_filestat_get: (ctx, fd, flags, path, length, buf) =>
        path_filestat_get(ctx, fd, flags, path, length, buf, UNSTABLE),
    }),
    ...(path_open && {
      path_open: (ctx, fd, dirflags, path, length, oflags, base, inheriting, ...rest) =>
        path_open(
          ctx,
          fd,
          dirflags,
          path,
          length,
          oflags,
          rightsOfUnstable(base),
          rightsOfUnstable(inheriting),
          ...rest,
        ),
    }),
    ...(poll_oneoff && {
      poll_oneoff: (ctx, subscriptions, events, count, nevents) =>
        poll_oneoff(ctx, subscriptions, events, count, nevents, UNSTABLE),
    }),
  } satisfies Partial<WasiHandlersOf<Context>>;
}

export const WASI_UNSTABLE: Abi = { rows: UNSTABLE_ROWS, encodeError: wasiErrnoOf };

function ofUnstable(param: Param): Param {
  const { to, type } = param;
  return {
    ...param,
    ...(to !== undefined && { to: STRUCTS[to] ?? to }),
    ...(type !== undefined && { type: TYPES[type] ?? type }),
  };
}
