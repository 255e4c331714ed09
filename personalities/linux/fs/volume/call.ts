// Calls into a Volume: the one place where what it throws is mapped. memfs's errors carry Linux's names; an exception
// without one is a defect of the Volume (or a Volume that is none): the guest gets EIO, and its owner a report.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { errnoOf } from '../../../../runtime/host/errno.ts';
import type { Quota } from '../../vfs/quota.ts';
import type { VolumeFiles } from './files.ts';

/** A Volume that is mounted, and what guests may add to it. */
export interface MountedVolume {
  readonly files: VolumeFiles;
  readonly quota: Quota;
  /** Is told of an exception that is no error of a file system. */
  readonly onForeign: (error: unknown) => void;
}

/** Runs an operation on a Volume. @returns its result, or −errno for what it threw */
export function callVolume({ onForeign }: MountedVolume, operation: () => number): number {
  try {
    return operation();
  } catch (error) {
    // No memory for a larger buffer: to the guest the disk is full.
    if (error instanceof RangeError) return -Errno.ENOSPC;
    const errno = errnoOf(error);
    if (errno === Errno.EIO) onForeign(error);
    return -errno;
  }
}

/** Charges guests for what they add while `add` runs; not when that fails. @returns its result, or −ENOSPC */
export function charged({ quota }: MountedVolume, bytes: number, add: () => number): number {
  if (!quota.take(bytes)) return -Errno.ENOSPC;
  let result: number = -Errno.EIO;
  try {
    result = add();
    return result;
  } finally {
    if (result < 0) quota.give(bytes);
  }
}

/** Refunds guests for what is gone, though the owner may have added it: never more than they were charged. */
export function refund({ quota }: MountedVolume, bytes: number): void {
  quota.give(Math.min(bytes, quota.used));
}
