// The calls that CNK serves in the guest's own worker; every other is shipped. See runtime/abi for the rows.

import type { AnyHandler } from '../../runtime/abi/row.ts';
import type { UnstableHandlers } from '../../runtime/abi/wasi/unstable.ts';
import { UNSTABLE } from '../../runtime/abi/wasi/version.ts';
import { dateNow, performanceNow, processExit, seed } from './assemblyscript.ts';
import type { CnkContext } from './context.ts';
import { fd_fdstat_get } from './descriptors.ts';
import {
  args_get,
  args_sizes_get,
  environ_get,
  environ_sizes_get,
  proc_exit,
  proc_raise,
  sched_yield,
} from './process.ts';
import { random_get } from './random.ts';
import { clock_res_get, clock_time_get, poll_oneoff } from './time.ts';

export { type CnkContext, NOT_SERVED } from './context.ts';
export {
  createBytesFile,
  createForeignFile,
  type FilesContext,
  STAGED_HANDLERS,
  type StagedFile,
  StagedFiles,
  StagedStorage,
} from './files/index.ts';

const preview1 = {
  args_get,
  args_sizes_get,
  environ_get,
  environ_sizes_get,
  clock_res_get,
  clock_time_get,
  fd_fdstat_get,
  poll_oneoff,
  proc_exit,
  proc_raise,
  random_get,
  sched_yield,
};

const unstable: Partial<UnstableHandlers<CnkContext>> = {
  ...preview1,
  fd_fdstat_get: (context, fd, stat) => fd_fdstat_get(context, fd, stat, UNSTABLE),
  poll_oneoff: (context, subscriptions, events, count, eventCount) =>
    poll_oneoff(context, subscriptions, events, count, eventCount, UNSTABLE),
};

/** Handlers by module and name. */
export const CNK_HANDLERS: { readonly [module: string]: { readonly [name: string]: AnyHandler<CnkContext> } } = {
  wasi_snapshot_preview1: preview1,
  wasi_unstable: unstable,
  env: { seed, 'Date.now': dateNow, 'performance.now': performanceNow, 'process.exit': processExit },
};
