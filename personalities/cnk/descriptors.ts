// What CNK tells of Linux's descriptors itself, from the process's descriptor table: who opens, changes or closes one has
// told it there before its call returns. What the table does not tell is left to Linux, also that a number is not open:
// Linux may not have opened yet what the process begins with.

import { type DescriptorStat, readDescriptorStat } from '../../runtime/abi/descriptor-table.ts';
import { Errno, NOT_SERVED } from '../../runtime/abi/errno.ts';
import type { Fd, GuestPtr } from '../../runtime/abi/types.ts';
import { storeFdstat } from '../../runtime/abi/wasi/stat.ts';
import { STRUCT_SIZES } from '../../runtime/abi/wasi/structs.ts';
import { PREVIEW_1, type WasiVersion } from '../../runtime/abi/wasi/version.ts';
import type { CnkContext } from './context.ts';

const told: DescriptorStat = { typeAndFlags: 0, rightsBase: 0, rightsInheriting: 0 };

export function fd_fdstat_get(
  { memory, descriptors }: CnkContext,
  fd: Fd,
  stat: GuestPtr,
  version: WasiVersion = PREVIEW_1,
): number {
  if (!readDescriptorStat(descriptors, fd, told)) return NOT_SERVED;
  if (!memory.contains(stat, STRUCT_SIZES.fdstat)) return -Errno.EFAULT;
  storeFdstat(memory, stat, told, version);
  return Errno.SUCCESS;
}
