// Threads of a process as CNK is given them, on the cores that the process took at its start; or the one thread of a process that took one.

import type { ThreadStart, Threads } from '../../../personalities/cnk/index.ts';
import { Errno } from '../../abi/errno.ts';
import type { Monitor } from '../../core/monitor.ts';
import { AT_EXPORT, type ThreadCores } from '../../process/thread-cores.ts';

/** @param cores of the process; undefined: it has one, and so one thread */
export function threadsOn(
  cores: ThreadCores | undefined,
  own: { readonly pid: number; readonly slot: number },
  monitor: Pick<Monitor, 'exit' | 'endThread'>,
): Threads {
  return cores === undefined ? oneThread(own, monitor) : manyThreads(cores, monitor);
}

function oneThread(
  { pid, slot }: { readonly pid: number; readonly slot: number },
  monitor: Pick<Monitor, 'exit'>,
): Threads {
  return {
    tid: pid,
    slot,
    most: 1,
    start: () => -Errno.EAGAIN,
    leaving: () => {},
    end: monitor.exit,
    slotOf: (tid) => (tid === pid ? slot : undefined),
    running: () => [slot],
  };
}

function manyThreads(cores: ThreadCores, monitor: Pick<Monitor, 'endThread'>): Threads {
  return {
    get tid() {
      return cores.tid;
    },
    slot: cores.slot,
    most: cores.slots.length,
    start: (start: ThreadStart) =>
      cores.start(start.abi === 'linux' ? start.index : AT_EXPORT, start.argument) || -Errno.EAGAIN,
    leaving: () => cores.leaving(),
    end: monitor.endThread,
    slotOf: (tid) => cores.slotOf(tid),
    running: () => cores.running(),
  };
}
