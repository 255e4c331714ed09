// CNK's calls of the process itself: arguments, environment, end, yield. Called by core/bind.

import { Errno } from '../../runtime/abi/errno.ts';
import { endsProcess, signalFromWasi } from '../../runtime/abi/signals.ts';
import type { GuestPtr } from '../../runtime/abi/types.ts';
import { storeSizes, storeStrings } from '../../runtime/memory/string-vector.ts';
import type { CnkContext } from './context.ts';

export function args_sizes_get({ memory, args }: CnkContext, argc: GuestPtr, size: GuestPtr): number {
  return storeSizes(memory, args, argc, size);
}

export function args_get({ memory, args }: CnkContext, argv: GuestPtr, strings: GuestPtr): number {
  return storeStrings(memory, args, argv, strings);
}

export function environ_sizes_get({ memory, environment }: CnkContext, count: GuestPtr, size: GuestPtr): number {
  return storeSizes(memory, environment, count, size);
}

export function environ_get({ memory, environment }: CnkContext, environ: GuestPtr, strings: GuestPtr): number {
  return storeStrings(memory, environment, environ, strings);
}

export function proc_exit({ exit }: CnkContext, code: number): number {
  return exit(code);
}

/** Every signal's default action that does not end a process is to ignore it, stop or continue: here all are ignored. */
export function proc_raise(context: CnkContext, wasiSignal: number): number {
  if (wasiSignal === 0) return Errno.SUCCESS;
  const signal = signalFromWasi(wasiSignal);
  if (signal === 0) return -Errno.EINVAL;
  return endsProcess(signal) ? context.raise(signal) : Errno.SUCCESS;
}

/** One guest thread a core: there may be nobody to yield to. */
export function sched_yield({ giveWay }: CnkContext): number {
  giveWay?.();
  return Errno.SUCCESS;
}
