// The buffers of one read or write as a guest names them: iovecs, copied once, bounded and checked. Both personalities'
// transfers go through here, and the offsets of files with them. See: readv(2), IOV_MAX.

import { Errno } from '../abi/errno.ts';
import { IOV_MAX, IOVEC, STRUCT_SIZES } from '../abi/wasi/structs.ts';
import type { GuestMemory } from './guest-memory.ts';

/** Bytes of one call: a count of them must fit a signed 32-bit number. */
const MAX_TRANSFER = 0x7fff_ffff;

/** Checked ranges of guest memory, in order. Filled for one call; calls are served one at a time. */
export class Segments {
  readonly addresses = new Float64Array(IOV_MAX);
  readonly lengths = new Float64Array(IOV_MAX);
  count = 0;
}

/** Copies an array of iovec or ciovec, and checks every buffer. @returns 0 or −errno */
export function loadSegments(memory: GuestMemory, segments: Segments, iovs: number, count: number): number {
  const total = count >>> 0;
  if (!memory.containsArray(iovs, total, STRUCT_SIZES.iovec)) return -Errno.EFAULT;
  if (total > IOV_MAX) return -Errno.EINVAL;
  let bytes = 0;
  for (let i = 0; i < total; i++) {
    const at = (iovs >>> 0) + i * STRUCT_SIZES.iovec;
    const address = memory.readU32(at + IOVEC.buf);
    const length = memory.readU32(at + IOVEC.len);
    if (length > 0 && !memory.contains(address, length)) return -Errno.EFAULT;
    segments.addresses[i] = address;
    segments.lengths[i] = length;
    bytes += length;
  }
  segments.count = total;
  return bytes > MAX_TRANSFER ? -Errno.EINVAL : 0;
}
