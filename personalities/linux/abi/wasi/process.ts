// Calls that ask nothing of the file system: arguments, environment, clocks, random bytes, yielding, ending, sockets.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { endsProcess, exitStatus, signalFromWasi, signalStatus } from '../../../../runtime/abi/signals.ts';
import type { Fd, GuestPtr } from '../../../../runtime/abi/types.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { CLOCKID } from '../../../../runtime/abi/wasi/types.ts';
import { storeSizes, storeStrings } from '../../../../runtime/memory/string-vector.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { fillRandom } from '../../syscalls/random.ts';
import { processorNs } from '../../syscalls/resources.ts';

/** The resolution that the hosts' clocks keep, in nanoseconds. */
const RESOLUTION = 1000n;

export function args_get(ctx: SyscallContext, argv: GuestPtr, buf: GuestPtr): number {
  return storeStrings(ctx.memory, ctx.process.args, argv, buf);
}
export function args_sizes_get(ctx: SyscallContext, argc: GuestPtr, bufSize: GuestPtr): number {
  return storeSizes(ctx.memory, ctx.process.args, argc, bufSize);
}
export function environ_get(ctx: SyscallContext, environ: GuestPtr, buf: GuestPtr): number {
  return storeStrings(ctx.memory, ctx.process.env, environ, buf);
}
export function environ_sizes_get(ctx: SyscallContext, count: GuestPtr, bufSize: GuestPtr): number {
  return storeSizes(ctx.memory, ctx.process.env, count, bufSize);
}

export function clock_res_get(ctx: SyscallContext, id: number, resolution: GuestPtr): number {
  if (id >>> 0 > CLOCKID.THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (!ctx.memory.contains(resolution, STRUCT_SIZES.timestamp)) return -Errno.EFAULT;
  ctx.memory.writeU64(resolution, RESOLUTION);
  return 0;
}

export function clock_time_get(ctx: SyscallContext, id: number, _precision: bigint, time: GuestPtr): number {
  if (id >>> 0 > CLOCKID.THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (!ctx.memory.contains(time, STRUCT_SIZES.timestamp)) return -Errno.EFAULT;
  ctx.memory.writeU64(time, clockNs(ctx, id));
  return 0;
}

function clockNs(ctx: SyscallContext, id: number): bigint {
  switch (id) {
    case CLOCKID.REALTIME:
      return ctx.kernel.clock.realtimeNs();
    case CLOCKID.MONOTONIC:
      return BigInt(Math.floor(ctx.kernel.clock.monotonicNs()));
    default:
      // Processor time: the time since the process began, waits included.
      return BigInt(Math.floor(processorNs(ctx)));
  }
}

export function random_get(ctx: SyscallContext, buf: GuestPtr, length: number): number {
  const result = fillRandom(ctx, buf, length >>> 0);
  return result < 0 ? result : 0;
}

export function sched_yield(_ctx: SyscallContext): number {
  return 0;
}

export function proc_exit(ctx: SyscallContext, code: number): number {
  ctx.kernel.end(ctx.process, exitStatus(code));
  return 0;
}

export function proc_raise(ctx: SyscallContext, wasiSignal: number): number {
  if (wasiSignal === 0) return 0;
  const signal = signalFromWasi(wasiSignal);
  if (signal === 0) return -Errno.EINVAL;
  if (endsProcess(signal)) ctx.kernel.end(ctx.process, signalStatus(signal));
  return 0;
}

// Sockets: there are none yet, so every descriptor that is open is refused.

export { notSocket as sock_accept, notSocket as sock_recv, notSocket as sock_send, notSocket as sock_shutdown };

function notSocket(ctx: SyscallContext, fd: Fd): number {
  return ctx.process.descriptors.get(fd) === undefined ? -Errno.EBADF : -Errno.ENOTSOCK;
}
