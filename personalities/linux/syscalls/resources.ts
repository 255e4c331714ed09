// What a process may use and has used: limits, processor time, niceness. Of the limits RLIMIT_NOFILE is kept to (kernel/descriptors);
// the others are kept and told. See: getrlimit(2), getrusage(2), getpriority(2).

import { Errno } from '../../../runtime/abi/errno.ts';
import { RESOURCES } from '../../../runtime/abi/linux/types.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { type ResourceLimit, resourceLimit } from '../kernel/resource-limits.ts';

const NICE_LEAST = -20;
const NICE_MOST = 19;
/** Linux's getpriority tells the niceness as this less it: above zero always. */
const NICE_BASE = 20;
const PRIO_PROCESS = 0;
const PRIO_USER = 2;

/** Whether getrlimit(2) knows a resource. */
export function isResource(resource: number): boolean {
  return resource >= 0 && resource <= RESOURCES.RLIMIT_RTTIME;
}

/** Implements setrlimit(2) of a resource that is known. Errors: EINVAL, `current` above `most`; EPERM, `most` raised. */
export function setResourceLimit(ctx: SyscallContext, resource: number, limit: ResourceLimit): number {
  if (limit.current > limit.most) return -Errno.EINVAL;
  const now = resourceLimit(ctx.process, ctx.kernel.machine, resource);
  const isOfDescriptors = resource === RESOURCES.RLIMIT_NOFILE;
  // A table of descriptors cannot grow, whoever asks.
  if (limit.most > now.most && (ctx.uid !== 0 || isOfDescriptors)) return -Errno.EPERM;
  ctx.process.resourceLimits.set(resource, limit);
  if (isOfDescriptors) ctx.process.descriptors.limit = limit.current;
  return 0;
}

/** Nanoseconds of processor time: those since the process began, waits included, as its clocks of processor time tell. */
export function processorNs({ kernel, process }: SyscallContext): number {
  return Math.max(0, kernel.clock.monotonicNs() - process.startedNs);
}

/** Implements getpriority(2). Errors: EINVAL; ESRCH, another than the caller. */
export function priority(ctx: SyscallContext, which: number, who: number): number {
  const refusal = checkTarget(ctx, which, who);
  return refusal < 0 ? refusal : NICE_BASE - ctx.process.niceness;
}

/** Implements setpriority(2). Errors: EINVAL; ESRCH, another than the caller; EACCES, made lower by another than user 0. */
export function setPriority(ctx: SyscallContext, which: number, who: number, niceness: number): number {
  const refusal = checkTarget(ctx, which, who);
  if (refusal < 0) return refusal;
  const wanted = Math.max(NICE_LEAST, Math.min(niceness, NICE_MOST));
  if (wanted < ctx.process.niceness && ctx.uid !== 0) return -Errno.EACCES;
  ctx.process.niceness = wanted;
  return 0;
}

function checkTarget({ process }: SyscallContext, which: number, who: number): number {
  if (which < PRIO_PROCESS || which > PRIO_USER) return -Errno.EINVAL;
  return who === 0 || who === (which === PRIO_USER ? process.realUid : process.pid) ? 0 : -Errno.ESRCH;
}
