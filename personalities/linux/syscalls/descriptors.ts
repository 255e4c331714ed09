// Calls on descriptor numbers: dup and its kin, and what fcntl(2) does besides record locks (syscalls/locks).

import { Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { publishChange } from '../kernel/descriptors.ts';
import { O_APPEND, O_CLOEXEC, O_NONBLOCK } from '../vfs/mode.ts';

export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;

export const FD_CLOEXEC = 1;

/** What F_SETFL changes. Linux: a file stays as synchronous as it was opened. */
const SETTABLE = O_APPEND | O_NONBLOCK;

/** Implements close(2). Errors: EBADF. */
export function close(ctx: SyscallContext, fd: number): number {
  const { descriptors, preopens } = ctx.process;
  const result = descriptors.close(fd);
  if (result === 0 && preopens.size > 0) preopens.delete(fd);
  return result;
}

/** Implements dup(2). @returns the lowest free number. Errors: EBADF; EMFILE. */
export function dup(ctx: SyscallContext, fd: number): number {
  return duplicate(ctx, fd, 0, false);
}

/** Implements dup2(2). @returns `to`. Errors: EBADF, `from` is not open, or `to` is beyond the limit. */
export function dup2(ctx: SyscallContext, from: number, to: number): number {
  if (from === to) return ctx.process.descriptors.get(from) === undefined ? -Errno.EBADF : to;
  return dup3(ctx, from, to, 0);
}

/**
 * Implements dup3(2).
 *
 * @param flags O_CLOEXEC or 0
 * @returns `to`
 * Errors: EINVAL, other flags, or the same number twice; EBADF, `from` is not open, or `to` is beyond the limit.
 */
export function dup3(ctx: SyscallContext, from: number, to: number, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0 || from === to) return -Errno.EINVAL;
  const { descriptors, preopens } = ctx.process;
  const result = descriptors.replace(from, to, (flags & O_CLOEXEC) !== 0);
  if (result >= 0 && preopens.size > 0) preopens.delete(to);
  return result;
}

/**
 * Implements fcntl(2) for F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL and F_SETFL.
 *
 * @returns what the command answers: a number, flags, or 0
 * Errors: EBADF; EINVAL, an unknown command, or F_DUPFD from beyond the limit on; EMFILE.
 */
export function fcntl(ctx: SyscallContext, fd: number, command: number, argument: number): number {
  const { descriptors } = ctx.process;
  const description = descriptors.get(fd);
  if (description === undefined) return -Errno.EBADF;
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      if (argument < 0 || argument >= descriptors.limit) return -Errno.EINVAL;
      return duplicate(ctx, fd, argument, command === F_DUPFD_CLOEXEC);
    case F_GETFD:
      return descriptors.isClosedOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      descriptors.setClosedOnExec(fd, (argument & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      return description.flags;
    case F_SETFL:
      description.flags = (description.flags & ~SETTABLE) | (argument & SETTABLE);
      publishChange(ctx, description);
      return 0;
    default:
      return -Errno.EINVAL;
  }
}

function duplicate(ctx: SyscallContext, fd: number, from: number, isClosedOnExec: boolean): number {
  const { descriptors } = ctx.process;
  const description = descriptors.get(fd);
  return description === undefined ? -Errno.EBADF : descriptors.add(description, from, isClosedOnExec);
}
