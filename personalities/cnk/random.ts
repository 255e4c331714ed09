// CNK's random numbers: the host's generator, in the guest's own worker.

import { Errno } from '../../runtime/abi/errno.ts';
import type { GuestPtr } from '../../runtime/abi/types.ts';
import type { CnkContext } from './context.ts';

export function random_get({ memory, random }: CnkContext, buffer: GuestPtr, size: number): number {
  const length = size >>> 0;
  if (!memory.contains(buffer, length)) return -Errno.EFAULT;
  random.fill(memory.bytes, buffer >>> 0, length);
  return Errno.SUCCESS;
}
