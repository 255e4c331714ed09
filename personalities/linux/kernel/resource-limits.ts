// How much of each resource a process may use: what it has set, or what it begins with. getrlimit(2) and /proc/PID/limits tell it.

import { RESOURCES } from '../../../runtime/abi/linux/types.ts';
import { MAX_FILE_SIZE } from '../vfs/inode.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { Process } from './process.ts';

/** What is kept to now, and to what that may be raised. Infinity: no limit. */
export interface ResourceLimit {
  readonly current: number;
  readonly most: number;
}

/** What a guest can address. */
const ADDRESSABLE = 2 ** 32;

/** The limit of a resource that is known. */
export function resourceLimit(
  process: Pick<Process, 'resourceLimits' | 'descriptors' | 'threads'>,
  machine: MachineFacts,
  resource: number,
): ResourceLimit {
  const set = process.resourceLimits.get(resource);
  if (set !== undefined) return set;
  const limit = firstLimit(process, machine, resource);
  return { current: limit, most: limit };
}

function firstLimit(
  { descriptors, threads }: Pick<Process, 'descriptors' | 'threads'>,
  machine: MachineFacts,
  resource: number,
): number {
  switch (resource) {
    case RESOURCES.RLIMIT_FSIZE:
      return MAX_FILE_SIZE;
    case RESOURCES.RLIMIT_DATA:
    case RESOURCES.RLIMIT_STACK:
    case RESOURCES.RLIMIT_AS:
      return Math.min(ADDRESSABLE, machine.memoryBytes);
    case RESOURCES.RLIMIT_CORE:
    case RESOURCES.RLIMIT_MSGQUEUE:
    case RESOURCES.RLIMIT_NICE:
    case RESOURCES.RLIMIT_RTPRIO:
      return 0;
    // The cores of a process, each for a thread: OpenMP sizes its teams by it.
    case RESOURCES.RLIMIT_NPROC:
      return Math.max(1, threads.size);
    case RESOURCES.RLIMIT_NOFILE:
      return descriptors.limit;
    default:
      return Number.POSITIVE_INFINITY;
  }
}
