// CNK's random numbers: the host's generator, drawn ahead into memory of our own (platforms refuse shared views).

import { Errno } from '../../runtime/abi/errno.ts';
import type { GuestPtr } from '../../runtime/abi/types.ts';
import type { CnkContext, RandomBuffer } from './context.ts';

const BUFFER_BYTES = 4096;

export function createRandomBuffer(): RandomBuffer {
  return { bytes: new Uint8Array(BUFFER_BYTES), used: BUFFER_BYTES };
}

export function random_get({ memory, random }: CnkContext, buffer: GuestPtr, size: number): number {
  const length = size >>> 0;
  if (!memory.contains(buffer, length)) return Errno.EFAULT;
  let at = buffer >>> 0;
  let rest = length;
  while (rest > 0) {
    if (random.used === BUFFER_BYTES) {
      crypto.getRandomValues(random.bytes);
      random.used = 0;
    }
    const count = Math.min(rest, BUFFER_BYTES - random.used);
    const end = random.used + count;
    // A loop beats a view for the few bytes that most requests want.
    if (count <= 64)
      for (let i = random.used; i < end; i++) memory.bytes[at + i - random.used] = random.bytes[i] as number;
    else memory.bytes.set(random.bytes.subarray(random.used, end), at);
    random.bytes.fill(0, random.used, end);
    random.used = end;
    at += count;
    rest -= count;
  }
  return Errno.SUCCESS;
}
