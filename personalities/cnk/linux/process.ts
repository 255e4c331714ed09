// Linux's calls of the process itself that need no Linux: its arguments as programs of the Linux Interface for WebAssembly ask for
// them, random bytes, yielding, its end.

import { Errno } from '../../../runtime/abi/errno.ts';
import { RANDOM_FLAGS } from '../../../runtime/abi/linux/types.ts';
import { storeString, stringLength } from '../../../runtime/memory/string-vector.ts';
import type { CnkContext } from '../context.ts';
import type { LocalHandlers } from './context.ts';

const { GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE } = RANDOM_FLAGS;

export const SYS_getrandom: LocalHandlers['SYS_getrandom'] = ({ memory, random }, buffer, size, flags) => {
  const both = GRND_RANDOM | GRND_INSECURE;
  if ((flags & ~(both | GRND_NONBLOCK)) !== 0 || (flags & both) === both) return -Errno.EINVAL;
  const length = Math.min(size >>> 0, 0x7fff_ffff);
  if (!memory.contains(buffer, length)) return -Errno.EFAULT;
  random.fill(memory.bytes, buffer >>> 0, length);
  return length;
};

/** One guest thread a core: there may be nobody to yield to. */
export function SYS_sched_yield({ giveWay }: CnkContext): number {
  giveWay?.();
  return 0;
}

export { exit as __proc_exit, exit as SYS_exit_group };

function exit({ exit: end }: CnkContext, status: number): number {
  return end(status);
}

export { nothing as __deinit, nothing as __init };

function nothing(): number {
  return 0;
}

export const __cl_get_argc: LocalHandlers['__cl_get_argc'] = ({ args }) => args.starts.length;

export const __cl_get_argv_len: LocalHandlers['__cl_get_argv_len'] = ({ args }, index) => stringLength(args, index);

export const __cl_copy_argv: LocalHandlers['__cl_copy_argv'] = ({ memory, args }, buffer, index) =>
  storeString(memory, args, index, buffer);
