// What CNK serves beyond its own calls in a process with staged files: the calls on descriptors and paths, of which it
// leaves to Linux what is not staged. A process without any binds none of this.

import { type HandlerTable, handlersByNumber } from '../../../runtime/abi/row.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { UNSTABLE_ROWS, unstableHandlers, type WasiHandlers } from '../../../runtime/abi/wasi/unstable.ts';
import type { FilesContext } from './context.ts';
import * as descriptor from './descriptor.ts';
import { pathHandlers } from './path.ts';
import * as poll from './poll.ts';
import { transfers } from './transfer.ts';

export type { FilesContext } from './context.ts';
export type { StagedFile } from './file.ts';
export { createBytesFile, createForeignFile, StagedStorage } from './shim.ts';
export { StagedFiles } from './staged-files.ts';

const preview1: Partial<WasiHandlers<FilesContext>> = {
  ...descriptor,
  ...pathHandlers,
  ...poll,
  ...transfers,
  sock_accept: descriptor.notSocket,
  sock_recv: descriptor.notSocket,
  sock_send: descriptor.notSocket,
  sock_shutdown: descriptor.notSocket,
};

/** They go before CNK_HANDLERS. */
export const STAGED_HANDLERS: HandlerTable<FilesContext> = handlersByNumber<FilesContext>(
  [WASI_ROWS, preview1],
  [UNSTABLE_ROWS, unstableHandlers(preview1)],
);
