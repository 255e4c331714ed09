// The calls that CNK serves in the guest's own worker; every other is shipped. See: runtime/abi for the rows.

import { ASSEMBLYSCRIPT_ROWS } from '../../runtime/abi/env/rows.ts';
import { LINUX_ROWS } from '../../runtime/abi/linux/rows.ts';
import { type HandlerTable, handlersByNumber } from '../../runtime/abi/row.ts';
import { WASI_ROWS } from '../../runtime/abi/wasi/rows.ts';
import { UNSTABLE_ROWS, unstableHandlers, type WasiHandlers } from '../../runtime/abi/wasi/unstable.ts';
import { WASI_THREADS_ROWS } from '../../runtime/abi/wasi-threads/rows.ts';
import { assemblyScriptHandlers } from './assemblyscript.ts';
import type { CnkContext } from './context.ts';
import { fd_fdstat_get } from './descriptors.ts';
import type { CoreContext } from './linux/context.ts';
import { coreHandlers, linuxHandlers, wasiThreadsHandlers } from './linux/index.ts';
import * as process from './process.ts';
import { random_get } from './random.ts';
import * as time from './time.ts';

export type { CnkContext } from './context.ts';
export {
  createBytesFile,
  createForeignFile,
  type FilesContext,
  STAGED_HANDLERS,
  type StagedFile,
  StagedFiles,
  StagedStorage,
} from './files/index.ts';
export type { CoreContext, ThreadState } from './linux/context.ts';
export { endThread } from './linux/threads.ts';
export { AddressSpace, PAGES_A_WASM_PAGE } from './memory/address-space.ts';
export { SignalActions } from './signals/signal-actions.ts';
export { SignalMail, sendSignal } from './signals/signal-mail.ts';
export { Signals } from './signals/signals.ts';
export { processStateBytes, viewProcessState } from './threads/process-state.ts';
export type { ThreadStart, Threads } from './threads/threads.ts';

const preview1: Partial<WasiHandlers<CnkContext>> = { ...process, ...time, fd_fdstat_get, random_get };

export const CNK_HANDLERS: HandlerTable<CnkContext> = handlersByNumber<CnkContext>(
  [WASI_ROWS, preview1],
  [UNSTABLE_ROWS, unstableHandlers(preview1)],
  [ASSEMBLYSCRIPT_ROWS, assemblyScriptHandlers],
  [LINUX_ROWS, linuxHandlers],
);

/** Of what is the guest's own thread's under every placement. */
export const CORE_HANDLERS: HandlerTable<CoreContext> = handlersByNumber<CoreContext>(
  [LINUX_ROWS, coreHandlers],
  [WASI_THREADS_ROWS, wasiThreadsHandlers],
);
