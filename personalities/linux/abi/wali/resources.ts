// What a process may use and has used, its name, and what the system is: see syscalls/resources.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { RLIMIT, RUSAGE, SYSINFO, TMS, UTSNAME, UTSNAME_LENGTH } from '../../../../runtime/abi/linux/structs.ts';
import { DOMAIN, MACHINE, OS_RELEASE, OS_TYPE, OS_VERSION } from '../../../../runtime/abi/linux/system.ts';
import { PRCTL_OPTIONS, RUSAGE_WHO } from '../../../../runtime/abi/linux/types.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { COMM_MAX, memoryOf } from '../../kernel/process.ts';
import { type ResourceLimit, resourceLimit } from '../../kernel/resource-limits.ts';
import { isResource, priority, processorNs, setPriority, setResourceLimit } from '../../syscalls/resources.ts';
import { encodeName } from '../../vfs/names.ts';
import { type LinuxHandlers, readUnsigned, writeTimeval } from './guest.ts';

const NS = 1e9;
const NS_PER_TICK = 1e7;
/** RLIM_INFINITY, as halves. */
const ALL_ONES = 0xffff_ffff;

export const resourceHandlers = {
  SYS_getrlimit: (ctx, resource, limit) => limits(ctx, resource, 0, limit, true),
  SYS_setrlimit: (ctx, resource, limit) => (limit === 0 ? -Errno.EFAULT : limits(ctx, resource, limit, 0, false)),
  SYS_prlimit64(ctx, pid, resource, newLimit, oldLimit) {
    if (pid !== 0 && pid !== ctx.process.pid) return isKnown(ctx, pid) ? -Errno.EPERM : -Errno.ESRCH;
    return limits(ctx, resource, newLimit, oldLimit, false);
  },

  SYS_getrusage(ctx, who, usage) {
    const isKnownTarget = Object.values<number>(RUSAGE_WHO).includes(who);
    if (!isKnownTarget) return -Errno.EINVAL;
    const { memory } = ctx;
    if (!memory.contains(usage, STRUCT_SIZES.rusage)) return -Errno.EFAULT;
    const at = usage >>> 0;
    memory.bytes.fill(0, at, at + STRUCT_SIZES.rusage);
    // There are no children.
    if (who === RUSAGE_WHO.RUSAGE_CHILDREN) return 0;
    writeTimeval(memory, at + RUSAGE.utime, processorNs(ctx));
    memory.writeNumber(at + RUSAGE.maxrss, Math.ceil(ctx.process.memoryBytes / 1024));
    return 0;
  },
  SYS_times(ctx, buf) {
    const { memory } = ctx;
    if (buf !== 0) {
      if (!memory.contains(buf, STRUCT_SIZES.tms)) return -Errno.EFAULT;
      const at = buf >>> 0;
      memory.bytes.fill(0, at, at + STRUCT_SIZES.tms);
      memory.writeNumber(at + TMS.utime, Math.floor(processorNs(ctx) / NS_PER_TICK));
    }
    return Math.floor(ctx.kernel.clock.monotonicNs() / NS_PER_TICK);
  },
  SYS_getpriority: (ctx, which, who) => priority(ctx, which, who),
  SYS_setpriority: (ctx, which, who, niceness) => setPriority(ctx, which, who, niceness),

  SYS_prctl(ctx, option, argument) {
    const address = argument >>> 0;
    switch (option) {
      case PRCTL_OPTIONS.PR_SET_NAME:
        return setName(ctx, address);
      case PRCTL_OPTIONS.PR_GET_NAME: {
        if (!ctx.memory.contains(address, COMM_MAX + 1)) return -Errno.EFAULT;
        const name = new Uint8Array(COMM_MAX + 1);
        name.set(ctx.process.nameOf(ctx.tid));
        ctx.memory.copyIn(address, name);
        return 0;
      }
      default:
        return -Errno.EINVAL;
    }
  },

  SYS_uname({ memory, kernel }, buf) {
    if (!memory.contains(buf, STRUCT_SIZES.utsname)) return -Errno.EFAULT;
    const at = buf >>> 0;
    memory.bytes.fill(0, at, at + STRUCT_SIZES.utsname);
    const names: readonly (readonly [offset: number, text: string])[] = [
      [UTSNAME.sysname, OS_TYPE],
      [UTSNAME.nodename, kernel.hostname],
      [UTSNAME.release, OS_RELEASE],
      [UTSNAME.version, OS_VERSION],
      [UTSNAME.machine, MACHINE],
      [UTSNAME.domainname, DOMAIN],
    ];
    for (const [offset, text] of names) memory.copyIn(at + offset, encodeName(text).subarray(0, UTSNAME_LENGTH - 1));
    return 0;
  },

  SYS_sysinfo({ memory, kernel }, info) {
    if (!memory.contains(info, STRUCT_SIZES.sysinfo)) return -Errno.EFAULT;
    const at = info >>> 0;
    const processes = [...kernel.processes];
    const { total, free } = memoryOf(processes, kernel.machine.memoryBytes);
    memory.bytes.fill(0, at, at + STRUCT_SIZES.sysinfo);
    memory.writeNumber(at + SYSINFO.uptime, Math.floor(kernel.clock.monotonicNs() / NS));
    memory.writeNumber(at + SYSINFO.totalram, total);
    memory.writeNumber(at + SYSINFO.freeram, free);
    memory.writeU16(at + SYSINFO.procs, processes.length);
    memory.writeU32(at + SYSINFO.memUnit, 1);
    return 0;
  },
} satisfies Partial<LinuxHandlers>;

function isKnown({ kernel }: SyscallContext, pid: number): boolean {
  for (const process of kernel.processes) if (process.pid === pid) return true;
  return false;
}

/** Sets a limit from `from` and tells the one before at `into`, each unless it is null. */
function limits(ctx: SyscallContext, resource: number, from: number, into: number, mustTell: boolean): number {
  if (!isResource(resource)) return -Errno.EINVAL;
  const { memory } = ctx;
  const size = STRUCT_SIZES.rlimit;
  if (from !== 0 && !memory.contains(from, size)) return -Errno.EFAULT;
  const tells = mustTell || into !== 0;
  if (tells && (into === 0 || !memory.contains(into, size))) return -Errno.EFAULT;
  const before = resourceLimit(ctx.process, ctx.kernel.machine, resource);
  if (from !== 0) {
    const at = from >>> 0;
    const wanted = { current: limitAt(memory, at + RLIMIT.cur), most: limitAt(memory, at + RLIMIT.max) };
    const result = setResourceLimit(ctx, resource, wanted);
    if (result < 0) return result;
  }
  if (tells) storeLimit(memory, into >>> 0, before);
  return 0;
}

function limitAt(memory: GuestMemory, at: number): number {
  const limit = readUnsigned(memory, at);
  return Number.isSafeInteger(limit) ? limit : Number.POSITIVE_INFINITY;
}

function storeLimit(memory: GuestMemory, at: number, { current, most }: ResourceLimit): void {
  for (const [offset, limit] of [
    [RLIMIT.cur, current],
    [RLIMIT.max, most],
  ] as const) {
    if (limit === Number.POSITIVE_INFINITY) memory.writeU64Halves(at + offset, ALL_ONES, ALL_ONES);
    else memory.writeNumber(at + offset, limit);
  }
}

/** A name of at most 15 bytes; what is longer is cut. */
function setName({ memory, process, tid }: SyscallContext, address: number): number {
  const name: number[] = [];
  for (let i = 0; i < COMM_MAX; i++) {
    if (!memory.contains(address, i + 1)) return -Errno.EFAULT;
    const byte = memory.bytes[address + i] as number;
    if (byte === 0) break;
    name.push(byte);
  }
  process.rename(tid, Uint8Array.from(name));
  return 0;
}
