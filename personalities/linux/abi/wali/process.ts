// A program's arguments, its end, random bytes, yielding: what Linux serves where CNK does not.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { RANDOM_FLAGS } from '../../../../runtime/abi/linux/types.ts';
import { exitStatus } from '../../../../runtime/abi/signals.ts';
import { storeString, stringLength } from '../../../../runtime/memory/string-vector.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { ENVIRONMENT_LINES } from '../../kernel/process.ts';
import { fillRandom } from '../../syscalls/random.ts';
import { encodeName } from '../../vfs/names.ts';
import { areAmong, type LinuxHandlers } from './guest.ts';

const { GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE } = RANDOM_FLAGS;
const ENVIRONMENT = encodeName(`/proc/self/${ENVIRONMENT_LINES}`);
/** Most that one call of getrandom fills. */
const RANDOM_MOST = 0x7fff_ffff;

export const processHandlers = {
  SYS_getrandom(ctx, buf, length, flags) {
    const isContradiction = (flags & GRND_RANDOM) !== 0 && (flags & GRND_INSECURE) !== 0;
    if (!areAmong(flags, GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) || isContradiction) return -Errno.EINVAL;
    if (!ctx.memory.contains(buf, length >>> 0)) return -Errno.EFAULT;
    return fillRandom(ctx, buf, Math.min(length >>> 0, RANDOM_MOST));
  },
  SYS_sched_yield: () => 0,

  __init: () => 0,
  __deinit: () => 0,
  __cl_get_argc: ({ process }) => process.args.starts.length,
  __cl_get_argv_len: ({ process }, index) => stringLength(process.args, index),
  __cl_copy_argv: ({ memory, process }, buf, index) => storeString(memory, process.args, index, buf),
  __get_init_envfile({ memory, process }, buf, size) {
    if (process.env.starts.length === 0 || size >>> 0 <= ENVIRONMENT.length) return 0;
    if (!memory.contains(buf, ENVIRONMENT.length + 1)) return -Errno.EFAULT;
    memory.copyIn(buf, ENVIRONMENT);
    memory.bytes[(buf >>> 0) + ENVIRONMENT.length] = 0;
    return ENVIRONMENT.length;
  },

  // One thread a process: its end is the process's.
  SYS_exit: end,
  SYS_exit_group: end,
  __proc_exit: end,
} satisfies Partial<LinuxHandlers>;

function end(ctx: SyscallContext, status: number): number {
  ctx.kernel.end(ctx.process, exitStatus(status));
  return 0;
}
