// Who the process is, for Linux's calls: known in its own thread until it becomes somebody else, which Linux decides and knows.
// See: getpid(2), getuid(2), setuid(2).

import { NOT_SERVED } from '../../../runtime/abi/errno.ts';
import type { CnkContext } from '../context.ts';

const ROOT = 0;

export { getpid as SYS_getpid };

function getpid({ pid }: CnkContext): number {
  return pid;
}

export { getRoot as SYS_getegid, getRoot as SYS_geteuid, getRoot as SYS_getgid, getRoot as SYS_getuid };

function getRoot({ identity }: CnkContext): number {
  return identity.isChanged ? NOT_SERVED : ROOT;
}

export {
  change as SYS_setgid,
  change as SYS_setregid,
  change as SYS_setresgid,
  change as SYS_setresuid,
  change as SYS_setreuid,
  change as SYS_setuid,
};

function change({ identity }: CnkContext): number {
  identity.isChanged = true;
  return NOT_SERVED;
}
