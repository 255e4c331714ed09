// Who a process is: real, effective and saved user and group, supplementary groups, process group and session. User 0 may become
// anyone; who is not may swap between the identities that it has. See: POSIX setuid, setreuid; credentials(7).

import { Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { Process } from '../kernel/process.ts';

/** Most supplementary groups. */
const GROUPS_MAX = 65_536;
/** Leaves an identity as it is. */
const KEEP = -1;

/** A process's users, or its groups: the effective one is what files are judged by. */
interface Identity {
  real: number;
  effective: number;
  saved: number;
}

export const USER = 'user';
export const GROUP = 'group';
type Kind = typeof USER | typeof GROUP;

/** Real, effective and saved identity. */
export function identityOf({ uid, gid, realUid, realGid, savedUid, savedGid }: Process, kind: Kind): Identity {
  return kind === USER
    ? { real: realUid, effective: uid, saved: savedUid }
    : { real: realGid, effective: gid, saved: savedGid };
}

function become(process: Process, kind: Kind, { real, effective, saved }: Identity): number {
  if (kind === USER) {
    process.realUid = real;
    process.uid = effective;
    process.savedUid = saved;
  } else {
    process.realGid = real;
    process.gid = effective;
    process.savedGid = saved;
  }
  return 0;
}

/** Implements setuid(2) and setgid(2). Errors: EINVAL, −1; EPERM. */
export function setId({ process }: SyscallContext, kind: Kind, id: number): number {
  if (id === KEEP) return -Errno.EINVAL;
  const now = identityOf(process, kind);
  if (isPrivileged(process)) return become(process, kind, { real: id, effective: id, saved: id });
  if (id !== now.real && id !== now.saved) return -Errno.EPERM;
  return become(process, kind, { ...now, effective: id });
}

/** Implements setreuid(2) and setregid(2). Errors: EPERM. */
export function setRealAndEffective({ process }: SyscallContext, kind: Kind, real: number, effective: number): number {
  const now = identityOf(process, kind);
  if (!isPrivileged(process)) {
    if (![KEEP, now.real, now.effective].includes(real)) return -Errno.EPERM;
    if (![KEEP, now.real, now.effective, now.saved].includes(effective)) return -Errno.EPERM;
  }
  const next = { ...now, real: chosen(real, now.real), effective: chosen(effective, now.effective) };
  // Linux: who takes another real identity, or an effective one that is not the real, cannot go back.
  if (real !== KEEP || (effective !== KEEP && effective !== now.real)) next.saved = next.effective;
  return become(process, kind, next);
}

/** Implements setresuid(2) and setresgid(2). Errors: EPERM. */
export function setAllIds(
  { process }: SyscallContext,
  kind: Kind,
  real: number,
  effective: number,
  saved: number,
): number {
  const now = identityOf(process, kind);
  const own = [KEEP, now.real, now.effective, now.saved];
  if (!isPrivileged(process) && ![real, effective, saved].every((id) => own.includes(id))) return -Errno.EPERM;
  return become(process, kind, {
    real: chosen(real, now.real),
    effective: chosen(effective, now.effective),
    saved: chosen(saved, now.saved),
  });
}

/** Implements setgroups(2). Errors: EPERM; EINVAL, too many. */
export function setGroups({ process }: SyscallContext, groups: readonly number[]): number {
  if (!isPrivileged(process)) return -Errno.EPERM;
  if (groups.length > GROUPS_MAX) return -Errno.EINVAL;
  process.groups = groups;
  return 0;
}

/** Whether as many groups may be set: asked before they are copied. Errors: EPERM; EINVAL. */
export function maySetGroups({ process }: SyscallContext, count: number): number {
  if (!isPrivileged(process)) return -Errno.EPERM;
  return count > GROUPS_MAX ? -Errno.EINVAL : 0;
}

/** Does something by the real identities, as access(2) looks at files. */
export function asRealIdentity(ctx: SyscallContext, then: () => number): number {
  const { process } = ctx;
  const { uid, gid } = process;
  if (uid === process.realUid && gid === process.realGid) return then();
  process.uid = process.realUid;
  process.gid = process.realGid;
  try {
    return then();
  } finally {
    process.uid = uid;
    process.gid = gid;
  }
}

// Each process leads a group and a session of its own, which nobody else can enter.

/** Implements getpgid(2) and getsid(2). @param pid 0: the caller. Errors: ESRCH. */
export function groupLedBy({ kernel, process }: SyscallContext, pid: number): number {
  if (pid === 0 || pid === process.pid) return process.pid;
  for (const other of kernel.processes) if (other.pid === pid) return pid;
  return -Errno.ESRCH;
}

/**
 * Implements setpgid(2).
 *
 * @param pid 0: the caller
 * @param group 0: the one of its own number
 * Errors: EINVAL, a number below zero; ESRCH, not the caller; EPERM, another group.
 */
export function setGroup({ process }: SyscallContext, pid: number, group: number): number {
  if (group < 0) return -Errno.EINVAL;
  if (pid !== 0 && pid !== process.pid) return -Errno.ESRCH;
  return group === 0 || group === process.pid ? 0 : -Errno.EPERM;
}

function isPrivileged({ uid }: Process): boolean {
  return uid === 0;
}

function chosen(id: number, now: number): number {
  return id === KEEP ? now : id;
}
