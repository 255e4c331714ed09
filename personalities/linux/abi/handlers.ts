// All handlers of Linux by call number: the table's rows name them, this file binds them.

import { ASSEMBLYSCRIPT_ROWS } from '../../../runtime/abi/env/rows.ts';
import type { AnyHandler, HandlersOf, Row } from '../../../runtime/abi/row.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { UNSTABLE_ROWS } from '../../../runtime/abi/wasi/unstable.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { assemblyScriptHandlers } from './assemblyscript.ts';
import { unstableHandlers } from './unstable.ts';
import * as directory from './wasi/directory.ts';
import * as fd from './wasi/fd.ts';
import * as open from './wasi/open.ts';
import * as path from './wasi/path.ts';
import * as poll from './wasi/poll.ts';
import * as process from './wasi/process.ts';
import * as transfer from './wasi/transfer.ts';

const wasiHandlers: HandlersOf<(typeof WASI_ROWS)[number], SyscallContext> = {
  ...directory,
  ...fd,
  ...open,
  ...path,
  ...poll,
  ...process,
  ...transfer,
};

/** Index: call number. */
export const HANDLERS: readonly (AnyHandler<SyscallContext> | undefined)[] = byNumber();

function byNumber(): (AnyHandler<SyscallContext> | undefined)[] {
  const handlers: (AnyHandler<SyscallContext> | undefined)[] = [];
  bind(handlers, WASI_ROWS, wasiHandlers);
  bind(handlers, UNSTABLE_ROWS, unstableHandlers(wasiHandlers));
  bind(handlers, ASSEMBLYSCRIPT_ROWS, assemblyScriptHandlers);
  return handlers;
}

function bind(
  handlers: (AnyHandler<SyscallContext> | undefined)[],
  rows: readonly Row[],
  named: { readonly [name: string]: AnyHandler<SyscallContext> },
): void {
  for (const row of rows) handlers[row.number] = named[row.name];
}
