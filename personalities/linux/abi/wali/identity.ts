// Who the process is: see syscalls/identity.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import {
  GROUP,
  groupLedBy,
  identityOf,
  maySetGroups,
  setAllIds,
  setGroup,
  setGroups,
  setId,
  setRealAndEffective,
  USER,
} from '../../syscalls/identity.ts';
import type { LinuxHandlers } from './guest.ts';

/** Init, which every process's parent is: Linux's own, pid 1. */
const PARENT = 1;

export const identityHandlers = {
  SYS_getpid: ({ process }) => process.pid,
  // One thread a process.
  SYS_gettid: ({ tid }) => tid,
  SYS_getppid: () => PARENT,
  SYS_getuid: ({ process }) => process.realUid,
  SYS_getgid: ({ process }) => process.realGid,
  SYS_geteuid: ({ process }) => process.uid,
  SYS_getegid: ({ process }) => process.gid,
  SYS_setuid: (ctx, id) => setId(ctx, USER, id),
  SYS_setgid: (ctx, id) => setId(ctx, GROUP, id),
  SYS_setreuid: (ctx, real, effective) => setRealAndEffective(ctx, USER, real, effective),
  SYS_setregid: (ctx, real, effective) => setRealAndEffective(ctx, GROUP, real, effective),
  SYS_setresuid: (ctx, real, effective, saved) => setAllIds(ctx, USER, real, effective, saved),
  SYS_setresgid: (ctx, real, effective, saved) => setAllIds(ctx, GROUP, real, effective, saved),
  SYS_getresuid: (ctx, real, effective, saved) => tellAll(ctx, USER, [real, effective, saved]),
  SYS_getresgid: (ctx, real, effective, saved) => tellAll(ctx, GROUP, [real, effective, saved]),
  SYS_setfsuid: ({ process }) => process.uid,
  SYS_setfsgid: ({ process }) => process.gid,

  SYS_getgroups({ memory, process }, size, list) {
    const { groups } = process;
    if ((size | 0) < 0) return -Errno.EINVAL;
    if (size === 0) return groups.length;
    if (size < groups.length) return -Errno.EINVAL;
    if (!memory.containsArray(list, groups.length, STRUCT_SIZES.id)) return -Errno.EFAULT;
    for (const [i, group] of groups.entries()) memory.writeU32((list >>> 0) + i * STRUCT_SIZES.id, group);
    return groups.length;
  },
  SYS_setgroups(ctx, size, list) {
    const { memory } = ctx;
    const count = size >>> 0;
    const refusal = maySetGroups(ctx, count);
    if (refusal < 0) return refusal;
    if (!memory.containsArray(list, count, STRUCT_SIZES.id)) return -Errno.EFAULT;
    const groups = Array.from({ length: count }, (_, i) => memory.readU32((list >>> 0) + i * STRUCT_SIZES.id));
    return setGroups(ctx, groups);
  },

  SYS_getpgid: (ctx, pid) => groupLedBy(ctx, pid),
  SYS_getsid: (ctx, pid) => groupLedBy(ctx, pid),
  SYS_getpgrp: ({ process }) => process.pid,
  SYS_setpgid: (ctx, pid, group) => setGroup(ctx, pid, group),
  // Who leads a group may not start a session, and every process does.
  SYS_setsid: () => -Errno.EPERM,
} satisfies Partial<LinuxHandlers>;

function tellAll(
  { memory, process }: SyscallContext,
  kind: typeof USER | typeof GROUP,
  into: readonly number[],
): number {
  for (const address of into) if (!memory.contains(address, STRUCT_SIZES.id)) return -Errno.EFAULT;
  const { real, effective, saved } = identityOf(process, kind);
  for (const [i, id] of [real, effective, saved].entries()) memory.writeU32((into[i] as number) >>> 0, id);
  return 0;
}
